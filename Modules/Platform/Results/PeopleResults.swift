public import EventModel

/// One person: identifiers, traits and segments at `now`.
public struct ProfileResult: CommandResult, Equatable {
    /// One identifier of the person.
    public struct Identifier: Sendable, Equatable {
        /// `user_id` or `anonymous_id`.
        public var namespace: String
        /// The id as messages carry it.
        public var id: String
    }

    /// The least user id, else the least anonymous id, by scalars.
    public var id: String
    /// User ids before anonymous ones, each by scalars.
    public var identifiers: [Identifier]
    /// Traits at `now`; one that was set to null is not there.
    public var traits: JSONObject
    /// When each of them was last said, as texts by the same names.
    public var asOf: JSONObject
    /// Messages at or before `now`.
    public var messages: Int
    /// Event time of the earliest message at or before `now`; nil where there is none.
    public var firstSeen: Instant?
    /// Event time of the latest message at or before `now`; nil where there is none.
    public var lastSeen: Instant?
    /// Names of the segments the person is in.
    public var segments: [String]

    public var json: JSONObject {
        let profile = JSONObject([
            "id": .string(id),
            "identifiers": .array(
                identifiers.map { .object(JSONObject(["namespace": .string($0.namespace), "id": .string($0.id)])) }),
            "traits": .object(traits), "as_of": .object(asOf), "messages": .integer(Int64(messages)),
            "first_seen": firstSeen.map { .string($0.text) } ?? .null, "last_seen": lastSeen.map { .string($0.text) } ?? .null,
            "segments": .list(segments),
        ])
        return JSONObject(["profile": .object(profile)])
    }
    public var records: [JSONObject] { json["profile"]?.asObject.map { [$0] } ?? [] }
    public var table: ResultTable {
        var rows: [[ResultTable.Cell]] = [[.text("id"), .text(id)]]
        rows += identifiers.map { [.text($0.namespace), .text($0.id)] }
        rows += [[.text("messages"), .count(messages)]]
        rows += [[.text("first seen"), firstSeen.map { .instant($0) } ?? .missing]]
        rows += [[.text("last seen"), lastSeen.map { .instant($0) } ?? .missing]]
        rows = rows.map { $0 + [.missing] }
        rows += traits.members.map {
            [
                .text("trait." + $0.name), .text($0.value.asString ?? $0.value.text),
                asOf[$0.name]?.asString.flatMap { Instant(text: $0) }.map { .instant($0) } ?? .missing,
            ]
        }
        rows += segments.map { [.text("segment"), .text($0), .missing] }
        return ResultTable([.init("field"), .init("value"), .init("as_of")], rows: rows)
    }
}

/// A person's messages in the order of their timestamps.
public struct TimelineResult: CommandResult, Equatable {
    /// The person's canonical id.
    public var id: String
    /// The latest ones, when there was a limit; earliest first.
    public var events: [Message]
    /// Messages at or before `now`, listed or not.
    public var total: Int

    public var json: JSONObject {
        JSONObject([
            "id": .string(id), "events": .array(events.map { .object($0.json) }), "total": .integer(Int64(total)),
        ])
    }
    public var records: [JSONObject] { events.map(\.json) }
    public var table: ResultTable {
        ResultTable(
            [.init("timestamp"), .init("type"), .init("name"), .init("details")],
            rows: events.map { message in
                [.instant(message.timestamp), .text(message.kind.word), .text(Self.name(message)), .text(Self.details(message))]
            })
    }
    public var notes: [String] {
        events.count < total ? ["The latest \(Figures.grouped(events.count)) of \(Figures.count(total, "message"))."] : []
    }

    private static func name(_ message: Message) -> String {
        switch message.kind {
        case .track: message.event ?? ""
        case .page, .screen: [message.category, message.name].compactMap { $0 }.joined(separator: " / ")
        case .group: message.groupID ?? ""
        case .alias: message.previousID ?? ""
        case .identify: message.userID ?? message.anonymousID ?? ""
        }
    }

    private static func details(_ message: Message) -> String {
        let object = message.kind == .identify ? message.traits : message.properties
        return object.members.map { "\($0.name): \($0.value.asString ?? $0.value.text)" }.joined(separator: ", ")
    }
}
