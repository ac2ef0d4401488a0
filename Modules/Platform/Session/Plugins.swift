public import Connectors
public import EventModel
public import Storage

/// The parts that an app offers, handed to the platform: it knows the doors, never who stands behind them.
public struct Plugins: Sendable {
    /// What a store's file must be.
    public enum Access: Sendable {
        /// There already.
        case existing
        /// Made when it is not there.
        case creating
    }

    /// The formats that `import` reads.
    public var formats: FormatRegistry
    /// The sources that a worker can read, and the destinations that it can deliver to.
    public var connectors: ConnectorRegistries
    /// The enrichers that a worker can ask.
    public var enrichers: EnricherRegistry
    /// The caches that connectors can share.
    public var caches: CacheRegistry
    /// The verifiers that a tracking plan can name.
    public var verifiers: VerifierRegistry
    /// The languages of schemas that payloads can be written by.
    public var schemas: SchemaRegistry
    /// Opens the store at a path.
    public var openStore: @Sendable (_ path: String, _ access: Access) throws(StoreError) -> any EventStore

    /// Answers SELECT statements; nil where the app offers no SQL.
    public var sql: (any SQLQuerying)?

    /// Takes the formats, the connectors, the enrichers, the caches, the verifiers, the languages of schemas and the way to open a store.
    ///
    /// - Parameter openStore: Called by `Tessera.store`, once unless it throws.
    public init(
        formats: FormatRegistry, sources: SourceRegistry = SourceRegistry([]),
        destinations: DestinationRegistry = DestinationRegistry([]), enrichers: EnricherRegistry = EnricherRegistry([]),
        caches: CacheRegistry = CacheRegistry([]), verifiers: VerifierRegistry = VerifierRegistry([]),
        schemas: SchemaRegistry = SchemaRegistry([]),
        sql: (any SQLQuerying)? = nil,
        openStore: @escaping @Sendable (_ path: String, _ access: Access) throws(StoreError) -> any EventStore
    ) {
        connectors = ConnectorRegistries(sources: sources, destinations: destinations)
        (self.enrichers, self.caches, self.schemas) = (enrichers, caches, schemas)
        (self.formats, self.verifiers, self.sql, self.openStore) = (formats, verifiers, sql, openStore)
    }
}
