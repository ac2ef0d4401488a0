import EventModel
import HTTPTypes

/// How a body is to be read: which call it is, when it came, and what it may hold.
struct Collecting {
    /// Which of Segment's calls a path is.
    enum Call: Sendable, Hashable {
        /// One message, whose type the path says.
        case single(Message.Kind)
        /// `{"batch":[...]}`, each message with a type of its own.
        case batch
    }

    var call: Call
    /// When the request came.
    var receivedAt: Instant
    /// Bytes of a message as it was sent.
    var longestMessage: Int
    /// Messages of a batch.
    var mostMessages: Int
    /// Makes the id of a message that has none.
    var makeID: () -> String

    /// What is kept of message `number` (from 1) of a batch, which is too long: its finished line, and why.
    func putAside(_ line: some Collection<UInt8>, number: Int, bytes: Int) -> Reject {
        Reject(
            line: number,
            reason: "Message \(number) of the batch has \(bytes) bytes, and \(longestMessage) are allowed. Send less in it, or raise "
                + "limits.messageBytes in the server's settings.",
            text: String(decoding: line.prefix(Reject.longestText), as: UTF8.self))
    }

    /// Refuses a single message for its length.
    func refuseLongSingle(_ bytes: Int) throws(HTTPFailure) {
        if case .single = call, bytes > longestMessage {
            throw HTTPFailure(
                .contentTooLarge, "message_too_large", "The message has \(bytes) bytes, and \(longestMessage) are allowed.",
                remedy: "Send less in it, or raise limits.messageBytes in the server's settings.")
        }
    }

    /// Bytes to which the members that a batch shares may grow when every message has its own.
    static let mostSharedBytes = 8 << 20

    /// Refuses a batch of too many messages, and one whose shared members would grow without measure.
    func refuseGrowth(messages: Int, sharedBytes: Int) throws(HTTPFailure) {
        if messages > mostMessages {
            throw HTTPFailure(
                .badRequest, "too_many_messages", "The batch has \(messages) messages, and \(mostMessages) are allowed.",
                remedy: "Send smaller batches, or raise limits.batchMessages in the server's settings.")
        }
        if messages > 0, sharedBytes > Self.mostSharedBytes / messages {
            throw HTTPFailure(
                .contentTooLarge, "shared_too_large",
                "context and integrations of the batch have \(sharedBytes) bytes, which \(messages) messages would take each.",
                remedy: "Give each message what belongs to it, or send smaller batches.")
        }
    }

    /// What a body must be, where it is JSON but something else.
    static let notAnObject = HTTPFailure(
        .badRequest, "not_an_object", "The body is JSON, but not an object.",
        remedy: "Send one object: {\"userId\": ...}, or {\"batch\": [...]}.")
    static let noBatch = HTTPFailure(
        .badRequest, "no_batch", "The body has no member \"batch\" that is an array.", remedy: "Send {\"batch\": [message, message, ...]}.")
    /// `context` or `integrations` of a whole batch, to be merged into its messages, is no object.
    static func notMergeable(_ name: String) -> HTTPFailure {
        HTTPFailure(
            .badRequest, "not_an_object", "\(name) of the batch is not an object.",
            remedy: "Write an object ({...}) or leave it out.")
    }

    /// The time of a message by the server's clock: what the client's clock said, moved by how far that clock was off when it sent.
    ///
    /// As Segment's specification has it: `timestamp = receivedAt - (sentAt - originalTimestamp)`. Nil where a message may not have that
    /// time.
    func corrected(_ told: Instant, sentAt: Instant) -> Instant? {
        let (off, over) = receivedAt.milliseconds.subtractingReportingOverflow(sentAt.milliseconds)
        let (moved, overToo) = told.milliseconds.addingReportingOverflow(off)
        let time = Instant(milliseconds: moved)
        return over || overToo || time < MessageLimits.earliest || time > MessageLimits.latest ? nil : time
    }
}

/// A body that was taken apart.
struct SplitBody {
    /// One line a message, in their order; an empty line where one was put aside.
    var batch: MessageBatch
    /// The write key that the body named, where it named one as a text.
    var writeKey: String?
}
