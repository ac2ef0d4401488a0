/// What is named: properties and other fields of an event, features, and the paths to them.
extension Parser {
    /// path = { "." NAME }, at least one here.
    func path(of word: String) throws(RuleError) -> [Text] {
        guard isMark(.dot) else { throw unexpected("\".\" and a name after \(word)") }
        var names: [Text] = []
        while take(.dot) {
            switch kind {
            case .word(let name), .string(let name): names.append(Text(name))
            default: throw unexpected("a name after \".\"", hint: "odd names stand in quotes, as in .\"t-shirt size\"")
            }
            advance()
        }
        return names
    }

    func property() throws(RuleError) -> Operand {
        let start = span.lowerBound
        if case .number(let digits) = next {
            throw failure(.syntax, "a number has digits before its point", at: span, hint: "write 0.\(digits.shortened)")
        }
        let path = try path(of: "a property")
        try propertyIsAllowed(start..<lastEnd)
        resolver.mentions(.property, path, at: source.place(of: start..<lastEnd))
        return .field(.property(path))
    }

    private func propertyIsAllowed(_ span: Range<Int>) throws(RuleError) {
        guard !inCondition, resolver.scope == .profile else { return }
        throw failure(
            .kind, "\(written(span)) belongs to one event, and no event is meant here", at: span,
            hint: "did you mean trait\(written(span).hasPrefix(".") ? written(span) : "." + written(span)), or a condition after where?")
    }

    /// A field named by a word, in a condition.
    func field(_ word: String) throws(RuleError) -> Field {
        let start = span.lowerBound
        if resolver.scope == .row { throw notInRow(word, at: span) }
        if !inCondition, word == "traits" { throw try traitsOfNoEvent() }
        if !inCondition { try propertyIsAllowed(span) }
        advance()
        return try field(named: word, from: start)
    }

    func field(named word: String, from start: Int) throws(RuleError) -> Field {
        switch word {
        case "timestamp": return .timestamp
        case "type": return .type
        case "name": return .name
        case "category": return .category
        case "traits":
            let path = try path(of: word)
            traitsOfEvents.append((path, start..<lastEnd))
            return .trait(path)
        default:
            let path = try path(of: word)
            resolver.mentions(.context, path, at: source.place(of: start..<lastEnd))
            return .context(path)
        }
    }

    func feature() throws(RuleError) -> Operand {
        try forbidInRow("a feature")
        advance()
        let place = span
        let path = try path(of: "feature")
        let whole = place.lowerBound..<lastEnd
        let name = Text(path.map(\.string).joined(separator: "."))
        let (index, depth, kind) = try resolver.feature(name, depth: depth) { failure($0, $1, at: whole, hint: $2) }
        note(depth: depth)
        return .feature(index, kind)
    }

    func forbidInRow(_ what: String) throws(RuleError) {
        if resolver.scope == .row { throw notInRow(what, at: span) }
    }
}
