public import Connectors
public import EventModel

/// Settings of `table`: a file of rows, which part of a message is the key, and which columns become traits.
public struct TableSettings: EnricherSettings {
    var file: String
    var table: String?
    var delimiter: String?
    var key: String
    var keyColumn: String
    var ignoreCase: Bool?
    var columns: SettingObject

    public static let descriptor = ConnectorDescriptor(
        name: "table", summary: "Looks a part of a message up in a table: a CSV file, or a table of a SQLite file.",
        settings: [
            .required("file", .text, "The CSV file (.csv, .tsv, .txt) or the SQLite file (.sqlite, .sqlite3, .db)."),
            .optional("table", .text, "The table or view of a SQLite file."),
            .optional(
                "delimiter", .word([",", ";", "|", "tab"]), "What stands between the cells of a CSV file.", usual: ", and tab for .tsv"),
            .required("key", .text, "The part of a message that is looked up: userId, traits.email, properties.sku."),
            .required("keyColumn", .text, "The column that it is looked up in. No two rows may have the same key."),
            .optional("ignoreCase", .truth, "Whether keys are compared without regard to case and to spaces around them.", usual: "false"),
            .required(
                "columns", .object(withSecrets: false),
                "Columns and the traits that they become: a name, or {trait, kind: text|number|truth, purpose, ttl}."),
        ])

    /// Checks the columns and reads the table.
    public func makeEnricher(_ context: ConnectorContext) throws(SettingsError) -> any Enricher {
        let path = try Self.path(key)
        let source = try TableSource(path: context.path(file), table: table, delimiter: delimiter)
        let layout = TableLayout(
            keyColumn: keyColumn, ignoresCase: ignoreCase ?? false, columns: try TableColumn.read(columns.object, at: ["columns"]))
        let stamp = source.stamp
        let rows: TableRows
        do throws(TableFault) { rows = try source.rows(layout) } catch {
            throw SettingsError(at: [error.setting], "\(source.path)\(error.place): \(error.problem)", remedy: error.remedy)
        }
        return TableEnricher(
            source: source, layout: layout, key: path, rows: rows, stamp: stamp, report: context.report)
    }

    /// Names between dots.
    private static func path(_ text: String) throws(SettingsError) -> [String] {
        let names = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard names.allSatisfy({ !$0.isEmpty }) else {
            throw SettingsError(at: ["key"], "this is no path of names between dots", remedy: "Write one such as properties.sku.")
        }
        return names
    }
}
