import EventModel

/// Looks for the fewest changes that turn the answer of a rule round.
///
/// Plans are made bottom-up: a conjunction becomes true by what makes all its false parts true, false by the cheapest that makes one part
/// false, and a disjunction the other way; `not` changes them over. Parts can get in each other's way, so no plan is believed: each is
/// tried on the timeline, first on its own predicate and at last on the whole rule, and the first that works is then relieved of
/// everything it works without.
final class ChangeSearch {
    /// A plan that turns the answer round, and what it says to people.
    struct Found {
        var plan: Plan
        var changes: [ExplainedChange]
        /// When it has turned round.
        var done: Instant

        /// All of it, to come behind "becomes a member with".
        var words: String {
            zip(plan.parts, changes).map { part, change in
                (part.phrase ?? part.sentence) + (change.before.map { " before \($0.text)" } ?? "")
            }.joined(separator: ", and ")
        }
    }
    let reading: ProfileReading
    let clock: RuleClock
    private var known: [Wish: [Plan]] = [:]
    /// How many more plans may be tried; a trial of a long timeline costs more.
    private var trials: Int

    private struct Wish: Hashable {
        var clause: Clause
        var holds: Bool
    }

    init(reading: ProfileReading, clock: RuleClock) {
        (self.reading, self.clock) = (reading, clock)
        trials = max(40, min(1_000, 4_000_000 / max(1, reading.index.messages.count)))
    }

    /// The cheapest plan found that works; nil where none was found.
    func smallest(for root: Clause) -> Found? {
        let wanted = !root.holds(for: reading)
        var plans = plans(for: root, holds: wanted)
        if let instant = clock.flip(of: root) { plans.append(wait(for: root, until: instant)) }
        trials = max(trials, 40)  // The last word is always heard.
        guard var best = plans.sortedByCost().first(where: { works($0, on: root, holds: wanted) }) else { return nil }
        for place in best.parts.indices.reversed() where best.parts.count > 1 {
            var less = best
            less.parts.remove(at: place)
            if !less.isHollow, works(less, on: root, holds: wanted) { best = less }
        }
        // An event may count for several predicates: fewer may do.
        for place in best.parts.indices where best.parts.count > 1 {
            var low = 1
            while let fewer = best.parts[place].fewer(than: low) {
                var less = best
                less.parts[place] = fewer.part
                if works(less, on: root, holds: wanted) { best = less } else { low = fewer.count + 1 }
            }
        }
        return found(best, for: root, holds: wanted)
    }

    private func found(_ plan: Plan, for root: Clause, holds wanted: Bool) -> Found {
        let scenario = Scenario(plan, for: reading)
        var changes: [ExplainedChange] = []
        for (part, messages) in zip(plan.parts, scenario.messages) {
            let kind: ExplainedChange.Kind
            switch part.deed {
            case .events(let drafts, _): kind = .events(drafts.count)
            case .trait(let path, _): kind = .trait(path)
            case .consent(let path, _): kind = .consent(path)
            case .wait(let until): kind = .wait(until: until)
            case .settle: kind = .wait(until: scenario.done)
            }
            var change = ExplainedChange(
                kind: kind, sentence: part.sentence, messages: messages, done: messages.last?.timestamp ?? scenario.done)
            if plan.parts.count == 1, let deadline = part.deadline, isLast(deadline, for: plan, on: root, holds: wanted) {
                change.before = deadline
                change.sentence = part.sentence + " before \(deadline.text)"
            }
            changes.append(change)
        }
        return Found(plan: plan, changes: changes, done: scenario.done)
    }

    /// Whether a plan still works right before an instant and no more at it.
    private func isLast(_ deadline: Instant, for plan: Plan, on root: Clause, holds wanted: Bool) -> Bool {
        guard deadline.milliseconds - 1 > reading.instant.milliseconds else { return false }
        func works(from start: Int64) -> Bool {
            let scenario = Scenario(plan, for: reading, start: Instant(milliseconds: start))
            return root.holds(for: reading.reading(at: scenario.done, adding: scenario.messages.flatMap { $0 })) == wanted
        }
        return works(from: deadline.milliseconds - 1) && !works(from: deadline.milliseconds)
    }

    // MARK: Trying

    func works(_ plan: Plan, on clause: Clause, holds wanted: Bool) -> Bool {
        trials -= 1
        if trials < 0 { return false }
        let scenario = Scenario(plan, for: reading)
        return clause.holds(for: reading.reading(at: scenario.done, adding: scenario.messages.flatMap { $0 })) == wanted
    }

    /// Waiting until a clause turns round on its own.
    private func wait(for clause: Clause, until instant: Instant) -> Plan {
        let cause = WaitCause(reading: reading).words(for: clause, at: instant)
        let end = instant.text + (cause.map { ", when \($0)" } ?? "")
        return Plan(parts: [
            .init(deed: .wait(instant), sentence: "wait until \(end)", phrase: "waiting until \(end)", reason: reason(clause))
        ])
    }

    /// What is the case now.
    private func reason(_ clause: Clause) -> String {
        if case .compare(let value, _, _) = clause { return "\(reading.tree.text(of: value)) is \(value.value(for: reading).words)" }
        return "\(reading.tree.text(of: clause)) \(clause.holds(for: reading) ? "holds" : "does not hold")"
    }

    // MARK: Bottom-up

    private static let mostPlans = 5

    /// Plans for a clause to hold or not, the cheapest first; an empty one where it does already, none where none was found.
    func plans(for clause: Clause, holds wanted: Bool) -> [Plan] {
        let wish = Wish(clause: clause, holds: wanted)
        if let plans = known[wish] { return plans }
        let plans = Array(made(for: clause, holds: wanted).sortedByCost().prefix(Self.mostPlans))
        known[wish] = plans
        return plans
    }

    private func made(for clause: Clause, holds wanted: Bool) -> [Plan] {
        if clause.holds(for: reading) == wanted { return [Plan(parts: [])] }
        switch (clause, wanted) {
        case (.constant, _): return []
        case (.not(let clause), _): return plans(for: clause, holds: !wanted)
        case (.segment(let index), _): return plans(for: reading.tree.segments[index].body, holds: wanted)
        case (.all(let clauses), true), (.any(let clauses), false):
            return clauses.reduce([Plan(parts: [])]) { sums, clause in
                if sums.isEmpty { return [] }
                let own = plans(for: clause, holds: wanted)
                return Array(sums.flatMap { sum in own.map { sum + $0 } }.sortedByCost().prefix(Self.mostPlans))
            }
        case (.all(let clauses), false), (.any(let clauses), true): return clauses.flatMap { plans(for: $0, holds: wanted) }
        default:
            var plans = predicatePlans(for: clause, holds: wanted)
            if let instant = clock.flip(of: clause) { plans.append(wait(for: clause, until: instant)) }
            return plans.sortedByCost().prefix(12).filter { works($0, on: clause, holds: wanted) }
        }
    }

    /// Plans for a single predicate, not yet tried.
    private func predicatePlans(for clause: Clause, holds wanted: Bool) -> [Plan] {
        let values = ValuePlans(reading: reading)
        switch clause {
        case .did(let events, let quantifier):
            let quantifier = quantifier ?? Quantifier(.atLeast, 1)
            let target = Target([.number(Double(quantifier.times)), .number(Double(quantifier.times) + 1)], words: nil) {
                if case .number(let count) = $0 { quantifier.holds(for: Int64(count)) == wanted } else { false }
            }
            return values.plans(Aggregate(.count, events), target) + values.plans(movingWindowsOf: events.windows, reason: reason(clause))
        case .sequence(let sequence):
            return (wanted ? values.plans(sequence) : []) + values.plans(movingWindowsOf: sequence.windows, reason: reason(clause))
        case .percentile(let value, let percentile):
            guard let bound = reading.bound(of: value, percentile) else { return [] }
            return values.plans(value, .compare(percentile.side == .top ? .greaterOrEqual : .lessOrEqual, bound, holds: wanted))
        case .compare(let a, let comparison, let b) where wanted && a.value(for: reading).isMissing && b.value(for: reading).isMissing:
            // Neither side is there to hold the other against: the right one gets some value, and the left one what goes with it.
            return [Value.number(1), .text("a"), .truth(true)].flatMap { value -> [Plan] in
                let left = values.plans(a, .compare(comparison, value, holds: true)).prefix(2)
                let right = values.plans(b, .exactly(value)).prefix(2)
                return right.flatMap { right in left.map { right + $0 } }
            }
        default: return clause.targets(holds: wanted, for: reading).flatMap { values.plans($0.value, $0.target) }
        }
    }
}

extension [Plan] {
    /// The cheapest first; equal costs stay as they came.
    func sortedByCost() -> [Plan] {
        enumerated().sorted { ($0.element.cost, $0.offset) < ($1.element.cost, $1.offset) }.map(\.element)
    }
}
