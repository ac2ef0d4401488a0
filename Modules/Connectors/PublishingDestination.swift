/// A client of a broker that sends records, hears of each what became of it, and blocks. Confined to its queue.
public protocol RecordPublisher: AnyObject, SendableMetatype {
    /// Sends those whose lot is unknown, the first one first, until the lot of each is known.
    ///
    /// - Parameter lots: One for each record; what becomes known is entered, also where this throws.
    /// - Throws: Where it is not known of all.
    func publish(_ batch: DeliveryBatch, _ lots: inout [RecordLot], _ cancellation: Cancellation) throws(ConnectorError)
    /// Lets go of the other side. Nothing is published after that.
    func close()
}

/// A destination behind a client that is made with the first batch, and anew after each failure. What is known of a batch that failed is not
/// published again.
public final class PublishingDestination<Publisher: RecordPublisher>: Destination {
    /// `@unchecked`: only the queue touches it.
    private final class Client: @unchecked Sendable {
        var publisher: Publisher?
        var settled = SettledRecords()

        func end() {
            publisher?.close()
            publisher = nil
        }
    }
    private let queue: BlockingQueue
    private let looking: @Sendable () throws(ConnectorError) -> String
    private let open: @Sendable () throws(ConnectorError) -> Publisher
    private let client = Client()

    /// - Parameter kind: The connector's kind.
    /// - Parameter probing: What `probe` does. Blocks.
    /// - Parameter open: Makes the client. Blocks.
    public init(
        _ kind: String, probing: @escaping @Sendable () throws(ConnectorError) -> String,
        open: @escaping @Sendable () throws(ConnectorError) -> Publisher
    ) {
        (queue, looking, self.open) = (BlockingQueue(kind), probing, open)
    }

    deinit { queue.runLater { [client] in client.end() } }

    public func probe() async throws(ConnectorError) -> String {
        try await queue.run { [looking] _ throws(ConnectorError) in try looking() }
    }

    public func close() async { try? await queue.run { [client] _ throws(ConnectorError) in client.end() } }

    public func deliver(_ batch: DeliveryBatch) async throws(ConnectorError) -> DeliveryReceipt {
        if batch.isEmpty { return DeliveryReceipt() }
        return try await queue.run { [client, open] cancellation throws(ConnectorError) in
            var lots = client.settled.lots(of: batch)
            do throws(ConnectorError) {
                let publisher: Publisher
                if let made = client.publisher { publisher = made } else { publisher = try open() }
                client.publisher = publisher
                try publisher.publish(batch, &lots, cancellation)
            } catch {
                client.end()
                client.settled.keep(lots, of: batch)
                throw error
            }
            client.settled.forget(batch)
            return DeliveryReceipt(lots)
        }
    }
}
