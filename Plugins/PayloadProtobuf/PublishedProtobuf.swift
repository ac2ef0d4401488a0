import Connectors
import EventModel
import SwiftProtobuf

/// Tessera's own messages: `Documentation/Schemas/protobuf/tessera/v1` of the repository.
struct PublishedProtobuf: PayloadCodec {
    let contentType = "application/x-protobuf"

    /// Bytes of a record for each of its JSON: members of small values have more of them than their JSON.
    private static let mostBytesEach = 4

    /// Only messages are read.
    func decode(_ bytes: UnsafeRawBufferPointer, longest: Int) throws(PayloadError) -> ContiguousArray<UInt8> {
        guard bytes.count / Self.mostBytesEach <= longest else {
            throw PayloadError("The record has \(bytes.count) bytes: it becomes longer than records may be.")
        }
        let message: Tessera_V1_Message
        do { message = try Tessera_V1_Message(serializedBytes: Array(bytes)) } catch {
            throw PayloadError("It is no tessera.v1.Message: \(Self.reason(error)).")
        }
        var json = ContiguousArray<UInt8>()
        try message.json().append(to: &json)
        guard json.count <= longest else { throw PayloadError("The record becomes \(json.count) bytes of JSON, and \(longest) may be.") }
        return json
    }

    func encode(_ record: JSONObject, _ kind: DeliveryBatch.Kind) throws(PayloadError) -> ContiguousArray<UInt8> {
        do {
            let bytes: [UInt8] =
                switch kind {
                case .message: try Tessera_V1_Message(record).serializedBytes()
                case .membership: try Tessera_V1_Membership(record).serializedBytes()
                case .profile: try Tessera_V1_Profile(record).serializedBytes()
                }
            return ContiguousArray(bytes)
        } catch { throw PayloadError("It cannot be written as Protobuf: \(Self.reason(error)).") }
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case BinaryDecodingError.truncated: "it ends within a field"
        case BinaryDecodingError.invalidUTF8: "a text is not UTF-8"
        case BinaryDecodingError.malformedProtobuf: "its bytes are no fields"
        case BinaryDecodingError.messageDepthLimit: "messages lie too deep in each other"
        default: "its bytes cannot be read"
        }
    }
}

// MARK: - messages

/// A field of one of the messages: how it takes a member of JSON, and tells it.
struct Part<Whole>: Sendable {
    /// In JSON.
    var name: String
    /// Takes a value; false where the field cannot say it exactly. A time that is written otherwise is taken all the same.
    var take: @Sendable (inout Whole, JSONValue) -> Bool
    /// Nil: it is not there.
    var tell: @Sendable (Whole) throws(PayloadError) -> JSONValue?

    static func text(
        _ name: String, take: @escaping @Sendable (inout Whole, String) -> Void, tell: @escaping @Sendable (Whole) -> String?
    ) -> Part {
        Part(name: name) { whole, value in
            guard case .string(let text) = value else { return false }
            take(&whole, text)
            return true
        } tell: { (whole: Whole) throws(PayloadError) in
            tell(whole).map { .string($0) }
        }
    }

    static func time(
        _ name: String, take: @escaping @Sendable (inout Whole, Google_Protobuf_Timestamp) -> Void,
        tell: @escaping @Sendable (Whole) -> Google_Protobuf_Timestamp?
    ) -> Part {
        Part(name: name) { whole, value in
            guard case .string(let text) = value, let instant = Instant(text: text) else { return false }
            take(&whole, Google_Protobuf_Timestamp(instant))
            return instant.text == text
        } tell: { (whole: Whole) throws(PayloadError) in
            guard let time = tell(whole) else { return nil }
            guard let instant = Instant(time) else { throw PayloadError("The time in `\(name)` lies outside of the years 0000 to 9999.") }
            return .string(instant.text)
        }
    }

    static func object(
        _ name: String, take: @escaping @Sendable (inout Whole, Tessera_V1_Object) -> Void,
        tell: @escaping @Sendable (Whole) -> Tessera_V1_Object?
    ) -> Part {
        Part(name: name) { whole, value in
            guard case .object(let object) = value else { return false }
            take(&whole, Tessera_V1_Object(object, level: 1))
            return true
        } tell: { (whole: Whole) throws(PayloadError) in
            guard let object = tell(whole) else { return nil }
            return .object(try object.json())
        }
    }
}

extension [Part<Tessera_V1_Message>] {
    fileprivate static let all: Self = [
        .init(name: "type") { whole, value in
            guard let type = kinds.first(where: { .string($0.word) == value })?.type else { return false }
            whole.type = type
            return true
        } tell: { (whole: Tessera_V1_Message) throws(PayloadError) in
            kinds.first { $0.type == whole.type }.map { .string($0.word) }
        },
        .text("messageId") {
            $0.messageID = $1
        } tell: {
            $0.hasMessageID ? $0.messageID : nil
        },
        .time("timestamp") {
            $0.timestamp = $1
        } tell: {
            $0.hasTimestamp ? $0.timestamp : nil
        },
        .text("userId") {
            $0.userID = $1
        } tell: {
            $0.hasUserID ? $0.userID : nil
        },
        .text("anonymousId") {
            $0.anonymousID = $1
        } tell: {
            $0.hasAnonymousID ? $0.anonymousID : nil
        },
        .text("event") {
            $0.event = $1
        } tell: {
            $0.hasEvent ? $0.event : nil
        },
        .text("name") {
            $0.name = $1
        } tell: {
            $0.hasName ? $0.name : nil
        },
        .text("category") {
            $0.category = $1
        } tell: {
            $0.hasCategory ? $0.category : nil
        },
        .text("groupId") {
            $0.groupID = $1
        } tell: {
            $0.hasGroupID ? $0.groupID : nil
        },
        .text("previousId") {
            $0.previousID = $1
        } tell: {
            $0.hasPreviousID ? $0.previousID : nil
        },
        .object("properties") {
            $0.properties = $1
        } tell: {
            $0.hasProperties ? $0.properties : nil
        },
        .object("traits") {
            $0.traits = $1
        } tell: {
            $0.hasTraits ? $0.traits : nil
        },
        .object("context") {
            $0.context = $1
        } tell: {
            $0.hasContext ? $0.context : nil
        },
    ]
    private static let kinds: [(word: String, type: Tessera_V1_Message.TypeEnum)] = [
        ("track", .track), ("identify", .identify), ("page", .page), ("screen", .screen), ("group", .group), ("alias", .alias),
    ]
}

extension [Part<Tessera_V1_Membership>] {
    fileprivate static let all: Self = [
        .text("segment") {
            $0.segment = $1
        } tell: {
            $0.hasSegment ? $0.segment : nil
        },
        .text("profile") {
            $0.profile = $1
        } tell: {
            $0.hasProfile ? $0.profile : nil
        },
        .init(name: "entered") { whole, value in
            guard case .bool(let truth) = value else { return false }
            whole.entered = truth
            return true
        } tell: { (whole: Tessera_V1_Membership) throws(PayloadError) in
            whole.hasEntered ? .bool(whole.entered) : nil
        },
        .time("at") {
            $0.at = $1
        } tell: {
            $0.hasAt ? $0.at : nil
        },
        .text("cause") {
            $0.cause = $1
        } tell: {
            $0.hasCause ? $0.cause : nil
        },
        .init(name: "version") { whole, value in
            guard case .integer(let number) = value else { return false }
            whole.version = number
            return true
        } tell: { (whole: Tessera_V1_Membership) throws(PayloadError) in
            whole.hasVersion ? .integer(whole.version) : nil
        },
    ]
}

extension [Part<Tessera_V1_Profile>] {
    fileprivate static let all: Self = [
        .text("id") {
            $0.id = $1
        } tell: {
            $0.hasID ? $0.id : nil
        },
        .init(name: "identifiers") { whole, value in
            guard let elements = value.asArray, !elements.isEmpty else { return false }
            let read = elements.compactMap { Tessera_V1_Identifier($0) }
            guard read.count == elements.count else { return false }
            whole.identifiers = read
            return true
        } tell: { (whole: Tessera_V1_Profile) throws(PayloadError) in
            whole.identifiers.isEmpty ? nil : .array(whole.identifiers.map(\.json))
        },
        .object("traits") {
            $0.traits = $1
        } tell: {
            $0.hasTraits ? $0.traits : nil
        },
        .object("as_of") {
            $0.asOf = $1
        } tell: {
            $0.hasAsOf ? $0.asOf : nil
        },
        .init(name: "messages") { whole, value in
            guard case .integer(let number) = value else { return false }
            whole.messages = number
            return true
        } tell: { (whole: Tessera_V1_Profile) throws(PayloadError) in
            whole.hasMessages ? .integer(whole.messages) : nil
        },
        .time("first_seen") {
            $0.firstSeen = $1
        } tell: {
            $0.hasFirstSeen ? $0.firstSeen : nil
        },
        .time("last_seen") {
            $0.lastSeen = $1
        } tell: {
            $0.hasLastSeen ? $0.lastSeen : nil
        },
        .init(name: "segments") { whole, value in
            guard let elements = value.asArray, !elements.isEmpty else { return false }
            let read = elements.compactMap(\.asString)
            guard read.count == elements.count else { return false }
            whole.segments = read
            return true
        } tell: { (whole: Tessera_V1_Profile) throws(PayloadError) in
            whole.segments.isEmpty ? nil : .array(whole.segments.map { .string($0) })
        },
    ]
}

extension Tessera_V1_Identifier {
    /// Nil where it is anything else than both members in their order.
    fileprivate init?(_ value: JSONValue) {
        guard let members = value.asObject?.members, members.map(\.name) == ["namespace", "id"],
            let namespace = members[0].value.asString, let id = members[1].value.asString
        else { return nil }
        self.init()
        (self.namespace, self.id) = (namespace, id)
    }

    fileprivate var json: JSONValue { .object(JSONObject([.init("namespace", .string(namespace)), .init("id", .string(id))])) }
}

/// A message of several parts, and all that they cannot say.
protocol PartedMessage {
    init()
    var hasOther: Bool { get }
    var other: Tessera_V1_Object { get set }
    static var parts: [Part<Self>] { get }
}
extension Tessera_V1_Message: PartedMessage { static var parts: [Part<Self>] { .all } }
extension Tessera_V1_Membership: PartedMessage { static var parts: [Part<Self>] { .all } }
extension Tessera_V1_Profile: PartedMessage { static var parts: [Part<Self>] { .all } }

extension PartedMessage {
    /// Every member is in its part, among the others, or both.
    init(_ record: JSONObject) {
        self.init()
        var others = JSONObject()
        for member in record.members {
            let part = Self.parts.first { $0.name.sameScalars(as: member.name) }
            if part?.take(&self, member.value) != true { others.members.append(member) }
        }
        if !others.members.isEmpty { other = Tessera_V1_Object(others, level: 1) }
    }

    /// The record; its parts in the order of the schema, then the others.
    func json() throws(PayloadError) -> JSONObject {
        var record = JSONObject()
        for part in Self.parts {
            if let value = try part.tell(self) { record.members.append(.init(part.name, value)) }
        }
        let own = record.members.count
        for member in hasOther ? try other.json().members : [] {
            let place = record.members[..<own].firstIndex { $0.name.sameScalars(as: member.name) }
            if let place { record.members[place].value = member.value } else { record.members.append(member) }
        }
        return record
    }
}
