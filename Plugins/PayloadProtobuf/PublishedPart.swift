import Connectors
import EventModel
import SwiftProtobuf

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
