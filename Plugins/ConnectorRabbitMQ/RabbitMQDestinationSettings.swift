public import Connectors
public import EventModel

/// Settings of the destination `rabbitmq`: a broker, an exchange, and routing keys.
public struct RabbitMQDestinationSettings: DestinationSettings {
    private struct Own: Decodable {
        var exchange: String?
        var routingKey: String?
        var routingKeys: [String: String]?
        var payload: String?
        var mandatory: Bool?
        var timeout: Double?
    }
    private let broker: BrokerSettings
    private let own: Own

    public static let descriptor = ConnectorDescriptor(
        name: "rabbitmq", summary: "Publishes records to an exchange of RabbitMQ, and waits until the broker has them.",
        settings: BrokerSettings.descriptors + [
            .optional(
                "exchange", .text, "The exchange; it is there already.", usual: "the default one, whose routing keys are names of queues"),
            .optional("routingKey", .text, "The routing key of all records that have none in `routingKeys`."),
            .optional("routingKeys", .map, "Routing keys by what goes there: messages, memberships, profiles."),
            Payloads.written,
            .optional("mandatory", .truth, "Whether a record that reaches no queue is a dead letter; it is gone else.", usual: "true"),
            .optional(
                "timeout", .number(0.1...3_600), "After how long without the broker's word a batch has failed.", unit: "s", usual: "60"),
        ])

    public init(from decoder: any Decoder) throws {
        broker = try BrokerSettings(from: decoder)
        own = try Own(from: decoder)
    }

    /// Checks names; nothing is connected to before the first batch.
    public func makeDestination(_ context: ConnectorContext) throws(SettingsError) -> any Destination {
        if let exchange = own.exchange { try ShortName.check(exchange, at: ["exchange"]) }
        let keys = try DeliveryPlaces(
            own.routingKey, at: "routingKey", own.routingKeys, at: "routingKeys", check: ShortName.check)
        let destination = RabbitMQDestination(
            PublishingPlan(
                address: try broker.makeAddress(context), exchange: own.exchange ?? "", routingKeys: keys,
                isMandatory: own.mandatory ?? true, timeout: .milliseconds(Int64((own.timeout ?? 60) * 1_000))))
        return try context.encoding(own.payload, for: destination)
    }
}
