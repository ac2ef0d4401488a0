/// What segments and features say, by name: texts of the language, given as data.
public struct Definitions: Sendable, Hashable {
    /// Segment name to expression.
    public var segments: [Text: String]
    /// Feature name to value.
    public var features: [Text: String]

    /// Takes texts as they are: each is parsed when a text that is checked mentions it, and its mistakes are thrown then.
    public init(segments: [Text: String] = [:], features: [Text: String] = [:]) {
        (self.segments, self.features) = (segments, features)
    }

    /// No segments, no features.
    public static let none = Definitions()
}

/// What a store has seen so far: for "did you mean" and for warnings about names never seen.
///
/// A part that is nil is not known, and then nothing is said about it.
public struct Catalogue: Sendable, Hashable {
    /// Names of track events with how many there are.
    public var events: [Text: Int]?
    /// Paths under `properties`, of any event.
    public var properties: Set<[Text]>?
    /// Paths under `context`.
    public var context: Set<[Text]>?
    /// Paths of traits.
    public var traits: Set<[Text]>?

    /// Takes what is known; a part that is left out gives no warnings.
    public init(
        events: [Text: Int]? = nil, properties: Set<[Text]>? = nil, context: Set<[Text]>? = nil, traits: Set<[Text]>? = nil
    ) {
        (self.events, self.properties, self.context, self.traits) = (events, properties, context, traits)
    }

    /// Nothing is known.
    public static let unknown = Catalogue()
}
