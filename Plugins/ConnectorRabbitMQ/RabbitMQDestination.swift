import Connectors

/// Where records are published.
struct PublishingPlan: Sendable {
    let address: BrokerAddress
    let exchange: String
    let routingKeys: DeliveryPlaces
    /// Whether a record that reaches no queue is refused; it is lost else.
    let isMandatory: Bool
    /// How long a batch may take.
    let timeout: Duration
}

/// Publishes records to an exchange, and waits until the broker has taken them.
final class RabbitMQDestination: Destination {
    /// `@unchecked`: only the queue touches it.
    private final class Client: @unchecked Sendable {
        var publisher: Publisher?
        var settled = SettledRecords(unknown: Publisher.Lot.unknown)
    }
    private let plan: PublishingPlan
    private let queue = BlockingQueue("rabbitmq")
    private let client = Client()

    init(_ plan: PublishingPlan) { self.plan = plan }

    deinit { queue.runLater { [client] in client.publisher?.close() } }

    func probe() async throws(ConnectorError) -> String {
        try await queue.run { [plan] _ throws(ConnectorError) in
            let publisher = try Publisher(plan)
            publisher.close()
            return "the exchange \(plan.exchange.isEmpty ? "of all queues" : "`\(plan.exchange)`") is there."
        }
    }

    func close() async {
        try? await queue.run { [client] _ throws(ConnectorError) in
            client.publisher?.close()
            client.publisher = nil
        }
    }

    func deliver(_ batch: DeliveryBatch) async throws(ConnectorError) -> DeliveryReceipt {
        if batch.isEmpty { return DeliveryReceipt() }
        return try await queue.run { [plan, client] cancellation throws(ConnectorError) in
            // What is known of a batch that failed is not published again.
            var lots = client.settled.lots(of: batch)
            do throws(ConnectorError) {
                let publisher: Publisher
                if let open = client.publisher { publisher = open } else { publisher = try Publisher(plan) }
                client.publisher = publisher
                try publisher.publish(batch, &lots, cancellation)
            } catch {
                client.publisher?.close()
                client.publisher = nil
                client.settled.keep(lots, of: batch)
                throw error
            }
            client.settled.forget()
            return DeliveryReceipt(
                refused: lots.enumerated().compactMap { place, lot in
                    if case .refused(let reason) = lot { .init(record: place, reason: reason) } else { nil }
                })
        }
    }
}
