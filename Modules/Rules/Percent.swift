/// A share of a population, exactly as a decimal was written: 0 < p <= 100.
public struct Percent: Sendable, Hashable {
    /// Significant decimal digits (0...9), no zeros at either end, at least one.
    let digits: [UInt8]
    /// The value is `0.d1d2d3... * 10^point`: where the decimal point stands, counted from the first digit.
    let point: Int

    /// Reads digits, with a fraction and an exponent by option; nil when it is no number, zero, above 100, or not above 10^-(2^40).
    public init?(_ text: String) {
        var digits: [UInt8] = []
        var point = 0
        var inFraction = false
        var bytes = Array(text.utf8)[...]
        while let byte = bytes.first, byte != UInt8(ascii: "e"), byte != UInt8(ascii: "E") {
            bytes.removeFirst()
            if byte == UInt8(ascii: "."), !inFraction {
                inFraction = true
                continue
            }
            guard (48...57).contains(byte) else { return nil }
            digits.append(byte - 48)
            if !inFraction { point += 1 }
        }
        if !bytes.isEmpty {
            let written = String(decoding: bytes.dropFirst(), as: UTF8.self)
            guard let exponent = Int(written) else { return nil }
            guard exponent.magnitude < 1 << 40 else { return nil }
            point += exponent
        }
        let leading = digits.prefix { $0 == 0 }.count
        digits.removeFirst(leading)
        point -= leading
        while digits.last == 0 { digits.removeLast() }
        guard !digits.isEmpty, point > -(1 << 40), point < 3 || (point == 3 && digits == [1]) else { return nil }
        (self.digits, self.point) = (digits, point)
    }

    /// How many of `n` the share is, rounded up: `ceil(p / 100 * n)`, computed exactly; at least 1 where `n` is.
    ///
    /// - Parameter n: Not negative, below 2^56.
    public func rank(of n: Int) -> Int {
        if n == 0 { return 0 }
        // p * n / 100 = (digits * n) * 10^(point - digits.count - 2). Only the digits above 10^0 and whether any lies below matter, and a
        // share below 10^-20 of anything countable rounds up to one.
        if point < -20 { return 1 }
        var product: [UInt8] = []  // Least significant digit first.
        var carry = 0
        for digit in digits.reversed() {
            carry += Int(digit) * n
            product.append(UInt8(carry % 10))
            carry /= 10
        }
        while carry > 0 {
            product.append(UInt8(carry % 10))
            carry /= 10
        }
        let dropped = digits.count + 2 - point  // At least 0, since point <= 3 and one digit is there when it is 3.
        var whole = 0
        for digit in product.dropFirst(dropped).reversed() { whole = whole * 10 + Int(digit) }
        return whole + (product.prefix(dropped).contains { $0 != 0 } ? 1 : 0)
    }

    /// The share as a plain decimal.
    public var text: String {
        let written = String(decoding: digits.map { $0 + 48 }, as: UTF8.self)
        if point < -20 { return "0.\(written)e\(point)" }
        if point <= 0 { return "0." + String(repeating: "0", count: -point) + written }
        if point >= digits.count { return written + String(repeating: "0", count: point - digits.count) }
        return written.prefix(point) + "." + written.dropFirst(point)
    }
}
