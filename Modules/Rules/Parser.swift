/// Reads one text by recursive descent and checks kinds as it goes, so the first mistake in reading order is the one told.
///
/// Recursion is bounded by `Limits.depth`: only parentheses, `not`, unary minus and mentions of definitions recurse, and all are counted.
final class Parser {
    let source: SourceText
    let resolver: Resolver
    private let tokens: [Token]
    private var index = 0
    /// Open parentheses, `not` and unary minus above the current token, those of the texts that mention this one included.
    private(set) var depth: Int
    /// The most that `depth` ever was, definitions mentioned included.
    private(set) var deepest: Int
    /// Leaves so far, as written.
    private(set) var leaves = 0
    /// Whether the text at hand is a condition over one event.
    var inCondition = false
    /// What was read so far of the traits that the events at hand set, and where.
    var traitsOfEvents: [(path: [Text], span: Range<Int>)] = []

    init(_ source: SourceText, resolver: Resolver, depth: Int) {
        (self.source, self.resolver, self.depth, self.deepest) = (source, resolver, depth, depth)
        tokens = Lexer.tokens(of: source)
    }

    /// A value with the words it was written as.
    struct Valued {
        var operand: Operand
        var span: Range<Int>
        var kind: Kind { operand.kind }
    }

    /// What an expression in parentheses turned out to be.
    enum Parsed {
        case clause(Clause)
        /// A value that stands alone so far.
        case value(Valued)
    }

    // MARK: The whole text

    /// The span of the whole text, for mistakes that are nowhere in particular.
    var whole: Range<Int> { (tokens.first?.span.lowerBound ?? 0)..<(tokens.dropLast().last?.span.upperBound ?? 0) }

    func wholeExpression() throws(RuleError) -> Clause {
        if case .end = kind {
            throw failure(.syntax, "nothing is written here", at: span, hint: "an expression, such as did \"Order Completed\" within 7d")
        }
        let clause = try clause(try expression())
        try expectEnd(or: "\"and\", \"or\"")
        return clause
    }

    func wholeValue() throws(RuleError) -> Operand {
        if case .end = kind {
            throw failure(.syntax, "nothing is written here", at: span, hint: "a value, such as sum(\"Order Completed\", .revenue)")
        }
        let value = try value()
        try expectEnd(or: "an operator")
        return value.operand
    }

    private func expectEnd(or words: String) throws(RuleError) {
        if case .end = kind { return }
        if case .mark(.close) = kind { throw failure(.syntax, "this \")\" closes nothing", at: span) }
        if case .word("where") = kind { throw failure(.syntax, "\"where\" follows a name of events or any", at: span) }
        if isWindow || isWord("spanning") { throw failure(.syntax, "a window follows events, as in did \"A\" within 7d", at: span) }
        throw unexpected("\(words) or the end", words: Keyword.connectives)
    }

    // MARK: Tokens

    var kind: Token.Kind { tokens[index].kind }
    var span: Range<Int> { tokens[index].span }
    /// Where the token before ends.
    var lastEnd: Int { index > 0 ? tokens[index - 1].span.upperBound : 0 }
    var next: Token.Kind { index + 1 < tokens.count ? tokens[index + 1].kind : .end }

    func advance() { if index + 1 < tokens.count { index += 1 } }

    func isWord(_ word: String) -> Bool { if case .word(word) = kind { true } else { false } }
    func isMark(_ mark: Token.Mark) -> Bool { if case .mark(mark) = kind { true } else { false } }

    /// Passes over a word if it is next.
    func take(_ word: String) -> Bool {
        guard isWord(word) else { return false }
        advance()
        return true
    }

    func take(_ mark: Token.Mark) -> Bool {
        guard isMark(mark) else { return false }
        advance()
        return true
    }

    func expect(_ word: String, _ why: String) throws(RuleError) {
        guard take(word) else { throw unexpected("\"\(word)\" \(why)", words: [word]) }
    }

    func expect(_ mark: Token.Mark, _ why: String) throws(RuleError) {
        guard take(mark) else { throw unexpected("\"\(mark.rawValue)\" \(why)") }
    }

    /// Runs `body` one level deeper.
    func deeper<T>(_ body: () throws(RuleError) -> T) throws(RuleError) -> T {
        depth += 1
        defer { depth -= 1 }
        deepest = max(deepest, depth)
        guard depth <= Limits.depth else {
            throw failure(
                .limit, "this nests deeper than \(Limits.depth)", at: span, hint: "name parts of it as segments or write it flatter")
        }
        return try body()
    }

    /// Notes how deep something mentioned goes.
    func note(depth below: Int) { deepest = max(deepest, depth + below) }

    /// Counts one more leaf.
    func leaf(at span: Range<Int>) throws(RuleError) {
        leaves += 1
        guard leaves <= Limits.leaves else {
            throw failure(
                .limit, "this asks more than \(Limits.leaves.formatted) questions", at: span, hint: "name parts of it as segments")
        }
    }

    // MARK: Mistakes

    func failure(_ code: RuleError.Code, _ message: String, at span: Range<Int>, hint: String? = nil) -> RuleError {
        RuleError(code, message, at: source.place(of: span), hint: hint)
    }

    /// The error for a token that is not what was expected; a word near one of `words` is told so.
    func unexpected(_ expected: String, words: [String] = [], hint: String? = nil) -> RuleError {
        switch kind {
        case .bad(let code, let message, let hint): return failure(code, message, at: span, hint: hint)
        case .end: return failure(.syntax, "the text ends where \(expected) should follow", at: span, hint: hint)
        case .word(let word):
            let near = words.isEmpty ? nil : NearMatch.best(word, among: words.lazy.map { ($0, 0) })
            let remedy = near.flatMap { $0.name == word ? nil : "did you mean \($0.name)?" } ?? hint
            return failure(.syntax, "\"\(word.shortened)\" stands where \(expected) should", at: span, hint: remedy)
        default: return failure(.syntax, "\(written(span)) stands where \(expected) should", at: span, hint: hint)
        }
    }

    /// The words of a span, to be quoted in a sentence.
    func written(_ span: Range<Int>) -> String { source.slice(span).split(whereSeparator: \.isWhitespace).joined(separator: " ").shortened }
}

/// The words of the language, for near matches.
enum Keyword {
    static let connectives = ["and", "or", "not"]
    static let aggregates = Aggregate.Function.allCases.map(\.rawValue)
    static let functions =
        ["now", "ago", "asOf", "date", "time", "lower"] + DistanceUnit.allCases.map(\.rawValue) + CalendarPart.allCases.map(\.rawValue)
    static let roots = ["trait", "feature", "consent", "true", "false"]
    static let predicates = ["did", "sequence", "exists", "segment", "stale", "not"]
    static let fields = ["context", "traits", "timestamp", "type", "name", "category"]
    static let tests = ["in", "contains", "startsWith", "endsWith", "matches"]
    static let windows = ["within", "since", "after", "until"]
    static let values = aggregates + functions + roots
    static let expressions = predicates + values
    static let all = Set(
        connectives + expressions + fields + tests + windows + [
            "any", "where", "then", "spanning", "at", "least", "most", "exactly", "times", "top", "bottom",
        ])
}
