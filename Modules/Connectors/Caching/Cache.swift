public import EventModel

/// Values by their keys, each for a while, which several connectors and several processes may share. Caches keep the promises of
/// `CacheContract`.
///
/// What is in it can be had again elsewhere: a value may go at any time before its own is over. What never happens is that a value stands that
/// was replaced or forgotten: when `keep` or `forget` returns, nobody is given the one before.
public protocol Cache: Sendable {
    /// The values that stand for keys now; a key without one is missing.
    func values(of keys: [String]) async throws(ConnectorError) -> [String: ContiguousArray<UInt8>]
    /// Lets a value stand for a key, in place of another.
    ///
    /// A key or value with more bytes than `CacheBounds` has is not kept; what stood for the key is gone.
    ///
    /// - Parameter lifetime: How long, at least a millisecond.
    func keep(_ value: ContiguousArray<UInt8>, of key: String, for lifetime: Duration) async throws(ConnectorError)
    /// Lets the values of keys go.
    func forget(_ keys: [String]) async throws(ConnectorError)
    /// Lets all values go that stood when it was called.
    func forgetAll() async throws(ConnectorError)
    /// Looks at it once, cheaply, and says in a sentence what it found.
    func probe() async throws(ConnectorError) -> String
}

/// What a cache takes.
public enum CacheBounds {
    /// Bytes of a key.
    public static let mostKeyBytes = 1_024
    /// Bytes of a value.
    public static let mostValueBytes = 1 << 20

    /// Whether a cache keeps this.
    public static func hold(_ value: ContiguousArray<UInt8>, of key: String) -> Bool {
        key.utf8.count <= mostKeyBytes && value.count <= mostValueBytes
    }
}

/// The decoded settings of one kind of cache; they know how to build it.
public protocol CacheSettings: Decodable, Sendable {
    /// What is known of the kind without making one.
    static var descriptor: ConnectorDescriptor { get }
    /// Checks the values and builds the cache. Touches nothing outside the process.
    ///
    /// - Throws: With the path of the setting at fault, from the cache's settings on.
    func makeCache(_ context: ConnectorContext) throws(SettingsError) -> any Cache
}
