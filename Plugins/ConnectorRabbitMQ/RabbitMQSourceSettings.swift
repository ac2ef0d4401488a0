public import Connectors
public import EventModel

/// Settings of the source `rabbitmq`: a broker, a queue, and what its messages hold.
public struct RabbitMQSourceSettings: SourceSettings {
    private struct Own: Decodable {
        var queue: String
        var format: String?
        var payload: String?
        var prefetch: Int?
        var batchBytes: Int?
        var poison: String?
    }
    private let broker: BrokerSettings
    private let own: Own

    public static let descriptor = ConnectorDescriptor(
        name: "rabbitmq", summary: "Takes messages from a queue of RabbitMQ, and acknowledges those that are stored.",
        settings: BrokerSettings.descriptors + [
            .required("queue", .text, "The queue; it is there already."),
            .optional("format", .text, "The format that is in a message's body; one that needs no mapping.", usual: "segment"),
            Payloads.read,
            .optional(
                "prefetch", .integer(1...65_535),
                "Messages that the broker gives before the first is acknowledged, and that are stored together.", usual: "1000"),
            .optional(
                "batchBytes", .integer(1...4_194_304), "Bytes of messages that are stored together, about.", unit: "bytes",
                usual: "1048576"),
            .optional(
                "poison", .word(["quarantine", "reject"]),
                "Where bodies go that hold no message: to the store's quarantine, or to the queue's dead-letter exchange.",
                usual: "quarantine"),
        ])

    public init(from decoder: any Decoder) throws {
        broker = try BrokerSettings(from: decoder)
        own = try Own(from: decoder)
    }

    /// Checks names and the format; nothing is connected to before the first batch.
    public func makeSource(_ context: ConnectorContext) throws(SettingsError) -> any Source {
        try ShortName.check(own.queue, at: ["queue"])
        return RabbitMQSource(
            plan: QueueReadingPlan(
                address: try broker.makeAddress(context), queue: own.queue, prefetch: own.prefetch ?? 1_000,
                batchBytes: own.batchBytes ?? 1 << 20, rejectsPoison: own.poison == "reject", isRunOnce: context.isRunOnce,
                decoder: try RecordDecoder(named: own.format, payload: own.payload, context)))
    }
}
