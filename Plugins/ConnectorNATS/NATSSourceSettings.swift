public import Connectors
public import EventModel

/// Settings of the source `nats`: servers, a stream, and what its messages hold.
public struct NATSSourceSettings: SourceSettings {
    private struct Own: Decodable {
        var stream: String
        var subject: String?
        var durable: String?
        var format: String?
        var payload: String?
        var start: String?
        var batchRecords: Int?
        var batchBytes: Int?
    }
    private let server: ServerSettings
    private let own: Own

    public static let descriptor = ConnectorDescriptor(
        name: "nats", summary: "Reads messages of a JetStream stream of NATS, on its own or with others.",
        settings: ServerSettings.descriptors + [
            .required("stream", .text, "The stream; it is there already."),
            .optional("subject", .text, "Only messages of this subject, which may have * and >.", usual: "all"),
            .optional(
                "durable", .text, "The durable consumer that several workers share; it is made where it is not there.",
                usual: "none: it reads all messages"),
            .optional("format", .text, "The format that is in a message; one that needs no mapping.", usual: "segment"),
            Payloads.read,
            .optional(
                "start", .word(["earliest", "latest"]), "Where it begins that was never read: at the first message, or behind the last.",
                usual: "earliest"),
            .optional("batchRecords", .integer(1...50_000), "Messages that are stored together, at most.", usual: "5000"),
            .optional(
                "batchBytes", .integer(1...4_194_304), "Bytes of messages that are stored together, about.", unit: "bytes", usual: "1048576"
            ),
        ])

    public init(from decoder: any Decoder) throws {
        server = try ServerSettings(from: decoder)
        own = try Own(from: decoder)
    }

    /// Checks names and the format; nothing is connected to before the first batch.
    public func makeSource(_ context: ConnectorContext) throws(SettingsError) -> any Source {
        try JetStreamName.check(own.stream, at: ["stream"])
        if let durable = own.durable { try JetStreamName.check(durable, at: ["durable"]) }
        if let subject = own.subject { try Subject.checkFilter(subject, at: ["subject"]) }
        return NATSSource(
            plan: JetStreamReadingPlan(
                address: try server.makeAddress(context), stream: own.stream, subject: own.subject, durable: own.durable,
                startsLatest: own.start == "latest", batchRecords: own.batchRecords ?? 5_000, batchBytes: own.batchBytes ?? 1 << 20,
                isRunOnce: context.isRunOnce, decoder: try RecordDecoder(named: own.format, payload: own.payload, context),
                report: context.report))
    }
}
