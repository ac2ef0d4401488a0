import EventModel
import Foundation
import GRDB
import Identity
import Storage

/// The one writer of a store.
final class SQLiteWriter: StoreWriter {
    let store: SQLiteStore
    private let lock: WriterLock
    let connection: DatabaseQueue
    private let key: (UInt64, UInt64)
    let dictionaries: StoreDictionaries
    var saved: StoreDictionaries.Mark
    var settlement: Settlement
    var savedPeople: PeopleTables.Saved
    var dedupe: DedupeIndex
    var decided = Decided()
    var pending: [ColumnarBatch] = []
    var ownNames: Set<Int32>
    var pendingBytes = 0
    var isBroken = false
    var confirmer: DuplicateConfirmer?
    /// What the store says: logs from this generation on count.
    var generation: Int64
    /// The log that is written, and its generation; those before it belong to `sealing`.
    var tail: TailLog
    var tailGeneration: Int64
    /// Logs from this generation on stay when their messages are in blocks; nil: none does.
    private(set) var keptFrom: Int64?
    /// The log is there and its messages are pending.
    var hasTail = false
    /// Messages whose blocks are being made.
    var sealing: Sealing?
    private(set) lazy var checkpoints = Checkpoints(path: store.path)
    /// Decodes what is appended durably.
    private lazy var ownDecoder = MessageDecoder(dictionaries: dictionaries, key: key)
    var tailRows = 0
    /// Bytes of messages whose blocks are held in memory until they are written.
    static let smallSeal = 64 << 20
    /// Rows of the tail that make it long.
    static let longTail = 131_072

    /// - Parameter rules: Rules of who is who from now on, and who says so; nil: the store's.
    init(store: SQLiteStore, rules: (IdentityRules, PeopleStatement)? = nil) throws(StoreError) {
        self.store = store
        lock = try WriterLock(path: store.path)
        do {
            connection = try DatabaseQueue(path: store.path, configuration: Schema.configuration(readOnly: false))
            let connection = connection
            try connection.inDatabase { try $0.execute(sql: "PRAGMA wal_autocheckpoint = 4000") }
            try connection.write { try Schema.migrate($0) }
            if let rules { try connection.writeWithoutTransaction { try Self.apply(rules.0, rules.1, $0) } }
            let read: Held
            do { read = try connection.inDatabase(Held.init) } catch let table as DamagedTable where table.isCurated {
                // What follows from the blocks is made anew from them.
                try connection.writeWithoutTransaction { try CuratedLayer.rebuild($0, fingerprint: Fingerprint(secret: Schema.key($0))) }
                read = try connection.inDatabase(Held.init)
            }
            key = read.key
            dictionaries = StoreDictionaries(read.image)
            saved = StoreDictionaries.Mark(of: read.image)
            settlement = Settlement(key: read.key, graph: read.people.graph(key: read.key), dictionaries: dictionaries)
            savedPeople = PeopleTables.Saved(settlement.graph)
            ownNames = read.own
            dedupe = read.dedupe
            generation = read.generation
            tailGeneration = read.generation
            tail = TailLog(store: store.path, generation: read.generation)
        } catch {
            lock.release()
            throw StoreError(error, path: store.path)
        }
        try sealLeftTail()
    }

    /// What a writer reads of its store.
    private struct Held {
        let key: (UInt64, UInt64)
        let image: StoreDictionaries.Image
        let people: PeopleTables.Held
        let own: Set<Int32>
        let dedupe: DedupeIndex
        let generation: Int64

        init(_ database: Database) throws {
            key = try Schema.key(database)
            image = try DictionaryTables.image(database)
            people = try PeopleTables.Held(database)
            own = try Int32.fetchSet(database, sql: "SELECT number FROM name WHERE own = 1")
            dedupe = try DedupeIndex(database)
            generation = try Schema.generation(database)
        }
    }

    /// Seals what an earlier writer acknowledged and left in its tail; forgets logs whose messages are in blocks.
    private func sealLeftTail() throws(StoreError) {
        let kept = KeptLog(store: store.path)
        keptFrom = kept.first
        kept.removeLogs(before: min(generation, keptFrom ?? generation))
        let logs = TailLog.open(store: store.path, from: generation)
        guard !logs.isEmpty else { return }
        for batch in TailLog.read(logs) { _ = try append(ownDecoder.decode(batch)) }
        hasTail = true
        tailGeneration = generation + Int64(logs.count) - 1
        try commit(source: nil, position: nil)
    }

    func makeDecoder() -> any BatchDecoder { MessageDecoder(dictionaries: dictionaries, key: key) }

    // MARK: Append

    func append(_ decoded: any DecodedBatch) throws(StoreError) -> AppendOutcome {
        guard let batch = decoded as? ColumnarBatch else { preconditionFailure("a batch of another store's decoder") }
        try checkUsable()
        let outcome = settlement.settle(batch, stored: try storedDuplicates(of: batch))
        if outcome.accepted > 0 {
            pending.append(batch)
            pendingBytes += batch.byteCount
        }
        return outcome
    }

    func appendDurably(_ batches: [MessageBatch]) throws(StoreError) -> [DurableOutcome] {
        // What memory holds after an error was never promised: only what is on disk counts.
        do throws(StoreError) { return try takeDurably(batches) } catch {
            isBroken = true
            throw error
        }
    }

    private func takeDurably(_ batches: [MessageBatch]) throws(StoreError) -> [DurableOutcome] {
        var outcomes: [DurableOutcome] = []
        var kept = 0
        tail.begin()
        for batch in batches {
            let decoded = ownDecoder.decode(batch)
            let outcome = try append(decoded)
            guard let columns = decoded as? ColumnarBatch else { preconditionFailure("the store's own decoder makes its own batches") }
            var accepted: [DurableOutcome.Accepted] = []
            accepted.reserveCapacity(outcome.accepted)
            var lines = Lines(batch)
            for row in 0..<columns.messageCount {
                guard let owner = columns.owner(of: row) else { continue }
                let line = lines.range(of: columns.line(of: row))
                tail.add(batch.text[line], idOf: row, in: columns)
                let message = DecodedMessage(columns, row: row, dictionaries: dictionaries)
                accepted.append(.init(text: line, ordinal: owner, message: message))
            }
            kept += accepted.count
            outcomes.append(DurableOutcome(outcome: outcome, rejects: decoded.rejects, accepted: accepted))
        }
        try tail.end()
        hasTail = hasTail || kept > 0
        tailRows += kept
        if tailRows >= Self.longTail { try sealLongTail() }
        return outcomes
    }

    /// Where the lines of a batch are, asked for in their order.
    private struct Lines {
        private let batch: MessageBatch
        private var line = -1
        private var found = 0..<0

        init(_ batch: MessageBatch) { self.batch = batch }

        mutating func range(of wanted: Int) -> Range<Int> {
            batch.text.withUnsafeBufferPointer { text in
                while line < wanted, let base = text.baseAddress {
                    let start = line < 0 ? 0 : found.upperBound + 1
                    let left = max(0, batch.count - start)
                    let length = memchr(base + start, 10, left).map { UnsafeRawPointer($0) - UnsafeRawPointer(base + start) } ?? left
                    found = start..<(start + length)
                    line += 1
                }
            }
            return found
        }
    }

    var logEnd: LogPlace? { LogPlace(generation: tailGeneration, offset: tail.acknowledged) }

    func keepLog(from place: LogPlace?) throws(StoreError) {
        let kept = KeptLog(store: store.path)
        try kept.keep(from: place?.generation)
        keptFrom = place?.generation
        kept.removeLogs(before: min(generation, keptFrom ?? generation))
    }

    func takeMerges() -> [ProfileMerge] { settlement.graph.takeMerges() }

    func profile(of ordinal: UInt32) -> UInt32 { settlement.graph.profile(of: ordinal) }

    func ordinal(of text: String, kind: IdentifierKind) -> UInt32? {
        var text = text
        return text.withUTF8 { settlement.graph.find($0, kind: kind, hash: ColumnarBatch.identifierHash($0, kind: kind, key: key)) }
    }

    func identifier(_ ordinal: UInt32) -> (kind: IdentifierKind, text: String) {
        let texts = settlement.graph.texts
        return (IdentifierKind(rawValue: texts.kinds[Int(ordinal)]) ?? .user, texts[Int(ordinal)])
    }

    /// Messages of the batch whose ids the store holds already.
    private func storedDuplicates(of batch: ColumnarBatch) throws(StoreError) -> Set<Int> {
        var perhaps: [(fingerprint: UInt64, row: Int)] = []
        for row in 0..<batch.messageCount {
            let mark = settlement.fingerprint(batch.key(row).key)
            if dedupe.mayContain(mark) { perhaps.append((mark, row)) }
        }
        guard !perhaps.isEmpty else { return [] }
        perhaps.sort { $0.fingerprint < $1.fingerprint }
        let candidates = perhaps
        do {
            return try connection.inDatabase { database in
                let held = try dedupe.held(candidates.map(\.fingerprint), database)
                let rows = candidates.filter { held.contains($0.fingerprint) }.map(\.row)
                guard !rows.isEmpty else { return [] }
                let confirmer = try confirmer ?? DuplicateConfirmer(database)
                self.confirmer = confirmer
                return try confirmer.confirm(rows, of: batch, owner: { self.settlement.knownOwner($0, of: batch) }, database)
            }
        } catch {
            throw StoreError(error, path: store.path)
        }
    }

    func checkUsable() throws(StoreError) {
        if isBroken {
            throw StoreError(.disk, "\(store.path): an earlier commit failed; what was committed before it is kept. Open the store again.")
        }
    }

    // MARK: Upkeep

    func rebuild() throws(StoreError) {
        try commit(source: nil, position: nil)
        do { try connection.writeWithoutTransaction { try CuratedLayer.rebuild($0, fingerprint: settlement.fingerprint) } } catch {
            throw StoreError(error, path: store.path)
        }
        // What this writer holds in memory is of the old tables.
        isBroken = true
    }

    func close() throws(StoreError) {
        defer { lock.release() }
        checkpoints.wait()
        guard !isBroken else { return }
        do {
            try connection.writeWithoutTransaction { database in
                try BlockMerge.mergeSmallBlocks(database)
                // Whoever still reads an older state is not waited for; the next writer moves the log's pages then.
                try database.execute(sql: "PRAGMA busy_timeout = 0; PRAGMA wal_checkpoint(TRUNCATE)")
            }
        } catch {
            throw StoreError(error, path: store.path)
        }
    }
}
