/// What a leaf found for the profiles of a chunk.
struct LeafResult: Sendable {
    enum Column: Sendable {
        /// 1 where there is any.
        case happened(FlatArray<UInt8>)
        case counts(FlatArray<UInt32>)
        /// Rounded already; NaN where there is none.
        case numbers(FlatArray<Double>)
        case times(FlatArray<UInt64>, TimeKey)
        /// Whole numbers of 10^-scale, to be divided by counts (nil: by 1) and rounded once; missing over a count of 0.
        case decimals(FlatArray<Int64>, scale: Int, over: FlatArray<UInt32>?)
        /// `BoxedValue`s.
        case boxes(FlatArray<UInt64>)
    }
    var columns: [LeafOutput: Column] = [:]
    /// 1 where there is any event.
    var happened: FlatArray<UInt8>? { if case .happened(let flags)? = columns[.value] { flags } else { nil } }
}

/// The instants of selected events, profile by profile: pointers into somebody's memory, valid while a chunk is worked on. Confined to one thread.
struct InstantLists {
    /// Where each profile's instants start; shape `[profiles + 1]`.
    var starts: UnsafePointer<UInt32>
    var times: UnsafeMutablePointer<Int64>

    @inline(__always)
    func isEmpty(_ profile: Int) -> Bool { starts[profile] == starts[profile + 1] }

    /// A profile's instants; ascending once they were sorted.
    @inline(__always)
    func times(of profile: Int) -> UnsafeBufferPointer<Int64> {
        let start = Int(starts[profile])
        return UnsafeBufferPointer(start: times + start, count: Int(starts[profile + 1]) - start)
    }

    /// Sorts a profile's instants.
    @inline(__always)
    func sort(_ profile: Int) {
        let (start, end) = (Int(starts[profile]), Int(starts[profile + 1]))
        if end - start > 1 { Self.sort(UnsafeMutableBufferPointer(start: times + start, count: end - start)) }
    }

    /// Blocks come mostly in order of time, so most lists are sorted already.
    private static func sort(_ times: UnsafeMutableBufferPointer<Int64>) {
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
