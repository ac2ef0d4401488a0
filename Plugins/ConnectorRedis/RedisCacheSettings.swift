public import Connectors
public import EventModel

/// Settings of the cache `redis`: a server, and what the names of its keys begin with.
public struct RedisCacheSettings: CacheSettings {
    private struct Own: Decodable {
        var prefix: String?
        var entries: Int?
    }
    private let server: ServerSettings
    private let own: Own

    public static let descriptor = ConnectorDescriptor(
        name: "redis", summary: "Keeps values in a Redis server, for all workers that use it.",
        settings: ServerSettings.descriptors + [
            .optional(
                "prefix", .text, "What its keys on the server begin with: caches with the same one share their values.",
                usual: "tessera:cache"),
            .optional(
                "entries", .integer(1...10_000_000), "Values that are kept, at most: those that were not used for the longest go.",
                usual: "100000"),
        ])

    public init(from decoder: any Decoder) throws {
        server = try ServerSettings(from: decoder)
        own = try Own(from: decoder)
    }

    /// Checks names; nothing is connected to before the first question.
    public func makeCache(_ context: ConnectorContext) throws(SettingsError) -> any Cache {
        let prefix = own.prefix ?? "tessera:cache"
        try StreamName.check(prefix, at: ["prefix"])
        return RedisCache(try server.makeAddress(context), prefix: prefix, most: own.entries ?? 100_000)
    }
}
