import Connectors

/// Writes records to streams, and waits until the server has them.
final class RedisDestination: Destination {
    /// `@unchecked`: only the queue touches it.
    private final class Client: @unchecked Sendable {
        var writer: StreamWriter?
    }
    private let plan: StreamWritingPlan
    private let queue = BlockingQueue("redis")
    private let client = Client()

    init(_ plan: StreamWritingPlan) { self.plan = plan }

    func probe() async throws(ConnectorError) -> String {
        try await queue.run { [plan] _ throws(ConnectorError) in try StreamWriter(plan).probe() }
    }

    func close() async {
        try? await queue.run { [client] _ throws(ConnectorError) in client.writer = nil }
    }

    func deliver(_ batch: DeliveryBatch) async throws(ConnectorError) -> DeliveryReceipt {
        if batch.isEmpty { return DeliveryReceipt() }
        return try await queue.run { [plan, client] cancellation throws(ConnectorError) in
            do throws(ConnectorError) {
                let writer: StreamWriter
                if let open = client.writer { writer = open } else { writer = try StreamWriter(plan) }
                client.writer = writer
                try writer.write(batch, cancellation)
            } catch {
                client.writer = nil
                throw error
            }
            return DeliveryReceipt()
        }
    }
}
