import Crypto
import EventModel
import Storage

/// The messages that bring a person back from a profile line alone.
enum ProfileMessages {
    /// One `identify` with all traits and consents under the canonical id, then one message for each further identifier that ties it to the first;
    /// for a trait's value that linked before the present one, an `identify` of a little earlier.
    /// Equal lines give equal messages, ids included, so that a second import of them changes nothing. Nil where the line makes no sense.
    static func make(_ profile: JSONObject, line: UnsafeBufferPointer<UInt8>) -> [JSONObject]? {
        guard let listed = profile["identifiers"]?.asArray, !listed.isEmpty else { return nil }
        var users: [String] = []
        var anonymous: [String] = []
        var former: [(trait: String, value: String)] = []
        var present = profile["traits"]?.asObject ?? JSONObject()
        for identifier in listed {
            guard let json = identifier.asObject, let kind = json["kind"]?.asString, let id = json["id"]?.asString else { return nil }
            switch IdentifierKind(word: kind) {
            case .user: users.append(id)
            case .anonymous: anonymous.append(id)
            case let linking?:
                let name = linking.word
                if present[name].flatMap(linking.normalised).map({ !$0.sameScalars(as: id) }) ?? true { former.append((name, id)) }
            case nil: return nil
            }
        }
        let digest = SHA256.hash(data: UnsafeRawBufferPointer(line)).prefix(16).map { SourceIdentity.hex($0) }.joined()
        let time = profile["at"] ?? .string("1970-01-01T00:00:00.000Z")
        var messages: [JSONObject] = []
        func add(_ type: String, _ members: [(String, String)], traits: JSONValue? = nil) {
            let isFirst = messages.isEmpty
            var json = JSONObject([.init("type", .string(type)), .init("messageId", .string("profile-\(digest)-\(messages.count)"))])
            for (name, text) in members { json.set(name, .string(text)) }
            if let traits { json.set("traits", traits) }
            if isFirst, let consent = profile["consent"] {
                json.set("context", .object(JSONObject([.init("consent", .object(JSONObject([.init("categoryPreferences", consent)])))])))
            }
            json.set("timestamp", time)
            messages.append(json)
        }
        for (trait, _) in former where present[trait] == nil { present.set(trait, .null) }
        let traits = JSONValue.object(present)
        if let first = users.first {
            add("identify", [("userId", first)], traits: traits)
            for id in anonymous { add("identify", [("userId", first), ("anonymousId", id)]) }
            for id in users.dropFirst() {
                // Two user ids are one person through an anonymous id that both came with, or through an alias.
                if let shared = anonymous.first {
                    add("identify", [("userId", id), ("anonymousId", shared)])
                } else {
                    add("identify", [("userId", id)])
                    add("alias", [("userId", first), ("previousId", id)])
                }
            }
        } else if let first = anonymous.first {
            add("identify", [("anonymousId", first)], traits: traits)
            for id in anonymous.dropFirst() {
                add("identify", [("anonymousId", id)])
                add("alias", [("anonymousId", first), ("previousId", id)])
            }
        }
        if let owner = messages.first, case .string(let at) = time, let instant = Instant(text: at) {
            let earlier = JSONValue.string(Instant(milliseconds: instant.milliseconds - 1).text)
            for (trait, value) in former {
                add("identify", [], traits: .object(JSONObject([.init(trait, .string(value))])))
                for id in ["userId", "anonymousId"] { if let text = owner[id] { messages[messages.count - 1].set(id, text) } }
                messages[messages.count - 1].set("timestamp", earlier)
            }
        }
        return messages
    }
}
