import Connectors
import EventModel
import Storage

/// How far a destination has come, in the log of messages and in the records of memberships.
struct DeliveryPlace: Hashable {
    /// Everything before is delivered.
    var log: LogPlace
    /// And so many messages behind it.
    var messages = 0
    /// The record of membership to go on with: all before are delivered.
    var record: Int64
    /// And so many of its changes.
    var changes = 0
    /// What of the memberships at the beginning is delivered; nil: all.
    var full: Full?

    /// A walk through the members of segments, by name, each by id.
    struct Full: Hashable {
        /// The segment that is walked through; nil: the first.
        var segment: String?
        /// The last member of it that is delivered.
        var after: String?
    }

    /// The last record of membership that something of is delivered.
    var lastRecord: Int64 { changes > 0 ? record : record - 1 }

    private static let version: UInt16 = 1

    init(log: LogPlace, record: Int64, full: Full?) { (self.log, self.record, self.full) = (log, record, full) }

    var checkpoint: Checkpoint {
        var object = JSONObject([
            .init("generation", .integer(log.generation)), .init("offset", .integer(Int64(log.offset))),
            .init("messages", .integer(Int64(messages))), .init("record", .integer(record)), .init("changes", .integer(Int64(changes))),
        ])
        if let full {
            object.set(
                "full",
                .object(
                    JSONObject([
                        .init("segment", full.segment.map { .string($0) } ?? .null),
                        .init("after", full.after.map { .string($0) } ?? .null),
                    ])))
        }
        return Checkpoint(version: Self.version, position: object.text)
    }

    /// - Throws: `.stop` where something else wrote it.
    init(_ checkpoint: Checkpoint, of connector: String) throws(ConnectorError) {
        func number(_ object: JSONObject, _ name: String) -> Int64? { if case .integer(let number) = object[name] { number } else { nil } }
        guard checkpoint.version == Self.version, let object = (try? JSONValue(parsing: checkpoint.position))?.asObject,
            let generation = number(object, "generation"), let offset = number(object, "offset").flatMap({ UInt64(exactly: $0) }),
            let messages = number(object, "messages"), let record = number(object, "record"), let changes = number(object, "changes")
        else {
            throw ConnectorError(
                .stop, at: connector, "the position that was kept is of another version or damaged",
                remedy: "Reset the connector: it begins again from the present.")
        }
        log = LogPlace(generation: generation, offset: offset)
        (self.messages, self.record, self.changes) = (Int(messages), record, Int(changes))
        full = object["full"]?.asObject.map { Full(segment: $0["segment"]?.asString, after: $0["after"]?.asString) }
    }
}
