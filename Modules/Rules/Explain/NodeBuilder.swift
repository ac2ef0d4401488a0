import EventModel

/// Turns a rule into explained nodes for one profile.
///
/// A segment or a feature is unfolded where it is first mentioned, so that definitions that mention each other often do not grow.
struct NodeBuilder {
    let reading: ProfileReading
    let clock: RuleClock
    private var unfoldedSegments: Set<Int> = []
    private var unfoldedFeatures: Set<Int> = []

    init(reading: ProfileReading, clock: RuleClock) { (self.reading, self.clock) = (reading, clock) }

    private var tree: Rule { reading.tree }

    mutating func node(_ clause: Clause) -> ExplainedNode {
        let holds = clause.holds(for: reading)
        var node = ExplainedNode(text: tree.text(of: clause), role: .other, outcome: .truth(holds))
        node.validUntil = clock.validUntil(clause)
        switch clause {
        case .constant: break
        case .all(let clauses): (node.role, node.children) = (.all, nodes(clauses))
        case .any(let clauses): (node.role, node.children) = (.any, nodes(clauses))
        case .not(let clause): (node.role, node.children) = (.not, [self.node(clause)])
        case .segment(let index):
            if unfoldedSegments.insert(index).inserted {
                node.children = [self.node(tree.segments[index].body)]
            } else {
                node.note = "unfolded above"
            }
        case .did(let events, let quantifier):
            describe(events, in: &node)
            node.note = note(events, quantifier ?? Quantifier(.atLeast, 1), wasSaid: quantifier != nil)
            node.children = nodes(events.windows.compactMap(\.bound))
        case .sequence(let sequence): describe(sequence, in: &node)
        case .percentile(let value, let percentile):
            node.children = [self.node(value)]
            node.note = note(value, percentile)
        default:
            node.children = nodes(clause.operands.filter(\.isWorthShowing))
            node.note = note(ofPredicate: clause, holds: holds)
        }
        return node
    }

    private mutating func nodes(_ clauses: [Clause]) -> [ExplainedNode] {
        var nodes: [ExplainedNode] = []
        for clause in clauses { nodes.append(node(clause)) }
        return nodes
    }

    // MARK: Values

    private mutating func nodes(_ values: [Operand]) -> [ExplainedNode] {
        var nodes: [ExplainedNode] = []
        for value in values { nodes.append(node(value)) }
        return nodes
    }

    private mutating func node(_ value: Operand) -> ExplainedNode {
        let own = value.value(for: reading)
        var node = ExplainedNode(text: tree.text(of: value), role: .other, outcome: .value(own))
        switch value {
        case .feature(let index, _):
            if unfoldedFeatures.insert(index).inserted {
                node.children = [self.node(tree.features[index].body)]
            } else {
                node.note = "unfolded above"
            }
        case .aggregate(let aggregate):
            describe(aggregate, own, in: &node)
            node.children = nodes(value.parts)
        case .trait: break  // Its value says it all.
        case .consent: if reading.consentIsSet(value) == false { node.note = "never set, or expired" }
        default: node.children = nodes(value.parts.filter(\.isWorthShowing))
        }
        return node
    }

    private func describe(_ aggregate: Aggregate, _ value: Value, in node: inout ExplainedNode) {
        let events = reading.select(aggregate.events)
        var deciding = events
        if let field = aggregate.field {
            let read = zip(events, reading.values(of: field, in: aggregate.events))
            func having(_ test: (Value) -> Bool) -> [Message] { read.compactMap { test($0.1) ? $0.0 : nil } }
            let present = having { !$0.isMissing }
            switch aggregate.function {
            case .first: deciding = Array(present.prefix(1))
            case .last: deciding = Array(present.suffix(1))
            case .minimum, .maximum, .mostFrequent: deciding = value.isMissing ? [] : having { $0 == value }
            case .mostFrequentCount:
                let most = reading.value(of: Aggregate(.mostFrequent, aggregate.events, field))
                deciding = most.isMissing ? [] : having { $0 == most }
            case .sum, .average: deciding = having { $0.double != nil }
            case .count, .distinct: deciding = present
            }
            let passedOver = events.count - present.count
            if passedOver > 0 { node.note = "\(passedOver.counted("event")) without \(tree.text(of: field))" }
        } else if aggregate.function == .first {
            deciding = Array(events.prefix(1))
        } else if aggregate.function == .last {
            deciding = Array(events.suffix(1))
        }
        list(deciding, in: &node)
        node.window = window(aggregate.events.windows)
        if events.isEmpty { node.note = absence(of: aggregate.events) }
    }

    // MARK: Events

    private func describe(_ events: Selection, in node: inout ExplainedNode) {
        list(reading.select(events), in: &node)
        node.window = window(events.windows)
    }

    private func list(_ events: [Message], in node: inout ExplainedNode) {
        node.events = events.suffix(Explainer.mostEvents).map { ExplainedEvent($0) }
        node.totalEvents = events.count
    }

    private func window(_ windows: [Window]) -> ExplainedWindow? {
        guard !windows.isEmpty, let range = reading.range(of: windows) else { return nil }
        return ExplainedWindow(
            from: range.lowerBound == .min ? nil : Instant(milliseconds: range.lowerBound), to: Instant(milliseconds: range.upperBound))
    }

    private func note(_ events: Selection, _ quantifier: Quantifier, wasSaid: Bool) -> String? {
        let count = reading.count(of: events)
        if count == 0, !quantifier.holds(for: 0) || !wasSaid { return absence(of: events) }
        if !wasSaid { return nil }
        switch quantifier.bound {
        case .atLeast: return "\(count) of \(quantifier.times)"
        case .atMost: return "\(count), at most \(quantifier.times)"
        case .exactly: return "\(count), exactly \(quantifier.times) wanted"
        }
    }

    /// Why nothing is selected.
    private func absence(of events: Selection) -> String {
        if reading.range(of: events.windows) == nil { return "the window lets no instant in" }
        let matching = reading.count(of: Selection(events.events, where: events.condition))
        if matching > 0 { return "\(matching.counted("such event")), none in the window" }
        guard case .named = events.events else { return "no such event" }
        let named = reading.count(of: Selection(events.events))
        return named == 0 ? "no event of that name" : "\(named.counted("event")) of that name, none that matches the condition"
    }

    private mutating func describe(_ sequence: EventSequence, in node: inout ExplainedNode) {
        node.window = window(sequence.windows)
        node.children = nodes(sequence.windows.compactMap(\.bound))
        let steps = sequence.steps.map { tree.text(of: $0.selection) }
        switch reading.chain(of: sequence) {
        case .found(let chain):
            list(chain, in: &node)
            node.note = "\(chain.count) of \(steps.count) steps"
        case .short(let chain):
            list(chain, in: &node)
            node.note = "\(chain.count) of \(steps.count) steps; step \(chain.count + 1), \(steps[chain.count]), is missing"
        case .spoiled(let chain, let spoiler):
            list(chain, in: &node)
            node.note = "\(chain.count) of \(steps.count) steps; ended by \(spoiler.words), which must not follow"
        case .waiting(let chain, let until):
            list(chain, in: &node)
            let absent = sequence.absent.map { tree.text(of: $0.selection) } ?? ""
            node.note =
                "\(chain.count) of \(steps.count) steps; waits until \(Instant(milliseconds: until).text) without \(absent)"
        }
    }

    // MARK: Notes

    private func note(_ value: Operand, _ percentile: Percentile) -> String {
        let words = "\(percentile.side.rawValue) \(percentile.percent.text) %"
        guard let bound = reading.bound(of: value, percentile) else { return "nobody is ranked" }
        let threshold = "the threshold of the \(words) is \(bound.words)"
        if reading.rank(of: value) != nil { return threshold }
        return tree.soleAggregate(of: value) == nil
            ? threshold + "; the value is missing" : threshold + "; no matching event, so not ranked"
    }

    private func note(ofPredicate clause: Clause, holds: Bool) -> String? {
        if case .compare(.aggregate(let aggregate), let comparison, let right) = clause, aggregate.function == .count,
            case .number(let wanted) = right.value(for: reading), comparison != .notEqual
        {
            let count = reading.count(of: aggregate.events)
            return comparison == .greaterOrEqual
                ? "\(count) of \(Value.number(wanted).words)" : "\(count) \(comparison.rawValue) \(Value.number(wanted).words)"
        }
        let values = clause.operands.map { ($0, $0.value(for: reading)) }
        if !holds, let missing = values.first(where: { $0.1.isMissing }) {
            return "\(tree.text(of: missing.0)) is missing"
        }
        switch clause {
        case .compare(_, let comparison, _):
            return "\(values[0].1.words) \(holds ? "" : "is not ")\(comparison.rawValue) \(values[1].1.words)"
        case .exists(let value) where reading.consentIsSet(value) == false: return "never set, or expired"
        default: return "it is \(values[0].1.words)"
        }
    }
}

extension Operand {
    /// Whether its value says more than its text.
    fileprivate var isWorthShowing: Bool {
        switch self {
        case .literal: false
        case .negated(let value): value.isWorthShowing
        default: true
        }
    }
}
