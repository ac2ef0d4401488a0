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
    /// Segments whose members were delivered once; nil in what an earlier version kept.
    var segments: Segments?
    /// What was delivered of the profiles that there were; nil in what an earlier version kept.
    var profiles: Profiles?
    /// How far it is known who got another canonical id; nil: not yet.
    var people: People?

    /// Segments of all that there are.
    enum Segments: Hashable {
        case all
        case only([String])

        func contains(_ name: String) -> Bool {
            switch self {
            case .all: true
            case .only(let names): names.contains { $0.sameScalars(as: name) }
            }
        }
    }

    /// Profiles that there were already.
    enum Profiles: Hashable {
        /// It is given none of them.
        case none
        /// A walk through them by id: the last one that is delivered.
        case walking(after: String?)
        /// They are delivered.
        case all
    }

    /// What was looked at of the people in the store.
    struct People: Hashable {
        /// Identifiers, by their ordinals.
        var identifiers: Int
        /// Records of the log of people.
        var records: Int
        /// The last record of membership that was delivered by then.
        var record: Int64
        /// Deliveries about those who were renamed behind that, so far.
        var delivered = 0
    }

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

    init(log: LogPlace, record: Int64, full: Full?, people: People?) {
        (self.log, self.record, self.full, self.people) = (log, record, full, people)
        (segments, profiles) = (.only([]), Profiles.none)
    }

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
        switch segments {
        case .all: object.set("segments", .null)
        case .only(let names): object.set("segments", .list(names))
        case nil: break
        }
        switch profiles {
        case .walking(let id): object.set("profiles", .object(JSONObject([.init("after", id.map { .string($0) } ?? .null)])))
        case .all: object.set("profiles", .bool(true))
        case .none?: object.set("profiles", .bool(false))
        case nil: break
        }
        if let people { object.set("people", .object(people.json)) }
        return Checkpoint(version: Self.version, position: object.text)
    }

    /// - Throws: `.stop` where something else wrote it.
    init(_ checkpoint: Checkpoint, of connector: String) throws(ConnectorError) {
        guard checkpoint.version == Self.version, let object = (try? JSONValue(parsing: checkpoint.position))?.asObject,
            let generation = object.integer("generation"), let offset = object.integer("offset").flatMap({ UInt64(exactly: $0) }),
            let messages = object.integer("messages"), let record = object.integer("record"), let changes = object.integer("changes")
        else {
            throw ConnectorError(
                .stop, at: connector, "the position that was kept is of another version or damaged",
                remedy: "Reset the connector: it begins again from the present.")
        }
        log = LogPlace(generation: generation, offset: offset)
        (self.messages, self.record, self.changes) = (Int(messages), record, Int(changes))
        full = object["full"]?.asObject.map { Full(segment: $0["segment"]?.asString, after: $0["after"]?.asString) }
        switch object["segments"] {
        case .null?: segments = .all
        case let names?: segments = .only(names.asArray?.compactMap(\.asString) ?? [])
        case nil: break
        }
        switch object["profiles"] {
        case .object(let walk)?: profiles = .walking(after: walk["after"]?.asString)
        case .bool(let areThere)?: profiles = areThere ? .all : Profiles.none
        default: break
        }
        people = object["people"]?.asObject.flatMap { People($0) }
    }
}

extension DeliveryPlace.People {
    fileprivate init?(_ object: JSONObject) {
        guard let identifiers = object.integer("identifiers"), let records = object.integer("records"),
            let record = object.integer("record"), let delivered = object.integer("delivered")
        else { return nil }
        self.init(identifiers: Int(identifiers), records: Int(records), record: record, delivered: Int(delivered))
    }

    fileprivate var json: JSONObject {
        JSONObject([
            .init("identifiers", .integer(Int64(identifiers))), .init("records", .integer(Int64(records))),
            .init("record", .integer(record)), .init("delivered", .integer(Int64(delivered))),
        ])
    }
}

extension JSONObject {
    fileprivate func integer(_ name: String) -> Int64? { if case .integer(let number) = self[name] { number } else { nil } }
}
