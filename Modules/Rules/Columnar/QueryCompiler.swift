import EventModel

/// Enters checked trees into a query graph: segments and features are followed, constants worked out.
struct QueryCompiler {
    var graph: QueryGraph
    private var segments: [NodeID] = []
    private var features: [NodeID] = []
    /// The features of the tree at hand, for what looks through them.
    private var bodies: [Operand] = []
    /// Kind of the message that a condition is about; nil: about a profile.
    private var messageKind: Message.Kind?

    init(now: Instant) { graph = QueryGraph(now: now) }

    mutating func enter(_ rule: Rule) -> NodeID {
        define(rule)
        return clause(rule.root)
    }

    mutating func enter(_ formula: Formula) -> NodeID {
        define(formula)
        return operand(formula.root)
    }

    private mutating func define<Root>(_ tree: Tree<Root>) {
        (segments, features) = ([], [])
        bodies = tree.features.map(\.body)
        // Features never mention segments; segments may mention features.
        for feature in tree.features { features.append(operand(feature.body)) }
        for segment in tree.segments { segments.append(clause(segment.body)) }
    }

    // MARK: Clauses

    private mutating func clause(_ clause: Clause) -> NodeID {
        switch clause {
        case .constant(let truth): return self.truth(truth)
        case .all(let clauses): return joined(clauses, neutral: true)
        case .any(let clauses): return joined(clauses, neutral: false)
        case .not(let clause): return not(self.clause(clause))
        case .segment(let index): return segments[index]
        case .did(let events, let quantifier): return did(events, quantifier ?? Quantifier(.atLeast, 1))
        case .sequence(let sequence): return self.sequence(sequence)
        case .exists(let value): return exists(value)
        case .compare(let a, let comparison, let b):
            let (a, b) = (operand(a), operand(b))
            if let x = graph.constant(a), let y = graph.constant(b) { return truth(Value.compare(x, comparison, y)) }
            if graph.constant(a)?.isMissing == true || graph.constant(b)?.isMissing == true { return truth(false) }
            return graph.node(.compare(a, comparison, b))
        case .isIn(let value, let literals):
            let value = operand(value)
            if let constant = graph.constant(value) { return truth(Value.isIn(constant, literals)) }
            return graph.node(.isIn(value, literals))
        case .percentile(let value, let percentile): return ranked(value, percentile)
        case .textTest(let value, let test, let wanted):
            let value = operand(value)
            if let constant = graph.constant(value) { return truth(Value.test(constant, test, wanted)) }
            return graph.node(.textTest(value, test, wanted))
        case .matches(let value, let pattern):
            let value = operand(value)
            if let constant = graph.constant(value) {
                if case .text(let text) = constant { return truth(pattern.isFound(in: text.string)) }
                return truth(false)
            }
            return graph.node(.matches(value, pattern))
        case .holds(let value):
            let value = operand(value)
            if let constant = graph.constant(value) { return truth(constant.holds) }
            return graph.node(.holds(value))
        }
    }

    private mutating func truth(_ truth: Bool) -> NodeID { graph.node(.truth(truth)) }

    private mutating func not(_ id: NodeID) -> NodeID {
        if let truth = graph.truth(id) { return self.truth(!truth) }
        if case .not(let inner) = graph.nodes[id] { return inner }
        return graph.node(.not(id))
    }

    private mutating func joined(_ clauses: [Clause], neutral: Bool) -> NodeID {
        var parts: [NodeID] = []
        for clause in clauses {
            let part = self.clause(clause)
            if let truth = graph.truth(part) {
                if truth != neutral { return part }
            } else if !parts.contains(part) {
                parts.append(part)
            }
        }
        if parts.count < 2 { return parts.first ?? truth(neutral) }
        parts.sort()
        return graph.node(neutral ? .all(parts) : .any(parts))
    }

    private mutating func did(_ events: Selection, _ quantifier: Quantifier) -> NodeID {
        guard let selection = selection(events) else { return truth(quantifier.holds(for: 0)) }
        if quantifier.times == 0 {
            if quantifier.bound == .atLeast { return truth(true) }
            return not(happened(selection))
        }
        if quantifier == Quantifier(.atLeast, 1) { return happened(selection) }
        let comparison: Comparison =
            switch quantifier.bound {
            case .atLeast: .greaterOrEqual
            case .atMost: .lessOrEqual
            case .exactly: .equal
            }
        let count = graph.node(.leaf(graph.leaf(.count, selection), .value), .number)
        let times = graph.node(.constant(.number(Double(quantifier.times))), .number)
        return graph.node(.compare(count, comparison, times))
    }

    private mutating func happened(_ selection: Int) -> NodeID { graph.node(.happened(leaf: graph.leaf(.happened, selection))) }

    private mutating func exists(_ value: Operand) -> NodeID {
        var body = value
        while case .feature(let index, _) = body { body = bodies[index] }
        let id: NodeID
        if case .consent(let path) = body {
            id = graph.node(.firstPresent(consents(path)), .truth)
        } else {
            id = operand(value)
        }
        if let constant = graph.constant(id) { return truth(!constant.isMissing) }
        return graph.node(.exists(id))
    }

    private mutating func ranked(_ value: Operand, _ percentile: Percentile) -> NodeID {
        var body = value
        while case .feature(let index, _) = body { body = bodies[index] }
        var among: NodeID?
        if case .aggregate(let aggregate) = body {
            guard let selection = selection(aggregate.events) else { return truth(false) }
            among = happened(selection)
        }
        let id = operand(value)
        switch graph.kinds[id] {
        case .number, .instant, .duration, .dynamic: break
        case .text, .truth: return truth(false)
        }
        if graph.constant(id)?.isMissing == true { return truth(false) }
        return graph.node(.ranked(graph.ranking(RankingPlan(value: id, among: among, percentile: percentile))))
    }

    // MARK: Values

    private mutating func constant(_ value: Value, _ kind: Kind) -> NodeID { graph.node(.constant(value), kind) }

    private mutating func operand(_ operand: Operand) -> NodeID {
        switch operand {
        case .literal(let literal): return constant(literal.value, literal.kind)
        case .now: return constant(.instant(graph.now), .instant)
        case .ago(let milliseconds): return constant(Value.apply(.instant(graph.now), .subtract, .duration(milliseconds)), .instant)
        case .date(let instant): return constant(instant.map { .instant($0) } ?? .missing, .instant)
        case .trait(let path): return trait(path)
        case .feature(let index, _): return features[index]
        case .consent(let path):
            let otherwise = constant(.truth(false), .truth)
            return graph.node(.firstPresent(consents(path) + [otherwise]), .truth)
        case .field(let field): return self.field(field)
        case .aggregate(let aggregate): return self.aggregate(aggregate)
        case .arithmetic:
            let chain = operand.chain
            var id = self.operand(chain.start)
            for (operation, right) in chain.steps { id = arithmetic(id, operation, self.operand(right)) }
            return id
        case .negated(let value):
            let value = self.operand(value)
            let kind: Kind = graph.kinds[value] == .duration ? .duration : .number
            if let known = graph.constant(value) { return constant(Value.negate(known), kind) }
            return graph.node(.negated(value), kind)
        case .time(let value):
            let value = self.operand(value)
            if let known = graph.constant(value) { return constant(Value.time(known), .instant) }
            return graph.node(.time(value), .instant)
        case .lower(let value):
            let value = self.operand(value)
            if let known = graph.constant(value) { return constant(Value.lower(known), .text) }
            return graph.node(.lower(value), .text)
        case .distance(let unit, let a, let b, let c, let d):
            let parts = [self.operand(a), self.operand(b), self.operand(c), self.operand(d)]
            let known = parts.compactMap { graph.constant($0) }
            if known.contains(where: \.isMissing) { return constant(.missing, .number) }
            if known.count == 4 { return constant(Value.distance(unit, known[0], known[1], known[2], known[3]), .number) }
            return graph.node(.distance(unit, parts[0], parts[1], parts[2], parts[3]), .number)
        case .calendar(let part, let value, let zone):
            let value = self.operand(value)
            let kind: Kind = part == .startOfDay ? .instant : .number
            if let known = graph.constant(value) { return constant(Value.calendar(part, known, zone), kind) }
            return graph.node(.calendar(part, value, zone), kind)
        }
    }

    private mutating func arithmetic(_ a: NodeID, _ operation: Arithmetic, _ b: NodeID) -> NodeID {
        let kind = operation.kind(graph.kinds[a], graph.kinds[b]) ?? .number
        if let x = graph.constant(a), let y = graph.constant(b) { return constant(Value.apply(x, operation, y), kind) }
        if graph.constant(a)?.isMissing == true || graph.constant(b)?.isMissing == true { return constant(.missing, kind) }
        return graph.node(.arithmetic(a, operation, b), kind)
    }

    private mutating func field(_ field: Field) -> NodeID {
        switch field {
        case .timestamp: return graph.node(.timestamp, .instant)
        case .type: return constant(messageKind.map { .text(Text($0.word)) } ?? .missing, .text)
        case .name, .category:
            guard messageKind == .page || messageKind == .screen else { return constant(.missing, .text) }
            return graph.node(.column(graph.path([field == .name ? "name" : "category"])), .text)
        case .trait where messageKind?.setsTraits != true: return constant(.missing, .dynamic)
        case .property, .context, .trait: return graph.node(.column(graph.path(field.path ?? [])), .dynamic)
        }
    }

    // MARK: Leaves

    private mutating func trait(_ path: [Text]) -> NodeID {
        let selection = messages([.identify])
        _ = graph.path(["traits", path[0].string])
        _ = graph.path(["traits"] + path.map(\.string))
        _ = graph.path(Self.expiry)
        return graph.node(.leaf(graph.leaf(.trait(path), selection), .value), .dynamic)
    }

    /// The leaves of a purpose and of those it falls back to: of `a.b`, then of `a`.
    private mutating func consents(_ path: [Text]) -> [NodeID] {
        let selection = messages(Message.Kind.allCases)
        _ = graph.path(Self.expiry)
        return (1...path.count).reversed().map { length in
            let part = Array(path.prefix(length))
            _ = graph.path(Self.consent(part))
            return graph.node(.leaf(graph.leaf(.consent(part), selection), .value), .truth)
        }
    }

    static let expiry = ["context", "expiresAt"]
    static func consent(_ path: [Text]) -> [String] { ["context", "consent", "categoryPreferences"] + path.map(\.string) }

    private mutating func messages(_ kinds: [Message.Kind]) -> Int {
        var conditions = [SelectionPlan.Condition](repeating: .never, count: 7)
        for kind in kinds { conditions[Int(kind.rawValue)] = .always }
        return graph.selection(SelectionPlan(name: nil, conditions: conditions, minTime: .min, maxTime: graph.now, bounds: []))
    }

    private mutating func aggregate(_ aggregate: Aggregate) -> NodeID {
        let kind = aggregate.kind
        let isCounted = [.count, .sum, .distinct, .mostFrequentCount].contains(aggregate.function)
        let none = isCounted ? Value.number(0) : .missing
        guard let selection = selection(aggregate.events) else { return constant(none, kind) }
        guard let field = aggregate.field else {
            let task: Leaf.Task = aggregate.function == .first ? .earliest : aggregate.function == .last ? .latest : .count
            return graph.node(.leaf(graph.leaf(task, selection), .value), kind)
        }
        if let path = field.path { _ = graph.path(path) }
        let task: Leaf.Task
        var output = LeafOutput.value
        switch aggregate.function {
        case .count: task = .count
        case .sum, .average:
            if field == .timestamp { return constant(none, kind) }
            task = .sum(field)
            if aggregate.function == .average { output = .average }
        case .minimum: task = field == .timestamp ? .earliest : .least(field)
        case .maximum: task = field == .timestamp ? .latest : .greatest(field)
        case .first: task = field == .timestamp ? .earliest : .first(field)
        case .last: task = field == .timestamp ? .latest : .last(field)
        case .distinct: (task, output) = (.groups(field), .distinct)
        case .mostFrequent: (task, output) = (.groups(field), .mostFrequent)
        case .mostFrequentCount: (task, output) = (.groups(field), .mostFrequentCount)
        }
        return graph.node(.leaf(graph.leaf(task, selection), output), kind)
    }

    // MARK: Selections and sequences

    /// nil: it selects nothing, whoever asks.
    private mutating func selection(_ events: Selection) -> Int? {
        var plan = SelectionPlan(
            name: nil, conditions: [SelectionPlan.Condition](repeating: .never, count: 7), minTime: .min, maxTime: graph.now, bounds: [])
        if case .named(let name) = events.events {
            plan.name = name
            _ = graph.path(["event"])
        }
        for window in events.windows {
            guard narrow(&plan, window) else { return nil }
        }
        guard plan.minTime <= plan.maxTime else { return nil }
        let outer = messageKind
        defer { messageKind = outer }
        for kind in events.possibleKinds {
            guard let condition = events.condition else {
                plan.conditions[Int(kind.rawValue)] = .always
                continue
            }
            messageKind = kind
            let id = clause(condition)
            switch graph.truth(id) {
            case true?: plan.conditions[Int(kind.rawValue)] = .always
            case false?: break
            case nil: plan.conditions[Int(kind.rawValue)] = .node(id)
            }
        }
        if plan.conditions.allSatisfy({ $0 == .never }) { return nil }
        plan.bounds.sort { ($0.node, $0.isLower ? 0 : 1, $0.offset) < ($1.node, $1.isLower ? 0 : 1, $1.offset) }
        return graph.selection(plan)
    }

    /// False: no event is in that window, whoever asks.
    private mutating func narrow(_ plan: inout SelectionPlan, _ window: Window) -> Bool {
        let (node, isLower, offset): (NodeID, Bool, Int64)
        switch window {
        case .within(let milliseconds):
            let start = Value.apply(.instant(graph.now), .subtract, .duration(milliseconds))
            (node, isLower, offset) = (constant(start, .instant), true, 1)
        case .since(let value): (node, isLower, offset) = (operand(value), true, 0)
        case .after(let value): (node, isLower, offset) = (operand(value), true, 1)
        case .until(let value): (node, isLower, offset) = (operand(value), false, -1)
        }
        guard let known = graph.constant(node) else {
            let bound = SelectionPlan.Bound(node: node, isLower: isLower, offset: offset)
            if !plan.bounds.contains(bound) { plan.bounds.append(bound) }
            return true
        }
        guard case .instant(let instant) = known else { return false }
        if isLower { plan.minTime = max(plan.minTime, instant + offset) } else { plan.maxTime = min(plan.maxTime, instant + offset) }
        return true
    }

    private mutating func sequence(_ sequence: EventSequence) -> NodeID {
        var steps: [SequencePlan.Step] = []
        for step in sequence.steps {
            guard let selection = selection(Selection(step.events, where: step.condition, windows: sequence.windows)) else {
                return truth(false)
            }
            steps.append(.init(leaf: graph.leaf(.instants, selection), within: step.within))
        }
        var absent: Int?
        if let step = sequence.absent, let selection = selection(step.selection) { absent = graph.leaf(.instants, selection) }
        let plan = SequencePlan(steps: steps, absent: absent, absentWithin: sequence.absent?.within, spanning: sequence.spanning)
        return graph.node(.sequence(graph.sequence(plan)))
    }
}
