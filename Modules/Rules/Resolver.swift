/// Reads a text and, once each, the definitions it mentions.
final class Resolver {
    let definitions: Definitions
    let catalogue: Catalogue
    let scope: RuleScope
    private(set) var segments: [Named<Clause>] = []
    private(set) var features: [Named<Operand>] = []
    private(set) var warnings: [RuleWarning] = []

    /// What is known of a definition that was read.
    private struct Entry {
        var index: Int
        /// The deepest point of its text and of what it mentions.
        var depth: Int
        var kind: Kind
    }
    /// A definition's name within its namespace.
    private struct Key: Hashable {
        var isSegment: Bool
        var name: Text
    }
    private var known: [Key: Entry] = [:]
    /// Definitions being read, outermost first.
    private var open: [Key] = []
    /// Leaves as written, over all texts.
    private var leaves = 0

    init(definitions: Definitions, catalogue: Catalogue, scope: RuleScope) {
        (self.definitions, self.catalogue, self.scope) = (definitions, catalogue, scope)
    }

    func clause(_ text: String, source: RuleSource) throws(RuleError) -> Clause {
        enter(source)
        let parser = try parser(text, label: source.label, depth: 0)
        let root = try parser.wholeExpression()
        try checkLeaves(parser, root: .clause(root))
        return root
    }

    func operand(_ text: String, source: RuleSource) throws(RuleError) -> Operand {
        enter(source)
        let parser = try parser(text, label: source.label, depth: 0)
        let root = try parser.wholeValue()
        try checkLeaves(parser, root: .operand(root))
        return root
    }

    private func enter(_ source: RuleSource) {
        switch source {
        case .segment(let name): open.append(Key(isSegment: true, name: Text(name)))
        case .feature(let name): open.append(Key(isSegment: false, name: Text(name)))
        case .expression, .other: break
        }
    }

    private func parser(_ text: String, label: String, depth: Int) throws(RuleError) -> Parser {
        let size = text.utf8.count
        guard size <= Limits.textBytes else {
            let place = Place(source: label, line: 1, column: 1, length: 1, lineText: String(text.prefix { $0 != "\n" }.prefix(80)))
            throw RuleError(
                .limit, "the text has \(size) bytes, more than \(Limits.textBytes)", at: place, hint: "name parts of it as segments")
        }
        return Parser(SourceText(text, label: label), resolver: self, depth: depth)
    }

    // MARK: Mentions

    /// The table index of a segment; `report` makes an error at the place that mentions it.
    func segment(_ name: Text, depth: Int, report: (RuleError.Code, String, String?) -> RuleError) throws(RuleError) -> (
        index: Int, depth: Int
    ) {
        let entry = try definition(Key(isSegment: true, name: name), depth: depth, report: report)
        return (entry.index, entry.depth)
    }

    /// The table index of a feature and its kind.
    func feature(_ name: Text, depth: Int, report: (RuleError.Code, String, String?) -> RuleError) throws(RuleError)
        -> (index: Int, depth: Int, kind: Kind)
    {
        let entry = try definition(Key(isSegment: false, name: name), depth: depth, report: report)
        return (entry.index, entry.depth, entry.kind)
    }

    private func definition(_ key: Key, depth: Int, report: (RuleError.Code, String, String?) -> RuleError) throws(RuleError) -> Entry {
        let word = key.isSegment ? "segment" : "feature"
        if let entry = known[key] {
            guard depth + entry.depth <= Limits.depth else {
                throw report(.limit, "with what \(word) \"\(key.name)\" says, this nests deeper than \(Limits.depth)", nil)
            }
            return entry
        }
        if let start = open.firstIndex(of: key) {
            let circle = (open[start...] + [key]).map { "\"\($0.name)\"" }.joined(separator: " -> ")
            throw report(.name, "\(word) \"\(key.name)\" mentions itself: \(circle)", nil)
        }
        guard open.count < Limits.chain else {
            throw report(.limit, "more than \(Limits.chain) definitions mention one another in a row", nil)
        }
        let texts = key.isSegment ? definitions.segments : definitions.features
        guard let text = texts[key.name] else {
            let near = NearMatch.best(key.name.string, among: texts.keys.lazy.map { ($0.string, 0) })
            let remedy = near.map { "did you mean \"\($0.name)\"?" } ?? (texts.isEmpty ? "no \(word) is defined" : nil)
            throw report(.name, "unknown \(word) \"\(key.name)\"", remedy)
        }
        open.append(key)
        defer { open.removeLast() }
        let label = (key.isSegment ? RuleSource.segment(key.name.string) : .feature(key.name.string)).label
        let parser = try parser(text, label: label, depth: depth)
        var entry: Entry
        if key.isSegment {
            let body = try parser.wholeExpression()
            entry = Entry(index: segments.count, depth: 0, kind: .truth)
            segments.append(Named(key.name, body))
        } else {
            let body = try parser.wholeValue()
            entry = Entry(index: features.count, depth: 0, kind: body.kind)
            features.append(Named(key.name, body))
        }
        leaves += parser.leaves
        entry.depth = parser.deepest - depth
        known[key] = entry
        return entry
    }

    // MARK: Leaves

    /// Holds the bound on leaves over all texts, equal ones once. (The parser holds it within each text, as written.)
    private func checkLeaves(_ parser: Parser, root: LeafCounter.Part) throws(RuleError) {
        guard leaves + parser.leaves > Limits.leaves else { return }
        var counter = LeafCounter()
        for segment in segments { counter.add(.clause(segment.body)) }
        for feature in features { counter.add(.operand(feature.body)) }
        counter.add(root)
        guard counter.leaves > Limits.leaves else { return }
        throw parser.failure(
            .limit,
            "with the definitions it mentions, this asks \(counter.leaves.formatted) questions, more than \(Limits.leaves.formatted)",
            at: parser.whole)
    }

    // MARK: Names never seen

    /// Looking for near matches costs; nobody reads more than this.
    private static let mostWarnings = 50

    func warn(_ message: String, at place: Place, hint: String?) {
        let warning = RuleWarning(message, at: place, hint: hint)
        if warnings.count < Self.mostWarnings, !warnings.contains(warning) { warnings.append(warning) }
    }

    func mentions(event name: String, at place: @autoclosure () -> Place) {
        guard warnings.count < Self.mostWarnings, let events = catalogue.events, events[Text(name), default: 0] == 0 else { return }
        let near = NearMatch.best(name, among: events.lazy.filter { $0.value > 0 }.map { ($0.key.string, $0.value) })
        warn(
            "unknown event \"\(name)\" (0 events ever seen)", at: place(),
            hint: near.map { "did you mean \"\($0.name)\" (\($0.weight.formatted) \($0.weight == 1 ? "event" : "events"))?" })
    }

    enum Names {
        case property, context, trait

        var word: String {
            switch self {
            case .property: "property"
            case .context: "context"
            case .trait: "trait"
            }
        }
    }

    func mentions(_ kind: Names, _ path: [Text], at place: @autoclosure () -> Place) {
        let seen =
            switch kind {
            case .property: catalogue.paths.properties
            case .context: catalogue.paths.context
            case .trait: catalogue.paths.traits
            }
        guard warnings.count < Self.mostWarnings, scope == .profile, let seen, !seen.contains(path) else { return }
        let written = path.map(\.string).joined(separator: ".")
        let near = NearMatch.best(written, among: seen.lazy.map { ($0.map(\.string).joined(separator: "."), 0) })
        warn("unknown \(kind.word) \"\(written)\" (never seen)", at: place(), hint: near.map { "did you mean \"\($0.name)\"?" })
    }
}

extension Int {
    /// The number with commas between groups of three digits.
    var formatted: String {
        var text = String(magnitude)
        var index = text.count - 3
        while index > 0 {
            text.insert(",", at: text.index(text.startIndex, offsetBy: index))
            index -= 3
        }
        return self < 0 ? "-" + text : text
    }
}
