import EventModel
import Rules
import Storage

/// Which index of a trait answers a rule, and whom it leaves to be asked.
struct IndexUse {
    var trait: ColumnPath
    /// Numbers of profiles, ascending; whoever is a member is among them.
    var candidates: [Int]
}

/// Indexes of traits: they say whom to ask, and the messages of those answer.
extension Question {
    /// Candidates up to this share of all profiles are asked one by one; beyond it a scan is quicker.
    private static let share = 16

    /// For each rule the index that leaves the fewest to be asked; nil where none helps.
    func indexUses(of rules: [Rule]) throws -> [IndexUse?] {
        let indexed = try snapshot.traitIndexes()
        if indexed.isEmpty { return rules.map { _ in nil } }
        return try rules.map { rule in
            // A percentile ranks everybody.
            guard rule.percentiles.isEmpty else { return nil }
            let uses = try rule.traitConditions.compactMap { condition -> IndexUse? in
                guard let found = try snapshot.identifiers(given: condition.values, of: condition.trait) else { return nil }
                var profiles: Set<UInt32> = []
                for ordinal in found { profiles.insert(snapshot.profileOfIdentifier[Int(ordinal)]) }
                profiles.remove(IdentifierKind.nobody)
                return IndexUse(trait: condition.trait, candidates: profiles.sorted().map(Int.init))
            }
            let best = uses.min { $0.candidates.count < $1.candidates.count }
            return best.flatMap { $0.candidates.count <= max(Self.share, snapshot.profileCount / Self.share) ? $0 : nil }
        }
    }

    /// How an expression would be answered.
    func queryPlan(_ expression: String) throws(CommandError) -> QueryPlanResult {
        let rule = try rule(expression)
        return try attempt {
            let use = try indexUses(of: [rule])[0]
            return QueryPlanResult(
                index: use.map { $0.trait.joined(separator: ".") }, candidates: use?.candidates.count ?? snapshot.profileCount,
                profiles: snapshot.profileCount)
        }
    }

    func indexes() throws(CommandError) -> IndexesResult { IndexesResult(indexes: try attempt { try snapshot.traitIndexes() }) }
}
