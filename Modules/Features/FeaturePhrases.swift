import Rules

/// How people are called who have much of a feature, and those who have little: "high revenue", "recent Order Completed".
public struct FeaturePhrases: Sendable, Hashable {
    /// Phrases for much of the feature, and for little.
    public var high, low: String

    /// Takes the two phrases as they are.
    public init(high: String, low: String) { (self.high, self.low) = (high, low) }
}

extension ValueFeature {
    /// The phrases of this feature: from its name where it was given one, else from what its value says.
    public var phrases: FeaturePhrases {
        if !name.utf8.elementsEqual(text.utf8) { return Self.phrases(named: name) }
        return phrases(of: formula.root) ?? FeaturePhrases(high: "high \(text)", low: "low \(text)")
    }

    private static func phrases(named name: String) -> FeaturePhrases {
        switch name {
        case "recency", "recency_days", "days_since_order": FeaturePhrases(high: "long gone", low: "recent")
        case "days_since_seen": FeaturePhrases(high: "long unseen", low: "seen lately")
        case "days_as_customer": FeaturePhrases(high: "old customers", low: "new customers")
        case "frequency": FeaturePhrases(high: "frequent", low: "infrequent")
        case "orders": FeaturePhrases(high: "many orders", low: "few orders")
        default: measured(name.replacing("_", with: " "))
        }
    }

    private static func measured(_ what: String) -> FeaturePhrases { FeaturePhrases(high: "high \(what)", low: "low \(what)") }
    private static func counted(_ what: String) -> FeaturePhrases { FeaturePhrases(high: "many \(what)", low: "few \(what)") }

    /// nil where the value is no common one.
    private func phrases(of value: Operand) -> FeaturePhrases? {
        switch value {
        case .trait(let path): Self.measured(path.last?.string ?? "trait")
        case .feature(let index, _): Self.phrases(named: formula.features[index].name.string)
        case .aggregate(let aggregate): Self.phrases(of: aggregate)
        // An age in days, weeks, or as it is.
        case .arithmetic(let age, .divide, .literal(.duration)): phrases(of: age)
        case .arithmetic(.now, .subtract, .aggregate(let aggregate)) where aggregate.field == nil && aggregate.function == .last:
            FeaturePhrases(high: "long since \(Self.events(aggregate.events))", low: "recent \(Self.events(aggregate.events))")
        case .arithmetic(.now, .subtract, .aggregate(let aggregate)) where aggregate.field == nil && aggregate.function == .first:
            FeaturePhrases(high: "early first \(Self.events(aggregate.events))", low: "late first \(Self.events(aggregate.events))")
        default: nil
        }
    }

    private static func phrases(of aggregate: Aggregate) -> FeaturePhrases? {
        let property = aggregate.field.flatMap { field -> String? in
            switch field {
            case .property(let path), .context(let path): path.last?.string
            default: nil
            }
        }
        let span = window(aggregate.events)
        switch (aggregate.function, property) {
        case (.count, _): return counted(events(aggregate.events) + span)
        case (.sum, let property?): return measured(property + span)
        case (.average, let property?): return measured("average \(property)" + span)
        case (.maximum, let property?): return measured("largest \(property)" + span)
        case (.minimum, let property?): return measured("smallest \(property)" + span)
        case (.distinct, let property?): return counted("different \(property)" + span)
        default: return nil
        }
    }

    private static func events(_ selection: Selection) -> String {
        let condition = selection.condition == nil ? "" : " of a kind"
        switch selection.events {
        case .named(let name): return name.string + condition
        case .any: return "events" + condition
        }
    }

    /// " in 30 days" where the one window is a span of whole days, else " in a time" where there is any.
    private static func window(_ selection: Selection) -> String {
        guard let first = selection.windows.first else { return "" }
        guard selection.windows.count == 1, case .within(let span) = first, span % 86_400_000 == 0 else { return " in a time" }
        return span == 86_400_000 ? " in a day" : " in \(span / 86_400_000) days"
    }
}
