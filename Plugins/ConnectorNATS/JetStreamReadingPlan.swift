import Connectors
import EventModel

/// What a source reads, and how.
struct JetStreamReadingPlan: Sendable {
    let address: NATSAddress
    let stream: String
    /// Nil: all messages of the stream.
    let subject: String?
    /// The consumer that several workers share; nil: it reads on its own.
    let durable: String?
    /// Whether a first reading leaves out what is there already.
    let startsLatest: Bool
    /// Messages, and bytes of them, that are stored together, about.
    let batchRecords, batchBytes: Int
    /// Whether it ends where the stream ends now.
    let isRunOnce: Bool
    let decoder: RecordDecoder
    /// Takes sentences for the log.
    let report: @Sendable (String) -> Void
}

/// Where reading goes on: the number of the last message that was given, and of which stream.
struct JetStreamPosition: Hashable {
    /// When the stream was made, in nanoseconds: another of the same name counts anew.
    var created: Int64
    var last: UInt64

    var checkpoint: Checkpoint {
        let object = JSONObject([.init("created", .string(String(created))), .init("sequence", .string(String(last)))])
        return Checkpoint(version: 1, position: object.text)
    }

    init(created: Int64, last: UInt64) { (self.created, self.last) = (created, last) }

    /// Nil where the checkpoint is that of a shared consumer.
    init?(_ checkpoint: Checkpoint) throws(ConnectorError) {
        let object = (try? JSONValue(parsing: Array(checkpoint.position.utf8)))?.asObject
        guard checkpoint.version == 1, let object else { throw Self.foreign }
        if object.members.isEmpty { return nil }
        guard let created = object["created"]?.asString.flatMap({ Int64($0) }),
            let last = object["sequence"]?.asString.flatMap({ UInt64($0) })
        else { throw Self.foreign }
        self.init(created: created, last: last)
    }

    private static let foreign = ConnectorError(
        .stop, at: "nats", "the kept position is of something else", remedy: "Reset the connector: what is read again is stored once.")
}
