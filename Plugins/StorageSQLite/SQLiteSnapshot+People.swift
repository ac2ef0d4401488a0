import EventModel
import Foundation
import GRDB
import Identity
import Storage
import Synchronization

/// Who is who, and who said what of a trait that has an index.
extension SQLiteSnapshot {
    func identifiers() throws -> IdentifierTexts {
        if let known = texts.withLock({ $0 }) { return known }
        let shared = store.committedTexts.withLock { $0 }
        var read = shared
        if shared.count != identifierCount {
            // Only what later commits added is read; a state before those reads its own.
            read = try reading { try PeopleTables.identifiers($0, beyond: shared.count < identifierCount ? shared : IdentifierTexts()) }
            store.committedTexts.withLock { [read] in if read.count > $0.count { $0 = read } }
        }
        texts.withLock { [read] in $0 = read }
        return read
    }

    func identifier(_ ordinal: Int) throws -> (kind: IdentifierKind, text: String) {
        let texts = try identifiers()
        return (IdentifierKind(rawValue: texts.kinds[ordinal]) ?? .user, texts[ordinal])
    }

    /// Found in a hash table that snapshots share; the first to ask fills it.
    func ordinal(of text: String, kind: IdentifierKind) throws -> Int? {
        let (texts, committed) = (try identifiers(), tail?.committedIdentifiers ?? identifierCount)
        let own = try store.identifierIndex.withLock { index throws in try find(text, kind, in: &index, from: 0, to: committed, texts) }
        guard own == nil, committed < identifierCount else { return own }
        return try tailIndex.withLock { index throws in try find(text, kind, in: &index, from: committed, to: identifierCount, texts) }
    }

    private func find(
        _ text: String, _ kind: IdentifierKind, in index: inout sending IdentifierIndex?, from first: Int, to end: Int,
        _ texts: IdentifierTexts
    ) throws -> Int? {
        var made = try index ?? IdentifierIndex(key: reading { try Schema.key($0) }, from: first)
        index = nil
        made.extend(to: end, of: texts)
        var text = text
        let found = text.withUTF8 { made.ordinal(of: $0, kind: kind, in: texts) }
        index = made
        // The table may be of a later state.
        return found.flatMap { $0 < end ? $0 : nil }
    }

    func identifiers(of profile: Int) -> [UInt32] { Array(people.identifiers[profile]) }

    func canonicalIDs() throws -> [String] {
        let texts = try identifiers()
        return try canonicalOrdinals().map { texts[Int($0)] }
    }

    func canonicalOrdinals() throws -> ContiguousArray<UInt32> {
        let texts = try identifiers()
        var least = ContiguousArray<Int32>(repeating: -1, count: profileCount)
        texts.bytes.withUnsafeBufferPointer { bytes in
            for ordinal in 0..<texts.count where profileOfIdentifier[ordinal] != IdentifierKind.nobody {
                let profile = Int(profileOfIdentifier[ordinal])
                let held = Int(least[profile])
                if held < 0 || Self.precedes(ordinal, held, texts, bytes) { least[profile] = Int32(ordinal) }
            }
        }
        return ContiguousArray(least.map { UInt32(bitPattern: $0) })
    }

    func leastOrdinals() throws -> ContiguousArray<UInt32> {
        var least = ContiguousArray<UInt32>(repeating: .max, count: profileCount)
        for (ordinal, profile) in profileOfIdentifier.enumerated() where profile != IdentifierKind.nobody && least[Int(profile)] == .max {
            if people.kinds.map({ IdentifierKind(rawValue: $0[ordinal])?.trait == nil }) ?? true { least[Int(profile)] = UInt32(ordinal) }
        }
        return least
    }

    /// Users before anonymous identifiers before traits' values, then by scalars.
    private static func precedes(_ a: Int, _ b: Int, _ texts: IdentifierTexts, _ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        if texts.kinds[a] != texts.kinds[b] { return texts.kinds[a] < texts.kinds[b] }
        return bytes[texts.offsets[a]..<texts.offsets[a + 1]].lexicographicallyPrecedes(bytes[texts.offsets[b]..<texts.offsets[b + 1]])
    }

    // MARK: Indexes of traits

    func traitIndexes() throws -> [TraitIndex] { try reading { try TraitIndexTables.all($0).map(\.index) } }

    func identifiers(given values: [TraitValue], of trait: ColumnPath) throws -> [UInt32]? {
        let (marks, committed) = try reading { database -> (TraitMarks, [UInt32]?) in
            let marks = TraitMarks(key: try Schema.key(database))
            guard let index = try TraitIndexTables.index(of: trait, database) else { return (marks, nil) }
            return (marks, try values.flatMap { try TraitIndexTables.ordinals(marks.mark(of: $0), in: index, database) })
        }
        guard let committed else { return nil }
        var found = Set(committed)
        // What the tail holds is in no index yet, and in memory.
        let wanted = Set(values.map { marks.mark(of: $0) })
        for block in blocks where block.id < 0 && block.kind == .identify {
            for word in try checked({ try marks.words(of: trait, in: reader(block)) }) {
                if wanted.contains(UInt32(truncatingIfNeeded: word >> 32)) { found.insert(UInt32(truncatingIfNeeded: word)) }
            }
        }
        guard found.allSatisfy({ Int($0) < identifierCount }) else {
            throw StoreError(DamagedTable(name: "trait_segment", isCurated: true), path: path)
        }
        return found.sorted()
    }

    // MARK: Decisions about people

    func peopleRecords(touching ordinals: OrdinalSet?) throws -> [PeopleRecord] {
        var records = try reading { try DecisionTables.records($0) }
        for record in tail?.records ?? [] {
            var record = record
            record.number = records.count + 1
            records.append(record)
        }
        guard let ordinals else { return records }
        let wanted = Set(ordinals.ordinals)
        return records.filter { $0.before.contains(where: wanted.contains) || $0.after.contains(where: wanted.contains) }
    }

    func refusedLinks() throws -> [RefusedLink] {
        if let tail { return tail.refused }
        return try reading { database in
            let refusals = try DecisionTables.refusals(database)
            if refusals.isEmpty { return [] }
            let pairs = try PeopleTables.pairs(database)
            guard refusals.keys.allSatisfy({ $0 < pairs.count }) else { throw DamagedTable(name: "link_refusal", isCurated: true) }
            return IdentityGraph.refused(refusals) { pairs[$0] }
        }
    }
}
