/// The kinds of value that a tracking plan asks for.
enum PlanKind: String, Sendable, CaseIterable {
    case text, number, integer, truth, time, array, object

    /// Whether `value` is of this kind. `5.0` is an integer; a time is a text that `Instant(text:)` reads.
    func holds(_ value: JSONValue) -> Bool {
        switch (self, value) {
        case (.text, .string), (.truth, .bool), (.array, .array), (.object, .object): true
        case (.number, .integer), (.number, .unsigned), (.number, .number), (.integer, .integer), (.integer, .unsigned): true
        case (.integer, .number(let number)): number.rounded() == number
        case (.time, .string(let text)): Instant(text: text) != nil
        default: false
        }
    }

    /// `value` turned into this kind; nil where nothing is certain.
    ///
    /// A text that is a JSON number (a leading plus and spaces round it are passed over) becomes that number; true, false, yes, no, 1
    /// and 0 become truths, whatever their case; numbers and truths become the text that JSON writes; a date that `DateRule` reads
    /// without a setting becomes a time.
    func coerced(_ value: JSONValue) -> JSONValue? {
        switch self {
        case .text:
            switch value {
            case .bool, .integer, .unsigned, .number: return .string(value.text)
            default: return nil
            }
        case .number, .integer:
            guard let text = value.asString else { return nil }
            let trimmed = text.trimmedSpaces
            let digits = trimmed.hasPrefix("+") && !trimmed.hasPrefix("+-") ? String(trimmed.dropFirst()) : trimmed
            guard let number = try? JSONValue(parsing: digits), holds(number) else { return nil }
            return number
        case .truth:
            let word: String
            switch value {
            case .string(let text): word = text.trimmedSpaces.lowercased()
            case .integer, .unsigned: word = value.text
            default: return nil
            }
            switch word {
            case "true", "yes", "1": return .bool(true)
            case "false", "no", "0": return .bool(false)
            default: return nil
            }
        case .time: return DateRule().normalised(value).map { .string($0) }
        case .array, .object: return nil
        }
    }

    /// With its article, as a sentence names it.
    var named: String {
        switch self {
        case .integer, .array, .object: "an \(rawValue)"
        case .truth: "true or false"
        default: "a \(rawValue)"
        }
    }
}

extension JSONValue {
    /// What kind of value it is, without the value: for reasons, which are read by people who may not see personal data.
    var kindShown: String {
        switch self {
        case .null: "null"
        case .bool: "a truth"
        case .integer, .unsigned, .number: "a number"
        case .string(let text): "a text of \(text.unicodeScalars.count) characters"
        case .array(let elements): "an array of \(elements.count) elements"
        case .object(let object): "an object of \(object.members.count) members"
        }
    }
}

extension String {
    /// The text without white space (Unicode's) at either end.
    var trimmedSpaces: String {
        // Most texts have none, which the outer bytes tell.
        if let first = utf8.first, let last = utf8.last, (0x21...0x7E).contains(first), (0x21...0x7E).contains(last) { return self }
        let scalars = unicodeScalars
        guard let first = scalars.firstIndex(where: { !$0.properties.isWhitespace }),
            let last = scalars.lastIndex(where: { !$0.properties.isWhitespace })
        else { return "" }
        return String(scalars[first...last])
    }
}
