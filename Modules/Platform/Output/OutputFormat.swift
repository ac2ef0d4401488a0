/// How results are written on standard output.
public enum OutputFormat: String, CaseIterable, Sendable {
    /// Columns for people; the default on a terminal.
    case table
    /// One JSON object on one line for each command; the default elsewhere.
    case json
    /// The rows, with a header line (RFC 4180, `\n` line ends).
    case csv
    /// One JSON object a line, one line a row.
    case ndjson

    /// The names, as help and errors list them.
    public static let names = allCases.map(\.rawValue).joined(separator: ", ")
}

/// How wide and how high the place is that a table or a plot is drawn for.
public struct Canvas: Sendable, Equatable {
    /// Columns of characters.
    public var width: Int
    /// Lines of characters.
    public var height: Int

    /// A canvas of the given size, at least 20 by 5.
    public init(width: Int = 100, height: Int = 30) { (self.width, self.height) = (max(width, 20), max(height, 5)) }
}
