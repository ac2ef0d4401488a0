import Connectors

/// Takes the messages of a queue.
struct RabbitMQSource: Source {
    let plan: QueueReadingPlan

    /// - Parameter checkpoint: A queue has no positions: it gives what nobody has acknowledged.
    func batches(after checkpoint: Checkpoint?) -> ConsumedBatches<QueueConsumer> {
        ConsumedBatches("rabbitmq") { [plan] () throws(ConnectorError) in try QueueConsumer(plan) }
    }

    func probe() async throws(ConnectorError) -> String {
        try await BlockingQueue("rabbitmq").run { [plan] _ throws(ConnectorError) in
            let connection = try BrokerConnection(plan.address)
            let waiting = try connection.waiting(in: plan.queue)
            connection.close()
            return "the queue `\(plan.queue)` is there; \(waiting == 1 ? "1 message waits" : "\(waiting) messages wait") in it."
        }
    }
}
