#if NATS
import EventModel
import Foundation
import LocalServers
import TestFolder
import Testing

/// NATS beside the real worker.
extension ConnectorTests {
    @Test func `the sample of the nats page is taken`() throws {
        let sample = "Plugins/ConnectorNATS/sample.yaml"
        let list = "\(Program.worker.path) connectors list --db \(store) --config \(sample)"
        let outcome = try Program.bash("NATS_PASSWORD=secret-of-the-shop \(list)", folder: packageFolder)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(try outcome.json["connectors"]?.asArray?.map { $0.asObject?["kind"] } == [.string("nats"), .string("nats")])
        let refused = try Program.bash("env -u NATS_PASSWORD \(list)", folder: packageFolder)
        let expected = "\(sample):6, connectors.0.password: the environment has no variable NATS_PASSWORD"
        #expect(refused.status != 0 && refused.errors.contains(expected), "\(refused.errors)")
    }

    @Test(.enabled(if: LocalNATS.programs != nil, Comment(rawValue: LocalNATS.missing)), arguments: [false, true])
    func `what goes out to a jetstream and comes back from it is there once, through kill -9`(isShared: Bool) async throws {
        let server = try await LocalNATS()
        try await server.createStream("ORDERS", subjects: "orders.>")
        let secret = try folder.write(LocalNATS.password, as: "password")
        let nats = "kind: nats, servers: [\"nats://127.0.0.1:\(server.port)\"], username: tessera, password: \"file:\(secret)\""
        let (all, least) = try await sendAround(
            out: "\(nats), subject: orders.all, deliver: [messages], batchWait: 0.05",
            back: "\(nats), stream: ORDERS, batchRecords: 300" + (isShared ? ", durable: tessera" : ""), repeats: isShared
        ) {
            try await server.tell("crash")
            try await server.tell("start")
        }
        let found = try found("back")
        let messages = try #require(found.split(separator: " ").compactMap { Int($0) }.first)
        #expect(found.hasPrefix("the stream `ORDERS` has ") && messages >= least && messages <= all, "\(found)")
    }
}
#endif
