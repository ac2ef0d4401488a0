import EventModel

/// The statements that read rows in the order of their cursor, a number of them at a time.
struct CursorQuery: Sendable {
    /// A row, with the values that place it.
    struct Row: Sendable {
        /// As JSON.
        var json: String
        /// The values of the columns that place it, as the server writes them.
        var place: [String]
    }
    /// What stands behind FROM.
    let relation: String
    /// Columns that place a row: the cursor, and what tells rows of one cursor apart.
    let columns: [String]
    /// Rows at a time. Without a second column all rows of one cursor come together, however many.
    let limit: Int

    /// Bytes of rows after which no more come at a time, but for the first, and those of its cursor.
    private static let mostBytes = 4 << 20

    /// - Parameter table: A name, or a schema's and a table's with a dot between.
    init(table: String, columns: [String], limit: Int) {
        relation = table.split(separator: ".", maxSplits: 1).map { quoted(String($0)) }.joined(separator: ".")
        (self.columns, self.limit) = (columns, limit)
    }

    /// - Parameter query: Any SELECT; a line end ends a comment at its end.
    init(query: String, columns: [String], limit: Int) {
        var text = Substring(query)
        while let last = text.last, last.isWhitespace || last == ";" { text.removeLast() }
        relation = "(\(text)\n)"
        (self.columns, self.limit) = (columns, limit)
    }

    /// The next rows.
    ///
    /// - Parameter place: Of the last row before them; nil: from the first.
    /// - Parameter bound: The highest cursor; nil: as high as there are.
    func rows(after place: [String]?, to bound: String?, _ connection: Connection) throws(ServerFailure) -> [Row] {
        let fields = columns.map { "t.\(quoted($0))" }
        let order = columns.indices.map { "k\($0)" }.joined(separator: ", ")
        var values: [String] = []
        var conditions = ["\(fields[0]) IS NOT NULL"]
        if let place {
            values = place
            conditions.append("(\(fields.joined(separator: ", "))) > (\(values.indices.map { "$\($0 + 1)" }.joined(separator: ", ")))")
        }
        if let bound {
            values.append(bound)
            conditions.append("\(fields[0]) <= $\(values.count)")
        }
        // Rows that are too many bytes are left out by the server, so that they never lie here. `k0` alone would be the text at the end.
        let found = try connection.query(
            """
            SELECT json, \(columns.indices.map { "k\($0)::text" }.joined(separator: ", ")) FROM (
                SELECT *, sum(octet_length(json)) OVER (ORDER BY \(order)) - sum(octet_length(json)) OVER (PARTITION BY \(order)) AS before
                FROM (SELECT row_to_json(whole)::text AS json, \(order) FROM (
                    SELECT t AS whole, \(fields.indices.map { "\(fields[$0]) AS k\($0)" }.joined(separator: ", "))
                    FROM \(relation) AS t WHERE \(conditions.joined(separator: " AND "))
                    ORDER BY \(fields.joined(separator: ", ")) FETCH FIRST \(limit) ROWS \(columns.count > 1 ? "ONLY" : "WITH TIES")
                ) AS r) AS j
            ) AS s WHERE before < \(Self.mostBytes) ORDER BY \(columns.indices.map { "s.k\($0)" }.joined(separator: ", "))
            """, values)
        var rows: [Row] = []
        for row in found.values {
            let place = row[1...columns.count].compactMap { $0 }
            guard let json = row[0], place.count == columns.count else {
                throw ServerFailure(state: "23502", message: nil, object: columns.joined(separator: ", "))
            }
            rows.append(Row(json: json, place: place))
        }
        return rows
    }

    /// The highest cursor that there is; nil where there is no row.
    func highest(_ connection: Connection) throws(ServerFailure) -> String? {
        let field = "t.\(quoted(columns[0]))"
        return try connection.query(
            "SELECT \(field)::text FROM \(relation) AS t WHERE \(field) IS NOT NULL ORDER BY \(field) DESC LIMIT 1"
        ).first
    }

    /// Names of all columns.
    func allColumns(_ connection: Connection) throws(ServerFailure) -> [String] {
        try connection.query("SELECT * FROM \(relation) AS t LIMIT 0").columns
    }
}
