import Foundation
import GRDB
import Storage

/// 50 bits of a messageId's key, mixed with the store's secret so that strangers cannot make them collide.
///
/// Two ids of a hundred million share one about four times, and then rows are compared; each bit less saves an eighth of a byte a message.
struct Fingerprint {
    let secret: (UInt64, UInt64)

    @inline(__always)
    func callAsFunction(_ key: MessageKey) -> UInt64 {
        let first = (key.high ^ secret.0).multipliedFullWidth(by: key.low ^ secret.1)
        let second = (first.high ^ secret.1).multipliedFullWidth(by: first.low ^ 0x9E37_79B9_7F4A_7C15)
        return (second.high ^ second.low ^ key.low) >> 14
    }
}

/// Which messageIds the store may hold: sorted runs of fingerprints on disk behind one filter in memory.
///
/// A hit says "perhaps"; the writer confirms it against the rows. Runs of like size are merged eight at a time, so that their number
/// grows with the logarithm of the messages. Memory: two bytes a message for the filter, and a bounded cache of segments.
final class DedupeIndex {
    private struct Run {
        var id: Int64
        var count: Int
        /// First fingerprint of each segment.
        var firsts: [UInt64]
        var counts: [Int]
    }

    /// Fingerprints of a segment.
    private static let segment = SortedWords.most
    private static let damaged = DamagedTable(name: "dedupe_segment", isCurated: true)
    /// Decoded segments kept: 64 MiB.
    private static let cachedSegments = 128
    /// Segments of one run fit below this in a segment's id.
    private static let segmentsOfRun: Int64 = 1 << 24

    private var runs: [Run] = []
    private var filter = FingerprintFilter(capacity: 4 << 20)
    private var cache: [Int64: ContiguousArray<UInt64>] = [:]
    private var cacheOrder: [Int64] = []

    /// An index of nothing, for making one anew in a store whose tables of it are empty.
    init() {}

    /// Reads what a store holds and fills the filter.
    init(_ database: Database) throws {
        for row in try Row.fetchAll(database, sql: "SELECT id, count FROM dedupe_run ORDER BY id") {
            runs.append(try Self.run(database, id: try row.decode(atIndex: 0), count: try row.decode(atIndex: 1)))
        }
        // Every accepted message has left its fingerprint.
        guard try Schema.number(.rows, database) == Int64(count) else { throw Self.damaged }
        try fillFilter(database, room: 0)
    }

    private static func run(_ database: Database, id: Int64, count: Int) throws -> Run {
        guard id > 0, id < 1 << 38 else { throw damaged }
        let rows = try Row.fetchAll(
            database, sql: "SELECT id, first, count FROM dedupe_segment WHERE id BETWEEN ? AND ? ORDER BY id",
            arguments: [id * segmentsOfRun, (id + 1) * segmentsOfRun - 1])
        var run = Run(id: id, count: count, firsts: [], counts: [])
        for (place, row) in rows.enumerated() {
            let count: Int = try row.decode(atIndex: 2)
            guard try row.decode(Int64.self, atIndex: 0) == id * segmentsOfRun + Int64(place), count > 0, count <= segment else {
                throw damaged
            }
            run.firsts.append(UInt64(bitPattern: try row.decode(Int64.self, atIndex: 1)))
            run.counts.append(count)
        }
        guard run.counts.reduce(0, +) == count else { throw damaged }
        return run
    }

    /// How many fingerprints there are.
    var count: Int { runs.reduce(0) { $0 + $1.count } }

    /// False where the id was certainly never stored.
    @inline(__always) func mayContain(_ fingerprint: UInt64) -> Bool { filter.mayContain(fingerprint) }

    /// Which of the fingerprints, ascending, some run holds.
    func held(_ fingerprints: [UInt64], _ database: Database) throws -> Set<UInt64> {
        var found: Set<UInt64> = []
        for run in runs {
            var place = 0
            for fingerprint in fingerprints {
                while place + 1 < run.firsts.count, run.firsts[place + 1] <= fingerprint { place += 1 }
                guard !run.firsts.isEmpty, run.firsts[place] <= fingerprint else { continue }
                let words = try words(run, place, database)
                if Self.contains(words, fingerprint) { found.insert(fingerprint) }
            }
        }
        return found
    }

    private static func contains(_ words: ContiguousArray<UInt64>, _ wanted: UInt64) -> Bool {
        words.withUnsafeBufferPointer { words in
            var (low, high) = (0, words.count)
            while low < high {
                let middle = (low + high) / 2
                if words[middle] < wanted { low = middle + 1 } else { high = middle }
            }
            return low < words.count && words[low] == wanted
        }
    }

    private func words(_ run: Run, _ place: Int, _ database: Database) throws -> ContiguousArray<UInt64> {
        let id = run.id * Self.segmentsOfRun + Int64(place)
        if let known = cache[id] { return known }
        let words = try Self.read(database, id: id, count: run.counts[place])
        if cacheOrder.count >= Self.cachedSegments { cache[cacheOrder.removeFirst()] = nil }
        cache[id] = words
        cacheOrder.append(id)
        return words
    }

    private static func read(_ database: Database, id: Int64, count: Int) throws -> ContiguousArray<UInt64> {
        guard let row = try Row.fetchOne(database, sql: "SELECT first, data FROM dedupe_segment WHERE id = ?", arguments: [id]) else {
            throw damaged
        }
        let first: Int64 = try row.decode(atIndex: 0)
        let data: Data = try row.decode(atIndex: 1)
        let words = data.withUnsafeBytes { raw in
            Sealed.open(raw, .dedupe, id, first, Int64(count)).flatMap { SortedWords.decode($0, count: count) }
        }
        guard let words else { throw damaged }
        return words
    }

    /// Adds the fingerprints of a commit as a run, within its transaction; merges runs when eight have a like size.
    func add(_ fingerprints: [UInt64], _ database: Database) throws {
        guard !fingerprints.isEmpty else { return }
        let sorted = fingerprints.sorted()
        let id = (runs.map(\.id).max() ?? 0) + 1
        try database.execute(sql: "INSERT INTO dedupe_run(id, count) VALUES(?, ?)", arguments: [id, sorted.count])
        var place = 0
        for start in stride(from: 0, to: sorted.count, by: Self.segment) {
            try insert(sorted[start..<min(start + Self.segment, sorted.count)], id: id * Self.segmentsOfRun + Int64(place), database)
            place += 1
        }
        runs.append(try Self.run(database, id: id, count: sorted.count))
        if filter.count + sorted.count > filter.capacity {
            try fillFilter(database, room: sorted.count)
        } else {
            for fingerprint in sorted { filter.insert(fingerprint) }
        }
        try mergeLikeRuns(database)
    }

    private func insert(_ words: ArraySlice<UInt64>, id: Int64, _ database: Database) throws {
        let first = Int64(bitPattern: words.first!)
        try database.execute(
            sql: "INSERT INTO dedupe_segment(id, first, count, data) VALUES(?, ?, ?, ?)",
            arguments: [id, first, words.count, Sealed.data(SortedWords.encode(words), .dedupe, id, first, Int64(words.count))])
    }

    private func fillFilter(_ database: Database, room: Int) throws {
        var capacity = 4 << 20
        while capacity < count + room { capacity *= 2 }
        filter = FingerprintFilter(capacity: capacity)
        for run in runs {
            for place in run.counts.indices {
                for word in try Self.read(database, id: run.id * Self.segmentsOfRun + Int64(place), count: run.counts[place]) {
                    filter.insert(word)
                }
            }
        }
    }

    private func mergeLikeRuns(_ database: Database) throws {
        func tier(_ run: Run) -> Int { (63 - max(run.count / Self.segment, 1).leadingZeroBitCount) / 2 }
        for tier in Set(runs.map(tier)).sorted() {
            let like = runs.filter { (63 - max($0.count / Self.segment, 1).leadingZeroBitCount) / 2 == tier }
            if like.count >= 8 { try merge(like, database) }
        }
    }

    /// Merges runs segment by segment, holding one decoded segment of each.
    private func merge(_ old: [Run], _ database: Database) throws {
        let id = (runs.map(\.id).max() ?? 0) + 1
        try database.execute(
            sql: "INSERT INTO dedupe_run(id, count) VALUES(?, ?)", arguments: [id, old.reduce(0) { $0 + $1.count }])
        var heads = old.map { (run: $0, segment: -1, words: ContiguousArray<UInt64>(), place: 0) }
        func advance(_ index: Int) throws {
            heads[index].place += 1
            if heads[index].place >= heads[index].words.count {
                heads[index].segment += 1
                heads[index].place = 0
                let run = heads[index].run
                heads[index].words =
                    heads[index].segment < run.counts.count
                    ? try Self.read(
                        database, id: run.id * Self.segmentsOfRun + Int64(heads[index].segment), count: run.counts[heads[index].segment])
                    : []
            }
        }
        for index in heads.indices { try advance(index) }
        var out: [UInt64] = []
        out.reserveCapacity(Self.segment)
        var place: Int64 = 0
        while true {
            var least = -1
            for index in heads.indices where !heads[index].words.isEmpty {
                if least < 0 || heads[index].words[heads[index].place] < heads[least].words[heads[least].place] { least = index }
            }
            if least < 0 || out.count == Self.segment {
                if !out.isEmpty { try insert(out[...], id: id * Self.segmentsOfRun + place, database) }
                place += 1
                out.removeAll(keepingCapacity: true)
                if least < 0 { break }
            }
            out.append(heads[least].words[heads[least].place])
            try advance(least)
        }
        for run in old {
            try database.execute(sql: "DELETE FROM dedupe_run WHERE id = ?", arguments: [run.id])
            try database.execute(
                sql: "DELETE FROM dedupe_segment WHERE id BETWEEN ? AND ?",
                arguments: [run.id * Self.segmentsOfRun, (run.id + 1) * Self.segmentsOfRun - 1])
        }
        let gone = Set(old.map(\.id))
        runs.removeAll { gone.contains($0.id) }
        runs.append(try Self.run(database, id: id, count: old.reduce(0) { $0 + $1.count }))
        cache = [:]
        cacheOrder = []
    }
}
