import Connectors
import EventModel

extension Command {
    /// Understands one command; nil for an empty line or a comment.
    ///
    /// - Throws: `CommandError` with code `usage` that says what was expected, and an example.
    public init?(_ line: String) throws(CommandError) {
        let text = CommandText(line)
        guard let first = text.tokens.first else { return nil }
        if text.isWord("sql", at: 0) {
            // SQL has quotes of its own, so the rest is taken as it stands.
            let statement = text.slice(first.range.upperBound..<text.bytes.count)
            if statement.isEmpty { throw .usage("a SELECT was expected", "sql") }
            self = .sql(statement)
            return
        }
        if text.isOpen, first.kind == .string { throw .usage("a quote is still open", nil) }
        var parser = CommandParser(text)
        self = try parser.command()
    }

    /// Whether more lines must follow before the text can be a command: an open parenthesis or quote, or a `\` at the end.
    public static func isUnfinished(_ text: String) -> Bool {
        if text.hasSuffix("\\") { return true }
        let words = CommandText(text)
        return words.isOpen && !words.isWord("sql", at: 0)
    }
}

extension CommandError {
    /// Wrong usage of the command `name`, with its example.
    static func usage(_ problem: String, _ name: String?) -> CommandError {
        guard let help = name.flatMap(CommandHelp.init(named:)) else {
            return CommandError(.usage, problem + ". `help` lists the commands.")
        }
        return CommandError(.usage, "\(help.name): \(problem). Usage: \(help.usage). Example: \(help.example)")
    }
}

/// Walks the tokens of one command.
struct CommandParser {
    let text: CommandText
    private var name = ""
    var at = 0

    init(_ text: CommandText) { self.text = text }

    mutating func command() throws(CommandError) -> Command {
        name = text.tokens[0].text
        at = 1
        let command = try body()
        return command
    }

    private mutating func body() throws(CommandError) -> Command {
        switch name {
        case "count": return .count(expression: try rest("an expression"))
        case "explain":
            let (expression, person) = try forPerson()
            guard let expression else { throw fail("an expression was expected, perhaps with `for` and a profile") }
            return person.map { .explain(expression: expression, $0) } ?? .queryPlan(expression: expression)
        case "index": return try index()
        case "history": return .history(try historySubject())
        case "recorded": return try recorded()
        case "record": return .record(try names())
        case "diff":
            return try definition {
                .diff($0, expression: $1)
            } show: { _ throws(CommandError) in
                throw fail("a name, `=` and an expression were expected")
            }
        case "waterfall": return .waterfall(expression: try rest("an expression"))
        case "members":
            let limit = try takeLimit()
            return .members(expression: try rest("an expression", before: limit.end), limit: limit.value)
        case "segment":
            return try definition {
                .saveSegment($0, expression: $1)
            } show: {
                .showSegment($0)
            }
        case "feature":
            return try definition {
                .saveFeature($0, value: $1)
            } show: { _ in
                .features
            }
        case "segments": return try alone(.segments)
        case "traits": return try alone(.traits)
        case "features": return try alone(.features)
        case "offers": return try alone(.offers)
        case "offer": return try offer()
        case "quit", "exit": return try alone(.quit)
        case "drop": return try drop()
        case "overlap": return .overlap(try names())
        case "plan": return try alone(.plan)
        case "apply": return try alone(.apply)
        case "lint": return try alone(.lint)
        case "taxonomy": return .taxonomy(at < text.tokens.count ? try soleName("a taxonomy's name") : nil)
        case "profile": return .profile(ProfileReference(try rest("a profile")))
        case "timeline":
            let limit = try takeLimit()
            return .timeline(ProfileReference(try rest("a profile", before: limit.end)), limit: limit.value)
        case "merges": return try merges()
        case "unmerge":
            let reason = try reason()
            let word = text.tokens.indices.dropFirst(at).last { $0 < reason.end && text.isWord("from", at: $0) }
            guard (word ?? reason.end) > at, word.map({ $0 + 1 < reason.end }) ?? true else { throw fail("a profile was expected") }
            let other = try word.map { word throws(CommandError) in ProfileReference(try named(word + 1, reason.end)) }
            return .unmerge(ProfileReference(try named(at, word ?? reason.end)), from: other, reason: reason.text)
        case "rejoin":
            let reason = try reason()
            guard reason.end == at + 1, let number = Int(text.tokens[at].text), number > 0 else {
                throw fail("the number of an unmerge was expected; `merges` lists them")
            }
            return .rejoin(number, reason: reason.text)
        case "events": return .events(at < text.tokens.count ? try soleName("an event's name") : nil)
        case "audit": return try audit()
        case "rfm": return .rfm(try rfm())
        case "cluster": return .cluster(try cluster())
        case "elbow": return .elbow(try cluster())
        case "silhouette": return .silhouette(try cluster())
        case "pca": return .components(try cluster())
        case "plot": return try plot()
        case "report": return .report(try report())
        case "source": return .source(try rest("a file"))
        case "set": return try setting()
        case "help", "?": return .help(at < text.tokens.count ? text.tokens[at].text : nil)
        default:
            let near = nearMatch(to: name, among: CommandHelp.all.map(\.name)).map { " Did you mean `\($0)`?" } ?? ""
            throw CommandError(.usage, "There is no command `\(TerminalText.safe(name, width: 60))`.\(near) `help` lists the commands.")
        }
    }
}

// MARK: Pieces that several commands share

extension CommandParser {
    func fail(_ problem: String) -> CommandError { .usage(problem, name) }

    private func alone(_ command: Command) throws(CommandError) -> Command {
        if at < text.tokens.count { throw fail("nothing was expected after the command, but there is \"\(text.text(from: at))\"") }
        return command
    }

    /// The raw text from here on, which a string alone may hold in quotes.
    private func rest(_ what: String, before end: Int? = nil) throws(CommandError) -> String {
        let last = end ?? text.tokens.count
        guard at < last else { throw fail("\(what) was expected") }
        let isName = what != "an expression" && what != "a value"
        if isName, last == at + 1, text.tokens[at].kind == .string { return text.tokens[at].text }
        return text.text(from: at, to: end)
    }

    /// `audit data [EVENT]` or `audit sources`.
    private mutating func audit() throws(CommandError) -> Command {
        let subject = at < text.tokens.count ? text.tokens[at].text : ""
        at += 1
        switch subject {
        case "data": return .auditData(at < text.tokens.count ? try soleName("an event's name") : nil)
        case "sources": return try alone(.auditSources)
        default: throw fail("`data` or `sources` was expected")
        }
    }

    private func soleName(_ what: String) throws(CommandError) -> String { try rest(what) }

    /// A `limit N` at the end.
    func takeLimit() throws(CommandError) -> (value: Int?, end: Int?) {
        let count = text.tokens.count
        guard count >= at + 1, text.isWord("limit", at: count - 2) else {
            if count > at, text.isWord("limit", at: count - 1) { throw fail("a number was expected after `limit`") }
            return (nil, nil)
        }
        guard let value = Int(text.tokens[count - 1].text), value >= 0 else {
            throw fail("\"\(text.tokens[count - 1].text)\" is not a number of rows")
        }
        return (value, count - 2)
    }

    /// `NAME = TEXT`, or `NAME` alone.
    private func definition(
        _ save: (String, String) -> Command, show: (String) throws(CommandError) -> Command
    ) throws(CommandError) -> Command {
        guard at < text.tokens.count else { throw fail("a name was expected") }
        guard let equals = text.tokens.indices.dropFirst(at).first(where: { text.isLoneEquals(at: $0) }) else {
            return try show(try soleName("a name"))
        }
        guard equals > at else { throw fail("a name was expected before `=`") }
        guard equals + 1 < text.tokens.count else { throw fail("something was expected after `=`") }
        return save(try named(at, equals), text.text(from: equals + 1))
    }

    /// The name between two tokens: a string, or words as they stand.
    func named(_ first: Int, _ end: Int) throws(CommandError) -> String {
        if end == first + 1, text.tokens[first].kind == .string { return text.tokens[first].text }
        return text.text(from: first, to: end)
    }

    private func names() throws(CommandError) -> [String] {
        var names: [String] = []
        var start = at
        while start < text.tokens.count {
            let end = text.tokens.indices.dropFirst(start).first { text.tokens[$0].text == "," && text.tokens[$0].kind == .symbol }
            guard (end ?? text.tokens.count) > start else { throw fail("a name was expected before the comma") }
            names.append(try named(start, end ?? text.tokens.count))
            start = (end ?? text.tokens.count) + 1
        }
        return names
    }

    private mutating func drop() throws(CommandError) -> Command {
        if text.isWord("segment", at: at), at + 1 < text.tokens.count {
            at += 1
            return .dropSegment(try soleName("a segment's name"))
        }
        if text.isWord("feature", at: at), at + 1 < text.tokens.count {
            at += 1
            return .dropFeature(try soleName("a feature's name"))
        }
        if text.isWord("offer", at: at), at + 1 < text.tokens.count {
            at += 1
            return .dropOffer(try soleName("an offer's key"))
        }
        if text.isWord("source", at: at), at + 1 < text.tokens.count {
            at += 1
            return .dropSource(try soleName("a source's name"))
        }
        throw fail("`segment NAME`, `feature NAME`, `offer KEY` or `source NAME` was expected")
    }

    private mutating func setting() throws(CommandError) -> Command {
        guard at + 1 < text.tokens.count else { throw fail("a setting and a value were expected") }
        let setting = text.tokens[at].text
        at += 1
        let value = try soleName("a value ")
        switch setting {
        case "format":
            guard let format = OutputFormat(rawValue: value) else {
                throw fail("\"\(value)\" is not a format. Choose one of \(OutputFormat.names)")
            }
            return .setFormat(format)
        case "now":
            if value == "clock" { return .setNow(.clock) }
            if value == "last" { return .setNow(.last) }
            guard let instant = Instant(text: value) else {
                throw fail("\"\(value)\" is not an instant. Write 2026-06-30T12:00:00Z, `last` or `clock`")
            }
            return .setNow(.instant(instant))
        case "cache", "preview":
            guard value == "on" || value == "off" else { throw fail("\"\(value)\" is not `on` or `off`") }
            return setting == "cache" ? .setCache(value == "on") : .setPreview(value == "on")
        default: throw fail("there is no setting \"\(setting)\". Choose `format`, `now`, `cache` or `preview`")
        }
    }

    private mutating func plot() throws(CommandError) -> Command {
        let count = text.tokens.count
        guard at < count else { throw fail("what to plot was expected") }
        let to = text.tokens.indices.dropFirst(at).last { text.isWord("to", at: $0) }
        guard let to, to > at else { return .plot(try plotted(text.text(from: at)), file: nil) }
        guard to + 1 < count else { throw fail("a file was expected after `to`") }
        let file = try named(to + 1, count)
        guard file.hasSuffix(".svg") else { throw fail("\"\(file)\" does not end with .svg") }
        return .plot(try plotted(text.text(from: at, to: to)), file: file)
    }

    private func plotted(_ line: String) throws(CommandError) -> Command {
        switch try Command(line) {
        case .segments: return .segments
        case .overlap(let names): return .overlap(names)
        case .rfm(let request): return .rfm(request)
        case .cluster(let request), .components(let request): return .cluster(request)
        case .elbow(let request): return .elbow(request)
        case .silhouette(let request): return .silhouette(request)
        case .events(nil): return .events(nil)
        default: throw fail("only segments, overlap, events, rfm, cluster, pca, elbow and silhouette have a picture")
        }
    }

    private mutating func report() throws(CommandError) -> ReportRequest {
        guard text.isWord("to", at: at), at + 1 < text.tokens.count else { throw fail("`to FILE.html` was expected") }
        var request = ReportRequest(file: text.tokens[at + 1].text)
        at += 2
        while at < text.tokens.count {
            let word = text.tokens[at].text
            at += 1
            guard at < text.tokens.count else { throw fail("something was expected after `\(word)`") }
            switch word {
            case "title": request.title = text.tokens[at].text
            case "import": request.importResult = text.tokens[at].text
            case "rfm":
                guard case .rfm(let rfm) = try Command("rfm " + parenthesised()) else { throw fail("`rfm (...)` was expected") }
                request.rfm = rfm
            case "cluster":
                guard case .cluster(let cluster) = try Command("cluster " + parenthesised()) else {
                    throw fail("`cluster (...)` was expected")
                }
                request.cluster = cluster
            default: throw fail("\"\(word)\" was not expected here")
            }
            at += 1
        }
        guard request.file.hasSuffix(".html") else { throw fail("\"\(request.file)\" does not end with .html") }
        return request
    }

    /// The raw text between the parenthesis here and the one that closes it, which is then the current token.
    private mutating func parenthesised() throws(CommandError) -> String {
        let open = at
        let depth = text.tokens[open].depth
        let isSymbol = { (token: CommandText.Token, symbol: String) in token.kind == .symbol && token.text == symbol && token.depth == depth
        }
        guard isSymbol(text.tokens[open], "("),
            let end = text.tokens.indices.dropFirst(open + 1).first(where: { isSymbol(text.tokens[$0], ")") })
        else { throw fail("a text in parentheses was expected") }
        at = end
        return text.slice(text.tokens[open].range.upperBound..<text.tokens[end].range.lowerBound)
    }
}
