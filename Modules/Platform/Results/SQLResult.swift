public import EventModel
public import Storage

/// The answer to a SELECT.
public struct SQLResult: CommandResult, Equatable {
    /// Names as the statement gives them.
    public var columns: [String]
    /// Shape `[rows][columns]`.
    public var rows: [[JSONValue]]

    /// Takes what the engine gave.
    public init(_ rows: SQLRows) { (columns, self.rows) = (rows.columns, rows.rows) }

    public var json: JSONObject { JSONObject(["columns": .list(columns), "rows": .array(rows.map { .array($0) })]) }

    /// One object a row; of columns with one name the last counts.
    public var records: [JSONObject] {
        rows.map { row in
            var object = JSONObject()
            for (name, value) in zip(columns, row) { object.set(name, value) }
            return object
        }
    }

    public var table: ResultTable {
        let numeric = columns.indices.map { column in !rows.isEmpty && rows.allSatisfy { $0[column].asDouble != nil } }
        return ResultTable(
            zip(columns, numeric).map { .init($0, numeric: $1, verbatim: true) },
            rows: rows.map { row in row.map { $0 == .null ? .missing : .text($0.asString ?? $0.text) } })
    }

    public var notes: [String] { [Figures.count(rows.count, "row") + "."] }
}
