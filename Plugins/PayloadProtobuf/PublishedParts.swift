import Connectors
import EventModel
import SwiftProtobuf

extension [Part<Tessera_V1_Message>] {
    static let all: Self = [
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
    static let all: Self = [
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
    static let all: Self = [
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
