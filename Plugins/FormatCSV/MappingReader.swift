import Connectors
import EventModel
import Rules
import Yams

/// Reads and checks a mapping file, collecting every mistake before it gives up.
struct MappingReader {
    let problems: SettingsProblems
    var mapping = Mapping()
    var columns = ColumnTable()

    static let rootKeys = ["csv", "columns", "message", "fold", "otherwise"]

    /// - Parameter text: The YAML text.
    /// - Parameter name: The file's name for messages.
    /// - Throws: `FormatError` with a sentence for each mistake.
    static func read(_ text: String, name: String) throws(FormatError) -> Mapping {
        let problems = SettingsProblems(file: name)
        guard let node = try compose(text, name: name) else {
            throw FormatError("\(name):1, the mapping is empty. Say at least 'message:' and what a row becomes.")
        }
        var reader = MappingReader(problems: problems)
        reader.mapping.name = name
        reader.read(SettingsNode(node: node, place: "", problems: problems))
        guard problems.isEmpty else { throw problems.error }
        reader.mapping.columns = reader.columns.all
        return reader.mapping
    }

    private static func compose(_ text: String, name: String) throws(FormatError) -> Node? {
        do {
            return try Yams.compose(yaml: text)
        } catch let error as YamlError {
            switch error {
            case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _), .composer(_, let problem, let mark, _):
                throw FormatError("\(name):\(mark.line), column \(mark.column): this is not YAML: \(problem).")
            case .duplicatedKeysInMapping(let duplicates, let context):
                throw FormatError("\(name):\(context.mark.line), the key \(listed(duplicates)) stands here twice. Keep one.")
            default: throw FormatError("\(name): this is not YAML: \(error)")
            }
        } catch { throw FormatError("\(name): this is not YAML: \(error)") }
    }

    private mutating func read(_ root: SettingsNode) {
        let settings = root.settings(Self.rootKeys, "a map with \(listed(Self.rootKeys))")
        if let csv = settings["csv"] { readDialect(csv) }
        if let node = settings["columns"] { readColumns(node) }
        if let node = settings["otherwise"] { mapping.skipsOthers = node.word(of: ["reject", "skip"]) == "skip" }
        guard let messages = settings["message"] else {
            return root.refuse(
                "'message' is missing. Say what a row becomes: a list of {when, type, event, userId, timestamp, properties}.")
        }
        for (index, element) in messages.elements.enumerated() {
            let node = SettingsNode(node: element.node, place: "message \(index + 1)", problems: problems)
            if let rule = readRule(node, number: index + 1, commonFold: settings["fold"]) { mapping.rules.append(rule) }
        }
        refuseSameFolds(messages)
    }

    // MARK: - csv

    private mutating func readDialect(_ node: SettingsNode) {
        let settings = node.settings(["delimiter", "encoding", "zone", "decimal", "header"], "a map")
        if let node = settings["delimiter"], let text = node.text("one character") {
            let bytes = Array((text.sameText("tab") || text.sameText("\\t") ? "\t" : text).utf8)
            if bytes.count == 1, bytes[0] < 0x80, ![10, 13, RecordScanner.quote].contains(bytes[0]) {
                mapping.dialect.delimiter = bytes[0]
            } else {
                node.refuse("'\(text)' cannot separate cells. Use one ASCII character, such as \",\" or \";\", or the word tab.")
            }
        }
        if let node = settings["encoding"] {
            switch node.word(of: ["utf-8", "latin1", "windows-1252"]) {
            case "latin1": mapping.dialect.encoding = .latin1
            case "windows-1252": mapping.dialect.encoding = .windows1252
            default: break
            }
        }
        if let node = settings["zone"], let text = node.text("an IANA zone or an offset") {
            if let clock = RowClock(zone: text) {
                mapping.dialect.clock = clock
            } else {
                let near = nearMatch(to: text, among: Zone.names.map(\.string)).map { " Did you mean '\($0)'?" } ?? ""
                node.refuse("'\(text)' is no zone.\(near) Use an IANA name such as Europe/Vienna, UTC, or an offset such as +01:00.")
            }
        }
        if let node = settings["decimal"], let word = node.word(of: [".", ","]) { mapping.dialect.decimalPoint = word.utf8.first ?? 46 }
        if let node = settings["header"], let truth = node.truth { mapping.dialect.hasHeader = truth }
    }

    // MARK: - columns

    private mutating func readColumns(_ node: SettingsNode) {
        var computed: [(index: Int, value: SettingsNode)] = []
        for (name, setting) in node.entries("a map from the name of a column to what its cells are, such as 'Price: number'") {
            if name.isEmpty {
                setting.refuse("a column must have a name")
                continue
            }
            let index = columns.declare(name, line: setting.line)
            guard case .mapping = setting.node else {
                readType(setting, of: index)
                continue
            }
            let keys = setting.settings(["type", "optional", "value"], "a map")
            if let value = keys["value"] {
                for other in ["type", "optional"] {
                    keys[other]?.refuse("a computed column has a value and nothing else, since its kind follows from it")
                }
                columns.all[index].isComputed = true
                computed.append((index, value))
                continue
            }
            if let type = keys["type"] { readType(type, of: index) } else { setting.refuse("say its type or its value") }
            if let optional = keys["optional"]?.truth { columns.all[index].isOptional = optional }
        }
        columns.isClosed = !mapping.dialect.hasHeader
        for (index, value) in computed {
            columns.computing = index
            if let compiled = formula(value) { columns.all[index].computed = compiled.step(in: mapping.program) }
        }
        columns.computing = nil
    }

    private mutating func readType(_ node: SettingsNode, of index: Int) {
        if let word = node.word(of: CellType.words), let type = CellType(word: word) { columns.all[index].type = type }
    }

    // MARK: - expressions

    /// A value of the language over a row, from a plain scalar.
    mutating func formula(_ node: SettingsNode) -> CompiledValue? {
        guard let text = node.text("a value such as .Price * 2") else { return nil }
        return formula(text, node)
    }

    mutating func formula(_ text: String, _ node: SettingsNode) -> CompiledValue? {
        checked(node, hint: hint(forConstant: text)) { reader throws in
            let root = try Formula(parsing: text, source: node.source, scope: .row).root
            switch root {
            case .field(let field): return .column(try reader.columns.index(of: try RowCompiler.name(of: field), line: node.line))
            case .literal(let literal): return .literal(literal)
            default: return .step(try reader.compile(node, root))
            }
        }
    }

    /// A condition of the language over a row.
    mutating func condition(_ node: SettingsNode) -> Int? {
        guard let text = node.text("a condition such as .Quantity > 0") else { return nil }
        return checked(node) { reader throws in
            let root = try Rule(parsing: text, source: node.source, scope: .row).root
            return try reader.withCompiler(node) { compiler throws(MappingRefusal) in try compiler.compile(root) }
        }
    }

    /// A value over aggregates of folded rows.
    mutating func foldedFormula(_ text: String, _ node: SettingsNode, into aggregates: inout [FoldAggregate]) -> Int? {
        var found = aggregates
        let step: Int? = checked(node) { reader throws in
            let root = try Formula(parsing: text, source: node.source).root
            return try reader.withCompiler(node) { plain throws(MappingRefusal) in
                let whole = RowCompiler(program: plain.program, column: plain.column) { aggregate throws(MappingRefusal) in
                    found.append(try plain.compile(aggregate))
                    return found.count - 1
                }
                return try whole.compile(root)
            }
        }
        if step != nil { aggregates = found }
        return step
    }

    private mutating func compile(_ node: SettingsNode, _ root: Operand) throws(MappingRefusal) -> Int {
        try withCompiler(node) { compiler throws(MappingRefusal) in try compiler.compile(root) }
    }

    private mutating func withCompiler(
        _ node: SettingsNode, _ body: (RowCompiler) throws(MappingRefusal) -> Int
    ) throws(MappingRefusal) -> Int {
        var table = columns
        let column = { (name: String) throws(MappingRefusal) in try table.index(of: name, line: node.line) }
        let step = try body(RowCompiler(program: mapping.program, column: column, slot: nil))
        columns = table
        return step
    }

    /// Runs `body`, and turns what it throws into a problem of `node`.
    private mutating func checked<Result>(
        _ node: SettingsNode, hint: String = "", _ body: (inout MappingReader) throws -> Result
    ) -> Result? {
        do { return try body(&self) } catch let error as RuleError {
            problems.add(placed: "\(error)\(hint)", line: node.line)
        } catch let error as MappingRefusal { node.refuse("\(error.reason).") } catch { node.refuse("\(error)") }
        return nil
    }

    private func hint(forConstant text: String) -> String {
        let isWords = text.unicodeScalars.allSatisfy { $0.properties.isAlphabetic || $0 == " " || $0 == "-" || $0 == "_" }
        if text.utf8.count(where: { $0 == 40 }) > text.utf8.count(where: { $0 == 41 }) {
            return "\nWithin { } or [ ] a comma ends a value. Write the name and the value on a line of their own."
        }
        return isWords ? "\nA constant text is quoted: \"\(text)\". The value of a column begins with a dot: .\"\(text)\"" : ""
    }

    // MARK: - folds

    /// Two folds that would give their messages the same identifiers are refused.
    private func refuseSameFolds(_ messages: SettingsNode) {
        for (index, rule) in mapping.rules.enumerated() {
            guard let fold = rule.fold, rule.derivesID else { continue }
            for earlier in mapping.rules[..<index] where earlier.derivesID {
                guard let other = earlier.fold, other.names == fold.names, mapping.sameEvent(earlier, rule) else { continue }
                messages.refuse(
                    "messages \(earlier.number) and \(rule.number) fold by the same columns into the same event, so their messages would get the same identifiers. Give one of them a messageId."
                )
            }
        }
    }
}

/// A value after compilation, with the simple cases apart.
enum CompiledValue {
    case column(Int)
    case literal(Literal)
    case step(Int)

    /// The value as a step of the program.
    func step(in program: RowProgram) -> Int {
        switch self {
        case .column(let index): program.column(index)
        case .literal(let literal): program.literal(literal)
        case .step(let step): step
        }
    }
}

/// The columns that a mapping mentions, by name.
struct ColumnTable {
    var all: [MappedColumn] = []
    /// Whether only declared columns may be mentioned, since the file names none.
    var isClosed = false
    /// The computed column whose value is being read; it may use those above it.
    var computing: Int?
    private var byName: [Text: Int] = [:]

    mutating func declare(_ name: String, line: Int) -> Int {
        byName[Text(name)] = all.count
        all.append(MappedColumn(name: name, line: line))
        return all.count - 1
    }

    /// The index of a column, declared now where it may be.
    mutating func index(of name: String, line: Int) throws(MappingRefusal) -> Int {
        if let index = byName[Text(name)] {
            if let computing, all[index].isComputed, index >= computing {
                throw MappingRefusal("a computed column may use only computed columns above it, and '\(name)' is not")
            }
            all[index].isUsed = true
            return index
        }
        if isClosed {
            let near = nearMatch(to: name, among: all.map(\.name)).map { " Did you mean '\($0)'?" } ?? ""
            throw MappingRefusal("there is no column '\(name)', and without a header row every column stands under 'columns'.\(near)")
        }
        let index = declare(name, line: line)
        all[index].isUsed = true
        return index
    }
}
