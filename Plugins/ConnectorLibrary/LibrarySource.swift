import Connectors
import EventModel

/// A source in a shared library.
struct LibrarySource: CutSource {
    let connector: BlockingConnector
    /// How long it waits where nothing is there; nil: it ends then.
    let interval: Duration?
    /// Records after which a batch is full; nil: the usual.
    var most: Int?

    /// Calls in a row that may say that there is more, and give nothing and get no further.
    private static let mostEmptyCalls = 20

    func cut(after records: Int) -> LibrarySource {
        var cut = self
        cut.most = records
        return cut
    }

    func batches(after checkpoint: Checkpoint?) -> Batches { Batches(source: self, position: checkpoint) }

    func probe() async throws(ConnectorError) -> String { try await connector.probe() }

    struct Batches: AsyncSequence, AsyncIteratorProtocol {
        let source: LibrarySource
        var position: Checkpoint?
        private var isOver = false

        init(source: LibrarySource, position: Checkpoint?) { (self.source, self.position) = (source, position) }

        func makeAsyncIterator() -> Self { self }

        mutating func next(isolation actor: isolated (any Actor)? = #isolation) async throws(ConnectorError) -> SourceBatch? {
            var emptyCalls = 0
            while !isOver {
                if Task.isCancelled { return nil }
                let (start, most) = (position, source.most)
                var result = try await source.connector.call { calls, cancellation throws(ConnectorError) in
                    try calls.read(after: start, most: most, cancellation)
                }
                isOver = result.progress == .end
                if let reached = result.position, reached != start || !result.text.isEmpty || !result.rejects.isEmpty {
                    position = reached
                    let redaction = source.connector.redaction
                    for index in result.rejects.indices { result.rejects[index].reason = redaction(result.rejects[index].reason) }
                    // What comes after an idle call is looked for with the next batch.
                    return result.batch(then: reached)
                }
                if isOver { break }
                if result.progress == .more {
                    emptyCalls += 1
                    guard emptyCalls < LibrarySource.mostEmptyCalls else { throw source.spinning }
                    continue
                }
                emptyCalls = 0
                guard let interval = source.interval else { return nil }
                do { try await Task.sleep(for: interval) } catch { return nil }
            }
            return nil
        }
    }

    /// One that says there is more and gives nothing would be asked for ever.
    private var spinning: ConnectorError {
        ConnectorError(
            .stop, at: "`read` of the library",
            "it said \(Self.mostEmptyCalls) times in a row that there is more, and gave neither a record nor another position",
            remedy: "This is an error of the library: answer idle where nothing is there now, and end where nothing ever will be.")
    }
}
