/// What a leaf found for every profile.
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
    /// For sequences.
    var instants: InstantLists?

    /// 1 where there is any event.
    var happened: FlatArray<UInt8>? { if case .happened(let flags)? = columns[.value] { flags } else { nil } }
}

/// The instants of selected events, ascending, profile by profile.
struct InstantLists: Sendable {
    /// Where each profile's instants start; shape `[profiles + 1]`.
    var starts: FlatArray<UInt32>
    var times: FlatArray<Int64>

    @inline(__always)
    func times(of profile: Int) -> UnsafeBufferPointer<Int64> {
        let start = Int(starts[profile])
        return UnsafeBufferPointer(start: times.start + start, count: Int(starts[profile + 1]) - start)
    }
}
