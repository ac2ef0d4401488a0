import EventModel
import Foundation

/// What values with a logical type are in JSON.
enum AvroLogical {
    /// Bytes of a decimal.
    static let longestDecimal = 64

    /// Nil where it is a time outside of the years that texts have.
    static func value(_ integer: Int64, _ logical: AvroSchema.Logical?) -> JSONValue? {
        switch logical {
        case .date:
            guard let text = time(milliseconds: integer.multipliedReportingOverflow(by: 86_400_000)) else { return nil }
            return .string(String(text.prefix(10)))
        case .timestampMillis: return time(milliseconds: (integer, false)).map { .string($0) }
        case .timestampMicros: return time(microseconds: integer).map { .string($0) }
        case .localMillis: return time(milliseconds: (integer, false)).map { .string(String($0.dropLast())) }
        case .localMicros: return time(microseconds: integer).map { .string(String($0.dropLast())) }
        default: return .integer(integer)
        }
    }

    private static func time(milliseconds: (partialValue: Int64, overflow: Bool)) -> String? {
        let instant = Instant(milliseconds: milliseconds.partialValue)
        guard !milliseconds.overflow, instant >= MessageLimits.earliest, instant <= MessageLimits.latest else { return nil }
        return instant.text
    }

    private static func time(microseconds: Int64) -> String? {
        let rest = (microseconds % 1_000 + 1_000) % 1_000
        guard let text = time(milliseconds: (microseconds / 1_000 - (microseconds % 1_000 < 0 ? 1 : 0), false)) else { return nil }
        let digits = "00\(rest)".suffix(3)
        return text.dropLast() + digits + "Z"
    }

    /// The number that a text stands for; nil where it is none.
    static func integer(_ text: String, _ logical: AvroSchema.Logical) -> Int64? {
        switch logical {
        case .date:
            guard text.utf8.count == 10, let instant = Instant(text: text) else { return nil }
            return instant.milliseconds / 86_400_000 - (instant.milliseconds % 86_400_000 < 0 ? 1 : 0)
        case .timestampMillis: return Instant(text: text)?.milliseconds
        case .timestampMicros: return microseconds(text)
        case .localMillis: return Instant(text: text + "Z")?.milliseconds
        case .localMicros: return microseconds(text + "Z")
        default: return nil
        }
    }

    /// The fraction's digits behind the milliseconds are read here: `Instant` cuts them.
    private static func microseconds(_ text: String) -> Int64? {
        guard let instant = Instant(text: text) else { return nil }
        var rest: Int64 = 0
        if let dot = text.utf8.firstIndex(of: UInt8(ascii: ".")) {
            let digits = text.utf8[text.utf8.index(after: dot)...].prefix { (48...57).contains($0) }
            for digit in (Array(digits) + [48, 48, 48, 48, 48, 48]).prefix(6).suffix(3) { rest = rest * 10 + Int64(digit - 48) }
        }
        let (product, overflow) = instant.milliseconds.multipliedReportingOverflow(by: 1_000)
        return overflow ? nil : product + rest
    }

    static func value(_ bytes: UnsafeRawBufferPointer, _ logical: AvroSchema.Logical?) -> JSONValue {
        switch logical {
        case .decimal(_, let scale): .string(AvroDecimal.text(Array(bytes), scale: scale))
        case .uuid where bytes.count == 16: .string(UUID(uuid: bytes.loadUnaligned(as: uuid_t.self)).uuidString.lowercased())
        default: .string(Data(bytes).base64EncodedString())
        }
    }
}

/// Whole numbers of any length in two's complement, the highest byte first, and decimal texts.
enum AvroDecimal {
    /// - Parameter scale: Digits behind the point.
    static func text(_ bytes: [UInt8], scale: Int) -> String {
        let isNegative = (bytes.first ?? 0) & 0x80 != 0
        var magnitude = isNegative ? negated(bytes) : bytes
        var digits: [UInt8] = []
        while magnitude.contains(where: { $0 != 0 }) {
            var rest = 0
            for place in magnitude.indices {
                let number = rest << 8 | Int(magnitude[place])
                magnitude[place] = UInt8(number / 10)
                rest = number % 10
            }
            digits.append(UInt8(48 + rest))
        }
        while digits.count <= scale { digits.append(48) }
        digits.reverse()
        if scale > 0 { digits.insert(UInt8(ascii: "."), at: digits.count - scale) }
        let isZero = !digits.contains { (49...57).contains($0) }
        return (isNegative && !isZero ? "-" : "") + String(decoding: digits, as: UTF8.self)
    }

    /// The shortest bytes of a decimal text; nil where it is none, or has more digits than these.
    static func bytes(_ text: String, precision: Int, scale: Int) -> [UInt8]? {
        var rest = Substring(text)
        let isNegative = rest.first == "-"
        if isNegative { rest.removeFirst() }
        let parts = rest.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let fraction = parts.count == 2 ? parts[1] : ""
        guard let whole = parts.first, !whole.isEmpty, parts.count == 1 || !fraction.isEmpty, fraction.utf8.count <= scale,
            (whole.utf8.count + scale) <= 1_000
        else { return nil }
        let digits = Array(whole.utf8) + Array(fraction.utf8) + [UInt8](repeating: 48, count: scale - fraction.utf8.count)
        guard digits.allSatisfy({ (48...57).contains($0) }), digits.drop(while: { $0 == 48 }).count <= precision else { return nil }
        var magnitude: [UInt8] = [0]  // the lowest byte first
        for digit in digits {
            var carry = Int(digit - 48)
            for place in magnitude.indices {
                carry += Int(magnitude[place]) * 10
                magnitude[place] = UInt8(carry & 0xFF)
                carry >>= 8
            }
            if carry > 0 { magnitude.append(UInt8(carry)) }
        }
        if magnitude[magnitude.count - 1] & 0x80 != 0 { magnitude.append(0) }
        magnitude.reverse()
        if isNegative { magnitude = negated(magnitude) }
        while magnitude.count > 1, magnitude[0] == 0 && magnitude[1] < 0x80 || magnitude[0] == 0xFF && magnitude[1] >= 0x80 {
            magnitude.removeFirst()
        }
        return magnitude
    }

    private static func negated(_ bytes: [UInt8]) -> [UInt8] {
        var negated = bytes.map { ~$0 }
        for place in negated.indices.reversed() {
            negated[place] &+= 1
            if negated[place] != 0 { break }
        }
        return negated
    }
}
