import EventModel

/// One field of a cron expression: which of its numbers are chosen.
struct CronField: Sendable, Hashable {
    /// What a field counts, in the order of the five.
    enum Kind: Int, CaseIterable {
        case minute, hour, dayOfMonth, month, dayOfWeek

        var name: String {
            switch self {
            case .minute: "minute"
            case .hour: "hour"
            case .dayOfMonth: "day of the month"
            case .month: "month"
            case .dayOfWeek: "day of the week"
            }
        }
        /// What may be written; Sunday is both 0 and 7.
        var range: ClosedRange<Int> {
            switch self {
            case .minute: 0...59
            case .hour: 0...23
            case .dayOfMonth: 1...31
            case .month: 1...12
            case .dayOfWeek: 0...7
            }
        }
        /// Names of the numbers from the first one on.
        var names: [String] {
            switch self {
            case .month: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
            case .dayOfWeek: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
            default: []
            }
        }
    }

    /// Bit n stands for the number n; Sunday is 0.
    private(set) var bits: UInt64 = 0
    /// Whether the field begins with `*`, steps or not: such a field restricts nothing in the rule of the two days, and makes a schedule
    /// follow the clock through its changes.
    let hasStar: Bool

    /// Reads a list of numbers, ranges and steps.
    init(_ text: Substring, _ kind: Kind) throws(ScheduleError) {
        hasStar = text.utf8.first == UInt8(ascii: "*")
        for item in text.split(separator: ",", omittingEmptySubsequences: false) { try add(item, kind, in: text) }
        if kind == .dayOfWeek, bits & 1 << 7 != 0 { bits = bits & 0x7F | 1 }
    }

    func contains(_ number: Int) -> Bool { bits & 1 << UInt64(number) != 0 }

    /// The least chosen number from `number` (0 to 63) on.
    func first(from number: Int) -> Int? {
        let rest = bits >> UInt64(number)
        return rest == 0 ? nil : number + rest.trailingZeroBitCount
    }

    private mutating func add(_ item: Substring, _ kind: Kind, in field: Substring) throws(ScheduleError) {
        let parts = item.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let numbers = try range(parts[0], kind, in: field)
        guard parts.count > 1 else {
            for number in numbers { bits |= 1 << UInt64(number) }
            return
        }
        guard numbers.count > 1 else {
            throw ScheduleError(
                "'\(item)' in the field of the \(kind.name) steps from a single number",
                remedy: "Write the range that the steps go through, such as \(numbers.lowerBound)-\(kind.range.upperBound)/\(parts[1]).")
        }
        guard let step = Self.number(parts[1]), step > 0, step < numbers.count else {
            throw ScheduleError(
                "'\(parts[1])' is no step of the \(kind.name) in '\(field)'",
                remedy: "Write a whole number from 1 to \(numbers.count - 1) behind the slash.")
        }
        for number in stride(from: numbers.lowerBound, through: numbers.upperBound, by: step) { bits |= 1 << UInt64(number) }
    }

    /// `*`, a number, or two with a hyphen.
    private func range(_ text: Substring, _ kind: Kind, in field: Substring) throws(ScheduleError) -> ClosedRange<Int> {
        if text.utf8.elementsEqual("*".utf8) { return kind == .dayOfWeek ? 0...6 : kind.range }
        let ends = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        let first = try value(ends[0], kind, in: field)
        guard ends.count > 1 else { return first...first }
        var last = try value(ends[1], kind, in: field)
        if kind == .dayOfWeek, last == 0, first > 0 { last = 7 }  // fri-sun
        guard first <= last else {
            throw ScheduleError(
                "'\(text)' in the field of the \(kind.name) runs backwards",
                remedy: "Write two ranges: \(first)-\(kind == .dayOfWeek ? 6 : kind.range.upperBound),\(kind.range.lowerBound)-\(last).")
        }
        return first...last
    }

    private func value(_ text: Substring, _ kind: Kind, in field: Substring) throws(ScheduleError) -> Int {
        if let number = Self.number(text), kind.range.contains(number) { return number }
        if let place = kind.names.firstIndex(where: { $0.utf8.elementsEqual(text.lowercased().utf8) }) {
            return kind.range.lowerBound + place
        }
        let names = kind.names.isEmpty ? "" : " or a name from \(kind.names[0]) to \(kind.names[kind.names.count - 1])"
        throw ScheduleError(
            "'\(text)' is no \(kind.name) in '\(field)'",
            remedy: "Write a number from \(kind.range.lowerBound) to \(kind.range.upperBound)\(names).")
    }

    /// At most four digits and nothing else.
    private static func number(_ text: Substring) -> Int? {
        guard (1...4).contains(text.utf8.count), text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return Int(text)
    }
}
