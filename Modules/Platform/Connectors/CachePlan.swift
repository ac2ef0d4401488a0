public import Connectors
public import EventModel
import Service

/// The caches that a settings file names, checked: section `caches`, a list.
public struct CachePlan: Sendable {
    /// One of them.
    public struct Entry: Sendable {
        /// Its own name, by which connectors name it.
        public var name: String
        /// What it is: the word of `kind:`.
        public var kind: String
        /// The cache itself.
        public var cache: any Cache
        /// The same, as connectors use it.
        var shared: OptionalCache
    }
    /// In their order; no two of one name.
    public var entries: [Entry] = []
    /// Everything that was written of them: connectors that use one begin anew where it changes.
    var written = JSONValue.null
    /// The files with their secrets: likewise.
    var secrets = SecretFiles()

    /// No cache.
    public init() {}

    private static let section = NamedEntries(
        word: "cache", most: 64, example: "- {name: answers, kind: memory}", kept: "connectors name it by it")
    private static let common = ["name", "kind"]

    /// Checks a section.
    ///
    /// - Throws: Everything that is wrong with it, each with its path in the section.
    public init(
        settings: JSONValue, kinds: CacheRegistry, environment: [String: String], context: ConnectorContext
    ) throws(SettingsErrors) {
        written = settings
        try Self.section.read(settings) { written, name, errors throws(SettingsErrors) in
            guard let kind = written["kind"]?.asString, !kind.isEmpty else {
                errors.append(
                    SettingsError(
                        at: ["kind"], "the kind of cache is missing", remedy: "There are: \(listed(kinds.descriptors.map(\.name)))."))
                return
            }
            // Before the secrets themselves: one that changes meanwhile is found to be another.
            let described = kinds.descriptors.first { $0.name.sameScalars(as: kind) }
            secrets.formUnion(SecretFiles(described?.secretFiles(in: written) ?? []))
            var lent = context
            lent.report = { context.report("The cache \(name): \($0)") }
            let cache = try kinds.make(kind, settings: written, besides: Self.common, environment: environment, context: lent)
            if errors.isEmpty { entries.append(Entry(name: name, kind: kind, cache: cache, shared: OptionalCache(cache, lent))) }
        }
    }

    /// As connectors are lent them.
    var shared: [String: OptionalCache] { Dictionary(uniqueKeysWithValues: entries.map { ($0.name, $0.shared) }) }

    /// Counts of each.
    var figures: [ServiceFigure] {
        entries.flatMap { entry in
            let counts = entry.shared.counts
            return [("hit", counts.hits), ("miss", counts.misses), ("failed", counts.failures)].map { outcome, count in
                ServiceFigure(
                    "tessera_cache_requests_total", .counter,
                    help: "Keys that a cache was asked for since it was made, by whether it had them; and calls that failed.",
                    labels: ["cache": entry.name, "outcome": outcome], value: Double(count))
            }
        }
    }
}
