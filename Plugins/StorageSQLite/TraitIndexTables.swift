import EventModel
import Foundation
import GRDB
import Storage

/// Indexes of traits: for each the pairs of a value's mark and an identifier that some identify message ever gave it.
///
/// Nothing is ever taken out: an index tells whom to ask, and the messages answer. So it holds for every instant, whatever arrives late and
/// whoever is merged or parted. The pairs are sorted runs, one of each commit; runs of like size are merged, so that their number grows with
/// the logarithm of the pairs (P. O'Neil et al., "The Log-Structured Merge-Tree", 1996).
enum TraitIndexTables {
    static let tables = """
        CREATE TABLE trait_index(number INTEGER PRIMARY KEY, entries INTEGER NOT NULL, path BLOB NOT NULL);
        CREATE TABLE trait_run(id INTEGER PRIMARY KEY, number INTEGER NOT NULL, count INTEGER NOT NULL, directory BLOB NOT NULL);
        CREATE TABLE trait_segment(id INTEGER PRIMARY KEY, data BLOB NOT NULL);
        """
    private static let noIndex = DamagedTable(name: "trait_index")
    private static let noRun = DamagedTable(name: "trait_run", isCurated: true)
    /// Words of a segment.
    private static let segment = 8_192
    /// Segments of one run fit below this in a segment's id.
    private static let segmentsOfRun: Int64 = 1 << 24

    /// An index and the number that its runs stand under.
    struct Index {
        var number: Int64
        var index: TraitIndex
    }

    private struct Run {
        var id: Int64
        var count: Int
        /// First word of each segment, and how many words it has.
        var directory: [(first: UInt64, count: Int)]
    }

    // MARK: Which there are

    static func all(_ database: Database) throws -> [Index] {
        guard try Schema.hasTraits(database) else { return [] }
        let indexes = try Row.fetchAll(database, sql: "SELECT number, entries, path FROM trait_index ORDER BY number").map { row in
            let (number, entries): (Int64, Int64) = (try row.decode(atIndex: 0), try row.decode(atIndex: 1))
            let path = try Sealed.bytes(try row.decode(atIndex: 2), .traitIndex, number, entries, damaged: noIndex)
            guard let names = (try? JSONValue(parsing: path))?.asArray?.compactMap(\.asString), !names.isEmpty else { throw noIndex }
            return Index(number: number, index: TraitIndex(trait: names, entries: Int(entries)))
        }
        guard try Schema.number(.traitIndexes, database) == Int64(indexes.count) else { throw noIndex }
        return indexes
    }

    static func index(of trait: ColumnPath, _ database: Database) throws -> Index? {
        try all(database).first { index in
            index.index.trait.count == trait.count && zip(index.index.trait, trait).allSatisfy { $0.sameScalars(as: $1) }
        }
    }

    private static func save(_ index: Index, _ database: Database) throws {
        let path = JSONValue.array(index.index.trait.map { .string($0) }).text
        let entries = Int64(index.index.entries)
        try database.execute(
            sql: "INSERT OR REPLACE INTO trait_index(number, entries, path) VALUES(?, ?, ?)",
            arguments: [index.number, entries, Sealed.data(Data(path.utf8), .traitIndex, index.number, entries)])
    }

    /// Makes an empty index.
    static func add(_ trait: ColumnPath, _ database: Database) throws -> Index {
        let known = try all(database)
        let index = Index(number: (known.map(\.number).max() ?? 0) + 1, index: TraitIndex(trait: trait, entries: 0))
        try save(index, database)
        try Schema.set(.traitIndexes, Int64(known.count + 1), database)
        return index
    }

    static func remove(_ index: Index, _ database: Database) throws {
        try clear(index, database)
        try database.execute(sql: "DELETE FROM trait_index WHERE number = ?", arguments: [index.number])
        try Schema.set(.traitIndexes, try Schema.number(.traitIndexes, database) - 1, database)
    }

    /// Takes everything out of an index; the tables of it may be damaged.
    static func clear(_ index: Index, _ database: Database) throws {
        for id in try Int64.fetchAll(database, sql: "SELECT id FROM trait_run WHERE number = ?", arguments: [index.number]) {
            try remove(run: id, database)
        }
        var empty = index
        empty.index.entries = 0
        try save(empty, database)
    }

    private static func remove(run id: Int64, _ database: Database) throws {
        try database.execute(sql: "DELETE FROM trait_run WHERE id = ?", arguments: [id])
        try database.execute(
            sql: "DELETE FROM trait_segment WHERE id BETWEEN ? AND ?", arguments: [id * segmentsOfRun, (id + 1) * segmentsOfRun - 1])
    }

    // MARK: Adding

    /// Adds pairs to an index that has these runs; merges the last ones while they are not much longer.
    static func add(_ words: [UInt64], to number: Int64, _ database: Database) throws {
        guard !words.isEmpty, var index = try all(database).first(where: { $0.number == number }) else { return }
        var own = distinct(words.sorted())
        var runs = try runs(of: index, database)
        while let last = runs.last, last.count <= own.count * 2 {
            var old: [UInt64] = []
            for place in last.directory.indices { old += try segment(last, place, database) }
            own = merged(old, own)
            try remove(run: last.id, database)
            runs.removeLast()
        }
        let id = (try Int64.fetchOne(database, sql: "SELECT max(id) FROM trait_run") ?? 0) + 1
        var directory = Data()
        for (place, start) in stride(from: 0, to: own.count, by: segment).enumerated() {
            let part = own[start..<min(start + segment, own.count)]
            withUnsafeBytes(of: own[start].littleEndian) { directory.append(contentsOf: $0) }
            withUnsafeBytes(of: UInt32(part.count).littleEndian) { directory.append(contentsOf: $0) }
            let key = id * segmentsOfRun + Int64(place)
            try database.execute(
                sql: "INSERT INTO trait_segment(id, data) VALUES(?, ?)",
                arguments: [key, Sealed.data(SortedWords.encode(part), .traitSegment, key, Int64(part.count))])
        }
        try database.execute(
            sql: "INSERT INTO trait_run(id, number, count, directory) VALUES(?, ?, ?, ?)",
            arguments: [id, number, own.count, Sealed.data(directory, .traitRun, id, number, Int64(own.count))])
        index.index.entries = runs.reduce(own.count) { $0 + $1.count }
        try save(index, database)
    }

    private static func distinct(_ sorted: [UInt64]) -> [UInt64] {
        var out: [UInt64] = []
        out.reserveCapacity(sorted.count)
        for word in sorted where out.last != word { out.append(word) }
        return out
    }

    private static func merged(_ a: [UInt64], _ b: [UInt64]) -> [UInt64] {
        var out: [UInt64] = []
        out.reserveCapacity(a.count + b.count)
        var (i, j) = (0, 0)
        while i < a.count || j < b.count {
            let takesA = j == b.count || i < a.count && a[i] <= b[j]
            if takesA, j < b.count, a[i] == b[j] { j += 1 }
            out.append(takesA ? a[i] : b[j])
            if takesA { i += 1 } else { j += 1 }
        }
        return out
    }

    // MARK: Reading

    private static func runs(of index: Index, _ database: Database) throws -> [Run] {
        let rows = try Row.fetchAll(
            database, sql: "SELECT id, count, directory FROM trait_run WHERE number = ? ORDER BY id", arguments: [index.number])
        let runs = try rows.map { row in
            let (id, count): (Int64, Int64) = (try row.decode(atIndex: 0), try row.decode(atIndex: 1))
            let bytes = try Sealed.bytes(try row.decode(atIndex: 2), .traitRun, id, index.number, count, damaged: noRun)
            let directory = bytes.withUnsafeBytes { raw in
                stride(from: 0, to: raw.count - 11, by: 12).map { start in
                    (
                        first: UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: start, as: UInt64.self)),
                        count: Int(UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: start + 8, as: UInt32.self)))
                    )
                }
            }
            guard directory.reduce(0, { $0 + $1.count }) == Int(count) else { throw noRun }
            return Run(id: id, count: Int(count), directory: directory)
        }
        guard runs.reduce(0, { $0 + $1.count }) == index.index.entries else { throw noRun }
        return runs
    }

    private static func segment(_ run: Run, _ place: Int, _ database: Database) throws -> ContiguousArray<UInt64> {
        let (key, count) = (run.id * segmentsOfRun + Int64(place), run.directory[place].count)
        guard let data = try Data.fetchOne(database, sql: "SELECT data FROM trait_segment WHERE id = ?", arguments: [key]) else {
            throw noRun
        }
        let words = data.withUnsafeBytes { raw in
            Sealed.open(raw, .traitSegment, key, Int64(count)).flatMap { SortedWords.decode($0, count: count) }
        }
        guard let words else { throw noRun }
        return words
    }

    /// Ordinals that stand beside a mark: a binary search in each run, which reads one segment of it, or a few.
    static func ordinals(_ mark: UInt32, in index: Index, _ database: Database) throws -> [UInt32] {
        let (least, greatest) = (TraitMarks.word(mark, ordinal: 0), TraitMarks.word(mark, ordinal: .max))
        var found: [UInt32] = []
        for run in try runs(of: index, database) {
            var place = max(0, run.directory.partitioningPlace { $0.first > least } - 1)
            while place < run.directory.count, run.directory[place].first <= greatest {
                let words = try segment(run, place, database)
                var at = words.partitioningPlace { $0 >= least }
                while at < words.count, words[at] <= greatest {
                    found.append(UInt32(truncatingIfNeeded: words[at]))
                    at += 1
                }
                place += 1
            }
        }
        return found
    }
}
