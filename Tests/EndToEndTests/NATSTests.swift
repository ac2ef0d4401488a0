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
        try configure(
            "name: drop, kind: files, path: in, interval: 0.05",
            "name: out, \(nats), subject: orders.all, deliver: [messages], batchWait: 0.05",
            "name: back, \(nats), stream: ORDERS, batchRecords: 300" + (isShared ? ", durable: tessera" : ""))
        let (rounds, size) = (Self.isLong ? 12 : 3, 2_000)
        try await killed(rounds: rounds, life: 600...1120) { round in
            try put((round * size)..<((round + 1) * size), as: "\(round).ndjson")
            if round == 1 {
                try await server.tell("crash")
                try await server.tell("start")
            }
        }
        let worker = try start()
        defer {
            worker.terminate()
            worker.waitUntilExit()
        }
        try wait(for: rounds * size)
        // What went out came back, as duplicates. The server told repeats: alone, each came back once.
        func told(_ connector: String, _ count: String) throws -> Int {
            Int(try list().first { $0["name"] == .string(connector) }?[count]?.asDouble ?? 0)
        }
        try wait {
            let (out, back) = (try told("out", "delivered"), try told("back", "duplicates"))
            return out >= (rounds - 1) * size && (isShared ? back >= out : back == out)
        }
        #expect(try stored() == [rounds * size, rounds * size])
        let check = try Program.worker.run("connectors", "check", "back", "--config", config)
        let found = try #require(try check.json["found"]?.asString, "\(check.output)\(check.errors)")
        let messages = try #require(found.split(separator: " ").compactMap { Int($0) }.first)
        #expect(found.hasPrefix("the stream `ORDERS` has ") && messages >= (rounds - 1) * size && messages <= rounds * size, "\(found)")
    }
}
#endif
