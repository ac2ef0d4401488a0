/// An exact sum of float64 numbers, each taken as the shortest decimal that reads back as it; rounded once, when it is asked for.
///
/// The sum is kept in base 10^9 over every place a float64 can reach, so no order of addition shows: about 600 bytes, which are taken when
/// a number comes that is no whole number of millionths, or too many come. Until then it is one integer.
public struct DecimalSum: Sendable {
    /// Millionths, beside what the places hold.
    private var millionths: Int64 = 0
    /// Signed places of base 10^9, lowest first; place i stands for 10^(9 * (i - 37)). Carries wait until they must. Empty: all are 0.
    private var places: ContiguousArray<Int64> = []
    /// Additions since the last carry; each adds less than 10^9 to a place.
    private var waiting = 0

    private static let zeroPlace = 37
    private static let placeCount = 37 + 40
    private static let base: Int64 = 1_000_000_000

    /// Nothing added yet; the sum is 0.
    public init() {}

    /// Adds a finite number.
    public mutating func add(_ number: Double) {
        // At most 15 digits: no other decimal as short reads back as the same number.
        let scaled = (number * 1e6).rounded()
        if scaled.magnitude < 1e15, scaled / 1e6 == number {
            let (sum, isTooFar) = millionths.addingReportingOverflow(Int64(scaled))
            if !isTooFar {
                millionths = sum
                return
            }
        }
        let (mantissa, exponent) = Self.shortestDecimal(number)
        add(mantissa.magnitude, negative: mantissa < 0, exponent: exponent)
    }

    /// Adds `mantissa * 10^-scale`; the scale is from 0 to 324.
    public mutating func add(mantissa: Int64, scale: Int) { add(mantissa.magnitude, negative: mantissa < 0, exponent: -scale) }

    /// Adds everything that another sum holds.
    public mutating func add(_ other: DecimalSum) {
        if other.millionths != 0 { add(mantissa: other.millionths, scale: 6) }
        guard !other.places.isEmpty else { return }
        makePlaces()
        if waiting + other.waiting >= 1 << 32 { carry() }
        waiting += other.waiting + 1
        for place in places.indices { places[place] += other.places[place] }
    }

    private mutating func makePlaces() {
        if places.isEmpty { places = ContiguousArray(repeating: 0, count: Self.placeCount) }
    }

    private mutating func add(_ magnitude: UInt64, negative: Bool, exponent: Int) {
        makePlaces()
        waiting += 1
        if waiting >= 1 << 32 { carry() }
        var place = Int(Int64(exponent).floorDivided(by: 9)) + Self.zeroPlace
        let shift = UInt64(Self.powers[exponent - (place - Self.zeroPlace) * 9])
        var (high, low) = magnitude.multipliedFullWidth(by: shift)
        while high != 0 || low != 0 {
            // high < 10^9 always, so the two-word quotient is safe after the first word is reduced.
            let reduced = high % UInt64(Self.base)
            let (quotient, digit) = UInt64(Self.base).dividingFullWidth((reduced, low))
            places[place] += negative ? -Int64(digit) : Int64(digit)
            (high, low) = (high / UInt64(Self.base), quotient)
            place += 1
        }
    }

    private static let powers: [Int64] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000]

    /// Moves what is beyond a place's base upward, so that every place but the last lies in 0 ..< 10^9.
    private mutating func carry() {
        var carried: Int64 = 0
        for place in places.indices.dropLast() {
            let total = places[place] + carried
            carried = total.floorDivided(by: Self.base)
            places[place] = total - carried * Self.base
        }
        places[Self.placeCount - 1] += carried
        waiting = 1
    }

    /// The sum, rounded to the nearest float64, ties to even; nil where that is not finite.
    public var sum: Double? { average(count: 1) }

    /// The sum divided by `count` exactly, then rounded to the nearest float64, ties to even; nil where that is not finite.
    public func average(count: Int) -> Double? {
        precondition(count > 0, "an average needs something to divide by")
        if places.isEmpty { return Self.average(mantissa: millionths, scale: 6, count: count) }
        let (digits, negative) = carried()
        guard let top = digits.lastIndex(where: { $0 != 0 }) else { return 0 }
        // Long division from the top, to 90 places below the highest: more digits than any midpoint of two float64 numbers has (767).
        var text = negative ? "-" : ""
        var remainder: UInt64 = 0
        let (divisor, unit) = (UInt64(count), UInt64(Self.base))
        var place = top
        let lowest = min(0, top - 90)
        while place >= lowest {
            let (high, low) = remainder.multipliedFullWidth(by: unit)
            let (sum, overflow) = low.addingReportingOverflow(place >= 0 ? UInt64(digits[place]) : 0)
            let (quotient, rest) = divisor.dividingFullWidth((high + (overflow ? 1 : 0), sum))
            let written = String(quotient)
            text += String(repeating: "0", count: 9 - written.utf8.count) + written
            remainder = rest
            place -= 1
            if remainder == 0, place < 0 { break }
        }
        if remainder != 0 { text += "1" }  // Beyond every midpoint: only that something is there matters.
        let exponent = (place + 1 - Self.zeroPlace) * 9 - (remainder != 0 ? 1 : 0)
        guard let value = Double("\(text)e\(exponent)"), value.isFinite else { return nil }
        return value
    }

    /// Places in 0 ..< 10^9 of the magnitude, and the sign.
    private func carried() -> (digits: ContiguousArray<Int64>, negative: Bool) {
        var copy = self
        copy.add(mantissa: millionths, scale: 6)
        copy.carry()
        let negative = copy.places[Self.placeCount - 1] < 0
        if negative {
            for place in copy.places.indices { copy.places[place] = -copy.places[place] }
            copy.carry()
        }
        return (copy.places, negative)
    }

    /// `mantissa * 10^-scale / count`, rounded once; as `average` of such a sum, without making one. The scale is from 0 to 324.
    public static func average(mantissa: Int64, scale: Int, count: Int) -> Double? {
        // Two integers that float64 holds exactly: one division rounds once.
        if mantissa.magnitude <= 1 << 53, scale <= 15 {
            let (divisor, overflow) = count.multipliedReportingOverflow(by: Int(smallPowers[scale]))
            if !overflow, divisor <= 1 << 53 { return Double(mantissa) / Double(divisor) }
        }
        var sum = DecimalSum()
        sum.add(mantissa: mantissa, scale: scale)
        return sum.average(count: count)
    }

    private static let smallPowers: [Int64] = (0...15).map { (0..<$0).reduce(into: Int64(1)) { power, _ in power *= 10 } }

    /// The shortest decimal that reads back as a finite number, as `mantissa * 10^exponent`; |mantissa| < 10^17.
    public static func shortestDecimal(_ number: Double) -> (mantissa: Int64, exponent: Int) {
        if let whole = Int64(exactly: number), whole.magnitude < 1 << 53 { return (whole, 0) }
        var mantissa: Int64 = 0
        var exponent = 0
        var (inFraction, negative) = (false, false)
        var description = number.description
        description.withUTF8 { bytes in
            var index = 0
            while index < bytes.count {
                switch bytes[index] {
                case UInt8(ascii: "-"): negative = true
                case UInt8(ascii: "."): inFraction = true
                case UInt8(ascii: "e"):
                    exponent += Int(String(decoding: bytes[(index + 1)...], as: UTF8.self)) ?? 0
                    index = bytes.count
                    continue
                case let digit:
                    mantissa = mantissa * 10 + Int64(digit - 48)
                    if inFraction { exponent -= 1 }
                }
                index += 1
            }
        }
        while mantissa != 0, mantissa % 10 == 0 { (mantissa, exponent) = (mantissa / 10, exponent + 1) }
        return (negative ? -mantissa : mantissa, exponent)
    }
}
