/// The shortest decimals of float64 numbers, where they are short enough to be whole numbers of a power of ten.
enum ShortDecimal {
    /// Greatest scale looked for: values with more decimals stay float64.
    static let maximumScale = 9
    /// Mantissas stay below this, so that a decimal of them is always the shortest and divides back exactly.
    static let limit: Int64 = 1_000_000_000_000_000

    static let powers: ContiguousArray<Double> = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9]
    static let integerPowers: ContiguousArray<Int64> = [
        1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000,
    ]

    /// The least scale, from `hint` on down and then up, at which `value` is a whole number of 10^-scale; nil when there is none.
    ///
    /// A decimal of at most 15 digits that reads back as a float64 is the only such one of its length, so the least scale gives the
    /// shortest decimal.
    @inline(__always)
    static func scale(of value: Double) -> Int? {
        for scale in 0...maximumScale {
            let scaled = value * powers[scale]
            guard scaled.magnitude < Double(limit) else { return nil }
            let rounded = scaled.rounded(.toNearestOrEven)
            if rounded / powers[scale] == value { return rounded == 0 && value.sign == .minus ? nil : scale }
        }
        return nil
    }

    /// `value` as a whole number of 10^-scale; nil when it is none below the limit.
    @inline(__always)
    static func mantissa(of value: Double, scale: Int) -> Int64? {
        let scaled = value * powers[scale]
        guard scaled.magnitude < Double(limit) else { return nil }
        let rounded = scaled.rounded(.toNearestOrEven)
        guard rounded / powers[scale] == value, !(rounded == 0 && value.sign == .minus) else { return nil }
        return Int64(rounded)
    }
}
