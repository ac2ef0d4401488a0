#if Redis
import EventModel
import Foundation
import LocalServers
import TestFolder
import Testing

/// Redis beside the real worker.
extension ConnectorTests {
    @Test func `the sample of the redis page is taken`() throws {
        let sample = "Plugins/ConnectorRedis/sample.yaml"
        let list = "\(Program.worker.path) connectors list --db \(store) --config \(sample)"
        let outcome = try Program.bash("REDIS_PASSWORD=secret-of-the-shop \(list)", folder: packageFolder)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(try outcome.json["connectors"]?.asArray?.map { $0.asObject?["kind"] } == [.string("redis"), .string("redis")])
        let refused = try Program.bash("env -u REDIS_PASSWORD \(list)", folder: packageFolder)
        let expected = "\(sample):6, connectors.0.password: the environment has no variable REDIS_PASSWORD"
        #expect(refused.status != 0 && refused.errors.contains(expected), "\(refused.errors)")
    }

    @Test(.enabled(if: LocalRedis.programs != nil, Comment(rawValue: LocalRedis.missing)), arguments: [false, true])
    func `what goes out to a stream and comes back from it is there once, through kill -9`(isGroup: Bool) async throws {
        let server = try await LocalRedis()
        let secret = try folder.write(LocalRedis.password, as: "password")
        let redis = "kind: redis, host: 127.0.0.1, port: \(server.port), username: tessera, password: \"file:\(secret)\""
        let (all, least) = try await sendAround(
            out: "\(redis), stream: orders, deliver: [messages], batchWait: 0.05",
            back: "\(redis), streams: [orders], batchRecords: 300" + (isGroup ? ", group: tessera, consumer: one" : ""), repeats: isGroup
        ) {
            try await server.tell("crash")
            try await server.tell("start")
        }
        // There is no more in the stream than what was ever stored: nothing is there twice.
        let found = try found("back")
        let entries = try #require(found.split(separator: " ").compactMap { Int($0) }.first)
        #expect(found.hasPrefix("the stream `orders` has ") && entries >= least && entries <= all, "\(found)")
    }
}
#endif
