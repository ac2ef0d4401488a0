/// Which counts of events satisfy a question: those of a range, or those outside it.
struct CountRange: Hashable, Sendable {
    /// Both ends in; empty where `low` is above `high`.
    private var low: Int
    private var high: Int
    private var isOutside = false

    /// No count of events comes near.
    private static let most = 1 << 52

    init(_ quantifier: Quantifier) {
        let times = Int(min(quantifier.times, Int64(Self.most)))
        switch quantifier.bound {
        case .atLeast: (low, high) = (times, Self.most)
        case .atMost: (low, high) = (0, times)
        case .exactly: (low, high) = (times, times)
        }
    }

    /// The counts that stand in a relation to a number.
    init(_ comparison: Comparison, _ number: Double) {
        let clamped = max(-1, min(Double(Self.most), number))
        let (floor, ceiling) = (Int(clamped.rounded(.down)), Int(clamped.rounded(.up)))
        (low, high) = (0, Self.most)
        switch comparison {
        case .equal, .notEqual:
            (low, high) = (ceiling, floor)
            isOutside = comparison == .notEqual
        case .less: high = ceiling - 1
        case .lessOrEqual: high = floor
        case .greater: low = floor + 1
        case .greaterOrEqual: low = ceiling
        }
        low = max(0, low)
    }

    /// Whether more events never make it false.
    var growsTrue: Bool { low <= high && (isOutside ? low == 0 : high == Self.most) }

    /// Whether more events never make it true.
    var growsFalse: Bool { low <= high && (isOutside ? high == Self.most : low == 0) }

    func contains(_ count: Int) -> Bool { (low <= count && count <= high) != isOutside }

    /// How many events must at least leave for the answer to change; nil where no number of them does it.
    func leavesToChange(from count: Int) -> Int? {
        if low > high { return nil }
        if count > high { return count - high }
        return count >= low && low > 0 ? count - low + 1 : nil
    }

    /// How many events must at least enter for the answer to change; nil where no number of them does it.
    func entriesToChange(from count: Int) -> Int? {
        if low > high { return nil }
        if count < low { return low - count }
        return count <= high && high < Self.most ? high - count + 1 : nil
    }
}
