/// Reads and writes durations: a decimal and a unit, in whole milliseconds exactly.
enum DurationText {
    /// Longest first.
    static let units: [(letter: String, milliseconds: UInt64)] = [
        ("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000),
    ]

    enum Outcome {
        case whole(Int64)
        case notWhole
        case tooLong
    }

    /// How many milliseconds a decimal (digits, a fraction and an exponent by option) of a unit is.
    static func milliseconds(_ decimal: String, unit: UInt64) -> Outcome {
        var digits: [UInt8] = []
        var exponent = 0
        var inFraction = false
        for (index, byte) in decimal.utf8.enumerated() {
            if byte == UInt8(ascii: ".") {
                inFraction = true
            } else if byte | 0x20 == UInt8(ascii: "e") {
                let written = String(decimal.utf8.dropFirst(index + 1)) ?? ""
                let clamp = written.hasPrefix("-") ? -1_000_000 : 1_000_000
                exponent += max(-1_000_000, min(1_000_000, Int(written) ?? clamp))
                break
            } else {
                digits.append(byte - 48)
                if inFraction { exponent -= 1 }
            }
        }
        while digits.last == 0 {
            digits.removeLast()
            exponent += 1
        }
        digits.removeFirst(digits.prefix { $0 == 0 }.count)
        if digits.isEmpty { return .whole(0) }
        // Without zeros at its end a decimal is not divisible by both 2 and 5, and the longest unit holds at most ten of either: so no
        // more than ten places of a fraction can come out whole.
        if exponent < -10 { return .notWhole }
        if digits.count + exponent > 16 { return .tooLong }
        var mantissa: UInt64 = 0
        for digit in digits {
            let (product, overflow) = mantissa.multipliedReportingOverflow(by: 10)
            let (sum, carried) = product.addingReportingOverflow(UInt64(digit))
            if overflow || carried { return .notWhole }
            mantissa = sum
        }
        var divisor: UInt64 = 1
        for _ in 0..<max(0, -exponent) { divisor *= 10 }
        let (high, low) = mantissa.multipliedFullWidth(by: unit)
        if high >= divisor { return .tooLong }
        var (whole, rest) = divisor.dividingFullWidth((high, low))
        if rest != 0 { return .notWhole }
        for _ in 0..<max(0, exponent) {
            let (product, overflow) = whole.multipliedReportingOverflow(by: 10)
            if overflow { return .tooLong }
            whole = product
        }
        return whole <= UInt64(Value.largestTime) ? .whole(Int64(whole)) : .tooLong
    }

    /// The duration as the language writes it, in the longest unit that divides it: `48h`, `1.5s`, `0s`.
    static func text(_ milliseconds: Int64) -> String {
        let sign = milliseconds < 0 ? "-" : ""
        let magnitude = milliseconds.magnitude
        if magnitude == 0 { return "0s" }
        for unit in units where magnitude % unit.milliseconds == 0 { return "\(sign)\(magnitude / unit.milliseconds)\(unit.letter)" }
        var fraction = String(1000 + magnitude % 1000).dropFirst()
        while fraction.last == "0" { fraction.removeLast() }
        return "\(sign)\(magnitude / 1000).\(fraction)s"
    }
}
