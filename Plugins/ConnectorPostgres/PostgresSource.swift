import Connectors
import EventModel

/// Reads rows in the order of a column that only grows, looks for more, and goes on behind the last one.
struct PostgresSource: Source {
    let server: PostgresServer
    let query: CursorQuery
    let reader: RowReader
    /// Between two looks where there was nothing; nil: it ends there.
    let interval: Duration?
    /// For how long a cursor that was seen waits until it is read up to.
    let lag: Duration

    func batches(after checkpoint: Checkpoint?) -> Batches { Batches(source: self, checkpoint: checkpoint) }

    func probe() async throws(ConnectorError) -> String {
        let (query, stream) = (query, reader.stream)
        return try await Session(server, isReading: true).once { connection throws(ServerFailure) in
            let columns = try query.allColumns(connection).joined(separator: ", ")
            let isEmpty = try query.highest(connection) == nil
            return "PostgreSQL \(connection.serverVersion); \(stream) has \(isEmpty ? "no rows yet" : "rows"), with the columns \(columns)."
        }
    }

    struct Batches: AsyncSequence {
        typealias Failure = ConnectorError
        let source: PostgresSource
        let checkpoint: Checkpoint?

        func makeAsyncIterator() -> Iterator { Iterator(source: source, checkpoint: checkpoint) }
    }

    struct Iterator: AsyncIteratorProtocol {
        private let source: PostgresSource
        private let session: Session
        private let checkpoint: Checkpoint?
        private var reader: RowReader
        private var ready: ArraySlice<SourceBatch> = []
        /// Of the last row that was read; nil before the first look where none was.
        private var place: [String]?
        private var isPlaced = false
        /// Up to which rows can be read, where there is a lag.
        private var bound: String?
        /// What becomes the bound, and when it was seen.
        private var sighting: (highest: String, at: ContinuousClock.Instant)?

        init(source: PostgresSource, checkpoint: Checkpoint?) {
            (self.source, self.checkpoint, reader) = (source, checkpoint, source.reader)
            session = Session(source.server, isReading: true)
        }

        mutating func next(isolation: isolated (any Actor)?) async throws(ConnectorError) -> SourceBatch? {
            while !Task.isCancelled {
                if let batch = ready.popFirst() { return batch }
                do throws(ConnectorError) {
                    if try await read() { continue }
                } catch {
                    if Task.isCancelled { break }
                    throw error
                }
                // A bound that is to come is waited for also by who ends then.
                let ripe = sighting.map { $0.at + source.lag - .now }
                guard let wait = source.interval.map({ min($0, ripe ?? $0) }) ?? ripe else { break }
                do { try await Task.sleep(for: max(wait, .zero)) } catch { break }
            }
            // The next one may begin at once: this one has to be gone before.
            await session.close()
            return nil
        }

        /// Reads the next rows; false where there are none now.
        private nonisolated(nonsending) mutating func read() async throws(ConnectorError) -> Bool {
            if !isPlaced { (place, isPlaced) = (try reader.place(checkpoint), true) }
            if source.lag > .zero {
                try await moveBound()
                if bound == nil { return false }
            }
            let (query, place, bound) = (source.query, place, bound)
            let found = try await session.perform { connection throws(ServerFailure) in
                try query.rows(after: place, to: bound, connection)
            }
            ready = reader.batches(of: found, after: place)[...]
            self.place = found.last?.place ?? place
            return !found.isEmpty
        }

        /// Takes the highest cursor that was seen long enough ago for the bound: transactions that had lower ones then have ended.
        private nonisolated(nonsending) mutating func moveBound() async throws(ConnectorError) {
            if let seen = sighting, .now - seen.at >= source.lag { (bound, sighting) = (seen.highest, nil) }
            // Who ends once it is there reads up to what was there when it began.
            guard sighting == nil, source.interval != nil || bound == nil else { return }
            let query = source.query
            let highest = try await session.perform { connection throws(ServerFailure) in try query.highest(connection) }
            if let highest, highest != bound { sighting = (highest, .now) }
        }
    }
}
