import Content
import EventModel

/// Offers whose conditions are kept up to date, so that a choice is only a look-up.
struct LiveOffers: Sendable {
    /// What became of choosing for somebody.
    struct Answer: Sendable {
        var key: String
        var title: String?
        /// nil: the offer is refused.
        var choice: OfferChoice?
        /// Why it is refused.
        var problem: String?
    }

    private struct Entry: Sendable {
        var key: String
        /// nil: it is refused.
        var offer: Offer?
        /// Of each rule: where its condition is kept.
        var conditions: [Int] = []
        var problem: String?
    }
    /// By key, as they were added.
    private var entries: [Entry] = []

    /// Adds an offer.
    ///
    /// - Parameter conditions: Of each rule, the index of its condition among the live segments.
    mutating func add(_ offer: Offer, conditions: [Int]) {
        entries.append(Entry(key: offer.key, offer: offer, conditions: conditions))
    }

    /// Adds one that cannot be chosen from.
    mutating func refuse(_ key: String, because problem: String) { entries.append(Entry(key: key, problem: problem)) }

    /// Where the conditions of each offer that can be chosen from are kept, by its key, in the order of its rules.
    var conditions: [(key: String, places: [Int])] {
        entries.filter { $0.offer != nil }.map { ($0.key, $0.conditions) }
    }

    /// Chooses for somebody.
    ///
    /// - Parameter key: Only this offer; nil: all of them.
    /// - Parameter holds: Whether the condition that is kept at an index holds.
    func answers(_ key: String?, where holds: (Int) -> Bool) -> [Answer] {
        entries.filter { entry in key.map { entry.key.sameScalars(as: $0) } ?? true }.map { entry in
            Answer(
                key: entry.key, title: entry.offer?.title, choice: entry.offer?.choice { holds(entry.conditions[$0]) },
                problem: entry.problem)
        }
    }
}

extension LiveOffers.Answer {
    /// `{"variant","value","reason","rule"?,"title"?}`, or `{"problem"}`.
    var json: JSONObject {
        var object = JSONObject()
        if let choice {
            object = JSONObject([
                "variant": .string(choice.variant), "value": choice.value, "reason": .string(choice.reason.rawValue),
            ])
            if let rule = choice.rule { object.set("rule", .string(rule)) }
        }
        if let title { object.set("title", .string(title)) }
        if let problem { object.set("problem", .string(problem)) }
        return object
    }
}
