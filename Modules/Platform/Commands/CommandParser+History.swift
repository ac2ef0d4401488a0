import EventModel

// MARK: Commands about one person, and about what was recorded

extension CommandParser {
    /// `TEXT for PROFILE`, split at the last `for` outside parentheses; either part may be missing.
    func forPerson() throws(CommandError) -> (text: String?, person: ProfileReference?) {
        guard let word = text.tokens.indices.dropFirst(at).last(where: { text.isWord("for", at: $0) }) else {
            return (at < text.tokens.count ? text.text(from: at) : nil, nil)
        }
        let before = word > at ? text.text(from: at, to: word) : nil
        guard word + 1 < text.tokens.count else { throw fail("a profile was expected after `for`") }
        return (before, ProfileReference(try named(word + 1, text.tokens.count)))
    }

    /// `SEGMENT`, `for PROFILE`, `SEGMENT for PROFILE` or `trait.PATH for PROFILE`.
    func historySubject() throws(CommandError) -> HistorySubject {
        let word = text.tokens.indices.dropFirst(at).last { text.isWord("for", at: $0) }
        let person = try forPerson().person
        let end = word ?? text.tokens.count
        guard end > at else {
            guard let person else { throw fail("a segment, or `for` and a profile, were expected") }
            return .person(person)
        }
        if let path = traitPath(at, end) {
            guard let person else { throw fail("`for` and a profile were expected after the trait") }
            return .trait(path, person)
        }
        let name = try named(at, end)
        return person.map { .personInSegment($0, name) } ?? .segment(name)
    }

    /// `add trait.NAME`, `drop trait.NAME` or `list`.
    func index() throws(CommandError) -> Command {
        let count = text.tokens.count
        if count == at + 1, text.isWord("list", at: at) { return .indexes }
        guard count > at + 1, text.isWord("add", at: at) || text.isWord("drop", at: at), let path = traitPath(at + 1, count) else {
            throw fail("`add trait.NAME`, `drop trait.NAME` or `list` was expected")
        }
        return text.isWord("add", at: at) ? .addIndex(path) : .dropIndex(path)
    }

    /// `KEY`, or `KEY for PROFILE`.
    func offer() throws(CommandError) -> Command {
        let word = text.tokens.indices.dropFirst(at).last { text.isWord("for", at: $0) }
        let person = try forPerson().person
        guard (word ?? text.tokens.count) > at else { throw fail("an offer's key was expected") }
        return .showOffer(try named(at, word ?? text.tokens.count), person)
    }

    /// `SEGMENT [at INSTANT] [limit N]`.
    func recorded() throws(CommandError) -> Command {
        let limit = try takeLimit()
        let end = limit.end ?? text.tokens.count
        let word = text.tokens.indices.dropFirst(at).last { $0 < end && text.isWord("at", at: $0) }
        guard (word ?? end) > at else { throw fail("a segment was expected") }
        let name = try named(at, word ?? end)
        guard let word else { return .recorded(name, at: nil, limit: limit.value) }
        guard word + 1 < end, let instant = Instant(text: try named(word + 1, end)) else {
            throw fail("an instant such as 2026-06-30T12:00:00Z was expected after `at`")
        }
        return .recorded(name, at: instant, limit: limit.value)
    }

    /// `[for PROFILE] [limit N]` or `refused [limit N]`.
    func merges() throws(CommandError) -> Command {
        let limit = try takeLimit()
        let end = limit.end ?? text.tokens.count
        if end == at { return .merges(nil, limit: limit.value) }
        if end == at + 1, text.isWord("refused", at: at) { return .refusedMerges(limit: limit.value) }
        guard text.isWord("for", at: at), at + 1 < end else { throw fail("`for` and a profile, or `refused`, were expected") }
        return .merges(ProfileReference(try named(at + 1, end)), limit: limit.value)
    }

    /// A `because "REASON"` at the end, which may be missing, and where it begins.
    func reason() throws(CommandError) -> (text: String, end: Int) {
        guard let word = text.tokens.indices.dropFirst(at).last(where: { text.isWord("because", at: $0) }) else {
            return ("", text.tokens.count)
        }
        guard word + 2 == text.tokens.count, text.tokens[word + 1].kind == .string else {
            throw fail("a reason in quotes was expected after `because`")
        }
        return (text.tokens[word + 1].text, word)
    }

    /// The names of `trait.a.b`, a quoted one among them; nil where the tokens say something else.
    private func traitPath(_ first: Int, _ end: Int) -> [String]? {
        let written = text.text(from: first, to: end)
        guard written.hasPrefix("trait.") else { return nil }
        var path: [String] = []
        for token in text.tokens[first..<end] {
            if token.kind == .string { path.append(token.text) } else { path += token.text.split(separator: ".").map(String.init) }
        }
        return path.count > 1 ? Array(path.dropFirst()) : nil
    }
}
