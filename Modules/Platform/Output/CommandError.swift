public import EventModel

/// Why a command could not be done: a code for programs, a sentence for people and, for text that was refused, where.
public struct CommandError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What kind of failure. The raw value is the `code` of JSON errors.
    public enum Code: String, Sendable, CaseIterable {
        /// The text is not of the language.
        case syntax
        /// A value of the wrong kind.
        case kind
        /// A limit was passed.
        case limit
        /// Something is named that does not exist.
        case name
        /// The command line or the command is not understood.
        case usage
        /// There is no such file or store.
        case missing
        /// Another process holds the store.
        case held
        /// A file is damaged or of no known kind.
        case damaged
        /// A newer program wrote the store.
        case newer
        /// The disk is full or failed.
        case disk
        /// The data do not allow it (too few people, say).
        case data
        /// It was stopped by the user.
        case interrupted
        /// Anything else.
        case failed
    }

    /// What kind of failure it is; it also settles the exit status.
    public var code: Code
    /// A sentence: where, what happened, what to do.
    public var message: String
    /// Where in the text, from 1; nil where no text is at fault.
    public var line: Int?
    /// Column in Unicode scalars, from 1.
    public var column: Int?
    /// For people: the message with the line at fault and a caret under it. Empty: the message.
    public var display: String

    /// An error with a sentence and, where text is at fault, its place.
    public init(_ code: Code, _ message: String, line: Int? = nil, column: Int? = nil, display: String = "") {
        self.code = code
        self.message = message
        self.line = line
        self.column = column
        self.display = display
    }

    /// Stopped by Ctrl-C.
    public static let interrupted = CommandError(.interrupted, "Stopped.")

    /// The same error, with where the command stood before it: `weekly.txt, line 3`.
    public func located(_ place: String) -> CommandError {
        CommandError(code, "\(place): \(message)", line: line, column: column, display: display.isEmpty ? "" : "\(place): \(display)")
    }

    public var description: String { display.isEmpty ? message : display }

    /// The exit status that the programs end with: 2 for wrong usage, 130 when interrupted, else 1.
    public var exitStatus: Int32 {
        switch code {
        case .usage: 2
        case .interrupted: 130
        default: 1
        }
    }

    /// `{"error":{"code","message","line","column"}}`; line and column only where there are any.
    public var json: JSONObject {
        var members = JSONObject(["code": .string(code.rawValue), "message": .string(message)])
        if let line { members.set("line", .integer(Int64(line))) }
        if let column { members.set("column", .integer(Int64(column))) }
        return JSONObject(["error": .object(members)])
    }

    /// What goes to standard error, its line end included.
    public func rendered(as format: OutputFormat) -> String {
        format == .json || format == .ndjson ? JSONValue.object(json).text + "\n" : description + "\n"
    }
}
