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
        _ = try await sendAround(
            out: "\(broker), routingKey: orders, deliver: [messages], batchWait: 0.05",
            back: "\(broker), queue: orders, prefetch: 300", repeats: true)
        let found = try found("back")
        #expect(found.hasPrefix("the queue `orders` is there; "), "\(found)")
    }
}
#endif
