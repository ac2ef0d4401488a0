import Crypto
import EventModel

/// The messages that bring a person back from a profile line alone.
enum ProfileMessages {
    /// One `identify` with all traits and consents under the canonical id, then one message for each further identifier that ties it to the first.
    /// Equal lines give equal messages, ids included, so that a second import of them changes nothing. Nil where the line makes no sense.
    static func make(_ profile: JSONObject, line: UnsafeBufferPointer<UInt8>) -> [JSONObject]? {
        guard let listed = profile["identifiers"]?.asArray, !listed.isEmpty else { return nil }
        var users: [String] = []
        var anonymous: [String] = []
        for identifier in listed {
            guard let json = identifier.asObject, let kind = json["kind"]?.asString, let id = json["id"]?.asString else { return nil }
            if kind.sameScalars(as: "user_id") { users.append(id) } else { anonymous.append(id) }
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
        let traits = profile["traits"] ?? .object(JSONObject())
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
        return messages
    }
}
