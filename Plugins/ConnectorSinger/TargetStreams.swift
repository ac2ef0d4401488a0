import Connectors
import EventModel

/// The streams that a target is given, one for each kind of record, and how records become theirs.
struct TargetStreams: Sendable {
    /// What becomes of members that are objects or lists.
    enum Nesting: String, Sendable, CaseIterable {
        /// They stay what they are.
        case object
        /// They become their JSON, as a text.
        case text
        /// Members of objects become columns of their own; lists become texts.
        case columns
    }
    /// What a column holds.
    enum Content: Sendable, Equatable {
        case text, time, truth, integer, number, object, list
    }
    struct Column: Sendable {
        var name: String
        var content: Content
        var isNeeded = false
    }

    let names: DeliveryPlaces
    let nesting: Nesting
    /// Columns that members of objects have made so far, by kind: they stay when a target is started anew.
    private var found: [DeliveryBatch.Kind: [Column]] = [:]

    /// Separates the names on the way to a member that has a column of its own.
    static let separator = "__"
    /// Where everything lies that has no column: a member of an object of its own.
    static let rest = "other"
    /// Columns that members of objects make, in each stream at most.
    static let mostFound = 1_000

    init(names: DeliveryPlaces, nesting: Nesting) { (self.names, self.nesting) = (names, nesting) }

    /// The members of a record that have a column.
    static func columns(_ kind: DeliveryBatch.Kind) -> [Column] {
        switch kind {
        case .message:
            [
                Column(name: "messageId", content: .text, isNeeded: true), Column(name: "type", content: .text, isNeeded: true),
                Column(name: "timestamp", content: .time, isNeeded: true), Column(name: "profile", content: .text),
            ]
                + ["userId", "anonymousId", "event", "name", "category", "groupId", "previousId"].map { Column(name: $0, content: .text) }
                + ["properties", "traits", "context"].map { Column(name: $0, content: .object) }
        case .membership:
            [
                Column(name: "key", content: .text, isNeeded: true), Column(name: "segment", content: .text, isNeeded: true),
                Column(name: "profile", content: .text, isNeeded: true), Column(name: "entered", content: .truth, isNeeded: true),
                Column(name: "at", content: .time, isNeeded: true), Column(name: "cause", content: .text),
                Column(name: "version", content: .integer, isNeeded: true),
            ]
        case .profile:
            [
                Column(name: "id", content: .text, isNeeded: true), Column(name: "identifiers", content: .list),
                Column(name: "traits", content: .object), Column(name: "as_of", content: .object),
                Column(name: "segments", content: .list), Column(name: "messages", content: .integer),
                Column(name: "first_seen", content: .time), Column(name: "last_seen", content: .time),
            ]
        }
    }

    /// What tells the rows of a stream apart.
    static func key(_ kind: DeliveryBatch.Kind) -> String {
        switch kind {
        case .message: "messageId"
        case .membership: "key"
        case .profile: "id"
        }
    }

    /// The SCHEMA message of a stream as it is now.
    func schema(_ kind: DeliveryBatch.Kind) -> JSONObject {
        var properties = JSONObject()
        for column in Self.columns(kind) where nesting != .columns || column.content != .object {
            properties.set(column.name, column.schema(nesting))
        }
        for column in found[kind] ?? [] { properties.set(column.name, column.schema(nesting)) }
        let rest = Column(name: Self.rest, content: .object)
        properties.set(rest.name, rest.schema(nesting == .columns ? .text : nesting))
        let schema = JSONObject([.init("type", .string("object")), .init("properties", .object(properties))])
        return JSONObject([
            .init("type", .string("SCHEMA")), .init("stream", .string(names[kind])), .init("schema", .object(schema)),
            .init("key_properties", .array([.string(Self.key(kind))])),
        ])
    }

    /// The row of a record.
    ///
    /// - Returns: The row, and whether it made a column or changed one: the stream's schema has to be told before the row then. Nil where
    ///   the record lacks what every row has.
    mutating func row(
        of record: JSONObject, kind: DeliveryBatch.Kind, key: String, profile: String
    ) -> (row: JSONObject, isSchemaNew: Bool)? {
        var record = record
        if kind == .membership { record.set("key", .string(key)) }
        if kind == .message {
            if !profile.isEmpty { record.set("profile", .string(profile)) }
            // Whatever members say when it happened, this is the instant.
            guard let message = try? Message(json: record, derivedID: nil) else { return nil }
            record.set("timestamp", .string(message.timestamp.text))
        }
        var (row, rest, isSchemaNew) = (JSONObject(), JSONObject(), false)
        let columns = Self.columns(kind)
        for column in columns {
            let value = record[column.name] ?? .null
            guard column.content.holds(value) else {
                if column.isNeeded { return nil }
                if value != .null { rest.set(column.name, value) }
                continue
            }
            if nesting == .columns, column.content == .object, let object = value.asObject {
                spread(object, under: column.name, kind, into: &row, &rest, &isSchemaNew)
            } else {
                row.members.append(.init(column.name, nesting == .object ? value : value.flat))
            }
        }
        for member in record.members where !columns.contains(where: { $0.name.sameScalars(as: member.name) }) && member.value != .null {
            rest.set(member.name, member.value)
        }
        if !rest.members.isEmpty { row.set(Self.rest, nesting == .object ? .object(rest) : JSONValue.object(rest).flat) }
        return (row, isSchemaNew)
    }

    /// Gives the members of an object columns of their own; those that can have none lie in the rest, under the column's name.
    private mutating func spread(
        _ object: JSONObject, under name: String, _ kind: DeliveryBatch.Kind, into row: inout JSONObject, _ rest: inout JSONObject,
        _ isSchemaNew: inout Bool
    ) {
        for member in object.members where member.value != .null {
            let path = name + Self.separator + member.name
            if let inner = member.value.asObject {
                spread(inner, under: path, kind, into: &row, &rest, &isSchemaNew)
                continue
            }
            var columns = found[kind] ?? []
            let value = member.value.flat
            let place = columns.firstIndex { $0.name.sameScalars(as: path) }
            let isTaken = row[path] != nil || Self.columns(kind).contains { $0.name.sameScalars(as: path) }
            guard !isTaken, place != nil || columns.count < Self.mostFound else {
                rest.set(path, value)
                continue
            }
            if let place {
                if columns[place].content != value.content, columns[place].content != .text {
                    (columns[place].content, isSchemaNew) = (.text, true)
                }
                row.set(path, columns[place].content == .text ? .string(value.asString ?? value.text) : value)
            } else {
                columns.append(Column(name: path, content: value.content))
                isSchemaNew = true
                row.set(path, value)
            }
            found[kind] = columns
        }
    }
}

extension TargetStreams.Content {
    /// Whether a value can stand in such a column.
    fileprivate func holds(_ value: JSONValue) -> Bool {
        switch (self, value) {
        case (.text, .string), (.truth, .bool), (.integer, .integer), (.object, .object), (.list, .array): true
        case (.time, .string(let text)): Instant(text: text) != nil
        case (.number, .integer), (.number, .unsigned), (.number, .number): true
        default: false
        }
    }
}

extension TargetStreams.Column {
    /// What JSON Schema says of it.
    fileprivate func schema(_ nesting: TargetStreams.Nesting) -> JSONValue {
        let word =
            switch content {
            case .text, .time: "string"
            case .truth: "boolean"
            case .integer: "integer"
            case .number: "number"
            case .object: nesting == .object ? "object" : "string"
            case .list: nesting == .object ? "array" : "string"
            }
        let type: JSONValue = isNeeded ? .string(word) : .array([.string(word), .string("null")])
        var schema = JSONObject([.init("type", type)])
        if content == .time { schema.set("format", .string("date-time")) }
        return .object(schema)
    }
}

extension JSONValue {
    /// Objects and lists as their text; everything else as it is.
    fileprivate var flat: JSONValue {
        switch self {
        case .object, .array: .string(text)
        case .null, .bool, .integer, .unsigned, .number, .string: self
        }
    }

    /// What a column for it holds.
    fileprivate var content: TargetStreams.Content {
        switch self {
        case .bool: .truth
        case .integer, .unsigned, .number: .number
        case .null, .string, .object, .array: .text
        }
    }
}
