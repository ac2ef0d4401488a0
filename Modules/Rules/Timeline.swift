public import EventModel

/// All messages of one profile, in order.
public struct Timeline: Sendable, Hashable {
    /// Ascending by (timestamp, messageId by scalars).
    public let messages: [Message]

    /// Sorts the messages of one profile; duplicates by messageId must be gone already (the first accepted one counts).
    public init(_ messages: [Message]) {
        self.messages = messages.sorted(by: Self.precedes)
    }

    /// The order of a profile's messages: by timestamp, then by messageId.
    public static func precedes(_ a: Message, _ b: Message) -> Bool {
        a.timestamp == b.timestamp ? a.messageID.precedesByScalars(b.messageID) : a.timestamp < b.timestamp
    }
}
