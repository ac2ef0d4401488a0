public import EventModel

/// Knows more of the person of a message than the message says: a row of a bought table, the mood of a text. Enrichers keep the promises of
/// `EnricherContract`.
///
/// It is asked for every message it is meant for, from many threads, before the message is stored. So it never waits: it answers from what it
/// has in memory. What it gives is stored together with the message, as an identify of its own.
public protocol Enricher: Sendable {
    /// The parts of a message that it is given, as names from the message's root: `["properties", "sku"]`. It sees nothing else of it.
    var parts: [[String]] { get }
    /// Those of its parts whose text is taken out of the message before that is stored. None by default.
    var purged: [[String]] { get }
    /// What is known of the person.
    ///
    /// The same parts at the same instant get the same answer, until `refresh` has found another state of the world. No trait is in it twice.
    ///
    /// - Parameter parts: The values, in the order of `self.parts`; nil where the message has none.
    /// - Parameter now: When it is asked.
    /// - Returns: Traits in the order in which they are stored; empty where nothing is known.
    /// - Throws: Why it cannot say. The message is stored without it.
    func traits(of parts: [JSONValue?], at now: Instant) throws(ConnectorError) -> [GivenTraits]
    /// Looks whether what it knows has changed, about once a second and beside the messages. By default nothing changes.
    func refresh()
}

extension Enricher {
    public var purged: [[String]] { [] }
    public func refresh() {}
}

/// Traits of one origin, for one purpose, that hold for the same time: they become one message.
public struct GivenTraits: Sendable, Hashable {
    /// The traits, at most `mostTraits`.
    public var traits: JSONObject
    /// What they may be used for; nil: what the settings of the enricher say.
    public var purpose: String?
    /// For how long they hold from the time of the message; nil: for as long as the settings of the enricher say.
    public var timeToLive: Duration?

    /// Traits of one message, at most.
    public static let mostTraits = 256
    /// Bytes of these as JSON, at most.
    public static let mostBytes = 32_768

    /// Joins the parts.
    public init(_ traits: JSONObject, purpose: String? = nil, timeToLive: Duration? = nil) {
        (self.traits, self.purpose, self.timeToLive) = (traits, purpose, timeToLive)
    }

    /// Whether it keeps the bounds and gives something.
    public var isWithinBounds: Bool {
        (1...Self.mostTraits).contains(traits.members.count) && traits.members.allSatisfy { !$0.name.isEmpty }
            && traits.text.utf8.count <= Self.mostBytes
    }
}

/// The decoded settings of one kind of enricher; they know how to build it.
public protocol EnricherSettings: Decodable, Sendable {
    /// What is known of the kind without making one.
    static var descriptor: ConnectorDescriptor { get }
    /// Checks the values and builds the enricher. Files that they name are read now; nothing else outside the process is touched.
    func makeEnricher(_ context: ConnectorContext) throws(SettingsError) -> any Enricher
}
