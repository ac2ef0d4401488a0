import StorageTesting
import Testing

@testable import Storage

/// The shortest decimal of a number as digits and how many of them stand behind the point, from its text.
private func shortest(_ value: Double) -> (mantissa: Int64, scale: Int)? {
    let parts = value.description.split(separator: "e")
    var digits = parts[0].replacing("-", with: "")
    var scale = -(parts.count > 1 ? Int(parts[1])! : 0)
    if let point = digits.firstIndex(of: ".") {
        scale += digits.distance(from: point, to: digits.endIndex) - 1
        digits.remove(at: point)
    }
    while digits.hasSuffix("0"), scale > 0 {
        digits.removeLast()
        scale -= 1
    }
    while scale < 0 {
        digits.append("0")
        scale += 1
    }
    guard let mantissa = Int64(digits), mantissa < ShortDecimal.limit, scale <= ShortDecimal.maximumScale else { return nil }
    return (value < 0 ? -mantissa : mantissa, scale)
}

private func check(_ value: Double) {
    let wanted = value == 0 && value.sign == .minus ? nil : shortest(value)
    #expect(ShortDecimal.scale(of: value) == wanted?.scale, "\(value)")
    guard let wanted else { return }
    #expect(ShortDecimal.mantissa(of: value, scale: wanted.scale) == wanted.mantissa, "\(value)")
    #expect(Double(wanted.mantissa) / ShortDecimal.powers[wanted.scale] == value, "\(value)")
    if wanted.scale > 0 { #expect(ShortDecimal.mantissa(of: value, scale: wanted.scale - 1) == nil, "\(value)") }
}

@Test(arguments: UInt64(1)...20)
func `short decimals are the shortest ones, exactly`(seed: UInt64) {
    var random = ContractRandom(seed: seed)
    for _ in 0..<2_000 {
        let digits = Int64(truncatingIfNeeded: random.next()) >> Int64(4 + random.below(60))
        let value = Double(digits) / [1, 10, 100, 1_000, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e12][random.below(12)]
        check(value)
        check(value.nextUp)
        check(Double(bitPattern: random.next() & ~(0x7FF << 52) | UInt64(random.below(2_047)) << 52))
    }
}

@Test(arguments: [
    0, -0.0, 0.1, 0.3, 0.1 + 0.2, 1e15, 1e15 - 1, 1e15 + 1, 99_999_999_999_999.9, 99_999_999_999_999.99, 0.000_000_001, 1e-10, -1e-9, 19.9,
    .leastNonzeroMagnitude, 1.797_693_134_862_315_7e308, 123_456.789_012_345, 4_503_599_627_370_497.5, 999_999.999_999_999,
])
func `decimals at the edges are short or not`(value: Double) { check(value) }
