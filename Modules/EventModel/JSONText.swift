/// Pieces of JSON as bytes: what writers of messages append, at speed and without allocation.
public enum JSONText {
    /// Appends a string in double quotes. `utf8` must be valid UTF-8; only `"`, `\` and control characters are escaped.
    public static func append(string utf8: UnsafeBufferPointer<UInt8>, to out: inout ContiguousArray<UInt8>) {
        out.append(UInt8(ascii: "\""))
        append(escaping: utf8, to: &out)
        out.append(UInt8(ascii: "\""))
    }

    /// Appends a string in double quotes.
    public static func append(string: String, to out: inout ContiguousArray<UInt8>) {
        var string = string
        string.withUTF8 { append(string: $0, to: &out) }
    }

    /// Appends the inside of a string, without its quotes. `utf8` must be valid UTF-8 on its own.
    public static func append(escaping utf8: UnsafeBufferPointer<UInt8>, to out: inout ContiguousArray<UInt8>) {
        guard let base = utf8.baseAddress else { return }
        let count = utf8.count
        var start = 0  // of the run that goes out as it is
        var position = 0
        while position < count {
            if position + 8 <= count {
                let word = UnsafeRawPointer(base + position).loadUnaligned(as: UInt64.self)
                if !needsEscape(word) {
                    position += 8
                    continue
                }
            }
            let end = min(position + 8, count)
            while position < end {
                let byte = base[position]
                if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                    out.append(contentsOf: UnsafeBufferPointer(start: base + start, count: position - start))
                    append(escape: byte, to: &out)
                    start = position + 1
                }
                position += 1
            }
        }
        out.append(contentsOf: UnsafeBufferPointer(start: base + start, count: count - start))
    }

    /// Appends an integer in decimal.
    public static func append(_ integer: Int64, to out: inout ContiguousArray<UInt8>) {
        if integer < 0 { out.append(UInt8(ascii: "-")) }
        append(integer.magnitude, to: &out)
    }

    /// Appends an integer in decimal.
    public static func append(_ integer: UInt64, to out: inout ContiguousArray<UInt8>) {
        if integer < 10 {
            out.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: integer))
            return
        }
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in  // UInt64.max has 20 digits
            var start = 20
            var rest = integer
            while rest > 0 {
                start -= 1
                digits[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            }
            out.append(contentsOf: UnsafeBufferPointer(rebasing: digits[start...]))
        }
    }

    /// Appends the shortest decimal that reads back as `number`, always with a `.` or an `e`, so that no reader takes it for an integer.
    ///
    /// A number that is not finite is written as `null`, which is what JSON has for it.
    public static func append(_ number: Double, to out: inout ContiguousArray<UInt8>) {
        if appendShortDecimal(number, to: &out) { return }
        guard number.isFinite else {
            out.append(contentsOf: [0x6E, 0x75, 0x6C, 0x6C])  // null
            return
        }
        var text = number.description
        text.withUTF8 { out.append(contentsOf: $0) }
    }

    /// Prices and the like: numbers with at most 15 digits, six of them behind the point.
    ///
    /// With m = number * 10^k whole and below 10^15, m / 10^k rounds to exactly one float64, and two decimals of at most 15 digits never
    /// share one; the first k that gives `number` back is therefore the shortest decimal.
    private static func appendShortDecimal(_ number: Double, to out: inout ContiguousArray<UInt8>) -> Bool {
        let size = number.magnitude
        guard size >= 1e-4, size < 1e15 else { return false }
        var scale = 1.0
        var places = 0
        while places <= 6 {
            let scaled = (size * scale).rounded()
            if scaled >= 1e15 { return false }
            if scaled / scale == size {
                if number < 0 { out.append(UInt8(ascii: "-")) }
                let unit = UInt64(scale)
                let (whole, fraction) = UInt64(scaled).quotientAndRemainder(dividingBy: unit)
                append(whole, to: &out)
                out.append(UInt8(ascii: "."))
                if places == 0 {
                    out.append(UInt8(ascii: "0"))
                    return true
                }
                var rest = fraction
                var digitUnit = unit / 10
                while digitUnit > 0 {
                    let (digit, left) = rest.quotientAndRemainder(dividingBy: digitUnit)
                    out.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: digit))
                    rest = left
                    digitUnit /= 10
                }
                return true
            }
            scale *= 10
            places += 1
        }
        return false
    }

    /// Whether any of eight bytes is a control character, a quote or a backslash (zero-byte test of Lamport, as in "Hacker's Delight").
    @inline(__always)
    private static func needsEscape(_ word: UInt64) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs: UInt64 = 0x8080_8080_8080_8080
        let control = (word &- ones &* 0x20) & ~word
        let quote = word ^ (ones &* 0x22)
        let backslash = word ^ (ones &* 0x5C)
        return (control | ((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash)) & highs != 0
    }

    private static func append(escape byte: UInt8, to out: inout ContiguousArray<UInt8>) {
        out.append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): out.append(byte)
        case 0x08: out.append(UInt8(ascii: "b"))
        case 0x09: out.append(UInt8(ascii: "t"))
        case 0x0A: out.append(UInt8(ascii: "n"))
        case 0x0C: out.append(UInt8(ascii: "f"))
        case 0x0D: out.append(UInt8(ascii: "r"))
        default:
            out.append(contentsOf: [UInt8(ascii: "u"), UInt8(ascii: "0"), UInt8(ascii: "0"), UInt8(ascii: "0") + byte >> 4])
            let low = byte & 0x0F
            out.append(low < 10 ? UInt8(ascii: "0") + low : UInt8(ascii: "a") + low - 10)
        }
    }
}
