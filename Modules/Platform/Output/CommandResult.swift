public import EventModel

/// What a command found, ready to be shown in any format. `Documentation/JSON.md` lists the shapes.
public protocol CommandResult: Sendable {
    /// The one object of `--format json`.
    var json: JSONObject { get }
    /// The rows, for `table` and `csv`.
    var table: ResultTable { get }
    /// The rows for `ndjson`. Unless said otherwise, the objects of the first member of `json` that is a list, else `json` itself.
    var records: [JSONObject] { get }
    /// Sentences for people that go with the table.
    var notes: [String] { get }
    /// What `table` prints. Unless said otherwise, the table and the notes.
    func text(on canvas: Canvas) -> String
}

extension CommandResult {
    public var records: [JSONObject] {
        for member in json.members {
            if case .array(let elements) = member.value { return elements.compactMap(\.asObject) }
        }
        return [json]
    }

    public var notes: [String] { [] }

    public func text(on canvas: Canvas) -> String {
        table.text(width: canvas.width) + notes.map { TerminalText.safe($0) + "\n" }.joined()
    }

    /// Writes the one JSON object to a file.
    public func write(to file: String) throws(CommandError) { try writeFile(rendered(as: .json), to: file) }

    /// The result as it goes to standard output, its line ends included.
    public func rendered(as format: OutputFormat, on canvas: Canvas = Canvas()) -> String {
        switch format {
        case .table: text(on: canvas)
        case .json: JSONValue.object(json).text + "\n"
        case .csv: table.csv()
        case .ndjson: records.map { JSONValue.object($0).text + "\n" }.joined()
        }
    }
}

/// A sentence, for commands that do something rather than find something. Shape: `{"done": SENTENCE}` and what else is worth knowing.
public struct Acknowledgement: CommandResult {
    /// What was done; where it is empty, nothing is printed as text.
    public var sentence: String
    /// Members that the JSON object has behind `done`.
    public var details: JSONObject

    /// A sentence, and members for programs.
    public init(_ sentence: String, details: JSONObject = JSONObject()) { (self.sentence, self.details) = (sentence, details) }

    public var json: JSONObject { JSONObject([.init("done", .string(sentence))] + details.members) }
    public var table: ResultTable { ResultTable([.init("done")], rows: [[.prose(sentence)]]) }
    public func text(on canvas: Canvas) -> String { sentence.isEmpty ? "" : sentence + "\n" }
}

extension JSONObject {
    /// An object of the pairs, in order; names must be distinct.
    init(_ pairs: KeyValuePairs<String, JSONValue>) { self.init(pairs.map { Member($0.key, $0.value) }) }
}

extension JSONValue {
    /// A number, or null where it is not finite (JSON has no such number).
    static func finite(_ value: Double?) -> JSONValue { value.flatMap { $0.isFinite ? .number($0) : nil } ?? .null }
    static func list(_ texts: some Sequence<String>) -> JSONValue { .array(texts.map { .string($0) }) }
}
