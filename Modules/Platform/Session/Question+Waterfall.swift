import EventModel
import Rules
import Storage

/// What each clause of an expression leaves.
extension Question {
    /// The waterfall of an expression: all its clauses from one scan, then cut one after the other.
    func waterfall(_ expression: String) throws(CommandError) -> WaterfallResult { try waterfall(of: rule(expression)) }

    /// The count of an expression.
    ///
    /// - Parameter withWaterfall: Whether it comes with what each clause leaves, where there is more than one.
    func count(_ expression: String, withWaterfall: Bool) throws(CommandError) -> CountResult {
        guard withWaterfall else { return CountResult(count: try members(of: rule(expression)).count, population: snapshot.profileCount) }
        let waterfall = try waterfall(expression)
        return CountResult(
            count: waterfall.count, population: waterfall.population, waterfall: waterfall.steps.count > 1 ? waterfall : nil,
            latest: snapshot.latestTime.flatMap { $0 < now.milliseconds - 86_400_000 ? Instant(milliseconds: $0) : nil })
    }

    private func waterfall(of rule: Rule) throws(CommandError) -> WaterfallResult {
        let clauses = Self.clauses(of: rule)
        let sets = try members(of: clauses)
        var result = WaterfallResult(population: snapshot.profileCount, steps: [])
        for (index, left) in Membership.waterfall(of: sets).enumerated() {
            result.steps.append(.init(clause: clauses[index].text, members: sets[index].count, left: left))
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
