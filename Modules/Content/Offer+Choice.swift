public import EventModel

/// What an offer gives somebody, and why.
public struct OfferChoice: Sendable, Hashable {
    /// OpenFeature's words for why a value was resolved (OpenFeature specification, "Resolution Reason").
    public enum Reason: String, Sendable {
        /// A rule held.
        case targetingMatch = "TARGETING_MATCH"
        /// Rules were asked, and none held.
        case fallback = "DEFAULT"
        /// The offer is switched off.
        case disabled = "DISABLED"
        /// There is no rule: everybody gets the same.
        case fixed = "STATIC"
    }

    /// The variant's name.
    public var variant: String
    /// What is given.
    public var value: JSONValue
    /// Why it was chosen.
    public var reason: Reason
    /// The name of the rule that held; nil where none decided.
    public var rule: String?

    /// Joins the parts.
    public init(variant: String, value: JSONValue, reason: Reason, rule: String?) {
        (self.variant, self.value, self.reason, self.rule) = (variant, value, reason, rule)
    }
}

extension Offer {
    /// Chooses a variant: the first rule's whose condition holds, else the default one.
    ///
    /// - Parameter holds: Whether the condition of the rule at an index holds. Asked in order and no further than needed.
    public func choice(where holds: (Int) throws -> Bool) rethrows -> OfferChoice {
        guard isEnabled, !rules.isEmpty else { return chosen(fallback, because: isEnabled ? .fixed : .disabled, rule: nil) }
        guard let index = try rules.indices.first(where: holds) else { return chosen(fallback, because: .fallback, rule: nil) }
        return chosen(rules[index].variant, because: .targetingMatch, rule: rules[index].name)
    }

    private func chosen(_ name: String, because reason: OfferChoice.Reason, rule: String?) -> OfferChoice {
        let value = variants.first { $0.name.sameScalars(as: name) }?.value ?? .null
        return OfferChoice(variant: name, value: value, reason: reason, rule: rule)
    }
}
