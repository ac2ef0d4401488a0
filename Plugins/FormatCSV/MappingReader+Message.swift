import Connectors
import EventModel
import Rules
import Yams

/// Reading one element of `message:`.
extension MappingReader {
    static let messageKeys = [
        "when", "type", "event", "name", "category", "userId", "anonymousId", "previousId", "groupId", "messageId", "timestamp", "context",
        "properties", "traits", "fold",
    ]

    /// Levels of maps and lists within a message; far more than any message needs, and well below what a decoder takes.
    static let deepest = 32

    /// One rule; nil where its mistakes leave nothing to go on with.
    mutating func readRule(_ node: SettingsNode, number: Int, commonFold: SettingsNode?) -> MessageRule? {
        let settings = node.settings(Self.messageKeys, "a map with 'type', 'userId', 'timestamp' and so on")
        guard let type = readKind(settings, node) else { return nil }
        var rule = MessageRule(number: number, type: type.word, opening: 0..<0, steps: [], timestamp: .constant(0..<0))
        if let when = settings["when"] { rule.when = condition(when) }
        rule.opening = keep("{\"type\":\"\(type.word)\"")
        var fold = readFold(settings["fold"] ?? commonFold)
        refuseStrangers(settings, type)

        for (key, role) in names(of: type) {
            guard let setting = settings[key] else {
                if role == .required { node.refuse("'\(key)' is missing, which \(type.word) messages need.") }
                continue
            }
            guard let source = nameSource(setting) else { continue }
            if key == "event" { fold?.event = source }
            rule.steps.append(.name(key: keep("\"\(key)\":"), source, role))
        }
        if settings["userId"] == nil, settings["anonymousId"] == nil {
            node.refuse("neither 'userId' nor 'anonymousId' says whose message it is. Give one of them.")
        }
        if let time = settings["timestamp"] {
            switch source(time) {
            case .constant(let json): rule.timestamp = constantText(json)
            case .some(let source): rule.timestamp = source
            case nil: break
            }
            rule.steps.append(.timestamp(key: keep("\"timestamp\":")))
        } else {
            node.refuse("'timestamp' is missing. Say when it happened, such as .Date.")
        }
        for section in ["context", "properties", "traits"] {
            let into = section == "properties" ? settings["fold"].flatMap(into) ?? commonFold.flatMap(into) : nil
            guard settings[section] != nil || into != nil else { continue }
            rule.steps.append(.openObject(key: keep("\"\(section)\":")))
            if let setting = settings[section] {
                if case .mapping = setting.node {
                    readMembers(setting, into: &rule.steps, fold: &fold, taken: into)
                } else {
                    setting.refuse("expected a map from names to values")
                }
            }
            if let into, fold != nil { rule.steps.append(.rows(key: keepKey(into))) }
            rule.steps.append(.close(isArray: false))
        }
        if let id = settings["messageId"], let source = nameSource(id) {
            rule.derivesID = false
            rule.steps.append(.name(key: keep("\"messageId\":"), source, .messageID))
        }
        if type == .identify, fold?.each.isEmpty == false {
            node.refuse("identify messages have no properties to fold rows into. Give it a fold without 'into', or 'fold: none'.")
        }
        rule.fold = fold
        return rule
    }

    private func readKind(_ settings: [String: SettingsNode], _ node: SettingsNode) -> Message.Kind? {
        if let type = settings["type"] { return type.word(of: Message.Kind.allCases.map(\.word)).flatMap { Message.Kind(word: $0) } }
        if settings["event"] != nil { return .track }
        node.refuse("'type' is missing. Choose from \(listed(Message.Kind.allCases.map(\.word))).")
        return nil
    }

    private func names(of type: Message.Kind) -> [(String, NameRole)] {
        let own = type.names.map { ($0.name, $0.isNeeded ? NameRole.required : .optional) }
        return own + [("userId", .person), ("anonymousId", .person)]
    }

    /// Settings that messages of this type do not have.
    private func refuseStrangers(_ settings: [String: SettingsNode], _ type: Message.Kind) {
        let own = names(of: type).map(\.0)
        for key in ["event", "name", "category", "groupId", "previousId"] where !own.contains(key) {
            settings[key]?.refuse("\(type.word) messages have no '\(key)'. Take it out, or put it under properties.")
        }
        if type == .identify {
            settings["properties"]?.refuse("identify messages have no properties. What is known of a person stands under 'traits'.")
        }
        if type != .identify, type != .group {
            settings["traits"]?.refuse("only identify and group messages have traits. Write an identify message for them.")
        }
    }

    // MARK: - values

    /// A value written as text: an identifier, a name.
    private mutating func nameSource(_ node: SettingsNode) -> ValueSource? {
        guard case .scalar(let scalar) = node.node else {
            node.refuse("expected one value: a column such as .Id, or a text in quotes")
            return nil
        }
        if scalar.isQuoted, scalar.string.isEmpty {
            node.refuse("it is empty. Leave it out, or say what it is")
            return nil
        }
        return source(node)
    }

    /// Where a scalar's value comes from: quoted text stands for itself, with `{value}` filled in; anything else is a value of the language.
    mutating func source(_ node: SettingsNode) -> ValueSource? {
        guard case .scalar(let scalar) = node.node else {
            node.refuse("expected one value: a column such as .Price, or a text in quotes")
            return nil
        }
        if scalar.isQuoted { return textSource(scalar.string, node) }
        if scalar.string.isEmpty || ["null", "~", "Null", "NULL"].contains(where: { scalar.string.sameText($0) }) {
            node.refuse("there is no value here. Leave the name out, or write a value: a column such as .Price, a number, a text in quotes")
            return nil
        }
        switch formula(scalar.string, node) {
        case .column(let index): return .column(index)
        case .literal(let literal): return constant(literal)
        case .step(let step): return .step(step)
        case nil: return nil
        }
    }

    private mutating func constant(_ literal: Literal) -> ValueSource {
        let out = ByteBuffer(capacity: 64)
        switch literal {
        case .text(let text): out.append(quoted: text.string)
        case .number, .truth, .duration: RowValue(literal.value).writeJSON(to: out)
        }
        return .constant(keep(out.string(from: 0)))
    }

    /// A constant that is looked into, as a time is: a text without values in it.
    private mutating func constantText(_ json: Range<Int>) -> ValueSource {
        mapping.texts.append(TextTemplate(pieces: [.text((json.lowerBound + 1)..<(json.upperBound - 1))]))
        return .text(mapping.texts.count - 1)
    }

    /// Quoted text: `{` begins a value and `}` ends it; two of either stand for one.
    private mutating func textSource(_ text: String, _ node: SettingsNode) -> ValueSource? {
        if text.utf8.first == UInt8(ascii: "."), case .some(.field) = try? Formula(parsing: text, scope: .row).root {
            node.refuse("in quotes this is the text itself. Write \(text) without quotes for the value of the column.")
            return nil
        }
        let found: [TextPiece]
        do throws(TextPiece.Unpaired) { found = try TextPiece.split(text) } catch {
            node.refuse(error.sentences)
            return nil
        }
        if found.isEmpty { return constant(.text("")) }
        if found.count == 1, case .text(let whole) = found[0] { return constant(.text(Text(whole))) }
        var pieces: [TextTemplate.Piece] = []
        for piece in found {
            switch piece {
            case .text(let literal): pieces.append(.text(keep(literal)))
            case .value(let written):
                guard let value = formula(written, node) else { return nil }
                pieces.append(.value(value.step(in: mapping.program)))
            }
        }
        mapping.texts.append(TextTemplate(pieces: pieces))
        return .text(mapping.texts.count - 1)
    }

    // MARK: - maps and lists

    /// The members of a map of values.
    ///
    /// - Parameter taken: A name that the folded rows' array has.
    mutating func readMembers(
        _ node: SettingsNode, into steps: inout [TemplateStep], fold: inout FoldRule?, taken: String? = nil, depth: Int = 0
    ) {
        for (key, value) in node.entries("a map from names to values") {
            if let taken, taken.sameText(key) { value.refuse("the folded rows stand under this name already ('into')") }
            readValue(value, key: keepKey(key), into: &steps, fold: &fold, depth: depth + 1)
        }
    }

    private mutating func readValue(
        _ node: SettingsNode, key: Range<Int>?, into steps: inout [TemplateStep], fold: inout FoldRule?, depth: Int
    ) {
        guard depth < Self.deepest else { return node.refuse("this is nested too deep") }
        switch node.node {
        case .mapping:
            steps.append(.openObject(key: key ?? 0..<0))
            readMembers(node, into: &steps, fold: &fold, depth: depth)
            steps.append(.close(isArray: false))
        case .sequence:
            steps.append(.openArray(key: key ?? 0..<0))
            for element in node.elements { readValue(element, key: nil, into: &steps, fold: &fold, depth: depth + 1) }
            steps.append(.close(isArray: true))
        case .scalar(let scalar):
            if fold != nil, !scalar.isQuoted, let step = aggregateStep(scalar.string, node, &fold) {
                steps.append(key.map { .member(key: $0, .folded(step)) } ?? .item(.folded(step)))
            } else if let source = source(node) {
                steps.append(key.map { .member(key: $0, source) } ?? .item(source))
            }
        case .alias: node.refuse("an alias that leads nowhere")
        }
    }

    /// The step of a value that aggregates folded rows; nil where it is a value over one row.
    private mutating func aggregateStep(_ text: String, _ node: SettingsNode, _ fold: inout FoldRule?) -> Int? {
        guard case .some(let tree) = try? Formula(parsing: text), tree.root.hasAggregate, var aggregates = fold?.aggregates else {
            return nil
        }
        let step = foldedFormula(text, node, into: &aggregates)
        fold?.aggregates = aggregates
        return step ?? 0  // A mistake has been noted; the mapping will not be used.
    }

    // MARK: - folds

    private func into(_ node: SettingsNode) -> String? {
        guard case .mapping(let mapping) = node.node, let into = mapping["into"], case .scalar(let scalar) = into else { return nil }
        return scalar.string
    }

    private mutating func readFold(_ node: SettingsNode?) -> FoldRule? {
        guard let node else { return nil }
        if case .scalar(let scalar) = node.node, scalar.string.sameText("none") { return nil }
        let settings = node.settings(["by", "into", "each"], "a map with 'by', 'into' and 'each', or none")
        var fold = FoldRule(by: [], names: [], event: nil, each: [], aggregates: [])
        guard let by = settings["by"] else {
            node.refuse("'by' is missing. Name the columns whose cells say which rows belong together.")
            return fold
        }
        for element in by.elements {
            guard var name = element.text("the name of a column") else { continue }
            if name.utf8.first == UInt8(ascii: ".") { name.removeFirst() }
            do {
                fold.by.append(try columns.index(of: name, line: element.line))
                fold.names.append(name)
            } catch { element.refuse("\(error.reason).") }
        }
        if let into = settings["into"] {
            if let name = into.text("the name of a property"), name.isEmpty { into.refuse("the property must have a name") }
            if let each = settings["each"] {
                var none: FoldRule?
                readMembers(each, into: &fold.each, fold: &none)
            } else {
                node.refuse("'each' is missing. Say what one row gives to the array, a map from names to values.")
            }
        } else {
            settings["each"]?.refuse("'into' is missing. Say which property holds what the rows give.")
        }
        return fold
    }

    // MARK: - bytes

    /// Keeps a text among the mapping's bytes.
    mutating func keep(_ text: String) -> Range<Int> {
        let start = mapping.bytes.count
        mapping.bytes.append(contentsOf: text.utf8)
        return start..<mapping.bytes.count
    }

    /// Keeps a key with its quotes and colon.
    private mutating func keepKey(_ key: String) -> Range<Int> {
        let out = ByteBuffer(capacity: 64)
        out.append(quoted: key)
        return keep(out.string(from: 0) + ":")
    }
}

extension Node.Scalar {
    /// Whether it stands in single or double quotes.
    fileprivate var isQuoted: Bool { style == .singleQuoted || style == .doubleQuoted }
}

extension Operand {
    /// Whether it looks at several events.
    fileprivate var hasAggregate: Bool {
        switch self {
        case .aggregate: true
        case .arithmetic(let a, _, let b): a.hasAggregate || b.hasAggregate
        case .negated(let value), .time(let value), .lower(let value), .calendar(_, let value, _): value.hasAggregate
        case .distance(_, let a, let b, let c, let d): a.hasAggregate || b.hasAggregate || c.hasAggregate || d.hasAggregate
        case .literal, .now, .ago, .date, .trait, .feature, .consent, .field: false
        }
    }
}
