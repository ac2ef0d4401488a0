import Synchronization

/// What segments and features say, by name: texts of the language, given as data; and how often traits are promised to be refreshed.
public struct Definitions: Sendable, Hashable {
    /// Segment name to expression.
    public var segments: [Text: String]
    /// Feature name to value.
    public var features: [Text: String]
    /// Name of a trait, at the top, to the milliseconds within which its sources promise to say it anew, 0 or more: what `stale(trait.x)`
    /// holds a trait to. A trait that is not here is promised by nobody, and `stale` of it is refused.
    public var refresh: [Text: Int64]

    /// Takes texts as they are: each is parsed when a text that is checked mentions it, and its mistakes are thrown then.
    public init(segments: [Text: String] = [:], features: [Text: String] = [:], refresh: [Text: Int64] = [:]) {
        (self.segments, self.features, self.refresh) = (segments, features, refresh)
    }

    /// No segments, no features, no promises.
    public static let none = Definitions()
}

/// What a store has seen so far: for "did you mean" and for warnings about names never seen.
///
/// A part that is nil is not known, and then nothing is said about it.
public struct Catalogue: Sendable {
    /// The paths that messages have values at.
    public struct Paths: Sendable, Hashable {
        /// Under `properties`, of any event.
        public var properties: Set<[Text]>?
        /// Under `context`.
        public var context: Set<[Text]>?
        /// Of traits.
        public var traits: Set<[Text]>?

        /// Takes the paths as they are.
        public init(properties: Set<[Text]>? = nil, context: Set<[Text]>? = nil, traits: Set<[Text]>? = nil) {
            (self.properties, self.context, self.traits) = (properties, context, traits)
        }
    }

    /// Names of track events with how many there are.
    public var events: [Text: Int]?
    private let found: FoundPaths

    /// The paths that messages have values at; finding them may take as long as reading the store's shapes.
    public var paths: Paths { found.paths }

    /// A catalogue of what is known already.
    public init(
        events: [Text: Int]? = nil, properties: Set<[Text]>? = nil, context: Set<[Text]>? = nil, traits: Set<[Text]>? = nil
    ) {
        self.init(events: events) { Paths(properties: properties, context: context, traits: traits) }
    }

    /// A catalogue whose paths are looked for when an expression first mentions one.
    ///
    /// - Parameter paths: Asked at most once.
    public init(events: [Text: Int]?, paths: @escaping @Sendable () -> Paths) {
        self.events = events
        found = FoundPaths(paths)
    }

    /// Nothing is known.
    public static let unknown = Catalogue()
}

/// Paths that are found once, when they are first asked for.
private final class FoundPaths: Sendable {
    private let known = Mutex<Catalogue.Paths?>(nil)
    private let find: @Sendable () -> Catalogue.Paths

    init(_ find: @escaping @Sendable () -> Catalogue.Paths) { self.find = find }

    var paths: Catalogue.Paths {
        known.withLock { known in
            let paths = known ?? find()
            known = paths
            return paths
        }
    }
}
