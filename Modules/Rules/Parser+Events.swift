/// Events: which ones, in which windows, in which order.
extension Parser {
    /// A number of milliseconds.
    func duration(_ expected: String) throws(RuleError) -> Int64 {
        switch kind {
        case .duration(let milliseconds):
            advance()
            return milliseconds
        case .number(let written):
            throw failure(
                .kind, "\(written.shortened) has no unit", at: span,
                hint: "\(expected) takes s, m, h, d or w right behind the number, as in \(written.shortened)d")
        case .string, .word("true"), .word("false"):
            throw failure(.kind, "\(written(span)) is no duration", at: span, hint: "\(expected) takes a number and a unit, as in 7d")
        default: throw unexpected("a duration (as in 7d) after \(expected)")
        }
    }

    var isWindow: Bool { if case .word(let word) = kind { Keyword.windows.contains(word) } else { false } }

    /// ( STRING | "any" ) [ "where" condition ]
    private func eventsAndCondition(_ expected: String) throws(RuleError) -> (events: EventName, condition: Clause?) {
        let events: EventName
        switch kind {
        case .string(let name):
            resolver.mentions(event: name, at: source.place(of: span))
            events = .named(Text(name))
            advance()
        case .word("any"):
            events = .any
            advance()
        case .word(let word) where !Keyword.all.contains(word):
            throw unexpected(expected, words: ["any"], hint: "names of events stand in double quotes")
        default: throw unexpected(expected, words: ["any"])
        }
        guard take("where") else { return (events, nil) }
        inCondition = true
        defer { inCondition = false }
        let condition = try clause(try expression())
        checkTraits(of: Selection(events, where: condition))
        return (events, condition)
    }

    /// events = ( STRING | "any" ) [ "where" condition ] { window }
    func events() throws(RuleError) -> Selection {
        let (events, condition) = try eventsAndCondition("the name of an event in quotes, or any,")
        return Selection(events, where: condition, windows: try windows())
    }

    /// { window }
    private func windows() throws(RuleError) -> [Window] {
        var windows: [Window] = []
        while let window = try window() { windows.append(window) }
        return windows
    }

    private func window() throws(RuleError) -> Window? {
        guard case .word(let word) = kind, Keyword.windows.contains(word) else { return nil }
        advance()
        if word == "within" { return .within(try duration("within")) }
        let instant = try value()
        guard instant.kind == .instant else {
            let words = written(instant.span)
            throw failure(
                .kind, "\(words) is \(instant.kind.words), and \(word) takes an instant", at: instant.span,
                hint: instant.kind == .duration
                    ? "write within \(words), or \(word) ago(\(words))"
                    : instant.kind == .dynamic || instant.kind == .text ? "did you mean time(\(words))?" : nil)
        }
        switch word {
        case "since": return .since(instant.operand)
        case "after": return .after(instant.operand)
        default: return .until(instant.operand)
        }
    }

    /// "did" events [ ("at least" | "at most" | "exactly") INTEGER "times" ]
    func did() throws(RuleError) -> Clause {
        let start = span
        if inCondition { throw notInCondition("did", at: start) }
        if resolver.scope == .row { throw notInRow("did", at: start) }
        advance()
        let selection = try events()
        let quantifier = try quantifier()
        try leaf(at: start.lowerBound..<lastEnd)
        return .did(selection, quantifier)
    }

    private func quantifier() throws(RuleError) -> Quantifier? {
        let bound: Quantifier.Bound
        if take("exactly") {
            bound = .exactly
        } else if take("at") {
            if take("least") {
                bound = .atLeast
            } else if take("most") {
                bound = .atMost
            } else {
                throw unexpected("\"least\" or \"most\" after at", words: ["least", "most"])
            }
        } else {
            return nil
        }
        guard case .number(let written) = kind, written.utf8.allSatisfy({ (48...57).contains($0) }) else {
            throw unexpected("a whole number of times")
        }
        guard let times = Int64(written) else { throw failure(.kind, "\(written.shortened) is too large for a number of times", at: span) }
        advance()
        try expect("times", "after how many")
        return Quantifier(bound, times)
    }

    /// "sequence" "(" step { "then" step } [ "then" "not" step ] ")" { window | "spanning" DURATION }
    func sequence() throws(RuleError) -> Clause {
        let start = span
        if inCondition { throw notInCondition("a sequence", at: start) }
        if resolver.scope == .row { throw notInRow("a sequence", at: start) }
        advance()
        try expect(.open, "after sequence")
        var sequence = try deeper { () throws(RuleError) -> EventSequence in
            var steps = [try step(isFirst: true)]
            var absent: EventSequence.Step?
            while take("then") {
                let not = span
                guard take("not") else {
                    steps.append(try step(isFirst: false))
                    continue
                }
                let step = try step(isFirst: false)
                guard step.within != nil else {
                    throw failure(
                        .kind, "then not needs to know how long: it has no within", at: not.lowerBound..<lastEnd,
                        hint: "as in then not \"B\" within 24h")
                }
                absent = step
                if isWord("then") { throw failure(.syntax, "then not is the last step of a sequence", at: span) }
                break
            }
            guard take(.close) else { throw unexpected("\"then\" or \")\" in a sequence", words: ["then", "within", "where"]) }
            return EventSequence(steps, absent: absent)
        }
        while true {
            if let window = try window() {
                sequence.windows.append(window)
            } else if take("spanning") {
                let length = try duration("spanning")
                sequence.spanning = min(sequence.spanning ?? length, length)
            } else {
                break
            }
        }
        try leaf(at: start.lowerBound..<lastEnd)
        return .sequence(sequence)
    }

    /// step = ( STRING | "any" ) [ "where" condition ] [ "within" DURATION ]
    private func step(isFirst: Bool) throws(RuleError) -> EventSequence.Step {
        let (events, condition) = try eventsAndCondition("a step (the name of an event in quotes, or any)")
        var step = EventSequence.Step(events, where: condition)
        let window = span
        if take("within") {
            step.within = try duration("within")
            if isFirst {
                throw failure(
                    .kind, "the first step has nothing before it to be within of", at: window.lowerBound..<lastEnd,
                    hint: "a window of the whole sequence stands after its parenthesis")
            }
        }
        if isWindow {
            throw failure(
                .syntax, "a step takes one within and no other window", at: span,
                hint: "windows of the whole sequence stand after its parenthesis")
        }
        return step
    }
}
