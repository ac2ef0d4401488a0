public import Connectors
public import EventModel

/// Settings of `postgres` as a destination: a schema whose tables hold what is delivered.
public struct PostgresDestinationSettings: DestinationSettings {
    private struct Own: Decodable {
        var schema: String?
    }
    private let server: ServerSettings
    private let schema: String

    /// Bytes of a name, at most.
    private static let longestName = 63

    public static let descriptor = ConnectorDescriptor(
        name: "postgres", summary: "Keeps messages, memberships and profiles in tables of PostgreSQL.",
        settings: ServerSettings.descriptors + [
            .optional("schema", .text, "The schema that holds the tables; it and they are made where they are missing.", usual: "tessera")
        ])

    public init(from decoder: any Decoder) throws {
        server = try ServerSettings(from: decoder)
        schema = try Own(from: decoder).schema ?? "tessera"
    }

    /// Nothing is connected to before the first batch.
    public func makeDestination(_ context: ConnectorContext) throws(SettingsError) -> any Destination {
        guard schema.utf8.count <= Self.longestName, !schema.utf8.contains(0) else {
            throw SettingsError(at: ["schema"], "this is no name of a schema", remedy: "Write at most \(Self.longestName) bytes.")
        }
        return PostgresDestination(try server.makeServer(), schema: schema)
    }
}
