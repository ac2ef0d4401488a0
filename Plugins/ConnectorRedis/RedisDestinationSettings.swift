public import Connectors
public import EventModel

/// Settings of the destination `redis`: a server, and the streams that records go to.
public struct RedisDestinationSettings: DestinationSettings {
    private struct Own: Decodable {
        var stream: String?
        var streams: [String: String]?
        var payload: String?
        var maxLength: Int?
        var remember: Int?
    }
    private let server: ServerSettings
    private let own: Own

    /// Keys that are remembered where nothing else is said: more than a batch has.
    private static let fewestRemembered = 100_000

    public static let descriptor = ConnectorDescriptor(
        name: "redis", summary: "Adds records to Redis streams, each once.",
        settings: ServerSettings.descriptors + [
            .optional("stream", .text, "The stream of all records that have none in `streams`."),
            .optional("streams", .map, "Streams by what goes there: messages, memberships, profiles."),
            Payloads.written,
            .optional(
                "maxLength", .integer(1...1_000_000_000), "Entries that a stream keeps, about: the oldest go, read or not.", usual: "all"),
            .optional(
                "remember", .integer(fewestRemembered...10_000_000),
                "Keys of records that the server remembers of each stream, at least, and tells repeats by.", usual: "\(fewestRemembered)"),
        ])

    public init(from decoder: any Decoder) throws {
        server = try ServerSettings(from: decoder)
        own = try Own(from: decoder)
    }

    /// Checks names; nothing is connected to before the first batch.
    public func makeDestination(_ context: ConnectorContext) throws(SettingsError) -> any Destination {
        let streams = try DeliveryPlaces(own.stream, at: "stream", own.streams, at: "streams", check: StreamName.check)
        let destination = RedisDestination(
            StreamWritingPlan(
                address: try server.makeAddress(context), streams: streams, maxLength: own.maxLength,
                remembered: own.remember ?? Self.fewestRemembered))
        return try context.encoding(own.payload, for: destination)
    }
}
