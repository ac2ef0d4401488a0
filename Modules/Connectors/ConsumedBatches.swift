/// A client of a broker that hands out records, is told when they are stored, and blocks. Confined to its queue.
public protocol RecordConsumer: AnyObject, SendableMetatype {
    /// All that was given is stored.
    func confirm() throws(ConnectorError)
    /// The next batch; nil where nothing came for a moment.
    func next(_ cancellation: Cancellation) throws(ConnectorError) -> SourceBatch?
    /// Whether everything that was there has been given, and it was asked to end then.
    func isAtEnd() throws(ConnectorError) -> Bool
    /// Called now and then while a batch is being stored, for what the other side expects meanwhile.
    func keepAlive()
    /// Lets go of the other side.
    func close()
}

extension RecordConsumer {
    /// Nothing is expected.
    public func keepAlive() {}
}

/// Batches of a client that is made when the first is asked for, and goes away with whoever reads them.
public struct ConsumedBatches<Consumer: RecordConsumer>: AsyncSequence, Sendable {
    public typealias Failure = ConnectorError
    private let kind: String
    private let open: @Sendable () throws(ConnectorError) -> Consumer

    /// - Parameter kind: The connector's kind.
    /// - Parameter open: Makes the client. Blocks.
    public init(_ kind: String, open: @escaping @Sendable () throws(ConnectorError) -> Consumer) {
        (self.kind, self.open) = (kind, open)
    }

    public func makeAsyncIterator() -> Iterator { Iterator(reading: Reading(kind, open)) }

    public struct Iterator: AsyncIteratorProtocol {
        fileprivate let reading: Reading

        public mutating func next(isolation: isolated (any Actor)?) async throws(ConnectorError) -> SourceBatch? {
            try await reading.next()
        }
    }

    /// One reading; the client goes away with it.
    fileprivate final class Reading: Sendable {
        /// `@unchecked`: only the queue touches it.
        private final class Client: @unchecked Sendable {
            var consumer: Consumer?
            var isOver = false

            func end() {
                consumer?.close()
                (consumer, isOver) = (nil, true)
            }
        }
        private let queue: BlockingQueue
        private let open: @Sendable () throws(ConnectorError) -> Consumer
        private let client = Client()

        init(_ kind: String, _ open: @escaping @Sendable () throws(ConnectorError) -> Consumer) {
            (queue, self.open) = (BlockingQueue(kind), open)
        }

        deinit { queue.runLater { [client] in client.end() } }

        /// The next batch: the one before is stored by now, and so is its checkpoint. Nil at the end, or when the task is cancelled; the client
        /// is gone then.
        func next() async throws(ConnectorError) -> SourceBatch? {
            try await queue.run { [client, open, queue] cancellation throws(ConnectorError) in
                do throws(ConnectorError) {
                    if client.isOver { return nil }
                    let consumer: Consumer
                    if let made = client.consumer {
                        consumer = made
                    } else {
                        consumer = try open()
                        client.consumer = consumer
                        Self.keepAlive(client, queue)
                    }
                    try consumer.confirm()
                    while !cancellation.hasHappened {
                        if let batch = try consumer.next(cancellation) {
                            if cancellation.hasHappened { break }
                            return batch
                        }
                        if try consumer.isAtEnd() { break }
                    }
                    client.end()
                    return nil
                } catch {
                    client.end()
                    throw error
                }
            }
        }

        private static func keepAlive(_ client: Client, _ queue: BlockingQueue) {
            queue.run(after: .seconds(1)) { [weak client, weak queue] in
                guard let client, let queue, let consumer = client.consumer else { return }
                consumer.keepAlive()
                keepAlive(client, queue)
            }
        }
    }
}
