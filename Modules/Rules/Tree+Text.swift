import EventModel

extension Tree where Root == Clause {
    /// The expression as text of the language. With the same definitions it parses back to an equal tree.
    public var text: String {
        var printer = Printer(segments: segments.map(\.name), features: features.map(\.name))
        printer.write(root, .any, followed: false)
        return printer.text
    }
}

extension Tree where Root == Operand {
    /// The value as text of the language. With the same definitions it parses back to an equal tree.
    public var text: String {
        var printer = Printer(segments: segments.map(\.name), features: features.map(\.name))
        printer.write(root, .sum)
        return printer.text
    }
}

/// Writes trees with no parenthesis more than they need.
private struct Printer {
    let segments: [Text]
    let features: [Text]
    var text = ""

    init(segments: [Text], features: [Text]) { (self.segments, self.features) = (segments, features) }

    // MARK: Clauses

    /// How tightly the surroundings of a clause bind.
    enum Binding: Int { case any, all, not }

    /// - Parameter followed: Whether `and` or `or` may come right behind; a `where` at the end would take it.
    mutating func write(_ clause: Clause, _ binding: Binding, followed: Bool) {
        switch clause {
        case .any(let clauses):
            parenthesised(binding != .any) { printer in
                printer.join(clauses, " or ", .all, followed: followed && binding == .any)
            }
        case .all(let clauses):
            parenthesised(binding == .not) { printer in printer.join(clauses, " and ", .not, followed: followed && binding != .not) }
        case .not(let clause):
            text += "not "
            write(clause, .not, followed: followed)
        case .constant(let truth): text += truth ? "true" : "false"
        case .segment(let index):
            text += "segment "
            quote(segments[index])
        case .did(let events, let quantifier):
            let isOpen = events.condition != nil && events.windows.isEmpty && quantifier == nil
            parenthesised(isOpen && followed) { printer in
                printer.text += "did "
                printer.write(events)
                if let quantifier { printer.write(quantifier) }
            }
        case .sequence(let sequence): write(sequence)
        case .exists(let value): call("exists", [value])
        case .compare(let a, let comparison, let b):
            write(a, .sum)
            text += " \(comparison.rawValue) "
            write(b, .sum)
        case .isIn(let value, let literals):
            write(value, .sum)
            text += " in ("
            for (index, literal) in literals.enumerated() {
                if index > 0 { text += ", " }
                write(literal)
            }
            text += ")"
        case .percentile(let value, let percentile):
            write(value, .sum)
            text += " in \(percentile.side.rawValue) \(percentile.percent.text)%"
        case .textTest(let value, let test, let wanted):
            write(value, .sum)
            text += " \(test.rawValue) "
            quote(wanted)
        case .matches(let value, let pattern):
            write(value, .sum)
            text += " matches "
            quote(pattern.text)
        case .holds(let value): write(value, .sum)
        }
    }

    private mutating func join(_ clauses: [Clause], _ word: String, _ binding: Binding, followed: Bool) {
        for (index, clause) in clauses.enumerated() {
            if index > 0 { text += word }
            write(clause, binding, followed: followed || index + 1 < clauses.count)
        }
    }

    private mutating func parenthesised(_ needed: Bool, _ body: (inout Printer) -> Void) {
        if needed { text += "(" }
        body(&self)
        if needed { text += ")" }
    }

    // MARK: Events

    private mutating func write(_ events: Selection) {
        write(events.events, events.condition)
        for window in events.windows { write(window) }
    }

    private mutating func write(_ events: EventName, _ condition: Clause?) {
        switch events {
        case .any: text += "any"
        case .named(let name): quote(name)
        }
        if let condition {
            text += " where "
            write(condition, .any, followed: false)
        }
    }

    private mutating func write(_ window: Window) {
        switch window {
        case .within(let milliseconds): text += " within \(DurationText.text(milliseconds))"
        case .since(let value):
            text += " since "
            write(value, .sum)
        case .after(let value):
            text += " after "
            write(value, .sum)
        case .until(let value):
            text += " until "
            write(value, .sum)
        }
    }

    private mutating func write(_ quantifier: Quantifier) {
        switch quantifier.bound {
        case .atLeast: text += " at least"
        case .atMost: text += " at most"
        case .exactly: text += " exactly"
        }
        text += " \(quantifier.times) times"
    }

    private mutating func write(_ sequence: EventSequence) {
        text += "sequence("
        for (index, step) in sequence.steps.enumerated() {
            if index > 0 { text += " then " }
            write(step)
        }
        if let absent = sequence.absent {
            text += " then not "
            write(absent)
        }
        text += ")"
        for window in sequence.windows { write(window) }
        if let spanning = sequence.spanning { text += " spanning \(DurationText.text(spanning))" }
    }

    private mutating func write(_ step: EventSequence.Step) {
        write(step.events, step.condition)
        if let within = step.within { text += " within \(DurationText.text(within))" }
    }

    // MARK: Values

    /// How tightly the surroundings of a value bind.
    enum Place: Int { case sum, product, factor }

    mutating func write(_ value: Operand, _ place: Place) {
        switch value {
        case .literal(let literal): write(literal)
        case .now: text += "now"
        case .ago(let milliseconds): text += "ago(\(DurationText.text(milliseconds)))"
        case .date(let instant):
            text += "date("
            quote(Text(instant.map { Instant(milliseconds: $0).text } ?? ""))
            text += ")"
        case .trait(let path):
            text += "trait"
            write(path)
        case .feature(let index, _):
            text += "feature"
            write([features[index]])
        case .consent(let path):
            text += "consent"
            write(path)
        case .field(let field): write(field)
        case .aggregate(let aggregate):
            if let path = aggregate.traitAsOf { return call("asOf", [.trait(path)]) }
            text += "\(aggregate.function.rawValue)("
            write(aggregate.events)
            if let field = aggregate.field {
                text += ", "
                write(field)
            }
            text += ")"
        case .arithmetic(let a, let operation, let b):
            let own: Place = operation == .add || operation == .subtract ? .sum : .product
            parenthesised(place.rawValue > own.rawValue) { printer in
                printer.write(a, own)
                printer.text += " \(operation.rawValue) "
                printer.write(b, own == .sum ? .product : .factor)
            }
        case .negated(let value):
            text += "-"
            write(value, .factor)
        case .time(let value): call("time", [value])
        case .lower(let value): call("lower", [value])
        case .distance(let unit, let a, let b, let c, let d): call(unit.rawValue, [a, b, c, d])
        case .calendar(let part, let value, let zone):
            text += "\(part.rawValue)("
            write(value, .sum)
            if zone != .utc {
                text += ", "
                quote(zone.name)
            }
            text += ")"
        }
    }

    private mutating func call(_ word: String, _ values: [Operand]) {
        text += "\(word)("
        for (index, value) in values.enumerated() {
            if index > 0 { text += ", " }
            write(value, .sum)
        }
        text += ")"
    }

    private mutating func write(_ field: Field) {
        switch field {
        case .property(let path): write(path)
        case .context(let path):
            text += "context"
            write(path)
        case .trait(let path):
            text += "traits"
            write(path)
        case .timestamp: text += "timestamp"
        case .type: text += "type"
        case .name: text += "name"
        case .category: text += "category"
        }
    }

    private mutating func write(_ literal: Literal) {
        switch literal {
        case .text(let text): quote(text)
        case .number(let number):
            text += number == number.rounded() && number.magnitude < 1e15 ? String(Int64(number)) : number.description
        case .truth(let truth): text += truth ? "true" : "false"
        case .duration(let milliseconds): text += DurationText.text(milliseconds)
        }
    }

    private mutating func write(_ path: [Text]) {
        for name in path {
            text += "."
            let scalars = name.string.unicodeScalars
            if let first = scalars.first, Lexer.startsName(first), scalars.allSatisfy(Lexer.continuesName) {
                text += name.string
            } else {
                quote(name)
            }
        }
    }

    private mutating func quote(_ wanted: Text) {
        var bytes: ContiguousArray<UInt8> = []
        JSONText.append(string: wanted.string, to: &bytes)
        text += String(decoding: bytes, as: UTF8.self)
    }
}
