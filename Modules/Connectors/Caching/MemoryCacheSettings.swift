public import EventModel
import Foundation

/// Settings of the cache `memory`.
public struct MemoryCacheSettings: CacheSettings {
    var entries: Int?
    var bytes: Int?

    /// Values of a cache where nothing else is said.
    public static let usualEntries = 10_000

    public static let descriptor = ConnectorDescriptor(
        name: "memory", summary: "Keeps values in the memory of the worker.",
        settings: [
            .optional("entries", .integer(1...1_000_000), "Values that are kept, at most.", usual: "\(usualEntries)"),
            .optional(
                "bytes", .integer(1_024...(1 << 34)), "Bytes of values and their keys, at most.", unit: "bytes", usual: "67108864"),
        ])

    public func makeCache(_ context: ConnectorContext) throws(SettingsError) -> any Cache {
        MemoryCache(most: entries ?? Self.usualEntries, mostBytes: bytes ?? 64 << 20, now: context.now)
    }
}
