import EventModel

/// The rows of a table by their keys, whole in memory.
struct TableRows: Sendable {
    /// The traits' values in the order of the columns; nil where a cell is empty.
    private var rows: [[UInt8]: [JSONValue?]] = [:]
    /// The most rows.
    static let most = 2_000_000

    var count: Int { rows.count }

    /// Adds a row. By bytes: canonical equivalence plays no part.
    mutating func add(_ key: String, _ values: [JSONValue?]) throws(TableFault) {
        guard rows.count < Self.most else {
            throw TableFault("there are more than \(Self.most) rows", "Keep only those that people have.")
        }
        if rows.updateValue(values, forKey: Array(key.utf8)) != nil {
            throw TableFault("another row has the same key", "Keep one of them.")
        }
    }

    /// The row of a key; nil: none.
    subscript(key: String) -> [JSONValue?]? { rows[Array(key.utf8)] }
}
