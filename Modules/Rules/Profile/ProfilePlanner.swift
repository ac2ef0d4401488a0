import EventModel

/// Enters checked rules into a plan: segments and features are followed, windows become bounds.
struct ProfilePlanner {
    private(set) var plan = ProfilePlan()
    /// What is being entered.
    private var rule = Rule(root: .constant(false))
    private var thresholds = PercentileThresholds.none
    private var segments: [Int] = []
    private var features: [Int] = []

    /// Enters a rule, and gives the node of its root. What another rule asks already is not asked twice.
    mutating func enter(_ rule: Rule, thresholds: PercentileThresholds) -> Int {
        begin(rule, thresholds)
        return clause(rule.root)
    }

    /// Enters a value, and gives the node of its root.
    mutating func enter(_ formula: Formula) -> Int {
        begin(Rule(root: .constant(false), segments: formula.segments, features: formula.features), .none)
        return operand(formula.root)
    }

    private mutating func begin(_ rule: Rule, _ thresholds: PercentileThresholds) {
        (self.rule, self.thresholds, segments, features) = (rule, thresholds, [], [])
        // Features never mention segments; segments may mention features.
        for feature in rule.features { features.append(operand(feature.body)) }
        for segment in rule.segments { segments.append(clause(segment.body)) }
    }

    // MARK: Clauses

    private mutating func clause(_ clause: Clause) -> Int {
        switch clause {
        case .constant(let truth): return plan.number(.constant(.truth(truth)))
        case .all(let clauses):
            let parts = clauses.map { self.clause($0) }
            return plan.number(.all(parts))
        case .any(let clauses):
            let parts = clauses.map { self.clause($0) }
            return plan.number(.any(parts))
        case .not(let clause): return plan.number(.not(self.clause(clause)))
        case .segment(let index): return segments[index]
        case .did(let events, let quantifier): return plan.number(.counted(selection(events), CountRange(quantifier ?? Self.once)))
        case .sequence(let sequence): return self.sequence(sequence)
        case .exists(let value):
            if case .consent(let path) = body(of: value) { return plan.number(.consentIsSet(path)) }
            return plan.number(.exists(operand(value)))
        case .compare(let a, let comparison, let b): return compare(a, comparison, b)
        case .isIn(let value, let literals): return plan.number(.isIn(operand(value), literals))
        case .percentile(let value, let percentile):
            // The value and its events are entered with and without a bound, so that the numbers of selections never depend on bounds.
            let among = rule.soleAggregate(of: value).map { selection($0.events) }
            let ranked = operand(value)
            guard let bound = thresholds[value, percentile] else { return plan.number(.constant(.truth(false))) }
            let comparison: Comparison = percentile.side == .top ? .greaterOrEqual : .lessOrEqual
            return plan.number(.ranked(ranked, among: among, comparison, bound))
        case .textTest(let value, let test, let wanted): return plan.number(.textTest(operand(value), test, wanted))
        case .matches(let value, let pattern): return plan.number(.matches(operand(value), pattern))
        case .holds(let value): return plan.number(.holds(operand(value)))
        }
    }

    private static let once = Quantifier(.atLeast, 1)

    /// What a value is, features followed.
    private func body(of value: Operand) -> Operand {
        var value = value
        while case .feature(let index, _) = value { value = rule.features[index].body }
        return value
    }

    /// A count beside a number is a question about how many there are, whose answer stands until enough of them come or go.
    private mutating func compare(_ a: Operand, _ comparison: Comparison, _ b: Operand) -> Int {
        if let events = counted(a), case .literal(.number(let number)) = b {
            return plan.number(.counted(selection(events), CountRange(comparison, number)))
        }
        if let events = counted(b), case .literal(.number(let number)) = a {
            return plan.number(.counted(selection(events), CountRange(comparison.flipped, number)))
        }
        return plan.number(.compare(operand(a), comparison, operand(b)))
    }

    private func counted(_ value: Operand) -> Selection? {
        guard case .aggregate(let aggregate) = body(of: value), aggregate.function == .count else { return nil }
        return aggregate.events
    }

    private mutating func sequence(_ sequence: EventSequence) -> Int {
        let steps = sequence.steps.map { step in
            let events = Selection(step.events, where: step.condition, windows: sequence.windows)
            return ProfilePlan.Sequence.Step(selection: selection(events), within: step.within)
        }
        let absent = sequence.absent.map { selection($0.selection) }
        return plan.number(
            .sequence(.init(steps: steps, absent: absent, absentWithin: sequence.absent?.within, spanning: sequence.spanning)))
    }

    // MARK: Selections

    private mutating func selection(_ events: Selection) -> Int {
        let bounds = events.windows.map { bound($0) }
        let condition = events.condition.map { clause($0) }
        return plan.number(.init(source: source(of: events), kinds: events.possibleKinds, condition: condition, windows: bounds))
    }

    private mutating func bound(_ window: Window) -> ProfilePlan.Bound {
        switch window {
        case .within(let milliseconds): .init(node: operand(.ago(milliseconds)), isLower: true, offset: 1)
        case .since(let value): .init(node: operand(value), isLower: true, offset: 0)
        case .after(let value): .init(node: operand(value), isLower: true, offset: 1)
        case .until(let value): .init(node: operand(value), isLower: false, offset: -1)
        }
    }

    /// The shortest list that holds all that can be selected.
    private func source(of events: Selection) -> EventSource {
        if case .named(let name) = events.events { return .named(name) }
        let kinds = events.possibleKinds
        if kinds.count == 1 { return .kind(kinds[0]) }
        return kinds.contains(.identify) || kinds.contains(.alias) ? .all : .activity
    }

    // MARK: Values

    private mutating func operand(_ operand: Operand) -> Int {
        switch operand {
        case .literal(let literal): return plan.number(.constant(literal.value))
        case .now: return plan.number(.now)
        case .ago(let milliseconds):
            let length = plan.number(.constant(.duration(milliseconds)))
            return plan.number(.arithmetic(plan.number(.now), .subtract, length))
        case .date(let instant): return plan.number(.constant(instant.map { .instant($0) } ?? .missing))
        case .trait(let path): return plan.number(.trait(path))
        case .feature(let index, _): return features[index]
        case .consent(let path): return plan.number(.consent(path))
        case .field(let field): return plan.number(.field(field))
        case .aggregate(let aggregate): return plan.number(.aggregate(selection(aggregate.events), aggregate.function, aggregate.field))
        case .arithmetic:
            let chain = operand.chain
            var left = self.operand(chain.start)
            for (operation, right) in chain.steps { left = plan.number(.arithmetic(left, operation, self.operand(right))) }
            return left
        case .negated(let value): return plan.number(.negated(self.operand(value)))
        case .time(let value): return plan.number(.time(self.operand(value)))
        case .lower(let value): return plan.number(.lower(self.operand(value)))
        case .distance(let unit, let a, let b, let c, let d):
            return plan.number(.distance(unit, self.operand(a), self.operand(b), self.operand(c), self.operand(d)))
        case .calendar(let part, let value, let zone): return plan.number(.calendar(part, self.operand(value), zone))
        }
    }
}
