import Connectors
import EventModel

/// A source in a shared library.
struct LibrarySource: Source {
    let connector: BlockingConnector
    /// How long it waits where nothing is there; nil: it ends then.
    let interval: Duration?

    func batches(after checkpoint: Checkpoint?) -> Batches { Batches(source: self, position: checkpoint) }

    func probe() async throws(ConnectorError) -> String {
        try await connector.call { calls, cancellation throws(ConnectorError) in try calls.probe(cancellation) }
    }

    struct Batches: AsyncSequence, AsyncIteratorProtocol {
        let source: LibrarySource
        var position: Checkpoint?
        private var isOver = false

        init(source: LibrarySource, position: Checkpoint?) { (self.source, self.position) = (source, position) }

        func makeAsyncIterator() -> Self { self }

        mutating func next(isolation actor: isolated (any Actor)? = #isolation) async throws(ConnectorError) -> SourceBatch? {
            while !isOver {
                if Task.isCancelled { return nil }
                let start = position
                let result = try await source.connector.call { calls, cancellation throws(ConnectorError) in
                    try calls.read(after: start, cancellation)
                }
                isOver = result.progress == .end
                if let reached = result.position, reached != start || !result.text.isEmpty || !result.rejects.isEmpty {
                    position = reached
                    // What comes after an idle call is looked for with the next batch.
                    return result.batch(then: reached)
                }
                if isOver { break }
                // One that says there is more and gives nothing would be asked for ever.
                guard let interval = source.interval else { return nil }
                do { try await Task.sleep(for: interval) } catch { return nil }
            }
            return nil
        }
    }
}
