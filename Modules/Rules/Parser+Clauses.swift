/// Yes-or-no questions.
extension Parser {
    /// expression = conjunction { "or" conjunction }
    func expression() throws(RuleError) -> Parsed {
        let first = try conjunction()
        guard isWord("or") else { return first }
        var parts = [try clause(first)]
        while take("or") { parts.append(try clause(try conjunction())) }
        return .clause(.any(parts))
    }

    /// conjunction = negation { "and" negation }
    private func conjunction() throws(RuleError) -> Parsed {
        let first = try negation()
        guard isWord("and") else { return first }
        var parts = [try clause(first)]
        while take("and") { parts.append(try clause(try negation())) }
        return .clause(.all(parts))
    }

    /// negation = "not" negation | predicate
    private func negation() throws(RuleError) -> Parsed {
        guard take("not") else { return try predicate() }
        return try deeper { () throws(RuleError) -> Parsed in .clause(.not(try clause(try negation()))) }
    }

    /// Takes what was parsed for a yes-or-no question; a value alone must be able to be a truth.
    func clause(_ parsed: Parsed) throws(RuleError) -> Clause {
        switch parsed {
        case .clause(let clause): return clause
        case .value(let value):
            guard value.kind.canEqual(.truth) else {
                throw failure(
                    .kind, "\(written(value.span)) is \(value.kind.words), not a truth", at: value.span,
                    hint: value.kind == .text ? "compare it, as in == \"...\"" : "compare it, as in > ...")
            }
            try leaf(at: value.span)
            if case .literal(.truth(let truth)) = value.operand { return .constant(truth) }
            return .holds(value.operand)
        }
    }

    private func predicate() throws(RuleError) -> Parsed {
        let start = span.lowerBound
        switch kind {
        case .mark(.open):
            advance()
            let inner = try deeper { () throws(RuleError) -> Parsed in
                let inner = try expression()
                try expect(.close, "closing the parenthesis")
                return inner
            }
            switch inner {
            case .value(let value): return try predicate(of: try self.value(first: Valued(operand: value.operand, span: start..<lastEnd)))
            case .clause:
                if case .mark(let mark) = kind, mark != .close, mark != .comma {
                    throw failure(
                        .syntax, "\"\(mark.rawValue)\" follows a parenthesis that is a yes-or-no question, not a value", at: span,
                        hint: "comparisons do not chain; join them with and or or")
                }
                return inner
            }
        case .word("did"): return .clause(try did())
        case .word("sequence"): return .clause(try sequence())
        case .word("segment"): return .clause(try segment())
        case .word("stale"): return .clause(try stale())
        case .word("exists"):
            advance()
            try expect(.open, "after exists")
            let value = try deeper { () throws(RuleError) -> Valued in
                let value = try self.value()
                try expect(.close, "closing exists")
                return value
            }
            try leaf(at: start..<lastEnd)
            return .clause(.exists(value.operand))
        default: return try predicate(of: try value())
        }
    }

    /// What may follow a value: a comparison, a list, a percentile, a text test; or nothing.
    private func predicate(of value: Valued) throws(RuleError) -> Parsed {
        let clause: Clause
        switch kind {
        case .mark(.equal), .mark(.notEqual), .mark(.less), .mark(.lessOrEqual), .mark(.greater), .mark(.greaterOrEqual):
            clause = try comparison(of: value)
        case .word("in"):
            advance()
            if take(.open) {
                clause = .isIn(value.operand, try deeper { () throws(RuleError) -> [Literal] in try list(for: value) })
            } else {
                clause = .percentile(value.operand, try percentile(of: value))
            }
        case .word("contains"), .word("startsWith"), .word("endsWith"), .word("matches"):
            clause = try textTest(of: value)
        default: return .value(value)
        }
        try leaf(at: value.span.lowerBound..<lastEnd)
        return .clause(clause)
    }

    private func takeComparison() -> Comparison? {
        guard case .mark(let mark) = kind, let comparison = Comparison(rawValue: mark.rawValue) else { return nil }
        advance()
        return comparison
    }

    private func comparison(of left: Valued) throws(RuleError) -> Clause {
        let mark = span
        guard let comparison = takeComparison() else { throw unexpected("a comparison") }
        let right = try value()
        if left.kind == .truth || right.kind == .truth, comparison.isOrder {
            let truth = left.kind == .truth ? left : right
            throw failure(.kind, "\(written(truth.span)) is a truth, and truths have no order", at: mark, hint: "write == or !=")
        }
        guard left.kind.canEqual(right.kind) else { throw neverEqual(left, right) }
        if case .mark(let again) = kind, Comparison(rawValue: again.rawValue) != nil {
            throw failure(.syntax, "comparisons do not chain", at: span, hint: "join two of them with and")
        }
        return .compare(left.operand, comparison, right.operand)
    }

    /// The error for two values that can never be equal.
    private func neverEqual(_ left: Valued, _ right: Valued) -> RuleError {
        for (dynamic, other) in [(left, right), (right, left)] where dynamic.kind == .dynamic {
            let words = written(dynamic.span)
            return failure(
                .kind, "\(words) is never \(other.kind.words), as \(written(other.span)) is", at: dynamic.span,
                hint: other.kind == .instant ? "did you mean time(\(words))?" : "compare instants: time(\(words))")
        }
        return failure(.kind, "\(written(left.span)) is \(left.kind.words), \(written(right.span)) is \(right.kind.words)", at: right.span)
    }

    private func list(for value: Valued) throws(RuleError) -> [Literal] {
        var literals: [Literal] = []
        repeat {
            let start = span.lowerBound
            guard let literal = try literal() else {
                throw unexpected("a literal (a text, a number, a duration, true or false)", words: ["true", "false"])
            }
            guard value.kind.canEqual(literal.kind) else {
                throw neverEqual(value, Valued(operand: .literal(literal), span: start..<lastEnd))
            }
            literals.append(literal)
        } while take(.comma)
        try expect(.close, "closing the list")
        return literals
    }

    /// A literal, with a minus by option; nil when something else is next.
    private func literal() throws(RuleError) -> Literal? {
        let negative = take(.minus)
        switch kind {
        case .number(let written):
            advance()
            let number = Double(written) ?? 0
            return .number(negative ? -number : number)
        case .duration(let milliseconds):
            advance()
            return .duration(negative ? -milliseconds : milliseconds)
        case .string(let text) where !negative:
            advance()
            return .text(Text(text))
        case .word("true") where !negative:
            advance()
            return .truth(true)
        case .word("false") where !negative:
            advance()
            return .truth(false)
        default:
            if negative { throw unexpected("a number or a duration after \"-\"") }
            return nil
        }
    }

    private func percentile(of value: Valued) throws(RuleError) -> Percentile {
        let side: Percentile.Side
        let start = span.lowerBound
        if take("top") {
            side = .top
        } else if take("bottom") {
            side = .bottom
        } else {
            throw unexpected("\"(\", \"top\" or \"bottom\" after in", words: ["top", "bottom"])
        }
        guard case .number(let written) = kind else { throw unexpected("a number and % after \(side.rawValue)") }
        let number = span
        advance()
        try expect(.percent, "after \(side.rawValue) \(written.shortened)")
        guard let percent = Percent(written) else {
            throw failure(.kind, "a percentage is above 0 and at most 100", at: number)
        }
        if inCondition { throw notInCondition("a percentile", at: start..<lastEnd) }
        if resolver.scope == .row { throw notInRow("a percentile", at: start..<lastEnd) }
        switch value.kind {
        case .number, .instant, .duration, .dynamic: break
        case .text, .truth: throw failure(.kind, "\(self.written(value.span)) is \(value.kind.words) and has no rank", at: value.span)
        }
        let tree = Tree(root: true, segments: resolver.segments, features: resolver.features)
        return Percentile(side, percent, ranksAggregate: tree.soleAggregate(of: value.operand) != nil)
    }

    private func textTest(of value: Valued) throws(RuleError) -> Clause {
        guard case .word(let word) = kind else { throw unexpected("a text test") }
        advance()
        guard value.kind.canEqual(.text) else {
            throw failure(.kind, "\(written(value.span)) is \(value.kind.words), and \(word) is for texts", at: value.span)
        }
        let place = span
        let wanted = try string("a text in quotes after \(word)")
        if let test = TextTest(rawValue: word) { return .textTest(value.operand, test, Text(wanted)) }
        do throws(PatternError) {
            return .matches(value.operand, try Pattern(wanted))
        } catch {
            throw failure(error.code, error.message, at: place, hint: error.hint)
        }
    }

    /// A text in quotes. Another literal is of the wrong kind, anything else does not belong here.
    func string(_ expected: String) throws(RuleError) -> String {
        switch kind {
        case .string(let text):
            advance()
            return text
        case .number, .duration, .word("true"), .word("false"):
            throw failure(.kind, "\(written(span)) stands where \(expected) should", at: span, hint: "write it in double quotes")
        default: throw unexpected(expected)
        }
    }

    private func segment() throws(RuleError) -> Clause {
        let start = span.lowerBound
        advance()
        let place = span
        guard case .string(let name) = kind else { throw unexpected("a segment's name in quotes") }
        advance()
        if inCondition { throw notInCondition("a segment", at: start..<lastEnd) }
        if resolver.scope == .row { throw notInRow("a segment", at: start..<lastEnd) }
        let (index, depth) = try resolver.segment(Text(name), depth: depth) { failure($0, $1, at: place, hint: $2) }
        note(depth: depth)
        return .segment(index)
    }

    func notInCondition(_ what: String, at span: Range<Int>) -> RuleError {
        failure(
            .kind, "\(what) cannot stand in a condition over one event", at: span,
            hint: "a condition takes all that follows: put the predicate before in parentheses, as in (did \"A\" where .x == 1) and ...")
    }

    func notInRow(_ what: String, at span: Range<Int>) -> RuleError {
        failure(.kind, "\(what) cannot stand in a mapping of rows", at: span, hint: "a row has columns (.Column) and nothing else")
    }
}
