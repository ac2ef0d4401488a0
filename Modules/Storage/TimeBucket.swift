/// A partition of time: blocks of one event name are merged only within theirs, so that merging never spoils skipping by time.
public struct TimeBucket: Sendable, Hashable {
    /// How fine the partition is. Raw values are stored; they are never reused.
    public enum Width: UInt8, Sendable, CaseIterable {
        /// All of time: few rows.
        case all = 0
        /// 364 days.
        case year = 1
        /// 28 days.
        case month = 2
        /// 7 days.
        case week = 3

        var milliseconds: Int64? {
            switch self {
            case .all: nil
            case .year: 364 * 86_400_000
            case .month: 28 * 86_400_000
            case .week: 7 * 86_400_000
            }
        }
    }
    /// How long the bucket is.
    public var width: Width
    /// Which one, counted from 1970.
    public var index: Int64

    /// Names a bucket by its place; for width `all` the index is 0.
    public init(width: Width, index: Int64) { (self.width, self.index) = (width, index) }

    /// The bucket of that width that holds `time`.
    @inline(__always)
    init(width: Width, of time: Int64) {
        self.width = width
        guard let length = width.milliseconds else {
            index = 0
            return
        }
        index = time >= 0 ? time / length : -((-time + length - 1) / length)
    }

    /// The finest width whose buckets still hold a whole block each, were `rows` spread evenly over the time.
    static func fitting(rows: Int, from minTime: Int64, to maxTime: Int64) -> Width {
        for width in [Width.week, .month, .year] {
            guard let length = width.milliseconds else { continue }
            let buckets = (maxTime - minTime) / length + 1
            if rows / Int(buckets) >= BlockFormat.rows { return width }
        }
        return .all
    }
}
