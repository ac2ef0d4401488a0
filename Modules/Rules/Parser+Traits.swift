import EventModel

/// Traits as messages say them, and how long ago they said them.
extension Parser {
    /// "asOf" "(" "trait" path ")": when the trait was last given a value.
    func asOf() throws(RuleError) -> Operand {
        let start = span
        if inCondition { throw notInCondition("asOf", at: start) }
        try forbidInRow("asOf")
        return .aggregate(.asOf(trait: try traitArgument().path))
    }

    /// "stale" "(" "trait" path ")": its asOf is longer ago than its sources promise to say it anew.
    func stale() throws(RuleError) -> Clause {
        let start = span
        if inCondition { throw notInCondition("stale", at: start) }
        try forbidInRow("stale")
        let (path, place) = try traitArgument()
        guard let goal = resolver.definitions.refresh[path[0]] else { throw neverPromised(path, at: place) }
        try leaf(at: start.lowerBound..<lastEnd)
        return .compare(.aggregate(.asOf(trait: path)), .less, .ago(goal))
    }

    private func neverPromised(_ path: [Text], at place: Range<Int>) -> RuleError {
        func written(_ path: [Text]) -> String { Formula(root: .trait(path)).text }
        let near = NearMatch.best(path[0].string, among: resolver.definitions.refresh.keys.lazy.map { ($0.string, 0) })
        let name = Formula(root: .trait([path[0]])).text.dropFirst("trait.".count)
        let remedy = "write asOf(\(written(path))) < ago(1d), or list \(name) under traits of a source in sources/"
        return failure(
            .name, "no source promises how often it says \(written([path[0]])), so nothing tells when it is stale", at: place,
            hint: near.map { "did you mean stale(\(written([Text($0.name)] + path.dropFirst())))? Else \(remedy)" } ?? remedy)
    }

    /// The trait in parentheses behind the function at hand, and where it stands. Counts the questions that `asOf` stands for.
    private func traitArgument() throws(RuleError) -> (path: [Text], place: Range<Int>) {
        let (function, start) = (written(span), span.lowerBound)
        let argument = try arguments { () throws(RuleError) -> (path: [Text], place: Range<Int>) in
            let start = span.lowerBound
            guard isWord("trait") else { throw try noTrait(for: function) }
            advance()
            let path = try path(of: "trait")
            resolver.mentions(.trait, path, at: source.place(of: start..<lastEnd))
            return (path, start..<lastEnd)
        }
        for _ in 0..<2 { try leaf(at: start..<lastEnd) }
        return argument
    }

    /// The error for something else than a trait behind a function that takes one.
    private func noTrait(for function: String) throws(RuleError) -> RuleError {
        let start = span.lowerBound
        func failure(_ hint: String) -> RuleError {
            self.failure(.kind, "\(written(start..<lastEnd)) is no trait, and \(function) takes one", at: start..<lastEnd, hint: hint)
        }
        switch kind {
        case .mark(.dot), .word("traits"):
            _ = take("traits")
            let path = Formula(root: .trait(try path(of: "trait"))).text
            return failure("did you mean \(function)(\(path))?")
        case .number, .duration, .string, .word("true"), .word("false"):
            advance()
            return failure("as in \(function)(trait.plan)")
        case .word(let word) where !Keyword.all.contains(word):
            return unexpected("a trait", words: ["trait"], hint: "did you mean trait.\(word)?")
        default: return unexpected("a trait (as in trait.plan)")
        }
    }

    /// The error for `traits` where no event is meant.
    func traitsOfNoEvent() throws(RuleError) -> RuleError {
        let start = span.lowerBound
        advance()
        let trait = Formula(root: .trait(try path(of: "traits"))).text
        return failure(
            .kind, "\(written(start..<lastEnd)) is what one message sets, and no message is meant here", at: start..<lastEnd,
            hint: "did you mean \(trait), or a condition after where?")
    }

    /// Warns of traits that are read of messages which set none, or only those of groups, and of traits never seen.
    func checkTraits(of events: Selection) {
        defer { traitsOfEvents.removeAll() }
        guard !traitsOfEvents.isEmpty else { return }
        let kinds = events.possibleKinds
        for (path, span) in traitsOfEvents {
            let trait = Formula(root: .trait(path)).text
            let place = source.place(of: span)
            if kinds.contains(.identify) {
                resolver.mentions(.trait, path, at: place)
            } else if case .named = events.events {
                resolver.warn(
                    "a track message sets no traits: \(written(span)) is always missing", at: place, hint: "did you mean \(trait)?")
            } else if !kinds.contains(.group) {
                resolver.warn(
                    "only identify and group messages set traits: \(written(span)) is always missing", at: place,
                    hint: "did you mean \(trait)?")
            } else if kinds.count > 1 {
                resolver.warn(
                    "any leaves identify messages out here: \(written(span)) is that of group messages alone", at: place,
                    hint: "for what people's messages set, write type == \"identify\" and ...; for a group's, type == \"group\" and ...")
            }
        }
    }
}
