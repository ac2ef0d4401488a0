import Dispatch
import Foundation
import GRDB
import Identity
import Storage
import Synchronization

/// The one writer of a store.
final class SQLiteWriter: StoreWriter {
    private let store: SQLiteStore
    private let lock: WriterLock
    private let connection: DatabaseQueue
    private let key: (UInt64, UInt64)
    private let fingerprint: Fingerprint
    private let dictionaries: StoreDictionaries
    private var saved: StoreDictionaries.Mark
    private var graph: IdentityGraph
    private var savedPeople: (identifiers: Int, links: Int, aliases: Int)
    private let dedupe: DedupeIndex
    private var pendingKeys: PendingKeys
    private var pending: [ColumnarBatch] = []
    private var fingerprints: [UInt64] = []
    private var ownNames: Set<Int32>
    private(set) var pendingBytes = 0
    private var isBroken = false
    private var confirmer: DuplicateConfirmer?

    init(store: SQLiteStore) throws(StoreError) {
        self.store = store
        lock = try WriterLock(path: store.path)
        do {
            connection = try DatabaseQueue(path: store.path, configuration: Schema.configuration(readOnly: false))
            let connection = connection
            let read = try connection.inDatabase { database in
                try database.execute(sql: "PRAGMA wal_autocheckpoint = 4000")
                let texts = try PeopleTables.identifiers(database)
                return (
                    key: try Schema.key(database), image: try DictionaryTables.image(database), texts: texts,
                    links: try PeopleTables.links(database), aliases: try PeopleTables.aliases(database),
                    own: try Int32.fetchSet(database, sql: "SELECT number FROM name WHERE own = 1"), dedupe: try DedupeIndex(database)
                )
            }
            key = read.key
            fingerprint = Fingerprint(secret: read.key)
            dictionaries = StoreDictionaries(read.image)
            saved = StoreDictionaries.Mark(of: read.image)
            savedPeople = (read.texts.count, read.links.count, read.aliases.count)
            let key = read.key
            graph = IdentityGraph(texts: read.texts, links: read.links, aliases: read.aliases) {
                ColumnarBatch.identifierHash($0, kind: $1, key: key)
            }
            ownNames = read.own
            dedupe = read.dedupe
            pendingKeys = PendingKeys(fingerprint: fingerprint)
        } catch {
            lock.release()
            throw StoreError(error, path: store.path)
        }
    }

    func makeDecoder() -> any BatchDecoder { MessageDecoder(dictionaries: dictionaries, key: key) }

    // MARK: Append

    func append(_ decoded: any DecodedBatch) throws(StoreError) -> AppendOutcome {
        guard let batch = decoded as? ColumnarBatch else { preconditionFailure("a batch of another store's decoder") }
        try checkUsable()
        let stored = try storedDuplicates(of: batch)
        let outcome = Self.settle(batch, stored: stored, key: key, fingerprint, &pendingKeys, &fingerprints, &graph)
        if outcome.accepted > 0 {
            pending.append(batch)
            pendingBytes += batch.byteCount
        }
        return outcome
    }

    /// Goes through the messages in order: drops duplicates, names owners, links identifiers.
    private static func settle(
        _ batch: ColumnarBatch, stored: Set<Int>, key: (UInt64, UInt64), _ fingerprint: Fingerprint, _ pendingKeys: inout PendingKeys,
        _ fingerprints: inout [UInt64], _ graph: inout IdentityGraph
    ) -> AppendOutcome {
        var outcome = AppendOutcome()
        var ordinals = ContiguousArray<UInt32>(repeating: .max, count: batch.identifierCount)
        var nextAlias = 0
        let aliases = batch.aliasMessages
        pendingKeys.begin(batch)
        for row in 0..<batch.messageCount {
            let (messageKey, isUUID) = batch.key(row)
            let mark = fingerprint(messageKey)
            let isStored = !stored.isEmpty && stored.contains(row)
            guard !isStored, pendingKeys.insert(row, fingerprint: mark) else {
                outcome.duplicates += 1
                batch.settle(owner: nil, companion: nil)
                continue
            }
            fingerprints.append(mark)
            let ids = batch.identifiers(of: row)
            var user: UInt32?
            var anonymous: UInt32?
            if ids.user >= 0 { user = ordinal(ids.user, batch, &ordinals, &graph) }
            if ids.anonymous >= 0 { anonymous = ordinal(ids.anonymous, batch, &ordinals, &graph) }
            if let user, let anonymous { graph.link(user, anonymous, message: messageKey, isUUID: isUUID) }
            while nextAlias < aliases.count, aliases[nextAlias].message < row { nextAlias += 1 }
            if nextAlias < aliases.count, aliases[nextAlias].message == row, let owner = user ?? anonymous {
                let previous = aliases[nextAlias].previous
                graph.alias(user: owner, previous: previous, message: messageKey, isUUID: isUUID) {
                    ColumnarBatch.identifierHash(previous, kind: $0, key: key)
                }
            }
            batch.settle(owner: user ?? anonymous, companion: user == nil ? nil : anonymous)
            outcome.accepted += 1
        }
        return outcome
    }

    @inline(__always)
    private static func ordinal(
        _ index: Int, _ batch: ColumnarBatch, _ known: inout ContiguousArray<UInt32>, _ graph: inout IdentityGraph
    ) -> UInt32 {
        if known[index] != .max { return known[index] }
        let (kind, text, hash) = batch.identifier(index)
        let ordinal = graph.find(text, kind: kind, hash: hash) ?? graph.insert(text, kind: kind, hash: hash)
        known[index] = ordinal
        return ordinal
    }

    /// Messages of the batch whose ids the store holds already.
    private func storedDuplicates(of batch: ColumnarBatch) throws(StoreError) -> Set<Int> {
        var perhaps: [(fingerprint: UInt64, row: Int)] = []
        for row in 0..<batch.messageCount {
            let mark = fingerprint(batch.key(row).key)
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
                return try confirmer.confirm(rows, of: batch, owner: { self.knownOwner($0, batch) }, database)
            }
        } catch {
            throw StoreError(error, path: store.path)
        }
    }

    private func knownOwner(_ row: Int, _ batch: ColumnarBatch) -> UInt32? {
        let ids = batch.identifiers(of: row)
        let index = ids.user >= 0 ? ids.user : ids.anonymous
        guard index >= 0 else { return nil }
        let (kind, text, hash) = batch.identifier(index)
        return graph.find(text, kind: kind, hash: hash)
    }

    private func checkUsable() throws(StoreError) {
        if isBroken {
            throw StoreError(.disk, "\(store.path): an earlier commit failed; what was committed before it is kept. Open the store again.")
        }
    }

    // MARK: Commit

    func commit(source: String?, position: ImportPosition?) throws(StoreError) {
        try checkUsable()
        let image = dictionaries.image
        let plan = BlockPlan(batches: pending, image: image, ownNames: ownNames)
        do {
            try connection.writeWithoutTransaction { database in
                try database.inTransaction(.immediate) {
                    try self.write(plan, image: image, database)
                    try DictionaryTables.save(image, beyond: self.saved, database)
                    for name in plan.ownNames where !self.ownNames.contains(name) {
                        try database.execute(sql: "UPDATE name SET own = 1 WHERE number = ?", arguments: [name])
                    }
                    try PeopleTables.save(self.graph.texts, from: self.savedPeople.identifiers, database)
                    try PeopleTables.save(self.graph.links, from: self.savedPeople.links, database)
                    try PeopleTables.save(self.graph.aliases, from: self.savedPeople.aliases, database)
                    try self.dedupe.add(self.fingerprints, database)
                    if let source, let position {
                        let text = String(decoding: try JSONEncoder().encode(position), as: UTF8.self)
                        try database.execute(
                            sql: "INSERT INTO import_position VALUES(?, ?) ON CONFLICT(source) DO UPDATE SET position = excluded.position",
                            arguments: [source, text])
                    }
                    try Schema.bumpVersion(database)
                    return .commit
                }
            }
        } catch {
            isBroken = true
            throw StoreError(error, path: store.path)
        }
        saved = StoreDictionaries.Mark(of: image)
        savedPeople = (graph.texts.count, graph.links.count, graph.aliases.count)
        ownNames.formUnion(plan.ownNames)
        pending = []
        pendingKeys.removeAll()
        fingerprints.removeAll(keepingCapacity: true)
        pendingBytes = 0
        confirmer = nil
    }

    /// Encodes the blocks on this thread and one more, and writes them on this one.
    private func write(_ plan: BlockPlan, image: StoreDictionaries.Image, _ database: Database) throws {
        guard plan.count > 0 else { return }
        var numbers: [[UInt8]: Int32] = [:]
        for name in plan.ownNames { numbers[Array(image.names[Int(name)].utf8)] = name }
        func insert(_ block: EncodedBlock) throws {
            try BlockTable.insert(block, name: block.summary.event.flatMap { numbers[Array($0.utf8)] }, database)
        }
        let shared = Mutex((next: 0, done: [EncodedBlock]()))
        @Sendable func take() -> Int? {
            shared.withLock { state in
                guard state.next < plan.count else { return nil }
                state.next += 1
                return state.next - 1
            }
        }
        let helper = DispatchGroup()
        if plan.count > 1 {
            helper.enter()
            let thread = Thread {
                while let index = take() { plan.encode(index) { block in shared.withLock { $0.done.append(block) } } }
                helper.leave()
            }
            thread.stackSize = 8 << 20
            thread.start()
        }
        func drain() throws {
            for block in shared.withLock({ state in
                defer { state.done = [] }
                return state.done
            }) { try insert(block) }
        }
        do {
            while let index = take() {
                try plan.encode(index) { block in
                    try insert(block)
                    try drain()
                }
            }
        } catch {
            shared.withLock { $0.next = plan.count }
            helper.wait()
            throw error
        }
        helper.wait()
        try drain()
    }

    func position(of source: String) throws(StoreError) -> ImportPosition? {
        do {
            let text = try connection.inDatabase {
                try String.fetchOne($0, sql: "SELECT position FROM import_position WHERE source = ?", arguments: [source])
            }
            return try text.map { try JSONDecoder().decode(ImportPosition.self, from: Data($0.utf8)) }
        } catch {
            throw StoreError(error, path: store.path)
        }
    }

    // MARK: Upkeep

    func rebuild() throws(StoreError) {
        try checkUsable()
        do { try connection.writeWithoutTransaction { try CuratedLayer.rebuild($0, fingerprint: fingerprint) } } catch {
            throw StoreError(error, path: store.path)
        }
        // What this writer holds in memory is of the old tables.
        isBroken = true
    }

    func close() throws(StoreError) {
        defer { lock.release() }
        guard !isBroken else { return }
        do {
            try connection.writeWithoutTransaction { database in
                try BlockMerge.mergeSmallBlocks(database)
                try database.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)")
            }
        } catch {
            throw StoreError(error, path: store.path)
        }
    }
}
