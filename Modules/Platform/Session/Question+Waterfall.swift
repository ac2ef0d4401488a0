import Rules
import Storage

/// What each clause of an expression leaves.
extension Question {
    /// The waterfall of an expression: all its clauses from one scan, then cut one after the other.
    func waterfall(_ expression: String) throws(CommandError) -> WaterfallResult { try waterfall(of: rule(expression)) }

    /// The count of an expression, with its waterfall where there is more than one clause.
    func count(_ expression: String) throws(CommandError) -> CountResult {
        let waterfall = try waterfall(expression)
        return CountResult(
            count: waterfall.count, population: waterfall.population, waterfall: waterfall.steps.count > 1 ? waterfall : nil)
    }

    private func waterfall(of rule: Rule) throws(CommandError) -> WaterfallResult {
        let clauses = Self.clauses(of: rule)
        let sets = try members(of: clauses)
        var result = WaterfallResult(population: snapshot.profileCount, steps: [])
        var left = sets[0]
        for (clause, set) in zip(clauses, sets) {
            left = left.intersection(set)
            result.steps.append(.init(clause: clause.text, members: set.count, left: left.count))
        }
        return result
    }

    /// The clauses of the outermost `and`; a saved segment on its own gives way to what it says.
    private static func clauses(of rule: Rule) -> [Rule] {
        var root = rule.root
        while case .segment(let index) = root { root = rule.segments[index].body }
        guard case .all(let clauses) = root, !clauses.isEmpty else { return [rule] }
        return clauses.map { clause in
            var own = rule
            own.root = clause
            return own
        }
    }
}
