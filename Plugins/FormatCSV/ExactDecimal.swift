import Foundation

/// A decimal number: coefficient times a power of ten, exact in sums, differences and products.
///
/// A cell such as `2.55` is decimal text, so 3 of it are `7.65` and not `7.6499999999999995`. Results past 38 digits are rounded to the
/// nearest float64; quotients always are. Whole numbers keep their kind: an integer times an integer is an integer.
struct ExactDecimal: Sendable {
    var coefficient: Int128
    /// The power of ten.
    var exponent: Int
    /// Whether it is written without a decimal point. Then `exponent` is 0.
    var isInteger: Bool

    init(coefficient: Int128, exponent: Int, isInteger: Bool) {
        (self.coefficient, self.exponent, self.isInteger) = (coefficient, exponent, isInteger)
    }

    init(_ integer: Int) { self.init(coefficient: Int128(integer), exponent: 0, isInteger: true) }

    /// The shortest decimal that reads back as `number`; an integer where it is whole and below 2^53. Nil unless finite.
    init?(_ number: Double) {
        if let whole = Int64(exactly: number), whole.magnitude < 1 << 53 {
            self.init(coefficient: Int128(whole), exponent: 0, isInteger: true)
            return
        }
        guard number.isFinite else { return nil }
        var text = number.description
        guard let read = text.withUTF8({ ExactDecimal.parse($0, point: UInt8(ascii: ".")) }) else { return nil }
        self = read
    }

    /// The nearest float64, infinite past its range.
    var double: Double {
        if coefficient.magnitude <= 1 << 53, exponent >= -22, exponent <= 22 {  // Both operands exact: one rounding (Clinger 1990).
            let value = Double(Int64(coefficient))
            return exponent < 0 ? value / Self.doublePowers[-exponent] : value * Self.doublePowers[exponent]
        }
        return Double("\(coefficient)e\(exponent)") ?? (coefficient < 0 ? -.infinity : .infinity)
    }

    static let doublePowers: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ]

    /// Powers of ten up to 10^38, the last that Int128 holds.
    static let powers: [Int128] = (0...38).map { (0..<$0).reduce(into: Int128(1)) { power, _ in power *= 10 } }
}

extension ExactDecimal {
    static func + (a: ExactDecimal, b: ExactDecimal) -> ExactDecimal? {
        if a.exponent == b.exponent {
            let (sum, overflow) = a.coefficient.addingReportingOverflow(b.coefficient)
            if !overflow { return ExactDecimal(coefficient: sum, exponent: a.exponent, isInteger: a.isInteger && b.isInteger).finite }
        } else if let (x, y, exponent) = aligned(a, b) {
            let (sum, overflow) = x.addingReportingOverflow(y)
            if !overflow { return ExactDecimal(coefficient: sum, exponent: exponent, isInteger: a.isInteger && b.isInteger).finite }
        }
        return inexact(a.double + b.double)
    }

    static prefix func - (a: ExactDecimal) -> ExactDecimal {
        ExactDecimal(coefficient: 0 &- a.coefficient, exponent: a.exponent, isInteger: a.isInteger)
    }

    static func - (a: ExactDecimal, b: ExactDecimal) -> ExactDecimal? { a + -b }

    static func * (a: ExactDecimal, b: ExactDecimal) -> ExactDecimal? {
        let (x, y) = (Int64(exactly: a.coefficient), Int64(exactly: b.coefficient))
        if let x, let y {  // The product of two 64-bit numbers always fits.
            return ExactDecimal(
                coefficient: Int128(x) * Int128(y), exponent: a.exponent + b.exponent, isInteger: a.isInteger && b.isInteger
            ).finite
        }
        let (product, overflow) = a.coefficient.multipliedReportingOverflow(by: b.coefficient)
        if overflow { return inexact(a.double * b.double) }
        return ExactDecimal(coefficient: product, exponent: a.exponent + b.exponent, isInteger: a.isInteger && b.isInteger).finite
    }

    /// The nearest float64 to the quotient, as its shortest decimal; nil for a division by zero.
    static func / (a: ExactDecimal, b: ExactDecimal) -> ExactDecimal? {
        guard b.coefficient != 0 else { return nil }
        guard a.coefficient != 0 else { return inexact(0) }
        // Long division to 36 digits and a sticky one: more than tells float64 neighbours apart for operands of up to 18 digits.
        var (numerator, exponent) = (a.coefficient, a.exponent - b.exponent)
        var digits = Int128(0)
        var remainder = numerator
        (digits, remainder) = numerator.quotientAndRemainder(dividingBy: b.coefficient)
        while remainder != 0, digits.magnitude < powers[36].magnitude {
            let (next, overflow) = remainder.multipliedReportingOverflow(by: 10)
            guard !overflow else { return inexact(a.double / b.double) }
            numerator = next
            let (quotient, rest) = numerator.quotientAndRemainder(dividingBy: b.coefficient)
            (digits, remainder, exponent) = (digits * 10 + quotient, rest, exponent - 1)
        }
        if remainder != 0 {
            let up: Int128 = (a.coefficient < 0) == (b.coefficient < 0) ? 1 : -1
            (digits, exponent) = (digits * 10 + up, exponent - 1)
        }
        return inexact(ExactDecimal(coefficient: digits, exponent: exponent, isInteger: false).double)
    }

    /// The number itself, nil where it lies past the range of float64.
    @inline(__always)
    private var finite: ExactDecimal? { exponent < 260 || double.isFinite ? self : nil }

    /// A float64 result as a decimal that is not an integer.
    static func inexact(_ number: Double) -> ExactDecimal? {
        guard var result = ExactDecimal(number) else { return nil }
        result.isInteger = false
        return result
    }

    private static func aligned(_ a: ExactDecimal, _ b: ExactDecimal) -> (Int128, Int128, Int)? {
        let shift = a.exponent - b.exponent
        guard abs(shift) <= 38 else { return nil }
        if shift > 0 {
            let (x, overflow) = a.coefficient.multipliedReportingOverflow(by: powers[shift])
            return overflow ? nil : (x, b.coefficient, b.exponent)
        }
        let (y, overflow) = b.coefficient.multipliedReportingOverflow(by: powers[-shift])
        return overflow ? nil : (a.coefficient, y, a.exponent)
    }

    /// Negative, zero or positive as `a` is less than, equal to or greater than `b`; exact.
    static func order(_ a: ExactDecimal, _ b: ExactDecimal) -> Int {
        if a.exponent == b.exponent { return a.coefficient < b.coefficient ? -1 : a.coefficient > b.coefficient ? 1 : 0 }
        if a.coefficient == 0 { return (0 - b.coefficient).signum().asInt }
        if b.coefficient == 0 { return a.coefficient.signum().asInt }
        if let (x, y, _) = aligned(a, b) { return x < y ? -1 : x > y ? 1 : 0 }
        // The one with the greater exponent does not even fit: its magnitude is the greater, its sign decides.
        return a.exponent > b.exponent ? a.coefficient.signum().asInt : (0 - b.coefficient).signum().asInt
    }
}

extension Int128 {
    fileprivate var asInt: Int { Int(self) }
}
