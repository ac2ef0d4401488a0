public import Connectors
public import EventModel

/// Settings of the destination `kafka`: brokers, and the topics that records go to.
public struct KafkaDestinationSettings: DestinationSettings {
    var brokers: [String]
    var topic: String?
    var topics: [String: String]?
    var payload: String?
    var timeout: Double?
    var properties: SettingObject?

    public static let descriptor = ConnectorDescriptor(
        name: "kafka", summary: "Writes records to Kafka's topics, those of one profile in one partition.",
        settings: [
            .required("brokers", .texts, "Some of the cluster's brokers, each as host:port."),
            .optional("topic", .text, "The topic of all records that have none in `topics`."),
            .optional("topics", .map, "Topics by what goes there: messages, memberships, profiles."),
            Payloads.written,
            .optional(
                "timeout", .number(0.1...3_600), "After how long without the brokers' word a batch has failed.", unit: "s", usual: "60"),
            .optional("properties", .object(withSecrets: true), "Properties of librdkafka, such as security.protocol."),
        ])

    /// Checks names and properties; nothing is connected to before the first batch.
    public func makeDestination(_ context: ConnectorContext) throws(SettingsError) -> any Destination {
        let topics = try DeliveryPlaces(topic, at: "topic", topics, at: "topics", check: TopicName.check)
        let destination = KafkaDestination(
            connection: try KafkaConnection(brokers: brokers, properties: properties, path: context.path),
            topics: topics,
            timeout: .milliseconds(Int64((timeout ?? 60) * 1_000)))
        return try context.encoding(payload, for: destination)
    }
}
