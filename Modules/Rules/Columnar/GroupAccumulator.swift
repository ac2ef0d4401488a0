import Storage

/// How often each value comes: `distinct`, `mostFrequent`, `mostFrequentCount`.
final class GroupAccumulator: Accumulator {
    private var owners = GrowingList<UInt32>()
    private var keys = GrowingList<UInt64>()
    /// How often each key came; kept only once the lists were compacted.
    private var times = GrowingList<UInt32>()
    private let profiles: Int
    private let outputs: Set<LeafOutput>
    private let isOfInstants: Bool
    private var reader: BoxReader
    private let pool: TextPool
    /// Entries at which equal ones are put together.
    private var compactAt: Int

    init(profiles: Int, outputs: Set<LeafOutput>, isOfInstants: Bool, pool: TextPool, compactAt: Int) {
        self.compactAt = compactAt
        (self.profiles, self.outputs, self.isOfInstants, self.pool) = (profiles, outputs, isOfInstants, pool)
        reader = BoxReader(pool: pool)
    }

    override func fold(_ rows: SelectedRows, _ fields: LeafFields) {
        if owners.count >= compactAt { compact() }
        let boxes = reader.boxes(rows, fields.value)
        let (owner, key, many) = (owners.room(for: rows.count), keys.room(for: rows.count), times.room(for: rows.count))
        var written = 0
        rows.each { place, row in
            owner[written] = rows.profiles[row]
            key[written] = boxes[place]
            many[written] = 1
            written += boxes[place] == BoxedValue.missing ? 0 : 1
        }
        owners.wrote(written)
        keys.wrote(written)
        times.wrote(written)
    }

    override func merge(_ other: Accumulator) {
        let other = unsafeDowncast(other, to: GroupAccumulator.self)
        let more = other.owners.count
        owners.room(for: more).update(from: other.owners.start, count: more)
        keys.room(for: more).update(from: other.keys.start, count: more)
        times.room(for: more).update(from: other.times.start, count: more)
        owners.wrote(more)
        keys.wrote(more)
        times.wrote(more)
    }

    /// Puts equal entries together; where that does not help, waits for twice as many.
    private func compact() {
        var owner = GrowingList<UInt32>()
        var key = GrowingList<UInt64>()
        var many = GrowingList<UInt32>()
        eachRun { profile, box, count in
            owner.room(for: 1).pointee = UInt32(profile)
            key.room(for: 1).pointee = box
            many.room(for: 1).pointee = count
            owner.wrote(1)
            key.wrote(1)
            many.wrote(1)
        }
        if owner.count * 2 > compactAt { compactAt *= 2 }
        owners = owner
        keys = key
        times = many
    }

    /// Calls `body` with each distinct value of each profile, profiles ascending, and how often it came.
    private func eachRun(_ body: (_ profile: Int, _ box: UInt64, _ count: UInt32) -> Void) {
        let sorted = ProfileSort(owners: UnsafePointer(owners.start), count: owners.count, profiles: profiles)
        var entries = ContiguousArray<(box: UInt64, count: UInt32)>()
        var profile = -1
        func flush() {
            if entries.count > 1 { Self.sort(&entries) }
            var index = 0
            while index < entries.count {
                let box = entries[index].box
                var count = entries[index].count
                index += 1
                while index < entries.count, entries[index].box == box {
                    count &+= entries[index].count
                    index += 1
                }
                body(profile, box, count)
            }
            entries.removeAll(keepingCapacity: true)
        }
        for place in 0..<sorted.order.count {
            let entry = Int(sorted.order[place])
            if Int(owners.start[entry]) != profile {
                flush()
                profile = Int(owners.start[entry])
            }
            entries.append((keys.start[entry], times.start[entry]))
        }
        flush()
    }

    private static func sort(_ entries: inout ContiguousArray<(box: UInt64, count: UInt32)>) {
        guard entries.count > 24 else {
            for index in 1..<entries.count {
                let entry = entries[index]
                var place = index
                while place > 0, entries[place - 1].box > entry.box {
                    entries[place] = entries[place - 1]
                    place -= 1
                }
                entries[place] = entry
            }
            return
        }
        entries.sort { $0.box < $1.box }
    }

    override func finish() -> LeafResult {
        let distinct = FlatArray<UInt32>(repeating: 0, count: outputs.contains(.distinct) ? profiles : 0)
        let most = FlatArray<UInt32>(repeating: 0, count: profiles)
        let best = FlatArray<UInt64>(repeating: BoxedValue.missing, count: outputs.contains(.mostFrequent) ? profiles : 0)
        let texts = TextBytes(pool.dictionary())
        eachRun { profile, box, count in
            if distinct.count > 0 { distinct[profile] &+= 1 }
            guard count >= most[profile] else { return }
            if best.count > 0, count > most[profile] || self.sortsBefore(box, best[profile], texts) { best[profile] = box }
            most[profile] = count
        }
        var result = LeafResult()
        if outputs.contains(.distinct) { result.columns[.distinct] = .counts(distinct) }
        if outputs.contains(.mostFrequentCount) { result.columns[.mostFrequentCount] = .counts(most) }
        if outputs.contains(.mostFrequent) {
            if isOfInstants {
                let edge = TimeKey(isLast: true)
                let instants = FlatArray<UInt64>(repeating: TimeKey.none, count: profiles)
                for profile in 0..<profiles where most[profile] > 0 { instants[profile] = edge.key(of: Int64(bitPattern: best[profile])) }
                result.columns[.mostFrequent] = .times(instants, edge)
            } else {
                result.columns[.mostFrequent] = .boxes(best)
            }
        }
        return result
    }

    /// As `Value.sortsBefore`: false, true, numbers ascending, texts by scalars.
    private func sortsBefore(_ a: UInt64, _ b: UInt64, _ texts: TextBytes) -> Bool {
        if isOfInstants { return Int64(bitPattern: a) < Int64(bitPattern: b) }
        func rank(_ box: UInt64) -> Int { BoxedValue.isTruth(box) ? 0 : BoxedValue.isNumber(box) ? 1 : 2 }
        if rank(a) != rank(b) { return rank(a) < rank(b) }
        switch rank(a) {
        case 0: return a < b
        case 1: return BoxedValue.number(of: a) < BoxedValue.number(of: b)
        default: return order(texts[Int(BoxedValue.textNumber(a))], texts[Int(BoxedValue.textNumber(b))]) < 0
        }
    }
}

/// Entries in the order of their profiles; entries of one profile keep their order.
struct ProfileSort {
    /// Places of entries, profile by profile.
    let order: FlatArray<UInt32>

    /// A radix sort, 11 bits at a time: its cost follows the entries, not the profiles.
    init(owners: UnsafePointer<UInt32>, count: Int, profiles: Int) {
        precondition(count < Int(UInt32.max), "more than 4 billion events in one leaf")
        var (from, to) = (FlatArray<UInt32>(repeating: 0, count: count), FlatArray<UInt32>(repeating: 0, count: count))
        for entry in 0..<count { from[entry] = UInt32(entry) }
        var shift: UInt32 = 0
        while shift == 0 || profiles > 1 << Int(shift) {
            var starts = ContiguousArray<Int>(repeating: 0, count: 2_049)
            for entry in 0..<count { starts[Int(owners[entry] >> shift & 2_047) + 1] += 1 }
            for digit in 0..<2_048 { starts[digit + 1] += starts[digit] }
            for place in 0..<count {
                let entry = from[place]
                let digit = Int(owners[Int(entry)] >> shift & 2_047)
                to[starts[digit]] = entry
                starts[digit] += 1
            }
            swap(&from, &to)
            shift += 11
        }
        order = from
    }
}
