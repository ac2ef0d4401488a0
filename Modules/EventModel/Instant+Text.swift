extension Instant {
    /// Reads `YYYY-MM-DD`, alone or with `T` or a space and `HH:MM[:SS[.fraction]]` and `Z` or an offset (`+HH:MM`, `+HHMM`, `+HH`).
    ///
    /// Without a zone it is UTC; the fraction is cut to milliseconds. Nil for any other text, for days and times that no calendar or
    /// clock shows (February 30, 24:00, second 60), and for offsets of 24 hours or more (`+518:00`).
    public init?(text: String) {
        var text = text
        guard let instant = text.withUTF8({ Instant.parse($0) }) else { return nil }
        self = instant
    }

    /// Reads the same grammar as `init(text:)` from UTF-8 bytes, without allocation.
    public static func parse(_ bytes: UnsafeBufferPointer<UInt8>) -> Instant? {
        var reader = InstantReader(bytes: bytes)
        return reader.read()
    }

    /// RFC 3339 in UTC, always with three digits of milliseconds and `Z`: `2026-06-30T00:00:00.000Z`.
    ///
    /// Years outside 0000 to 9999 have a sign and at least six digits, as in ECMAScript; `init(text:)` does not read those back.
    public var text: String {
        var bytes = ContiguousArray<UInt8>()
        append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends `text` as 24 bytes (more for years outside 0000 to 9999).
    public func append(to out: inout ContiguousArray<UInt8>) {
        let time = Int(utcMillisecondOfDay)
        let date = utcDate
        if date.year < 0 || date.year > 9_999 {
            let digits = String(date.year.magnitude)
            out.append(date.year < 0 ? UInt8(ascii: "-") : UInt8(ascii: "+"))
            out.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: max(0, 6 - digits.utf8.count)))
            out.append(contentsOf: digits.utf8)
        } else {
            appendTwoDigits(date.year / 100, to: &out)
            appendTwoDigits(date.year % 100, to: &out)
        }
        out.append(UInt8(ascii: "-"))
        appendTwoDigits(date.month, to: &out)
        out.append(UInt8(ascii: "-"))
        appendTwoDigits(date.day, to: &out)
        out.append(UInt8(ascii: "T"))
        appendTwoDigits(time / 3_600_000, to: &out)
        out.append(UInt8(ascii: ":"))
        appendTwoDigits(time / 60_000 % 60, to: &out)
        out.append(UInt8(ascii: ":"))
        appendTwoDigits(time / 1_000 % 60, to: &out)
        out.append(UInt8(ascii: "."))
        out.append(UInt8(ascii: "0") + UInt8(time / 100 % 10))
        appendTwoDigits(time % 100, to: &out)
        out.append(UInt8(ascii: "Z"))
    }
}

@inline(__always)
private func appendTwoDigits(_ value: Int, to out: inout ContiguousArray<UInt8>) {
    out.append(UInt8(ascii: "0") + UInt8(value / 10))
    out.append(UInt8(ascii: "0") + UInt8(value % 10))
}

/// Walks over the bytes of one instant.
private struct InstantReader {
    let bytes: UnsafeBufferPointer<UInt8>
    var position = 0

    init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    mutating func read() -> Instant? {
        guard bytes.count >= 10,
            let century = twoDigits(), let yearOfCentury = twoDigits(), take(UInt8(ascii: "-")),
            let month = twoDigits(), take(UInt8(ascii: "-")),
            let day = twoDigits(),
            let date = CivilDate(year: century * 100 + yearOfCentury, month: month, day: day)
        else { return nil }
        let midnight = Instant(utc: date)
        if position == bytes.count { return midnight }
        guard take(UInt8(ascii: "T")) || take(UInt8(ascii: " ")), let time = readTime(), let offset = readOffset(), position == bytes.count
        else { return nil }
        return Instant(milliseconds: midnight.milliseconds + Int64(time - offset))
    }

    /// `HH:MM[:SS[.fraction]]` in milliseconds.
    private mutating func readTime() -> Int? {
        guard let hour = twoDigits(), hour < 24, take(UInt8(ascii: ":")), let minute = twoDigits(), minute < 60 else { return nil }
        let whole = (hour * 60 + minute) * 60_000
        guard take(UInt8(ascii: ":")) else { return whole }
        guard let second = twoDigits(), second < 60 else { return nil }
        guard take(UInt8(ascii: ".")) else { return whole + second * 1_000 }
        let start = position
        var milliseconds = 0
        var unit = 100
        while let digit = digit(at: position) {
            milliseconds += digit * unit
            unit /= 10
            position += 1
        }
        return position > start ? whole + second * 1_000 + milliseconds : nil
    }

    /// Nothing, `Z`, `±HH:MM`, `±HHMM` or `±HH`, in milliseconds east of Greenwich.
    private mutating func readOffset() -> Int? {
        if position == bytes.count || take(UInt8(ascii: "Z")) { return 0 }
        let sign: Int
        if take(UInt8(ascii: "+")) { sign = 1 } else if take(UInt8(ascii: "-")) { sign = -1 } else { return nil }
        guard let hours = twoDigits(), hours < 24 else { return nil }
        if position == bytes.count { return sign * hours * 3_600_000 }
        _ = take(UInt8(ascii: ":"))
        guard let minutes = twoDigits(), minutes < 60 else { return nil }
        return sign * (hours * 60 + minutes) * 60_000
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private mutating func twoDigits() -> Int? {
        guard let tens = digit(at: position), let ones = digit(at: position + 1) else { return nil }
        position += 2
        return tens * 10 + ones
    }

    private func digit(at index: Int) -> Int? {
        guard index < bytes.count else { return nil }
        let digit = bytes[index] &- UInt8(ascii: "0")
        return digit < 10 ? Int(digit) : nil
    }
}
