import EventModel

/// What standing rules ask and keep: one plan for all of them, and the slots that their leaves read.
struct StandingPlan {
    let plan: ProfilePlan
    /// By rule.
    let roots: [Int]
    /// By value.
    let values: [Int]
    private(set) var slots: [StandingSlot] = []
    /// By slot: what its rows look like.
    private(set) var forms: ContiguousArray<RowForm> = []
    /// By selection: its windows as one; nil where one of them is of another kind.
    private(set) var windows: ContiguousArray<StandingWindow?> = []
    /// By slot: the rules that read it.
    private(set) var rulesOfSlot: [[Int]] = []
    /// By slot: slots of the last steps of sequences in which it is an earlier step.
    private(set) var lastSteps: [[Int]] = []
    /// By selection of the plan.
    private(set) var slotOfSelection: [Int] = []
    /// By node of the plan: where an aggregate over a field, or a trait, finds its values.
    ///
    /// No column: the events' own instants.
    private(set) var columnOfNode: [Int: (slot: Int, column: Int?)] = [:]
    private(set) var slotsByName: [Text: [Int]] = [:]
    private(set) var slotsByKind: [[Int]]
    private(set) var traits: [Text: Int] = [:]
    private(set) var purposes: [[Text]: Int] = [:]
    /// Every field that a condition or a column reads.
    private(set) var fields: Set<Field> = []
    private var numbers: [StandingSlot.Subject: Int] = [:]

    init(_ rules: [(rule: Rule, thresholds: PercentileThresholds)], values formulas: [Formula], chunkRows: Int) {
        var planner = ProfilePlanner()
        roots = rules.map { planner.enter($0.rule, thresholds: $0.thresholds) }
        values = formulas.map { planner.enter($0) }
        plan = planner.plan
        slotsByKind = Array(repeating: [], count: Int(Message.Kind.allCases.map(\.rawValue).max() ?? 0) + 1)
        for selection in plan.selections { slotOfSelection.append(enter(selection)) }
        for (number, node) in plan.nodes.enumerated() { enter(node, number) }
        forms = ContiguousArray(slots.map { $0.form(chunkRows: chunkRows) })
        windows = ContiguousArray(plan.selections.map { StandingWindow($0.windows, in: plan) })
        rulesOfSlot = Array(repeating: [], count: slots.count)
        for (rule, root) in roots.enumerated() {
            for slot in slotsRead(by: root).sorted() { rulesOfSlot[slot].append(rule) }
        }
        lastSteps = Array(repeating: [], count: slots.count)
        for case .sequence(let sequence) in plan.nodes {
            let steps = sequence.steps.map { slotOfSelection[$0.selection] }
            guard let last = steps.last else { continue }
            for slot in steps.dropLast() where !lastSteps[slot].contains(last) { lastSteps[slot].append(last) }
        }
    }

    /// Whether all conditions of a rule can be judged when an event arrives, once for ever: they ask of the event alone.
    static func judgesEventsAlone(_ rule: Rule) -> Bool {
        var planner = ProfilePlanner()
        _ = planner.enter(rule, thresholds: .none)
        return judgesEventsAlone(planner.plan)
    }

    /// The same of a value.
    static func judgesEventsAlone(_ formula: Formula) -> Bool {
        var planner = ProfilePlanner()
        _ = planner.enter(formula)
        return judgesEventsAlone(planner.plan)
    }

    private static func judgesEventsAlone(_ plan: ProfilePlan) -> Bool {
        plan.selections.allSatisfy { selection in selection.condition.map { plan.isOfEventAlone($0) } ?? true }
    }

    // MARK: Slots

    private mutating func number(_ subject: StandingSlot.Subject) -> Int {
        if let known = numbers[subject] { return known }
        let isOrdered = if case .events = subject { false } else { true }
        numbers[subject] = slots.count
        slots.append(StandingSlot(subject: subject, isOrdered: isOrdered))
        return slots.count - 1
    }

    private mutating func enter(_ selection: ProfilePlan.EventSelection) -> Int {
        let name: Text? = if case .named(let name) = selection.source { name } else { nil }
        let isNew = slots.count
        let slot = number(.events(name: name, kinds: selection.kinds, condition: selection.condition))
        if slot == isNew {
            if let name {
                slotsByName[name, default: []].append(slot)
            } else {
                for kind in selection.kinds { slotsByKind[Int(kind.rawValue)].append(slot) }
            }
        }
        slots[slot].reach = max(slots[slot].reach, plan.reach(of: selection))
        return slot
    }

    private mutating func enter(_ node: ProfilePlan.Node, _ id: Int) {
        switch node {
        case .aggregate(let selection, _, .timestamp): columnOfNode[id] = (slotOfSelection[selection], nil)
        case .aggregate(let selection, let function, let field?):
            let slot = slotOfSelection[selection]
            if function == .first || function == .last { slots[slot].isOrdered = true }
            let column = slots[slot].fields.firstIndex(of: field) ?? slots[slot].fields.count
            if column == slots[slot].fields.count { slots[slot].fields.append(field) }
            fields.insert(field)
            columnOfNode[id] = (slot, column)
        case .field(let field): fields.insert(field)
        case .trait(let path):
            let slot = number(.trait(path[0]))
            traits[path[0]] = slot
            let column = slots[slot].paths.firstIndex(of: path) ?? slots[slot].paths.count
            if column == slots[slot].paths.count { slots[slot].paths.append(path) }
            columnOfNode[id] = (slot, column)
        case .consent(let path), .consentIsSet(let path):
            for length in 1...path.count {
                let purpose = Array(path.prefix(length))
                purposes[purpose] = number(.purpose(purpose))
            }
        default: break
        }
    }

    /// The slots that a node for a trait or a purpose finds its values in.
    func slots(of node: Int) -> [Int] {
        switch plan.nodes[node] {
        case .trait(let path): traits[path[0]].map { [$0] } ?? []
        case .consent(let path), .consentIsSet(let path): (1...path.count).compactMap { purposes[Array(path.prefix($0))] }
        default: []
        }
    }

    private func slotsRead(by root: Int) -> Set<Int> {
        var found: Set<Int> = []
        var seen: Set<Int> = []
        var waiting = [root]
        func select(_ selection: Int) {
            found.insert(slotOfSelection[selection])
            waiting += plan.selections[selection].windows.map(\.node)
        }
        while let node = waiting.popLast() {
            guard seen.insert(node).inserted else { continue }
            waiting += plan.nodes[node].operands
            switch plan.nodes[node] {
            case .counted(let selection, _), .aggregate(let selection, _, _): select(selection)
            case .ranked(_, let among?, _, _): select(among)
            case .sequence(let sequence):
                for step in sequence.steps { select(step.selection) }
                if let absent = sequence.absent { select(absent) }
            case .trait, .consent, .consentIsSet: found.formUnion(slots(of: node))
            default: break
            }
        }
        return found
    }
}

extension ProfilePlan {
    /// Whether a condition asks of the event at hand and of nothing that differs between profiles or with time.
    fileprivate func isOfEventAlone(_ node: Int) -> Bool {
        switch nodes[node] {
        case .now, .trait, .consent, .consentIsSet, .aggregate, .counted, .sequence, .ranked: false
        default: nodes[node].operands.allSatisfy { isOfEventAlone($0) }
        }
    }

    /// Milliseconds after which windows that move with the clock let an event go for ever; `.max` where none does.
    fileprivate func reach(of selection: EventSelection) -> Int64 {
        var window = StandingWindow()
        for bound in selection.windows where bound.isLower { _ = window.narrow(by: bound, in: self) }
        return window.length
    }
}
