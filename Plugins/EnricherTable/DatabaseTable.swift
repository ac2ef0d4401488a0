import EventModel
import GRDB

/// Reads a table or view of a SQLite file, which is opened for reading alone.
struct DatabaseTable {
    let table: String

    func rows(_ path: String, _ layout: TableLayout) throws(TableFault) -> TableRows {
        var configuration = Configuration()
        configuration.readonly = true
        do {
            let connection = try DatabaseQueue(path: path, configuration: configuration)
            defer { try? connection.close() }
            return try connection.read { try read($0, layout) }
        } catch let fault as TableFault { throw fault } catch {
            throw TableFault("it cannot be read as a SQLite file", "Check that it is one, and its permissions.")
        }
    }

    private func read(_ database: Database, _ layout: TableLayout) throws -> TableRows {
        let names = try String.fetchAll(database, sql: "SELECT name FROM pragma_table_info(?)", arguments: [table])
        guard !names.isEmpty else {
            let all = try String.fetchAll(database, sql: "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY name")
            throw TableFault("it has no table `\(table)`", "It has: \(listed(all.prefix(30))).", setting: "table")
        }
        func check(_ column: String, _ setting: String) throws {
            if names.contains(where: { $0.sameScalars(as: column) }) { return }
            let near = nearMatch(to: column, among: names).map { "Did you mean `\($0)`? " } ?? ""
            throw TableFault(
                "the table `\(table)` has no column `\(column)`", near + "It has: \(listed(names.prefix(30))).", setting: setting)
        }
        try check(layout.keyColumn, "keyColumn")
        for column in layout.columns { try check(column.column, "columns") }
        let wanted = ([layout.keyColumn] + layout.columns.map(\.column)).map(\.quotedDatabaseIdentifier).joined(separator: ", ")
        let cursor = try Row.fetchCursor(database, sql: "SELECT \(wanted) FROM \(table.quotedDatabaseIdentifier)")
        var (rows, number) = (TableRows(), 0)
        while let row = try cursor.next() {
            number += 1
            do throws(TableFault) {
                guard let key = Self.key(row[0]).flatMap({ layout.key($0) }) else { continue }
                var values: [JSONValue?] = []
                for (place, column) in layout.columns.enumerated() { values.append(try column.value(row[place + 1] as DatabaseValue)) }
                try rows.add(key, values)
            } catch { throw error.at(", row \(number) of `\(table)`") }
        }
        return rows
    }

    private static func key(_ value: DatabaseValue) -> String? {
        switch value.storage {
        case .string(let text): text
        case .int64(let number): String(number)
        case .null, .double, .blob: nil
        }
    }
}

extension TableColumn {
    /// A cell of a database as the trait's value; nil where it is null.
    fileprivate func value(_ cell: DatabaseValue) throws(TableFault) -> JSONValue? {
        switch cell.storage {
        case .null: return nil
        case .string(let text): return try value(text)
        case .int64(let number): return kind == .truth ? .bool(number != 0) : .integer(number)
        case .double(let number):
            if kind != .truth, number.isFinite { return .number(number) }
            throw TableFault("a cell of the column `\(column)` is no \(kind.rawValue)", "Store texts, numbers, or 0 and 1.")
        case .blob: throw TableFault("a cell of the column `\(column)` is a blob", "Store texts or numbers.")
        }
    }
}
