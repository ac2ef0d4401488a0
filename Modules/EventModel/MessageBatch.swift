/// Messages on their way in: one buffer of newline-delimited JSON, decoded once by whoever stores it.
///
/// A line is one message (Segment's shape). Lines may end with `\n` or `\r\n`; empty lines are passed over.
public struct MessageBatch: Sendable {
    /// The text; a last line needs no newline.
    public var text: ContiguousArray<UInt8>
    /// How many bytes of `text` count; the rest is room that decoders may read but not believe. At least 64 bytes of room follow.
    public var count: Int
    /// Number of the first line in its source, from 1.
    public var firstLine: Int
    /// Where lines of `text` are not consecutive lines of the source (a table's rows, folded messages): the source line of each
    /// line of `text`, empty ones included. Empty when they are consecutive.
    public var lineNumbers: [Int]
    /// The `messageId` that each line of `text`, empty ones included, gets when its JSON has none; empty: a hash of the line's bytes.
    public var derivedIDs: [String]
    /// Records that never became a message.
    public var rejects: [Reject]
    /// Lines (rows) of the source that this batch covers, rejected ones and empty ones included.
    public var sourceLines: Int
    /// How many of `sourceLines` were passed over because the mapping says to: neither in a message nor rejected.
    public var skippedLines: Int

    /// Room that must follow the text.
    public static let padding = 64

    /// An empty batch that starts at `firstLine`.
    public init(firstLine: Int = 1) {
        text = []
        count = 0
        self.firstLine = firstLine
        lineNumbers = []
        derivedIDs = []
        rejects = []
        sourceLines = 0
        skippedLines = 0
    }

    /// A batch of the given lines.
    public init(lines: String, firstLine: Int = 1) {
        self.init(firstLine: firstLine)
        text = ContiguousArray(lines.utf8)
        count = text.count
        sourceLines = lines.utf8.reduce(0) { $0 + ($1 == 10 ? 1 : 0) } + (lines.utf8.last.map { $0 == 10 ? 0 : 1 } ?? 0)
        text.append(contentsOf: repeatElement(0, count: Self.padding))
    }
}

/// A record that was refused, kept so that it can be mended and replayed.
public struct Reject: Sendable, Hashable {
    /// Line (row) of the source, from 1.
    public var line: Int
    /// A sentence: where, what happened, what to do.
    public var reason: String
    /// The raw record, cut after `Reject.longestText` bytes.
    public var text: String

    /// Bytes of a refused record that are kept.
    public static let longestText = 65_536

    /// Keeps the record as given; whoever refuses it cuts `text` to `longestText` bytes.
    public init(line: Int, reason: String, text: String) { (self.line, self.reason, self.text) = (line, reason, text) }

    /// The record as files of rejects keep it: `{"line","reason","text","file"}`.
    ///
    /// - Parameter source: The file it stood in, or the name of who sent it.
    public func record(from source: String) -> JSONObject {
        JSONObject([
            .init("line", .integer(Int64(line))), .init("reason", .string(reason)), .init("text", .string(text)),
            .init("file", .string(source)),
        ])
    }
}
