public import EventModel

/// All messages of one profile, in order.
public struct Timeline: Sendable, Hashable {
    /// Ascending by (timestamp, messageId by scalars).
    public let messages: [Message]

    /// Sorts the messages of one profile; duplicates by messageId must be gone already (the first accepted one counts).
    public init(_ messages: [Message]) {
        self.messages = messages.sorted {
            $0.timestamp == $1.timestamp ? $0.messageID.precedesByScalars($1.messageID) : $0.timestamp < $1.timestamp
        }
    }
}
