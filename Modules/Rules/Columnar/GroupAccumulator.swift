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
        let best = FlatArray<UInt64>(
            repeating: isOfInstants ? UInt64(bitPattern: .min) : BoxedValue.missing, count: outputs.contains(.mostFrequent) ? profiles : 0)
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
                let instants = FlatArray<Int64>(repeating: .min, count: profiles)
                for profile in 0..<profiles { instants[profile] = Int64(bitPattern: best[profile]) }
                result.columns[.mostFrequent] = .times(instants, none: .min)
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

/// Entries in the order of their profiles; entries of one profile keep their order. One counting sort.
struct ProfileSort {
    /// Where each profile's entries start; shape `[profiles + 1]`.
    let starts: FlatArray<UInt32>
    /// Places of entries, profile by profile.
    let order: FlatArray<UInt32>

    init(owners: UnsafePointer<UInt32>, count: Int, profiles: Int) {
        precondition(count < Int(UInt32.max), "more than 4 billion events in one leaf")
        starts = FlatArray(repeating: 0, count: profiles + 1)
        order = FlatArray(repeating: 0, count: count)
        let starts = starts.start
        for entry in 0..<count { starts[Int(owners[entry]) + 1] += 1 }
        for profile in 0..<profiles { starts[profile + 1] += starts[profile] }
        // Each start runs to its profile's end while entries are placed, which is the next one's start: shifted back after.
        for entry in 0..<count {
            let owner = Int(owners[entry])
            order.start[Int(starts[owner])] = UInt32(entry)
            starts[owner] += 1
        }
        for profile in stride(from: profiles, to: 0, by: -1) { starts[profile] = starts[profile - 1] }
        starts[0] = 0
    }
}

/// Every instant of the selected events, for sequences.
final class InstantListAccumulator: Accumulator {
    private var owners = GrowingList<UInt32>()
    private var times = GrowingList<Int64>()
    private let profiles: Int

    init(profiles: Int) { self.profiles = profiles }

    override func fold(_ rows: SelectedRows, _ fields: LeafFields) {
        let (owner, time) = (owners.room(for: rows.count), times.room(for: rows.count))
        rows.each { place, row in
            owner[place] = rows.profiles[row]
            time[place] = rows.times[row]
        }
        owners.wrote(rows.count)
        times.wrote(rows.count)
    }

    override func merge(_ other: Accumulator) {
        let other = unsafeDowncast(other, to: InstantListAccumulator.self)
        let more = other.owners.count
        owners.room(for: more).update(from: other.owners.start, count: more)
        times.room(for: more).update(from: other.times.start, count: more)
        owners.wrote(more)
        times.wrote(more)
    }

    override func finish() -> LeafResult {
        let sorted = ProfileSort(owners: UnsafePointer(owners.start), count: owners.count, profiles: profiles)
        let ascending = FlatArray<Int64>(repeating: 0, count: owners.count)
        for place in 0..<owners.count { ascending[place] = times.start[Int(sorted.order[place])] }
        for profile in 0..<profiles {
            let (start, end) = (Int(sorted.starts[profile]), Int(sorted.starts[profile + 1]))
            Self.sort(UnsafeMutableBufferPointer(start: ascending.start + start, count: end - start))
        }
        return LeafResult(instants: InstantLists(starts: sorted.starts, times: ascending))
    }

    /// Blocks come mostly in order of time, so most lists are sorted already.
    private static func sort(_ times: UnsafeMutableBufferPointer<Int64>) {
        guard times.count > 1 else { return }
        guard times.count <= 24 else {
            for index in 1..<times.count where times[index] < times[index - 1] {
                var times = times
                times.sort()
                return
            }
            return
        }
        for index in 1..<times.count {
            let time = times[index]
            var place = index
            while place > 0, times[place - 1] > time {
                times[place] = times[place - 1]
                place -= 1
            }
            times[place] = time
        }
    }
}
