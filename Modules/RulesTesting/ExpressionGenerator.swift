import EventModel
import Rules

/// Draws texts of the segment language that check without error: every production of the grammar, over the shared vocabulary.
struct ExpressionGenerator: Sendable {
    /// What may be drawn; an evaluator that cannot answer something leaves it out.
    struct Options: Sendable {
        var sequences = true
        var percentiles = true
        var distances = true
        var patterns = true
        /// Segments and features, and mentions of them.
        var definitions = true
        var consent = true
    }
    var random: SeededRandom
    var options: Options
    /// What the drawn texts may mention: segments `s0` ... and features `f0` ... (each of a known kind).
    private(set) var definitions = Definitions()
    private var segments: [String] = []
    private var features: [(name: String, kind: Kind)] = []
    private var inCondition = false

    init(seed: UInt64, options: Options = Options()) {
        random = SeededRandom(seed: seed)
        self.options = options
        for path in Vocabulary.traits { definitions.refresh[Text(path[0])] = random.pick(Vocabulary.lengths).milliseconds }
        guard options.definitions else { return }
        for number in 0..<random.below(3) {
            let kind = random.pick([Kind.number, .text, .truth, .instant, .duration, .dynamic])
            definitions.features[Text("f\(number)")] = value(kind, 2)
            features.append(("f\(number)", kind))
        }
        for number in 0..<random.below(3) {
            definitions.segments[Text("s\(number)")] = expression(2)
            segments.append("s\(number)")
        }
    }

    /// One expression; `size` bounds how deep it goes.
    mutating func expression(_ size: Int = 4) -> String {
        switch random.below(size > 0 ? 10 : 5) {
        case 5: return joined("and", size)
        case 6: return joined("or", size)
        case 7: return "not " + negatable(size - 1)
        case 8: return "(" + expression(size - 1) + ")"
        default: return predicate(size)
        }
    }

    private mutating func joined(_ word: String, _ size: Int) -> String {
        (0..<(2 + random.below(2))).map { _ in negatable(size - 1) }.joined(separator: " \(word) ")
    }

    /// Something that `not`, `and` and `or` may stand beside: a predicate that no trailing `where` keeps open, or parentheses.
    private mutating func negatable(_ size: Int) -> String {
        random.once(in: 4) ? predicate(size, closed: true) : "(" + expression(size) + ")"
    }

    // MARK: Predicates

    private mutating func predicate(_ size: Int, closed: Bool = false) -> String {
        switch random.below(inCondition ? 12 : 19) {
        case 0: return random.pick(["true", "false"])
        case 1: return "exists(" + value(random.pick([.dynamic, .dynamic, .number, .instant, .text, .truth]), size - 1) + ")"
        case 2...5: return comparison(size)
        case 6: return list(size)
        case 7: return textTest(size)
        case 8: return value(random.pick([.truth, .dynamic]), size - 1)
        case 9...11: return comparison(size)
        case 12...14: return did(size, closed: closed)
        case 15: return options.sequences ? sequence(size) : did(size, closed: closed)
        case 16: return options.percentiles ? percentile(size) : comparison(size)
        case 17: return "stale(" + trait() + ")"
        default: return segments.isEmpty ? did(size, closed: closed) : "segment \"\(random.pick(segments))\""
        }
    }

    private mutating func comparison(_ size: Int) -> String {
        if !inCondition, random.once(in: 4) { return usualComparison(size) }
        let kind = random.pick([Kind.number, .number, .number, .text, .truth, .instant, .duration, .dynamic])
        let equality = ["==", "!="]
        let operation = kind == .truth ? random.pick(equality) : random.pick(equality + ["<", "<=", ">", ">="])
        var (left, right) = (kind, kind)
        if kind == .number || kind == .text || (kind == .truth) {
            if random.once(in: 2) { left = .dynamic } else if random.once(in: 4) { right = .dynamic }
        }
        return value(left, size - 1) + " \(operation) " + value(right, size - 1)
    }

    private mutating func list(_ size: Int) -> String {
        let kind = random.pick([Kind.dynamic, .dynamic, .number, .text, .duration])
        let literals = (0..<(1 + random.below(3))).map { _ in
            let own = kind == .dynamic ? random.pick([Kind.number, .text, .truth]) : kind
            return (own == .number || own == .duration) && random.once(in: 4) ? "-" + literal(own) : literal(own)
        }
        return value(kind, size - 1) + " in (" + literals.joined(separator: ", ") + ")"
    }

    private mutating func textTest(_ size: Int) -> String {
        let tested = value(random.pick([.dynamic, .dynamic, .text]), size - 1)
        if options.patterns, random.once(in: 4) { return tested + " matches \"" + random.pick(Vocabulary.patterns) + "\"" }
        return tested + " " + random.pick(["contains", "startsWith", "endsWith"]) + " " + literal(.text)
    }

    private mutating func percentile(_ size: Int) -> String {
        let ranked = value(random.pick([.number, .number, .dynamic, .instant, .duration]), size - 1)
        return ranked + " in " + random.pick(["top", "bottom"]) + " " + random.pick(["20", "50", "33.3", "100", "0.5", "7", "1e1"]) + "%"
    }

    // MARK: Events

    private mutating func did(_ size: Int, closed: Bool) -> String {
        var text = "did " + events(size)
        if closed || random.once(in: 3) {
            text += random.pick([" at least ", " at most ", " exactly "]) + String(random.below(4)) + " times"
        }
        return text
    }

    mutating func events(_ size: Int) -> String {
        var text = step(size)
        for _ in 0..<random.pick([0, 0, 1, 1, 2]) { text += window(size) }
        return text
    }

    private mutating func step(_ size: Int) -> String {
        let name = random.once(in: 4) ? "any" : "\"" + random.pick(Vocabulary.events) + "\""
        guard random.once(in: 3) else { return name }
        inCondition = true
        defer { inCondition = false }
        let condition = name == "any" && random.once(in: 3) ? nil : expression(min(size, 2) - 1)
        return name + " where " + (condition ?? messages(size))
    }

    /// A condition that names kinds of message; where they set traits, mostly one that asks for those.
    private mutating func messages(_ size: Int) -> String {
        let kind = random.pick(Message.Kind.allCases + [.identify, .identify, .group])
        let named = random.pick(["type == \"\(kind.word)\"", "type == \"\(kind.word)\"", "type in (\"\(kind.word)\", \"page\")"])
        if kind != .identify && kind != .group || random.once(in: 3) { return named }
        let traits = "traits" + path(random.pick(Vocabulary.traits))
        return named + " and "
            + random.pick([
                "exists(\(traits))", "\(traits) \(random.pick(["==", "!=", "<", ">="])) \(literal(random.pick([.number, .text])))",
            ])
            + (random.once(in: 2) ? "" : " and (" + expression(min(size, 2) - 1) + ")")
    }

    private mutating func window(_ size: Int) -> String {
        random.once(in: 2)
            ? " within " + length()
            : random.pick([" since ", " after ", " until "]) + value(.instant, min(size, 2) - 1)
    }

    private mutating func sequence(_ size: Int) -> String {
        var text = "sequence(" + step(size)
        for _ in 0..<random.below(3) { text += " then " + step(size) + (random.once(in: 2) ? " within " + length() : "") }
        if random.once(in: 2) { text += " then not " + step(size) + " within " + length() }
        text += ")"
        for _ in 0..<random.below(2) { text += window(size) }
        return text + (random.once(in: 2) ? " spanning " + length() : "")
    }

    mutating func length() -> String { random.pick(Vocabulary.lengths).text }

    // MARK: Values

    /// A value of a kind; dynamic: a trait, a property, or something made of them that stays dynamic.
    mutating func value(_ kind: Kind, _ size: Int) -> String {
        if size > 0, random.once(in: 8) { return "(" + value(kind, size - 1) + ")" }
        let known = features.filter { $0.kind == kind }
        if !known.isEmpty, random.once(in: 5) { return "feature." + random.pick(known).name }
        switch kind {
        case .text: return text(size)
        case .number: return number(size)
        case .truth:
            if !options.consent || random.once(in: 2) { return random.pick(["true", "false"]) }
            return "consent" + path(random.pick(Vocabulary.consents))
        case .instant: return instant(size)
        case .duration: return duration(size)
        case .dynamic: return dynamic()
        }
    }

    private mutating func literal(_ kind: Kind) -> String {
        switch kind {
        case .text: return "\"" + random.pick(Vocabulary.texts) + "\""
        case .truth: return random.pick(["true", "false"])
        case .duration: return length()
        default: return random.pick(["0", "1", "2", "3", "5", "0.3", "2.5", "1e16", "30", "0.1"])
        }
    }

    private mutating func text(_ size: Int) -> String {
        if inCondition, random.once(in: 3) { return random.pick(["type", "name", "category"]) }
        if size > 0, random.once(in: 3) { return "lower(" + value(random.pick([.dynamic, .text]), size - 1) + ")" }
        if !inCondition, random.once(in: 5) {
            return random.pick(["first", "last", "mostFrequent"]) + "(" + events(size - 1) + ", "
                + random.pick(["type", "name", "category"]) + ")"
        }
        return literal(.text)
    }

    private mutating func number(_ size: Int) -> String {
        if size <= 0 { return literal(.number) }
        switch random.below(inCondition ? 7 : 14) {
        case 0: return literal(.number)
        case 1: return "-" + factor(random.pick([.number, .dynamic]), size - 1)
        case 2, 3:
            return factor(random.pick([.number, .dynamic]), size - 1) + " " + random.pick(["+", "-", "*", "/"]) + " "
                + factor(random.pick([.number, .dynamic]), size - 1)
        case 4: return factor(.duration, size - 1) + " / " + factor(.duration, size - 1)
        case 5:
            let zone = random.once(in: 3) ? "" : ", \"" + random.pick(Vocabulary.zones) + "\""
            return random.pick(["hour", "weekday"]) + "(" + value(.instant, size - 1) + zone + ")"
        case 6:
            guard options.distances else { return literal(.number) }
            return random.pick(["distanceKm", "distanceMiles"]) + "("
                + (0..<4).map { _ in value(random.pick([.number, .dynamic]), 0) }.joined(separator: ", ")
                + ")"
        case 7, 8: return "count(" + events(size - 1) + ")"
        default:
            return random.pick(["sum", "average", "minimum", "maximum", "distinct", "mostFrequentCount", "sum", "maximum"]) + "("
                + events(size - 1)
                + ", " + ofEvent() + ")"
        }
    }

    /// A value that an operator may stand beside.
    private mutating func factor(_ kind: Kind, _ size: Int) -> String {
        let own = value(kind, size)
        var (depth, quoted) = (0, false)
        for character in own {
            switch character {
            case "\"": quoted.toggle()
            case "(": depth += 1
            case ")": depth -= 1
            case " " where depth == 0 && !quoted: return "(" + own + ")"
            default: break
            }
        }
        return own
    }

    private mutating func instant(_ size: Int) -> String {
        if inCondition, random.once(in: 3) { return "timestamp" }
        if !inCondition, random.once(in: 8) { return "asOf(" + trait() + ")" }
        switch random.below(size > 0 ? (inCondition ? 7 : 11) : 3) {
        case 0: return "now"
        case 1: return "ago(" + length() + ")"
        case 2:
            return "date(\"" + random.pick(["2026-06-30", "2026-06-29T12:00", "2026-06-30 14:00:00+02:00", "2026-02-30", "never"]) + "\")"
        case 3: return "time(" + value(random.pick([.dynamic, .dynamic, .text, .number]), size - 1) + ")"
        case 4: return factor(.instant, size - 1) + random.pick([" + ", " - "]) + factor(.duration, size - 1)
        case 5: return factor(.duration, size - 1) + " + " + factor(.instant, size - 1)
        case 6:
            let zone = random.once(in: 3) ? "" : ", \"" + random.pick(Vocabulary.zones) + "\""
            return "startOfDay(" + value(.instant, size - 1) + zone + ")"
        case 7, 8: return random.pick(["first", "last"]) + "(" + events(size - 1) + ")"
        default: return random.pick(["minimum", "maximum", "first", "last", "mostFrequent"]) + "(" + events(size - 1) + ", timestamp)"
        }
    }

    private mutating func duration(_ size: Int) -> String {
        switch random.below(size > 0 ? 7 : 1) {
        case 1: return "-" + factor(.duration, size - 1)
        case 2: return factor(.duration, size - 1) + random.pick([" + ", " - "]) + factor(.duration, size - 1)
        case 3: return factor(.duration, size - 1) + random.pick([" * ", " / "]) + factor(random.pick([.number, .dynamic]), size - 1)
        case 4: return factor(random.pick([.number, .dynamic]), size - 1) + " * " + factor(.duration, size - 1)
        case 5: return factor(.instant, size - 1) + " - " + factor(.instant, size - 1)
        default: return length()
        }
    }

    private mutating func dynamic() -> String {
        if inCondition, !random.once(in: 4) { return ofEvent() }
        if !inCondition, random.once(in: 3) {
            return random.pick(["first", "last", "mostFrequent"]) + "(" + events(1) + ", " + ofEvent() + ")"
        }
        return trait()
    }

    mutating func trait() -> String { "trait" + path(random.pick(Vocabulary.traits)) }

    /// A field of an event whose kind is not known.
    private mutating func ofEvent() -> String {
        switch random.below(8) {
        case 0, 1: "context" + path(random.pick(Vocabulary.context))
        case 2: "traits" + path(random.pick(Vocabulary.traits))
        default: path(random.pick(Vocabulary.properties))
        }
    }

    private func path(_ names: [String]) -> String {
        names.map { $0.utf8.allSatisfy { ($0 | 0x20) >= 97 && ($0 | 0x20) <= 122 } ? "." + $0 : ".\"" + $0 + "\"" }.joined()
    }
}
