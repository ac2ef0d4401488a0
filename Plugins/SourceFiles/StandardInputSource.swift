import Archive
import Connectors

/// Reads standard input to its end, once.
struct StandardInputSource: Source {
    let input: StandardInput
    let formats: FileFormats

    func batches(after checkpoint: Checkpoint?) -> Batches { Batches(source: self, checkpoint: checkpoint) }

    /// Takes no byte of it.
    func probe() async throws(ConnectorError) -> String {
        _ = try formats.makeReader(of: StandardInput.name)
        return "Standard input."
    }

    struct Batches: AsyncSequence {
        typealias Failure = ConnectorError
        let source: StandardInputSource
        let checkpoint: Checkpoint?

        func makeAsyncIterator() -> Iterator { Iterator(source: source, checkpoint: checkpoint) }
    }

    struct Iterator: AsyncIteratorProtocol {
        let source: StandardInputSource
        /// Behind what is stored.
        private var checkpoint: Checkpoint?
        private let reader = StandardInput.Reader()

        fileprivate init(source: StandardInputSource, checkpoint: Checkpoint?) { (self.source, self.checkpoint) = (source, checkpoint) }

        mutating func next(isolation: isolated (any Actor)?) async throws(ConnectorError) -> SourceBatch? {
            let batch = try await source.input.next(after: checkpoint, for: reader, source.formats)
            if let batch { checkpoint = batch.checkpoint }
            return batch
        }
    }
}
