import EventModel
import Foundation
import GRDB
import Identity
import Storage
import Synchronization

/// One state of a store, held by a read transaction of its own.
final class SQLiteSnapshot: ProfileColumnKeeping, MessageScanning {
    let version: UInt64
    let identifierCount: Int
    let profileCount: Int
    let profileOfIdentifier: ContiguousArray<UInt32>
    let blocks: [BlockSummary]
    let latestTime: Int64?
    let store: SQLiteStore
    private let image: ReaderImage
    let connection: DatabaseQueue
    private let cache: ColumnCache
    let path: String
    let tail: TailBlocks?
    let people: SnapshotPeople
    /// Where the tail's own identifiers stand; nil until somebody asks.
    let tailIndex = Mutex<IdentifierIndex?>(nil)
    /// Paths that committed blocks know. The tail's own get numbers for this snapshot only, which a commit may give to others.
    private let lastingPaths: Int
    let texts = Mutex<IdentifierTexts?>(nil)
    private let sharedNames = Mutex<[(name: String, rows: Int)]?>(nil)

    init(store: SQLiteStore) throws(StoreError) {
        self.store = store
        path = store.path
        cache = store.cache
        do {
            connection = try DatabaseQueue(path: store.path, configuration: Schema.configuration(readOnly: true))
            let (state, logs) = try connection.inDatabase { try Self.begin($0, path: store.path) }
            let read = try connection.inDatabase { try Self.read($0, store: store, state: state, logs: logs) }
            (version, people) = (read.version, read.people)
            (profileOfIdentifier, profileCount) = (read.people.profileOfIdentifier, read.people.count)
            identifierCount = profileOfIdentifier.count
            (blocks, image, tail, lastingPaths) = (read.blocks, read.image, read.tail, read.lastingPaths)
        } catch {
            throw StoreError(error, path: store.path)
        }
        latestTime = blocks.map(\.maxTime).max()
        texts.withLock { $0 = tail?.texts }
    }

    /// Begins the transaction, with the logs of the tail that belong to it open.
    ///
    /// The logs are opened first: a writer that seals them meanwhile removes only their names, and the generations then differ.
    private static func begin(_ database: Database, path: String) throws -> (state: UInt64, logs: [FileHandle]) {
        while true {
            let generation = try Schema.generation(database)
            let logs = TailLog.open(store: path, from: generation)
            try database.execute(sql: "BEGIN")
            if try Schema.generation(database) == generation { return (try Schema.version(database), logs) }
            try database.execute(sql: "ROLLBACK")
        }
    }

    private struct Read {
        var version: UInt64
        var people: SnapshotPeople
        var blocks: [BlockSummary]
        var image: ReaderImage
        var tail: TailBlocks?
        var lastingPaths: Int
    }

    private static func read(_ database: Database, store: SQLiteStore, state: UInt64, logs: [FileHandle]) throws -> Read {
        let dictionaries = try Self.image(of: store, version: state, database)
        let blocks = try BlockTable.blocks(database, names: dictionaries.names).map(\.summary)
        let size = logs.reduce(UInt64(0)) { $0 + UInt64(max(0, lseek($1.fileDescriptor, 0, SEEK_END))) }
        // The tail grows between commits: its length tells two states of one generation apart.
        let version = state << 32 | size
        if let tail = try store.tail.blocks(logs, database) {
            return Read(
                version: version, people: tail.people, blocks: blocks + tail.blocks.values.map(\.summary),
                image: ReaderImage(tail.dictionaries), tail: tail, lastingPaths: dictionaries.paths.count)
        }
        return Read(
            version: version, people: try Self.people(of: store, version: state, database), blocks: blocks, image: dictionaries, tail: nil,
            lastingPaths: dictionaries.paths.count)
    }

    /// Snapshots of one version share an image, and so the dictionaries that evaluators remember.
    private static func image(of store: SQLiteStore, version: UInt64, _ database: Database) throws -> ReaderImage {
        if let known = store.latestImage.withLock({ $0?.version == version ? $0?.image : nil }) { return known }
        let made = ReaderImage(try DictionaryTables.image(database))
        store.latestImage.withLock { $0 = (version, made) }
        return made
    }

    /// Snapshots of one version share who is who.
    private static func people(of store: SQLiteStore, version: UInt64, _ database: Database) throws -> SnapshotPeople {
        if let known = store.latestPeople.withLock({ $0?.version == version ? $0?.people : nil }) { return known }
        let count = try PeopleTables.identifierCount(database)
        var pairs = try PeopleTables.pairs(database)
        let refusals = try DecisionTables.refusals(database)
        guard refusals.keys.allSatisfy({ $0 < pairs.count }) else { throw DamagedTable(name: "link_refusal", isCurated: true) }
        if !refusals.isEmpty { pairs = pairs.enumerated().filter { refusals[$0.offset] == nil }.map(\.element) }
        guard pairs.allSatisfy({ Int($0.a) < count && Int($0.b) < count }) else {
            throw DamagedTable(name: "link", isCurated: true)
        }
        var kinds: ContiguousArray<UInt8>?
        if try Schema.hasTraits(database), try Schema.number(.traitIdentifiers, database) > 0 {
            kinds = try PeopleTables.identifiers(database).kinds
        }
        let found = IdentityGraph.profiles(count: count, links: pairs, kinds: kinds)
        let people = SnapshotPeople(found.profileOfIdentifier, count: found.count, kinds: kinds)
        store.latestPeople.withLock { $0 = (version, people) }
        return people
    }

    func reading<Result>(_ body: (Database) throws -> Result) throws -> Result {
        do { return try connection.inDatabase(body) } catch { throw StoreError(error, path: path) }
    }

    func reader(_ block: BlockSummary) -> BlockReader {
        BlockReader(image: image, summary: block) { [self] code in
            if block.id < 0 { return tail?.column(block.id, code: code) }
            return try reading { try BlockTable.column($0, block: block.id, code: code) }
        }
    }

    func checked<Result>(_ body: () throws -> Result) throws -> Result {
        do { return try body() } catch { throw StoreError(error, path: path) }
    }

    // MARK: Names and paths

    func eventNames() throws -> [(name: String, rows: Int)] {
        if let known = sharedNames.withLock({ $0 }) { return known }
        let names = try checked {
            var rows: [[UInt8]: Int] = [:]
            for block in blocks where block.kind == .track {
                if let event = block.event {
                    rows[Array(event.utf8), default: 0] += block.rows
                } else {
                    let column = try reader(block).column(["event"])
                    var counts = [Int](repeating: 0, count: column.dictionary?.count ?? 0)
                    for row in 0..<block.rows where column.tags[row] == ValueTag.text { counts[Int(column.texts[row])] += 1 }
                    for (number, count) in counts.enumerated() where count > 0 {
                        rows[Array(column.dictionary?[number].utf8 ?? "".utf8), default: 0] += count
                    }
                }
            }
            return rows.map { (String(decoding: $0.key, as: UTF8.self), $0.value) }.sorted { $0.0.precedesByScalars($1.0) }
        }
        sharedNames.withLock { $0 = names }
        return names
    }

    func paths(kind: Message.Kind, event: String?) throws -> [ColumnPath] {
        try checked {
            var found: Set<Int32> = []
            var whole: Set<[[UInt8]]> = []
            for block in blocks where block.kind == kind {
                if let event, let own = block.event, !own.sameScalars(as: event) { continue }
                let (reader, shared) = (reader(block), block.event == nil ? event : nil)
                let used = try reader.pathsUsed(shapesUsed(block, reader, event: shared), event: shared)
                found.formUnion(used.numbers)
                whole.formUnion(used.others.map { $0.map { Array($0.utf8) } })
            }
            whole.formUnion(found.map { image.paths[Int($0)].map { Array($0.utf8) } })
            return whole.sorted { a, b in a.lexicographicallyPrecedes(b) { $0.lexicographicallyPrecedes($1) } }
                .map { $0.map { String(decoding: $0, as: UTF8.self) } }
        }
    }

    private func shapesUsed(_ block: BlockSummary, _ reader: BlockReader, event: String?) throws -> ContiguousArray<Int32> {
        guard block.id >= 0, event == nil else { return try reader.shapesUsed(event: event) }
        if case .shapes(let kept)? = cache.value(.init(block: block.id, column: -3)) { return kept }
        let shapes = try reader.shapesUsed(event: nil)
        cache.keep(.shapes(shapes), for: .init(block: block.id, column: -3))
        return shapes
    }

    // MARK: Rows

    func read(_ block: BlockSummary, paths: [ColumnPath]) throws -> ColumnarBlock {
        try checked {
            let reader = reader(block)
            let ordinals = try ordinals(block, reader)
            let times = try times(block, reader)
            let columns = try paths.map { path in
                guard let number = image.number(of: path), block.id >= 0, number < lastingPaths else { return try reader.column(path) }
                if case .column(let kept)? = cache.value(.init(block: block.id, column: number)) { return kept }
                let column = try reader.column(path)
                cache.keep(.column(column), for: .init(block: block.id, column: number))
                return column
            }
            return ColumnarBlock(summary: block, ordinals: ordinals, times: times, columns: columns)
        }
    }

    func rows(_ block: BlockSummary, of ordinals: [UInt32]) throws -> [Int] {
        guard ordinals.contains(where: { $0 >= block.minOrdinal && $0 <= block.maxOrdinal }) else { return [] }
        return try checked { try self.ordinals(block, reader(block)).places(of: ordinals) }
    }

    private func ordinals(_ block: BlockSummary, _ reader: BlockReader) throws -> ContiguousArray<UInt32> {
        if block.id >= 0, case .ordinals(let kept)? = cache.value(.init(block: block.id, column: -1)) { return kept }
        let ordinals = try reader.ordinals()
        if let greatest = ordinals.last, Int(greatest) >= identifierCount { throw BlockReader.Damaged(block: block.id) }
        if block.id >= 0 { cache.keep(.ordinals(ordinals), for: .init(block: block.id, column: -1)) }
        return ordinals
    }

    private func times(_ block: BlockSummary, _ reader: BlockReader) throws -> ContiguousArray<Int64> {
        if block.id >= 0, case .times(let kept)? = cache.value(.init(block: block.id, column: -2)) { return kept }
        let times = try reader.times()
        if block.id >= 0 { cache.keep(.times(times), for: .init(block: block.id, column: -2)) }
        return times
    }

    // MARK: Columns by profile

    /// Where the cache keeps a path's column by profile: no block has such a number. Columns of versions gone by are never asked for again.
    private func profileKey(_ path: ColumnPath) -> ColumnCache.Key? {
        image.number(of: path).map { ColumnCache.Key(block: Int64(bitPattern: version | 1 << 63), column: $0) }
    }

    func keptColumn(_ path: ColumnPath) -> Storage.Column? {
        guard let key = profileKey(path), case .column(let column)? = cache.value(key) else { return nil }
        return column
    }

    func keep(_ column: Storage.Column, for path: ColumnPath) { if let key = profileKey(path) { cache.keep(.column(column), for: key) } }

    func messageIDs(_ block: BlockSummary) throws -> [String] { try checked { try reader(block).messageIDs() } }

    func decodedMessages(_ block: BlockSummary) throws -> [(ordinal: UInt32, message: DecodedMessage)]? {
        try checked { try reader(block).decodedMessages() }
    }

    func messages(_ block: BlockSummary, rows: [Int]) throws -> [Message] {
        let identifiers = try identifiers()
        return try checked {
            try reader(block).messages(rows: rows, identifiers: identifiers).map { json in
                try json.withUnsafeBufferPointer { try Message(parsing: $0, derivedID: nil) }
            }
        }
    }

    func eachMessage(
        _ block: BlockSummary,
        _ body: (
            _ row: Int, _ ordinal: UInt32, _ time: Int64, _ messageID: UnsafeBufferPointer<UInt8>, _ json: UnsafeBufferPointer<UInt8>
        ) throws -> Void
    ) throws {
        let identifiers = try identifiers()
        try checked { try reader(block).eachMessage(identifiers: identifiers, body) }
    }

    // MARK: Definitions

    func definitions() throws -> [Definition] {
        try reading { try SQLiteStore.definitions($0) }
    }

    // MARK: History

    func recordedMembers(of segment: String, at instant: Instant?) throws -> RecordedMembers? {
        try reading { database in
            let recorded = try MembershipReader(database).members(of: segment, at: instant)
            guard recorded?.members.ordinals.last.map({ Int($0) < identifierCount }) ?? true else { throw MembershipTables.damaged }
            return recorded
        }
    }

    func lastRecorded() throws -> Instant? {
        try reading { try MembershipTables.segments($0).map(\.at).max().map { Instant(milliseconds: $0) } }
    }

    func membershipRecords(of segment: String?, touching ordinals: OrdinalSet?) throws -> [MembershipRecord] {
        try reading { try MembershipReader($0).records(of: segment, touching: ordinals) }
    }
}
