public import Rules

/// A computed trait whose value is at hand for every profile.
public struct LiveFeature: Sendable {
    /// The name it is saved by.
    public let name: String
    let formula: Formula

    /// Prepares a checked value; nil where its conditions cannot be judged when an event arrives, so that whole messages have to be read for it.
    public init?(name: String, formula: Formula) {
        guard StandingRules.canKeep(formula) else { return nil }
        (self.name, self.formula) = (name, formula)
    }
}
