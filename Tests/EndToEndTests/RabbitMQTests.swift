#if RabbitMQ
import EventModel
import Foundation
import LocalServers
import TestFolder
import Testing

/// RabbitMQ beside the real worker.
extension ConnectorTests {
    @Test func `the sample of the rabbitmq page is taken`() throws {
        let sample = "Plugins/ConnectorRabbitMQ/sample.yaml"
        let list = "\(Program.worker.path) connectors list --db \(store) --config \(sample)"
        let outcome = try Program.bash("RABBITMQ_PASSWORD=secret-of-the-shop \(list)", folder: packageFolder)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(try outcome.json["connectors"]?.asArray?.map { $0.asObject?["kind"] } == [.string("rabbitmq"), .string("rabbitmq")])
        let refused = try Program.bash("env -u RABBITMQ_PASSWORD \(list)", folder: packageFolder)
        let expected = "\(sample):5, connectors.0.password: the environment has no variable RABBITMQ_PASSWORD"
        #expect(refused.status != 0 && refused.errors.contains(expected), "\(refused.errors)")
    }

    @Test(.enabled(if: LocalRabbitMQ.programs != nil, Comment(rawValue: LocalRabbitMQ.missing)))
    func `what goes out to a queue and comes back from it is there once, through kill -9`() async throws {
        let server = try await LocalRabbitMQ()
        let secret = try folder.write(LocalRabbitMQ.password, as: "password")
        let broker = "kind: rabbitmq, url: \"amqp://tessera@127.0.0.1:\(server.port)\", password: \"file:\(secret)\""
        try configure(
            "name: drop, kind: files, path: in, interval: 0.05",
            "name: out, \(broker), routingKey: orders, deliver: [messages], batchWait: 0.05",
            "name: back, \(broker), queue: orders, prefetch: 300")
        let (rounds, size) = (Self.isLong ? 12 : 3, 2_000)
        try await killed(rounds: rounds, life: 600...1120) { round in
            try put((round * size)..<((round + 1) * size), as: "\(round).ndjson")
        }
        let worker = try start()
        defer {
            worker.terminate()
            worker.waitUntilExit()
        }
        try wait(for: rounds * size)
        // What went out came back, as duplicates.
        try wait {
            let (out, back) = (try told("out", "delivered"), try told("back", "duplicates"))
            return out >= Double((rounds - 1) * size) && back >= out
        }
        #expect(try stored() == [rounds * size, rounds * size])
        let check = try Program.worker.run("connectors", "check", "back", "--config", config)
        #expect(try check.json["found"]?.asString?.hasPrefix("the queue `orders` is there; ") == true, "\(check.output)\(check.errors)")
    }

    private func told(_ connector: String, _ count: String) throws -> Double {
        try list().first { $0["name"] == .string(connector) }?[count]?.asDouble ?? 0
    }
}
#endif
