import Connectors
import EventModel

/// Reads the shards of a stream in turn, each in its order; a shard that continues others comes when these were read to their ends.
struct KinesisSource: Source {
    let stream: KinesisStream
    let decoder: RecordDecoder
    let startsLatest: Bool
    let now: @Sendable () -> Instant
    let batchRecords: Int
    /// How long it waits where nothing came; nil: it ends where it has caught up.
    let interval: Duration?

    func batches(after checkpoint: Checkpoint?) -> Batches { Batches(source: self, checkpoint: checkpoint) }

    func probe() async throws(ConnectorError) -> String {
        let count = try await stream.shards().count
        return "The stream `\(stream.name)` is there, with \(count == 1 ? "1 shard" : "\(count) shards")."
    }

    struct Batches: AsyncSequence, Sendable {
        typealias Failure = ConnectorError
        let source: KinesisSource
        let checkpoint: Checkpoint?

        func makeAsyncIterator() -> Iterator { Iterator(source: source, checkpoint: checkpoint) }
    }

    struct Iterator: AsyncIteratorProtocol {
        /// A shard that is being read.
        private struct Reading {
            var id: String
            /// nil: it has to be asked for; it runs out after five minutes.
            var iterator: String?
            /// What was fetched and not yet given.
            var pending: ArraySlice<KinesisStream.Piece.Record> = []
            /// Whether nothing more can be fetched, ever.
            var isClosed = false
            /// Whether everything was given that was there.
            var isCaughtUp = false
        }
        let source: KinesisSource
        let checkpoint: Checkpoint?
        private var position: KinesisPosition?
        private var readings: [Reading] = []
        /// Records that were given in this reading: lines for quarantine.
        private var given = 0

        init(source: KinesisSource, checkpoint: Checkpoint?) { (self.source, self.checkpoint) = (source, checkpoint) }

        mutating func next(isolation actor: isolated (any Actor)? = #isolation) async throws(ConnectorError) -> SourceBatch? {
            if position == nil {
                // The first look at a stream says where it begins; later ones find shards that were split or merged off.
                let known = try checkpoint.map { checkpoint throws(ConnectorError) in try KinesisPosition(checkpoint) }
                let begun = try await looked(known ?? KinesisPosition(), isFirst: known == nil)
                // Where it began is kept before anything is waited for.
                if known == nil, source.startsLatest { return SourceBatch(MessageBatch(), then: begun.checkpoint) }
            }
            while !Task.isCancelled, let position {
                if let batch = try await read(position) { return batch }
                guard readings.allSatisfy(\.isCaughtUp) else { continue }
                let before = readings.map(\.id)
                if let interval = source.interval { do { try await Task.sleep(for: interval) } catch { return nil } }
                _ = try await looked(position, isFirst: false)
                if source.interval == nil, readings.map(\.id) == before { return nil }
                for index in readings.indices { readings[index].isCaughtUp = false }
            }
            return nil
        }

        /// Finds the shards that there are, and those of them that can be read now.
        private mutating func looked(_ known: KinesisPosition, isFirst: Bool) async throws(ConnectorError) -> KinesisPosition {
            var position = known
            let shards = try await source.stream.shards()
            let there = Set(shards.map(\.id))
            // What a stream has forgotten needs no place.
            position.shards = position.shards.filter { there.contains($0.key) }
            // The latest is a time, so that what comes before a shard is asked for the first time is read all the same.
            let start = isFirst && source.startsLatest ? KinesisStream.Start.at(source.now()) : .earliest
            for shard in shards where position.shards[shard.id] == nil { position.shards[shard.id] = .start(start) }
            let open = shards.filter { shard in
                position.shards[shard.id] != .done && shard.parents.allSatisfy { !there.contains($0) || position.shards[$0] == .done }
            }
            readings.removeAll { reading in !open.contains { $0.id == reading.id } }
            for shard in open where !readings.contains(where: { $0.id == shard.id }) { readings.append(Reading(id: shard.id)) }
            self.position = position
            return position
        }

        /// The next batch of the shard whose turn it is; nil where that has none now.
        private mutating func read(_ position: KinesisPosition) async throws(ConnectorError) -> SourceBatch? {
            let first = (readings.firstIndex { $0.id == position.last } ?? -1) + 1
            let turns = readings.indices.map { (first + $0) % readings.count }
            guard let index = turns.first(where: { !readings[$0].isCaughtUp }) else { return nil }
            self.position?.last = readings[index].id
            if readings[index].pending.isEmpty { try await fetch(index, position) }
            guard !readings[index].pending.isEmpty || readings[index].isClosed else { return nil }
            return batch(of: index)
        }

        private mutating func fetch(_ index: Int, _ position: KinesisPosition) async throws(ConnectorError) {
            let shard = readings[index].id
            var iterator = readings[index].iterator
            if iterator == nil {
                let start: KinesisStream.Start =
                    switch position.shards[shard] {
                    case .after(let number)?: .after(number)
                    case .start(let start)?: start
                    case .done?, nil: .earliest
                    }
                iterator = try await source.stream.iterator(of: shard, from: start)
            }
            guard let iterator else { return }
            let piece = try await source.stream.piece(iterator, most: source.batchRecords)
            readings[index].iterator = piece.next
            readings[index].isClosed = piece.next == nil
            readings[index].pending = piece.records[...]
            readings[index].isCaughtUp = piece.records.isEmpty && piece.next != nil && piece.millisecondsBehind == 0
        }

        /// What is pending of a shard, as far as it fits; at the end of a closed one its place is done with it.
        private mutating func batch(of index: Int) -> SourceBatch? {
            var reading = readings[index]
            let bytes = reading.pending.reduce(0) { $0 + $1.data.count + 1 }
            var batch = source.decoder.makeBatch(firstLine: given + 1, bytes: min(bytes, SourceBatch.mostBytes))
            var newest: Instant?
            while let record = reading.pending.first {
                let number = given + 1
                let fits = record.data.withUnsafeBytes { batch.append($0, number: number) { "\(reading.id), \(record.number)" } }
                guard fits else { break }
                given = number
                position?.shards[reading.id] = .after(record.number)
                newest = [newest, record.arrived].compactMap { $0 }.max()
                reading.pending.removeFirst()
            }
            readings[index] = reading
            if reading.isClosed, reading.pending.isEmpty {
                position?.shards[reading.id] = .done
                // Those that continue it are found with the next look.
                readings[index].isCaughtUp = true
            }
            return position.map { SourceBatch(batch.finished(), then: $0.checkpoint, newest: newest) }
        }
    }
}
