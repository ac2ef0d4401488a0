/// Why a message was refused: which field, what is wrong, and what to do.
public struct MessageError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The name of the member at fault; empty where the whole text is.
    public var field: String
    /// One or two sentences for whoever sent the message.
    public var description: String

    /// Names the field at fault (empty for the whole text) and says what is wrong with it.
    public init(field: String, _ description: String) { (self.field, self.description) = (field, description) }
}

extension Message {
    /// Checks one message of Segment's shape and reads its kind, id and time.
    ///
    /// - Parameter json: The message. Members that nothing below names are kept as they are.
    /// - Parameter derivedID: The `messageId` for a message that has none; it is put into `json` (at the end, or in place of a null).
    /// - Throws: `MessageError` at the first rule that is broken: `type` is one of six words; `userId` or `anonymousId` is a text that
    ///   is not empty; a track names its `event`, a group its `groupId`, an alias its `previousId`; `properties`, `traits` and `context`
    ///   are objects where they are there; the first of `timestamp`, `originalTimestamp` and `receivedAt` that is a time is the
    ///   message's; ids and names keep `MessageLimits`. A member that is null counts as absent.
    public init(json: JSONObject, derivedID: String?) throws(MessageError) {
        let kind = try Message.kind(of: json)
        let userID = try json.text("userId", atMost: MessageLimits.longestID, "an id")
        let anonymousID = try json.text("anonymousId", atMost: MessageLimits.longestID, "an id")
        if (userID ?? "").isEmpty && (anonymousID ?? "").isEmpty {
            throw MessageError(
                field: "userId", "The message has neither a userId nor an anonymousId. Give at least one as a text that is not empty.")
        }
        switch kind {
        case .track: try json.requireText("event", atMost: MessageLimits.longestName, "A track message says what happened in event")
        case .group: try json.requireText("groupId", atMost: MessageLimits.longestID, "A group message names its group in groupId")
        case .alias:
            try json.requireText("previousId", atMost: MessageLimits.longestID, "An alias message gives the earlier id in previousId")
        case .page, .screen:
            _ = try json.text("name", atMost: MessageLimits.longestName, "a name")
            _ = try json.text("category", atMost: MessageLimits.longestName, "a category")
        case .identify: break
        }
        for field in ["properties", "traits", "context"] {
            switch json[field] {
            case nil, .null?, .object?: break
            case let other?:
                throw MessageError(field: field, "\(field) is \(other.shown). Write an object ({...}) or leave it out.")
            }
        }
        let timestamp = try Message.timestamp(of: json)
        let messageID: String
        var json = json
        if let own = try json.text("messageId", atMost: MessageLimits.longestID, "an id") {
            if own.isEmpty { throw MessageError(field: "messageId", "messageId is empty. Write an id, or leave it out.") }
            messageID = own
        } else if let derivedID {
            messageID = derivedID
            json.set("messageId", .string(derivedID))
        } else {
            throw MessageError(field: "messageId", "The message has no messageId. Give every message an id of its own.")
        }
        self.init(kind: kind, messageID: messageID, timestamp: timestamp, json: json)
    }

    /// Decodes and checks one line of JSON with the reference decoder.
    ///
    /// - Throws: `MessageError`; where the text is not JSON, its sentence begins with line, column and byte, and `field` is empty.
    public init(parsing bytes: UnsafeBufferPointer<UInt8>, derivedID: String?) throws(MessageError) {
        let value: JSONValue
        do throws(JSONError) { value = try JSONValue(parsing: bytes) } catch {
            throw MessageError(field: "", "The message is not JSON: \(error.description)")
        }
        guard case .object(let json) = value else {
            throw MessageError(field: "", "A message is a JSON object ({...}), and this is \(value.shown).")
        }
        try self.init(json: json, derivedID: derivedID)
    }

    private static func kind(of json: JSONObject) throws(MessageError) -> Kind {
        let words = "track, identify, page, screen, group or alias"
        guard let type = json["type"], type != .null else {
            throw MessageError(field: "type", "The message has no type. Write type as \(words).")
        }
        guard case .string(let word) = type, let kind = Kind(word: word) else {
            throw MessageError(field: "type", "type is \(type.shown). Write \(words).")
        }
        return kind
    }

    private static func timestamp(of json: JSONObject) throws(MessageError) -> Instant {
        var unread: (field: String, value: JSONValue)?
        for field in ["timestamp", "originalTimestamp", "receivedAt"] {
            guard let value = json[field], value != .null else { continue }
            if let instant = Message.instant(of: value) { return instant }
            if unread == nil { unread = (field, value) }
        }
        let remedy = "as 2026-06-30T12:00:00.000Z (RFC 3339), or as whole milliseconds since 1970"
        guard let unread else {
            throw MessageError(
                field: "timestamp", "The message has no time. Write timestamp, originalTimestamp or receivedAt \(remedy).")
        }
        throw MessageError(field: unread.field, "\(unread.field) is \(unread.value.shown), which is not a time. Write it \(remedy).")
    }

    /// ISO text or whole milliseconds since 1970, within the years 0000 to 9999.
    private static func instant(of value: JSONValue) -> Instant? {
        let instant: Instant?
        switch value {
        case .string(let text): instant = Instant(text: text)
        case .integer(let milliseconds): instant = Instant(milliseconds: milliseconds)
        default: instant = nil
        }
        guard let instant, instant >= MessageLimits.earliest, instant <= MessageLimits.latest else { return nil }
        return instant
    }
}

extension JSONObject {
    /// The text under `field`, nil where it is absent or null.
    fileprivate func text(_ field: String, atMost longest: Int, _ what: String) throws(MessageError) -> String? {
        switch self[field] {
        case nil, .null?: return nil
        case .string(let text)?:
            if text.utf8.count <= longest { return text }
            throw MessageError(
                field: field, "\(field) has \(text.utf8.count) bytes, and \(what) has at most \(longest). Shorten it.")
        case let other?:
            switch other {
            case .integer, .unsigned, .number:
                throw MessageError(
                    field: field,
                    "\(field) is the number \(other.text), and \(what) is a text. Write it in double quotes: \"\(other.text)\".")
            default: throw MessageError(field: field, "\(field) is \(other.shown), and \(what) is a text. Write it in double quotes.")
            }
        }
    }

    fileprivate func requireText(_ field: String, atMost longest: Int, _ rule: String) throws(MessageError) {
        guard let text = try text(field, atMost: longest, field == "event" ? "an event's name" : "an id"), !text.isEmpty else {
            throw MessageError(
                field: field, "\(rule), and it is \(self[field] == nil ? "missing" : "empty"). Write it as a text that is not empty.")
        }
    }
}

extension JSONValue {
    /// The value as an error quotes it: its kind and the beginning of its text.
    fileprivate var shown: String {
        let text = text
        let longest = 60
        let start = text.unicodeScalars.prefix(longest)
        let quoted = start.endIndex == text.unicodeScalars.endIndex ? text : String(start) + "…"
        switch self {
        case .null, .bool: return quoted
        case .integer, .unsigned, .number: return "the number \(quoted)"
        case .string: return "the text \(quoted)"
        case .array: return "the array \(quoted)"
        case .object: return "the object \(quoted)"
        }
    }
}
