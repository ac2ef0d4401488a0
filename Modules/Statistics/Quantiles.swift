/// The quantiles of `sorted` at each of `fractions` (0 to 1), by linear interpolation between the two nearest order statistics.
///
/// The position of fraction q among n values is (n - 1) q, counted from 0: definition 7 of Hyndman and Fan, numpy's "linear".
/// `sorted` must ascend and hold no NaN; no values give NaN.
///
/// - SeeAlso: R. Hyndman, Y. Fan, "Sample Quantiles in Statistical Packages", The American Statistician 50(4), 1996.
public func quantiles(ofSorted sorted: ContiguousArray<Double>, at fractions: [Double]) -> [Double] {
    fractions.map { fraction in
        precondition(fraction >= 0 && fraction <= 1, "a fraction lies between 0 and 1")
        guard let last = sorted.last else { return .nan }
        let position = Double(sorted.count - 1) * fraction
        let below = Int(position)
        guard below + 1 < sorted.count else { return last }
        let (low, high, share) = (sorted[below], sorted[below + 1], position - Double(below))
        // From the nearer end, so that the result is exact at both and never falls as the share grows.
        return share < 0.5 ? low + (high - low) * share : high - (high - low) * (1 - share)
    }
}

/// The quantiles of `values` in any order, NaN left out; see `quantiles(ofSorted:at:)`.
public func quantiles(of values: some Sequence<Double>, at fractions: [Double]) -> [Double] {
    quantiles(ofSorted: ContiguousArray(ContiguousArray(values.lazy.filter { !$0.isNaN }).sorted()), at: fractions)
}

/// The middle value, or the mean of the two in the middle; NaN left out, NaN where nothing is left.
public func median(of values: some Sequence<Double>) -> Double { quantiles(of: values, at: [0.5])[0] }
