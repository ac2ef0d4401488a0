#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Every instant of the selected events, for sequences.
final class InstantListAccumulator: Accumulator {
    private var owners: GrowingList<UInt32>
    private var times: GrowingList<Int64>
    /// How many instants each profile has, shifted by one; becomes where each profile's start.
    private let counts: FlatArray<UInt32>
    private let profiles: Int

    /// - Parameter rows: About how many rows may come.
    init(profiles: Int, rows: Int) {
        owners = GrowingList(capacity: rows)
        times = GrowingList(capacity: rows)
        self.profiles = profiles
        counts = FlatArray(repeating: 0, count: profiles + 1)
    }

    override func fold(_ rows: SelectedRows, _ fields: LeafFields) {
        let (owner, time, counts) = (owners.room(for: rows.count), times.room(for: rows.count), counts.start + 1)
        rows.each(into: counts) { place, row in
            let profile = rows.profiles[row]
            owner[place] = profile
            time[place] = rows.times[row]
            counts[Int(profile)] &+= 1
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
        for profile in 0...profiles { counts[profile] &+= other.counts[profile] }
    }

    override func finish() -> LeafResult {
        let count = owners.count
        precondition(count < Int(UInt32.max), "more than 4 billion events in one leaf")
        let starts = counts.start
        for profile in 0..<profiles { starts[profile + 1] += starts[profile] }
        let ascending = FlatArray<Int64>(repeating: 0, count: count)
        let (placed, owner, time) = (ascending.start, UnsafePointer(owners.start), UnsafePointer(times.start))
        // Each start runs to its profile's end while instants are placed, which is the next one's start: shifted back after.
        for entry in 0..<count {
            if entry + Ahead.rows * 2 < count {
                // A list's start is asked for first, and the place that it names half as far ahead.
                prefetch(starts + Int(owner[entry + Ahead.rows * 2]))
                prefetch(placed + Int(starts[Int(owner[entry + Ahead.rows])]))
            }
            let profile = Int(owner[entry])
            placed[Int(starts[profile])] = time[entry]
            starts[profile] += 1
        }
        memmove(starts + 1, starts, profiles * MemoryLayout<UInt32>.stride)
        starts[0] = 0
        for profile in 0..<profiles {
            let (start, end) = (Int(starts[profile]), Int(starts[profile + 1]))
            if end - start > 1 { Self.sort(UnsafeMutableBufferPointer(start: placed + start, count: end - start)) }
        }
        return LeafResult(instants: InstantLists(starts: counts, times: ascending))
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
