public import Connectors
public import EventModel
import Foundation
import Records

/// Settings of `postgres` as a source: a table or a query, the column that it is followed by, and which messages its rows become.
public struct PostgresSourceSettings: SourceSettings {
    private struct Own: Decodable {
        var table: String?
        var query: String?
        var cursor: String
        var id: String?
        var stream: String?
        var streams: SettingObject?
        var userId: String?
        var rows: Int?
        var interval: Double?
        var lag: Double?
    }
    private let server: ServerSettings
    private let own: Own

    public static let descriptor = ConnectorDescriptor(
        name: "postgres", summary: "Reads new rows of a table or a query of PostgreSQL, and maps them to messages.",
        settings: ServerSettings.descriptors + [
            .optional("table", .text, "The table or view, with its schema before a dot where it is needed: shop.orders."),
            .optional("query", .text, "A SELECT instead of a table."),
            .required("cursor", .text, "The column that only grows with new and changed rows: a number, a time or a text."),
            .optional("id", .text, "The column that tells rows of one cursor apart, such as the primary key."),
            .optional("stream", .text, "What the rows are called.", usual: "the table's name, or rows"),
            .optional("streams", .object(withSecrets: false), "What rows become: by the stream's name, a rule or a list of rules."),
            .optional("userId", .text, "Whose messages are where a rule names nobody, such as .customer_id."),
            .optional("rows", .integer(1...100_000), "Rows that are asked for at once.", usual: "1000"),
            .optional("interval", .number(0.05...86_400), "How often it looks for more when all is read.", unit: "s", usual: "10"),
            .optional(
                "lag", .number(0...86_400), "How long what is seen waits for rows before it whose transactions have not ended.", unit: "s",
                usual: "0"),
        ])

    public init(from decoder: any Decoder) throws {
        server = try ServerSettings(from: decoder)
        own = try Own(from: decoder)
    }

    /// Checks the rules; the server is looked for when it is read.
    public func makeSource(_ context: ConnectorContext) throws(SettingsError) -> any Source {
        let columns = [own.cursor] + (own.id.map { [$0] } ?? [])
        for text in [own.table, own.query, own.cursor, own.id] where text?.utf8.contains(0) == true {
            throw SettingsError(at: [], "a text has a character that SQL has not", remedy: "Take \\u0000 out.")
        }
        let (query, usual): (CursorQuery, String)
        switch (own.table, own.query) {
        case (let table?, nil):
            query = CursorQuery(table: table, columns: columns, limit: own.rows ?? 1_000)
            usual = table.split(separator: ".").last.map(String.init) ?? table
        case (nil, let text?): (query, usual) = (CursorQuery(query: text, columns: columns, limit: own.rows ?? 1_000), "rows")
        case (nil, nil): throw SettingsError(at: [], "nothing says what is read", remedy: "Write table or query.")
        case (_?, _?): throw SettingsError(at: ["query"], "there is a table already", remedy: "Write either table or query.")
        }
        let stream = own.stream ?? usual
        let rules = own.streams?.object ?? JSONObject()
        for member in rules.members where !member.name.sameScalars(as: stream) {
            throw SettingsError(at: ["streams", member.name], "there is no such stream", remedy: "Write `\(stream)`, or set stream.")
        }
        if own.userId == nil, rules.members.isEmpty {
            throw SettingsError(
                at: [], "nothing says whose the messages are",
                remedy: "Write userId with the column that says it, such as .customer_id, or rules under streams.")
        }
        let mapping = try RecordMapping(streams: rules, userID: own.userId.map { .string($0) })
        return PostgresSource(
            server: try server.makeServer(), query: query,
            reader: RowReader(
                stream: stream, mapping: mapping, columns: columns,
                now: context.now),
            interval: context.isRunOnce ? nil : .seconds(own.interval ?? 10), lag: .seconds(own.lag ?? 0))
    }
}
