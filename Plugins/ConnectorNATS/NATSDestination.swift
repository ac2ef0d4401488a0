import Connectors

/// Publishes records, and waits until their streams have them.
final class NATSDestination: Destination {
    /// `@unchecked`: only the queue touches it.
    private final class Client: @unchecked Sendable {
        var publisher: JetStreamPublisher?
        var settled = SettledRecords(unknown: JetStreamPublisher.Lot.unknown)
    }
    private let plan: PublishingPlan
    private let queue = BlockingQueue("nats")
    private let client = Client()

    init(_ plan: PublishingPlan) { self.plan = plan }

    func probe() async throws(ConnectorError) -> String {
        try await queue.run { [plan] _ throws(ConnectorError) in try JetStreamPublisher(plan).described() }
    }

    func close() async {
        try? await queue.run { [client] _ throws(ConnectorError) in client.publisher = nil }
    }

    func deliver(_ batch: DeliveryBatch) async throws(ConnectorError) -> DeliveryReceipt {
        if batch.isEmpty { return DeliveryReceipt() }
        return try await queue.run { [plan, client] cancellation throws(ConnectorError) in
            // What is known of a batch that failed is not published again.
            var lots = client.settled.lots(of: batch)
            do throws(ConnectorError) {
                let publisher: JetStreamPublisher
                if let open = client.publisher { publisher = open } else { publisher = try JetStreamPublisher(plan) }
                client.publisher = publisher
                try publisher.publish(batch, &lots, cancellation)
            } catch {
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
