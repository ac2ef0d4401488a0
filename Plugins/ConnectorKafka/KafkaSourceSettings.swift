public import Connectors
public import EventModel

/// Settings of the source `kafka`: brokers, topics, and what their records hold.
public struct KafkaSourceSettings: SourceSettings {
    var brokers: [String]
    var topics: [String]
    var group: String?
    var format: String?
    var payload: String?
    var start: String?
    var batchRecords: Int?
    var batchBytes: Int?
    var properties: SettingObject?

    public static let descriptor = ConnectorDescriptor(
        name: "kafka", summary: "Reads records of Kafka's topics, on its own or as one of a group.",
        settings: [
            .required("brokers", .texts, "Some of the cluster's brokers, each as host:port."),
            .required("topics", .texts, "The topics that are read."),
            .optional("group", .text, "The consumer group that shares the partitions.", usual: "none: it reads all partitions"),
            .optional("format", .text, "The format that is in a record's value; one that needs no mapping.", usual: "segment"),
            Payloads.read,
            .optional(
                "start", .word(["earliest", "latest"]), "Where it begins that was never read: at the first record, or behind the last.",
                usual: "earliest"),
            .optional("batchRecords", .integer(1...100_000), "Records that are stored together, at most.", usual: "10000"),
            .optional(
                "batchBytes", .integer(1...4_194_304), "Bytes of records that are stored together, about.", unit: "bytes", usual: "1048576"),
            .optional("properties", .object(withSecrets: true), "Properties of librdkafka, such as security.protocol."),
        ])

    /// Checks names and properties; nothing is connected to before the first batch.
    public func makeSource(_ context: ConnectorContext) throws(SettingsError) -> any Source {
        try ReadingPlaces.check(topics, at: "topics", each: "topic", check: TopicName.check)
        return KafkaSource(
            plan: KafkaReadingPlan(
                connection: try KafkaConnection(brokers: brokers, properties: properties, path: context.path), topics: topics, group: group,
                startsLatest: start == "latest", isRunOnce: context.isRunOnce, batchRecords: batchRecords ?? 10_000,
                batchBytes: batchBytes ?? 1 << 20, decoder: try RecordDecoder(named: format, payload: payload, context)))
    }
}
