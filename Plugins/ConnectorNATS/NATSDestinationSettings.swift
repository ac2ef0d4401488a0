public import Connectors
public import EventModel

/// Settings of the destination `nats`: servers, and subjects.
public struct NATSDestinationSettings: DestinationSettings {
    private struct Own: Decodable {
        var subject: String?
        var subjects: [String: String]?
        var payload: String?
    }
    private let server: ServerSettings
    private let own: Own

    public static let descriptor = ConnectorDescriptor(
        name: "nats", summary: "Publishes records to JetStream streams of NATS, and waits until they have them.",
        settings: ServerSettings.descriptors + [
            .optional("subject", .text, "The subject of all records that have none in `subjects`."),
            .optional("subjects", .map, "Subjects by what goes there: messages, memberships, profiles."),
            Payloads.written,
        ])

    public init(from decoder: any Decoder) throws {
        server = try ServerSettings(from: decoder)
        own = try Own(from: decoder)
    }

    /// Checks names; nothing is connected to before the first batch.
    public func makeDestination(_ context: ConnectorContext) throws(SettingsError) -> any Destination {
        let subjects = try DeliveryPlaces(own.subject, at: "subject", own.subjects, at: "subjects", check: Subject.check)
        return try context.encoding(
            own.payload, for: NATSDestination(PublishingPlan(address: try server.makeAddress(context), subjects: subjects)))
    }
}
