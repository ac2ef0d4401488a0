/// Dates as people and mail programs write them: words and numbers in any order that leaves no doubt.
struct WrittenDate {
    private var year: Int?
    private var month: Int?
    private var day: Int?
    private var weekday: Int?
    /// `HH:MM:SS` and a fraction.
    private var time: String?
    private var isAfternoon: Bool?
    /// As `Instant(text:)` reads it.
    private var zone: String?
    private let order: DateRule.Order?

    /// The instant that `text` names; nil where it names none, or could name two.
    static func instant(of text: String, order: DateRule.Order?) -> Instant? {
        var text = text[...]
        if text.hasSuffix(")"), let open = text.lastIndex(of: "(") { text = text[..<open] }  // a comment of RFC 5322: (CEST)
        var date = WrittenDate(order: order)
        let words = text.split { $0 == " " || $0 == "," || $0 == "\u{A0}" || $0 == "\u{202F}" }
        guard words.count <= 8, words.allSatisfy({ date.take($0.lowercased()) }) else { return nil }
        return date.instant
    }

    private init(order: DateRule.Order?) { self.order = order }

    private var instant: Instant? {
        guard let year, let month, let day, let date = CivilDate(year: year, month: month, day: day) else { return nil }
        if let weekday, weekday != date.weekday { return nil }
        let written = Instant(utc: date).text.prefix(10)
        guard let time else { return zone == nil && isAfternoon == nil ? Instant(text: String(written)) : nil }
        return clock(time).flatMap { Instant(text: "\(written)T\($0)\(zone ?? "Z")") }
    }

    /// The time with an hour of two digits from 00 to 23.
    private func clock(_ time: String) -> String? {
        let parts = time.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].count <= 2, let written = Self.number(parts[0]) else { return nil }
        var hour = written
        if let isAfternoon {
            guard (1...12).contains(hour) else { return nil }
            hour = hour % 12 + (isAfternoon ? 12 : 0)
        }
        return "\(hour < 10 ? "0" : "")\(hour):\(parts[1])"
    }

    // MARK: Words

    /// Takes one word, in small letters; false where it has no place.
    private mutating func take(_ word: String) -> Bool {
        if word.contains(":"), !Self.isOffset(word) { return takeTime(word) }
        if let number = Self.named(word, Self.months) { return set(\.month, number) }
        if let number = Self.named(word, Self.weekdays) { return set(\.weekday, number) }
        switch word {
        case "am", "a.m.": return set(\.isAfternoon, false)
        case "pm", "p.m.": return set(\.isAfternoon, true)
        case "z", "gmt", "utc": return set(\.zone, "Z")
        default: break
        }
        let offset = word.hasPrefix("gmt") || word.hasPrefix("utc") ? String(word.dropFirst(3)) : word
        if Self.isOffset(offset) { return set(\.zone, offset) }
        if word.contains(where: { "/.-".contains($0) }) { return takeNumbers(word) }
        if word.count == 4, let number = Self.number(word) { return set(\.year, number) }
        return takeDay(word)
    }

    private mutating func set<Value>(_ part: WritableKeyPath<WrittenDate, Value?>, _ value: Value) -> Bool {
        if self[keyPath: part] != nil { return false }
        self[keyPath: part] = value
        return true
    }

    /// `14:05`, `2:05pm`, `14:05:09.250z`, `14:05+02:00`.
    private mutating func takeTime(_ word: String) -> Bool {
        let clock = word.prefix { $0 == ":" || $0 == "." || ("0"..."9").contains($0) }
        let rest = String(word.dropFirst(clock.count))
        guard set(\.time, String(clock)) else { return false }
        return rest.isEmpty || ["am", "pm", "z"].contains(rest) && take(rest) || Self.isOffset(rest) && set(\.zone, rest)
    }

    /// `30`, `30th`.
    private mutating func takeDay(_ word: String) -> Bool {
        let digits = word.prefix { ("0"..."9").contains($0) }
        guard digits.count <= 2, let number = Self.number(digits) else { return false }
        return ["", "st", "nd", "rd", "th", "."].contains(word.dropFirst(digits.count)) && set(\.day, number)
    }

    /// `2026/6/30`, `30.06.2026`, `30-jun-2026`; `jun.` and `30.` alone.
    private mutating func takeNumbers(_ word: String) -> Bool {
        let parts = word.split(omittingEmptySubsequences: false) { "/.-".contains($0) }
        if parts.count == 2, parts[1].isEmpty, word.hasSuffix(".") {
            if let number = Self.named(String(parts[0]), Self.months) { return set(\.month, number) }
            return takeDay(word)
        }
        let separators = Set(word.filter { "/.-".contains($0) })
        guard parts.count == 3, separators.count == 1 else { return false }
        if let number = Self.named(String(parts[1]), Self.months) {
            guard let day = Self.number(parts[0]), parts[0].count <= 2, let year = Self.number(parts[2]), parts[2].count == 4 else {
                return false
            }
            return set(\.day, day) && set(\.month, number) && set(\.year, year)
        }
        let numbers = parts.compactMap { Self.number($0) }
        guard numbers.count == 3, parts[1].count <= 2 else { return false }
        if parts[0].count == 4, parts[2].count <= 2 { return set(\.year, numbers[0]) && set(\.month, numbers[1]) && set(\.day, numbers[2]) }
        guard parts[0].count <= 2, parts[2].count == 4, set(\.year, numbers[2]) else { return false }
        let (first, second) = (numbers[0], numbers[1])
        let dayComesFirst: Bool
        if let order {
            dayComesFirst = order == .dayFirst
        } else if first > 12 || first == second {
            dayComesFirst = true
        } else if second > 12 {
            dayComesFirst = false
        } else {
            return false
        }
        return set(\.day, dayComesFirst ? first : second) && set(\.month, dayComesFirst ? second : first)
    }

    private static func number(_ text: some StringProtocol) -> Int? {
        text.utf8.allSatisfy { (48...57).contains($0) } ? Int(text) : nil
    }

    /// `+0200`, `-05:00`, `+02`.
    private static func isOffset(_ word: String) -> Bool {
        guard word.hasPrefix("+") || word.hasPrefix("-") else { return false }
        let digits = word.dropFirst()
        return [2, 4].contains(digits.filter { $0 != ":" }.count) && digits.utf8.allSatisfy { (48...57).contains($0) || $0 == 58 }
    }

    /// The place, from 1, of the name that `word` is, or is the first three letters of.
    private static func named(_ word: String, _ names: [String]) -> Int? {
        if word == "sept" { return names == months ? 9 : nil }
        return names.firstIndex { $0 == word || word.count == 3 && $0.hasPrefix(word) }.map { $0 + 1 }
    }

    private static let months = [
        "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
    ]
    private static let weekdays = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
}
