import EventModel

/// Every question of a query as one graph of distinct nodes over distinct leaves: what is asked twice is answered once.
struct QueryGraph {
    let now: Int64
    private(set) var nodes: [QueryNode] = []
    /// Whether a node is about the row of a block at hand; the others are about profiles.
    private(set) var isRow: [Bool] = []
    /// Kind of each value; `truth` for masks.
    private(set) var kinds: [Kind] = []
    private(set) var leaves: [Leaf] = []
    private(set) var selections: [SelectionPlan] = []
    private(set) var sequences: [SequencePlan] = []
    private(set) var rankings: [RankingPlan] = []
    /// Paths of columns, from a message's root.
    private(set) var paths: [[String]] = []

    private var numberOfNode: [QueryNode: NodeID] = [:]
    private var numberOfLeaf: [Leaf: Int] = [:]
    private var numberOfSelection: [SelectionPlan: Int] = [:]
    private var numberOfSequence: [SequencePlan: Int] = [:]
    private var numberOfRanking: [RankingPlan: Int] = [:]
    private var numberOfPath: [[Text]: Int] = [:]

    init(now: Instant) { self.now = now.milliseconds }

    // MARK: Entering

    mutating func node(_ node: QueryNode, _ kind: Kind = .truth) -> NodeID {
        if let known = numberOfNode[node] { return known }
        let number = nodes.count
        numberOfNode[node] = number
        nodes.append(node)
        kinds.append(kind)
        switch node {
        case .column, .timestamp: isRow.append(true)
        default: isRow.append(node.operands.contains { isRow[$0] })
        }
        return number
    }

    mutating func leaf(_ task: Leaf.Task, _ selection: Int) -> Int {
        Self.enter(Leaf(task: task, selection: selection), &leaves, &numberOfLeaf)
    }

    mutating func selection(_ plan: SelectionPlan) -> Int { Self.enter(plan, &selections, &numberOfSelection) }

    mutating func sequence(_ plan: SequencePlan) -> Int { Self.enter(plan, &sequences, &numberOfSequence) }

    mutating func ranking(_ plan: RankingPlan) -> Int { Self.enter(plan, &rankings, &numberOfRanking) }

    mutating func path(_ path: [String]) -> Int {
        let key = path.map { Text($0) }
        if let known = numberOfPath[key] { return known }
        numberOfPath[key] = paths.count
        paths.append(path)
        return paths.count - 1
    }

    private static func enter<Entry: Hashable>(_ entry: Entry, _ entries: inout [Entry], _ numbers: inout [Entry: Int]) -> Int {
        if let known = numbers[entry] { return known }
        numbers[entry] = entries.count
        entries.append(entry)
        return entries.count - 1
    }

    // MARK: Constants

    func constant(_ id: NodeID) -> Value? { if case .constant(let value) = nodes[id] { value } else { nil } }

    func truth(_ id: NodeID) -> Bool? { if case .truth(let truth) = nodes[id] { truth } else { nil } }

    // MARK: Rounds

    /// The scan after which a node can be answered (0: none is needed) and the scan that each leaf belongs to, from 0.
    ///
    /// A leaf whose windows or conditions ask for what another leaf finds belongs to a later scan.
    func rounds() -> (nodes: [Int], leaves: [Int]) {
        var nodeRounds = [Int](repeating: -1, count: nodes.count)
        var leafRounds = [Int](repeating: -1, count: leaves.count)
        func round(ofLeaf leaf: Int) -> Int {
            if leafRounds[leaf] >= 0 { return leafRounds[leaf] }
            let selection = selections[leaves[leaf].selection]
            var latest = 0
            for bound in selection.bounds { latest = max(latest, round(ofNode: bound.node)) }
            for case .node(let condition) in selection.conditions { latest = max(latest, round(ofNode: condition)) }
            leafRounds[leaf] = latest
            return latest
        }
        func round(ofNode id: NodeID) -> Int {
            if nodeRounds[id] >= 0 { return nodeRounds[id] }
            var latest = 0
            switch nodes[id] {
            case .leaf(let leaf, _), .happened(let leaf): latest = round(ofLeaf: leaf) + 1
            case .sequence(let number):
                let plan = sequences[number]
                for leaf in plan.steps.map(\.leaf) + (plan.absent.map { [$0] } ?? []) { latest = max(latest, round(ofLeaf: leaf) + 1) }
            case .ranked(let number):
                latest = round(ofNode: rankings[number].value)
                if let among = rankings[number].among { latest = max(latest, round(ofNode: among)) }
            default: for operand in nodes[id].operands { latest = max(latest, round(ofNode: operand)) }
            }
            nodeRounds[id] = latest
            return latest
        }
        // Operands first: what a node is made of was entered before it, so the recursion stays shallow.
        for id in nodes.indices { _ = round(ofNode: id) }
        for leaf in leaves.indices { _ = round(ofLeaf: leaf) }
        return (nodeRounds, leafRounds)
    }
}
