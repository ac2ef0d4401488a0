import Foundation

/// Maps values to places along a picture's side, with round numbers to write beside it.
struct Axis {
    /// The ends, which are round numbers themselves unless the axis was told to fit tightly.
    let low: Double
    let high: Double
    /// Round numbers inside the ends, ascending.
    let ticks: [Double]

    /// An axis that holds all of `values` (those that are finite) and, if asked, zero.
    ///
    /// - Parameter steps: About how many intervals between ticks; the step is 1, 2 or 5 times a power of ten.
    init(holding values: some Sequence<Double>, zero: Bool = false, steps: Int = 5, tight: Bool = false) {
        var (low, high) = (Double.infinity, -Double.infinity)
        for value in values where value.isFinite {
            low = min(low, value)
            high = max(high, value)
        }
        if low > high { (low, high) = (0, 1) }
        if zero { (low, high) = (min(low, 0), max(high, 0)) }
        if low == high { (low, high) = (low - (low == 0 ? 0 : low.magnitude / 2), high + (high == 0 ? 1 : high.magnitude / 2)) }
        let step = Self.roundStep((high - low) / Double(max(1, steps)))
        let first = (low / step).rounded(.down), last = (high / step).rounded(.up)
        let all = stride(from: first, through: last, by: 1).map { $0 * step }
        self.low = tight ? low : all.first ?? low
        self.high = tight ? high : all.last ?? high
        ticks = tight ? all.filter { $0 >= low && $0 <= high } : all
    }

    /// Where `value` lies between `from` (the low end) and `to` (the high end).
    func place(_ value: Double, from: Double, to: Double) -> Double { from + (value - low) / (high - low) * (to - from) }

    private static func roundStep(_ raw: Double) -> Double {
        let power = pow(10, log10(raw).rounded(.down))
        for factor in [1.0, 2, 5] where factor * power >= raw * 0.999 { return factor * power }
        return 10 * power
    }
}
