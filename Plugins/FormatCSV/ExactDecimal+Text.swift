import Foundation

extension ExactDecimal {
    /// Reads `[sign] digits [point digits] [e [sign] digits]`; a number without point and exponent is an integer. Nil for other text.
    ///
    /// Past 38 digits the nearest float64 is taken; past its range nil.
    @inline(__always)
    static func parse(_ bytes: UnsafeBufferPointer<UInt8>, point: UInt8) -> ExactDecimal? {
        var index = 0
        let count = bytes.count
        guard count > 0 else { return nil }
        let negative = bytes[0] == UInt8(ascii: "-")
        if negative || bytes[0] == UInt8(ascii: "+") { index = 1 }
        // Nearly every cell: at most 18 digits, which Int64 holds without a check for each.
        var small: Int64 = 0
        var (digits, exponent) = (0, 0)
        while index < count, digits < 18 {
            let digit = bytes[index] &- 48
            guard digit < 10 else { break }
            small = small &* 10 &+ Int64(digit)
            (digits, index) = (digits + 1, index + 1)
        }
        if index == count, digits > 0 {
            return ExactDecimal(coefficient: Int128(negative ? -small : small), exponent: 0, isInteger: true)
        }
        if digits > 0, index < count, bytes[index] == point {
            var (fraction, place) = (small, index + 1)
            while place < count, digits < 18 {
                let digit = bytes[place] &- 48
                guard digit < 10 else { break }
                fraction = fraction &* 10 &+ Int64(digit)
                (digits, place) = (digits + 1, place + 1)
            }
            if place == count, place > index + 1 {
                exponent = index + 1 - place
                return ExactDecimal(coefficient: Int128(negative ? -fraction : fraction), exponent: exponent, isInteger: false)
            }
        }
        return parseLong(bytes, point: point)
    }

    /// The same for long numbers and for exponents.
    private static func parseLong(_ bytes: UnsafeBufferPointer<UInt8>, point: UInt8) -> ExactDecimal? {
        var text = ""  // As Swift spells numbers, for those that Int128 cannot hold.
        var coefficient = Int128(0)
        var (fits, digits, exponent, isInteger) = (true, 0, 0, true)
        var index = 0
        let negative = bytes[0] == UInt8(ascii: "-")
        if negative || bytes[0] == UInt8(ascii: "+") { index = 1 }
        func takeDigits(inFraction: Bool) -> Bool {
            let start = index
            while index < bytes.count, bytes[index] >= 48, bytes[index] <= 57 {
                text.unicodeScalars.append(Unicode.Scalar(bytes[index]))
                if coefficient > powers[37] { fits = false } else { coefficient = coefficient * 10 + Int128(bytes[index] - 48) }
                if inFraction { exponent -= 1 }
                (digits, index) = (digits + 1, index + 1)
            }
            return index > start
        }
        guard takeDigits(inFraction: false) else { return nil }
        if index < bytes.count, bytes[index] == point {
            index += 1
            text += "."
            isInteger = false
            guard takeDigits(inFraction: true) else { return nil }
        }
        if index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e") {
            index += 1
            isInteger = false
            var power = 0
            let down = index < bytes.count && bytes[index] == UInt8(ascii: "-")
            if index < bytes.count, down || bytes[index] == UInt8(ascii: "+") { index += 1 }
            let start = index
            while index < bytes.count, bytes[index] >= 48, bytes[index] <= 57 {
                power = min(power * 10 + Int(bytes[index] - 48), 100_000)
                index += 1
            }
            guard index > start else { return nil }
            exponent += down ? -power : power
            text += "e\(down ? -power : power)"
        }
        guard index == bytes.count else { return nil }
        if fits {
            let value = ExactDecimal(coefficient: negative ? -coefficient : coefficient, exponent: exponent, isInteger: isInteger)
            return value.double.isFinite ? value : nil
        }
        return Double(text).flatMap { inexact(negative ? -$0 : $0) }
    }

    /// Writes it as JSON, shortest: no trailing zeros behind the point; a number that is not an integer has a point or an exponent.
    func write(to out: ByteBuffer) {
        if isInteger, exponent == 0 { return out.append(decimal: coefficient) }
        var (digits, power) = (coefficient, exponent)
        if digits == 0 { return out.append("0.0") }
        while power < 0 || digits.magnitude > UInt128(Self.powers[17].magnitude) {
            let (quotient, remainder) = Self.tenth(digits)
            guard remainder == 0 else { break }
            (digits, power) = (quotient, power + 1)
        }
        if digits < 0 { out.append(UInt8(ascii: "-")) }
        let start = out.count
        out.append(decimal: digits.magnitude)
        let length = out.count - start
        if power >= 0, length + power <= 21 {
            for _ in 0..<power { out.append(48) }
            out.append(".0")
        } else if power < 0, -power < length {
            out.insert(UInt8(ascii: "."), at: out.count + power)
        } else if power < 0, -power - length < 6 {
            out.insert("0." + String(repeating: "0", count: -power - length), at: start)
        } else {
            if length > 1 { out.insert(UInt8(ascii: "."), at: start + 1) }
            out.append("e\(power + length - 1)")
        }
    }

    private static func tenth(_ digits: Int128) -> (Int128, Int128) {
        if let small = Int64(exactly: digits) {
            let (quotient, remainder) = small.quotientAndRemainder(dividingBy: 10)
            return (Int128(quotient), Int128(remainder))
        }
        return digits.quotientAndRemainder(dividingBy: 10)
    }
}
