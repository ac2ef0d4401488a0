import EventModel

extension Value {
    /// The value for people: as the language writes it, an instant as RFC 3339.
    var words: String {
        switch self {
        case .missing: "missing"
        case .text(let text): Formula(root: .literal(.text(text))).text
        case .number(let number): Formula(root: .literal(.number(number))).text
        case .truth(let truth): truth ? "true" : "false"
        case .instant(let milliseconds): Instant(milliseconds: milliseconds).text
        case .duration(let milliseconds): DurationText.text(milliseconds)
        }
    }

    /// The value as JSON: instants as RFC 3339, durations in milliseconds, missing as null.
    var json: JSONValue {
        switch self {
        case .missing: .null
        case .text(let text): .string(text.string)
        case .number(let number):
            // Whole numbers that a float64 holds exactly are written without a fraction.
            number == number.rounded() && number.magnitude < 1e15 ? .integer(Int64(number)) : .number(number)
        case .truth(let truth): .bool(truth)
        case .instant(let milliseconds): .string(Instant(milliseconds: milliseconds).text)
        case .duration(let milliseconds): .integer(milliseconds)
        }
    }

    /// The word of the value's kind.
    var kindWord: String {
        switch self {
        case .missing: "missing"
        case .text: "text"
        case .number: "number"
        case .truth: "truth"
        case .instant: "instant"
        case .duration: "duration"
        }
    }
}

extension Tree where Root == Clause {
    /// A clause of this rule as text of the language.
    func text(of clause: Clause) -> String { Rule(root: clause, segments: segments, features: features).text }

    /// A value of this rule as text of the language.
    func text(of value: Operand) -> String { Formula(root: value, segments: segments, features: features).text }

    /// Events with their condition, and their windows if wanted, as text of the language.
    func text(of events: Selection, windows: Bool = true) -> String {
        String(text(of: .did(Selection(events.events, where: events.condition, windows: windows ? events.windows : []), nil)).dropFirst(4))
    }

    /// A field as text of the language.
    func text(of field: Field) -> String { text(of: .field(field)) }
}

extension Int {
    /// "1 event", "2 events".
    func counted(_ noun: String) -> String { self == 1 ? "1 \(noun)" : "\(formatted) \(noun)s" }
}
