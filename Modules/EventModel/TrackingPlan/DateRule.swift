/// Gives dates and times one spelling: RFC 3339 in UTC with milliseconds, or the day alone.
///
/// Texts are read as `Instant(text:)` reads them (the house's profile of ISO 8601); as ISO 8601's basic (`20260630T120000Z`), ordinal
/// (`2026-181`) and week dates (`2026-W27-2`); with an English month (`30 June 2026`, `Jun 30, 2026 2:05 PM`, RFC 5322's
/// `Tue, 30 Jun 2026 12:00:00 GMT`); and as numbers (`2026/6/30`, `30.06.2026`). Where day and month could be exchanged (`03/04/2026`)
/// the text is refused unless `order` says which comes first. Numbers are seconds since 1970 below 10^11, else milliseconds; texts of
/// 10 and 13 digits too. Without a zone a time is UTC. Years of two digits, months in other languages and zones by name (CET) are refused.
public struct DateRule: Sendable, Hashable {
    /// Which comes first where only numbers are written and the year comes last.
    public enum Order: String, Sendable, CaseIterable { case dayFirst, monthFirst }
    /// What is written: an instant, or the day that the instant falls on in UTC.
    public enum Form: String, Sendable, CaseIterable { case instant, day }

    /// Nil refuses what could be read both ways.
    public var order: Order?
    /// Whether the time of day is written, too.
    public var form: Form

    /// A rule that refuses what could be read two ways and writes instants, unless told otherwise.
    public init(order: Order? = nil, form: Form = .instant) { (self.order, self.form) = (order, form) }

    /// The one spelling of a text or a number; nil where it is no date, or not without doubt, or beyond the years 0000 to 9999.
    public func normalised(_ value: JSONValue) -> String? {
        let instant: Instant? =
            switch value {
            case .string(let text): self.instant(of: text)
            case .integer(let number): Self.epoch(Double(number), whole: number)
            case .number(let number): Self.epoch(number, whole: nil)
            default: nil
            }
        guard let instant, instant >= MessageLimits.earliest, instant <= MessageLimits.latest else { return nil }
        return form == .instant ? instant.text : String(instant.text.prefix(10))
    }

    private func instant(of text: String) -> Instant? {
        let text = text.trimmedSpaces
        if let instant = Instant(text: text) { return instant }
        if text.utf8.allSatisfy({ (48...57).contains($0) }), text.utf8.count == 10 || text.utf8.count == 13, let number = Int64(text) {
            return text.utf8.count == 10 ? Instant(milliseconds: number * 1_000) : Instant(milliseconds: number)
        }
        return ISODate.instant(of: text) ?? WrittenDate.instant(of: text, order: order)
    }

    /// Seconds below 10^11 (the year 5138), milliseconds from there (1973).
    private static func epoch(_ number: Double, whole: Int64?) -> Instant? {
        guard abs(number) < 1e15 else { return nil }
        if abs(number) >= 1e11 { return Instant(milliseconds: whole ?? Int64(number.rounded(.down))) }
        return Instant(milliseconds: whole.map { $0 * 1_000 } ?? Int64((number * 1_000).rounded(.down)))
    }
}

/// The dates of ISO 8601 that `Instant(text:)` does not read: basic, ordinal and week dates.
private enum ISODate {
    static func instant(of text: String) -> Instant? {
        let parts = text.split(separator: "T", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let date = date(of: Array(first.utf8)) else { return nil }
        let day = String(Instant(utc: date).text.prefix(10))
        guard parts.count == 2 else { return Instant(text: day) }
        return Instant(text: "\(day)T\(extended(parts[1]))")
    }

    private static func date(of bytes: [UInt8]) -> CivilDate? {
        func number(_ range: Range<Int>) -> Int? {
            guard bytes[range].allSatisfy({ (48...57).contains($0) }) else { return nil }
            return Int(String(decoding: bytes[range], as: UTF8.self))
        }
        guard bytes.count >= 7, let year = number(0..<4) else { return nil }
        let dash = UInt8(ascii: "-")
        let week = UInt8(ascii: "W")
        switch bytes.count {
        case 8 where bytes[4] == dash:  // 2026-181
            return number(5..<8).flatMap { self.day(year, $0) }
        case 8 where bytes[4] == week:  // 2026W272
            return number(5..<7).flatMap { w in number(7..<8).flatMap { self.day(year, week: w, $0) } }
        case 8:  // 20260630; in these centuries no other order of the digits is a date as well
            guard (1900...2099).contains(year) else { return nil }
            return number(4..<6).flatMap { m in number(6..<8).flatMap { CivilDate(year: year, month: m, day: $0) } }
        case 10 where bytes[4] == dash && bytes[5] == week && bytes[8] == dash:  // 2026-W27-2
            return number(6..<8).flatMap { w in number(9..<10).flatMap { self.day(year, week: w, $0) } }
        default: return nil
        }
    }

    private static func day(_ year: Int, _ ordinal: Int) -> CivilDate? {
        guard let first = CivilDate(year: year, month: 1, day: 1), ordinal >= 1 else { return nil }
        let date = CivilDate(daysSinceEpoch: first.daysSinceEpoch + ordinal - 1)
        return date.year == year ? date : nil
    }

    /// Week 1 is the one with January 4; weeks begin on Monday, day 1.
    private static func day(_ year: Int, week: Int, _ weekday: Int) -> CivilDate? {
        guard let fourth = CivilDate(year: year, month: 1, day: 4), (1...53).contains(week), (1...7).contains(weekday) else { return nil }
        let monday = fourth.daysSinceEpoch - (fourth.weekday - 1) + (week - 1) * 7
        // Week 53 is only there where its Thursday still is in the year.
        guard CivilDate(daysSinceEpoch: monday + 3).year == year else { return nil }
        return CivilDate(daysSinceEpoch: monday + weekday - 1)
    }

    /// `120000Z` as `12:00:00Z`; what is written with colons stays.
    private static func extended(_ time: Substring) -> String {
        let digits = time.prefix { ("0"..."9").contains($0) }
        guard digits.count == 4 || digits.count == 6 else { return String(time) }
        var out = String(digits.prefix(2)) + ":" + digits.dropFirst(2).prefix(2)
        if digits.count == 6 { out += ":" + digits.dropFirst(4) }
        return out + time.dropFirst(digits.count)
    }
}

extension CivilDate {
    /// From 1, Monday, to 7, Sunday (ISO 8601).
    var weekday: Int { ((daysSinceEpoch + 3) % 7 + 7) % 7 + 1 }  // 1970-01-01 was a Thursday
}
