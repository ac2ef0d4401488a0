/// The parts of a message that say whose it is and whom it concerns, without the rest of it.
public struct MessageHead: Sendable, Hashable {
    /// Which of the six calls it is.
    public var kind: Message.Kind
    /// Its id; nil where its JSON has none.
    public var messageID: String?
    /// A track message's event name.
    public var event: String?
    /// `userId`; nil where it is absent or empty.
    public var userID: String?
    /// `anonymousId`; nil where it is absent or empty.
    public var anonymousID: String?
    /// `context.source`: the connector that brought it, or that learned it.
    public var source: String?

    /// The parts of a message that was read whole.
    public init(of json: JSONObject, kind: Message.Kind) {
        func text(_ name: String, in object: JSONObject? = json) -> String? { object?[name]?.asString.flatMap { $0.isEmpty ? nil : $0 } }
        self.kind = kind
        (messageID, event, userID, anonymousID) = (text("messageId"), text("event"), text("userId"), text("anonymousId"))
        source = text("source", in: json["context"]?.asObject)
    }

    fileprivate init(kind: Message.Kind) { self.kind = kind }
}

/// Reads the heads of messages that were checked before, on simdjson's tape. Confined to one thread at a time.
public final class MessageHeadReader {
    private let parser = BulkParser()

    /// Makes a parser.
    public init() {}

    /// Reads one message.
    ///
    /// - Parameter line: Its JSON; at least `MessageBatch.padding` bytes more must be readable behind it.
    /// - Returns: Nil where it is no message.
    public func read(_ line: UnsafeBufferPointer<UInt8>) -> MessageHead? {
        if let tape = parser.parse(line), let head = Self.head(on: tape) { return head }
        // The message is odd (it names a member twice, say): the reference decoder says what it means.
        guard let json = (try? JSONValue(parsing: line))?.asObject, let word = json["type"]?.asString, let kind = Message.Kind(word: word)
        else { return nil }
        return MessageHead(of: json, kind: kind)
    }

    /// Nil: it is odd.
    private static func head(on tape: BulkParser.Tape) -> MessageHead? {
        guard tape.kind(1) == TapeKind.objectStart else { return nil }
        var head = MessageHead(kind: .track)
        var seen: Set<Part> = []
        var at = 2
        while tape.kind(at) != TapeKind.objectEnd {
            let (name, value) = (tape.string(at), at + 1)
            at = tape.after(value)
            guard let part = Part(name) else { continue }
            guard seen.insert(part).inserted else { return nil }
            switch part {
            case .type:
                guard let word = text(tape, value), let kind = Message.Kind(word: word) else { return nil }
                head.kind = kind
            case .messageID: head.messageID = text(tape, value)
            case .event: head.event = text(tape, value)
            case .userID: head.userID = text(tape, value)
            case .anonymousID: head.anonymousID = text(tape, value)
            case .context:
                guard tape.kind(value) == TapeKind.objectStart else { continue }
                var (inner, count) = (value + 1, 0)
                while tape.kind(inner) != TapeKind.objectEnd {
                    if matches(tape.string(inner), "source") {
                        head.source = text(tape, inner + 1)
                        count += 1
                    }
                    inner = tape.after(inner + 1)
                }
                if count > 1 { return nil }
            }
        }
        return seen.contains(.type) ? head : nil
    }

    /// The text of a value; nil where it is none, or empty.
    private static func text(_ tape: BulkParser.Tape, _ value: Int) -> String? {
        guard tape.kind(value) == TapeKind.string else { return nil }
        let bytes = tape.string(value)
        return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }
}

/// A member of a message that is a part of its head.
private enum Part {
    case type, messageID, event, userID, anonymousID, context

    /// Nil: the member is none.
    init?(_ name: UnsafeBufferPointer<UInt8>) {
        switch name.count {
        case 4 where matches(name, "type"): self = .type
        case 5 where matches(name, "event"): self = .event
        case 6 where matches(name, "userId"): self = .userID
        case 7 where matches(name, "context"): self = .context
        case 9 where matches(name, "messageId"): self = .messageID
        case 11 where matches(name, "anonymousId"): self = .anonymousID
        default: return nil
        }
    }
}

@inline(__always)
private func matches(_ bytes: UnsafeBufferPointer<UInt8>, _ word: StaticString) -> Bool {
    bytes.count == word.utf8CodeUnitCount && zip(bytes, UnsafeBufferPointer(start: word.utf8Start, count: bytes.count)).allSatisfy(==)
}
