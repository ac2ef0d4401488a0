import EventModel
import Storage

/// Bounds of the evaluator's work; tests set them so that every path is walked.
struct QueryTuning: Sendable {
    /// Rows or profiles worked on at a time; a power of two.
    var chunk = Chunk.most
    /// Rows are gathered in a list when there are fewer of them than profiles over this; 0: always.
    var listShare = 2
    /// Rows times leaves below which a second thread costs more than it brings.
    var parallelCost = 200_000
    /// Profiles below which answers are put together by one thread.
    var parallelProfiles = 65_536
    /// Bytes that the accumulators of one scan may take; more leaves than that are scanned in several goes.
    var accumulatorBytes = 384 << 20
    /// Values that `distinct` and its like gather before equal ones are put together.
    var groupEntries = 1 << 24
}

/// Answers the nodes of a graph over a snapshot, scan after scan.
final class PopulationQuery {
    private let graph: QueryGraph
    private let snapshot: any StoreSnapshot
    private let state: QueryState
    private let threads: Int
    private let tuning: QueryTuning
    private let isCancelled: @Sendable () -> Bool
    private let summaries: [BlockSummary]
    private let order: MessageOrder
    /// Nodes that are answered for every profile, ascending.
    private var required: [NodeID] = []
    private let rounds: (nodes: [Int], leaves: [Int])
    private let shape: ChunkShape
    private var kit: AccumulatorKit

    init(
        graph: QueryGraph, snapshot: any StoreSnapshot, threads: Int, tuning: QueryTuning, isCancelled: @escaping @Sendable () -> Bool
    ) {
        (self.graph, self.snapshot, self.threads, self.tuning, self.isCancelled) = (graph, snapshot, max(1, threads), tuning, isCancelled)
        state = QueryState(graph: graph, profiles: snapshot.profileCount)
        summaries = snapshot.blocks
        order = MessageOrder(snapshot: snapshot, blocks: summaries)
        rounds = graph.rounds()
        shape = ChunkShape(profiles: state.profiles, chunk: tuning.chunk)
        kit = AccumulatorKit(graph: graph, outputs: [:], shape: shape, pool: state.pool, order: order, tuning: tuning)
    }

    /// Answers the roots for every profile.
    func answer(_ roots: [NodeID]) throws -> [ProfileVector] {
        let owners = try CheckedOwners.of(snapshot)
        let outputs = reachable(from: roots)
        let used = outputs.keys.sorted()
        kit = AccumulatorKit(graph: graph, outputs: outputs, shape: shape, pool: state.pool, order: order, tuning: tuning)
        required = requiredNodes(roots, dropsEarly: false)
        let traits = TraitColumns(snapshot, now: graph.now)
        for leaf in used {
            guard case .trait(let path) = graph.leaves[leaf].task, let column = traits?.column(of: path, profiles: state.profiles) else {
                continue
            }
            state.results[leaf] = LeafParts(leaf: leaf, parts: [], column: column)
        }
        let open = used.filter { state.results[$0] == nil }
        try settle(round: 0)
        for round in 0...(used.map { rounds.leaves[$0] }.max() ?? 0) {
            let plan = ScanPlan(leaves: open.filter { rounds.leaves[$0] == round }, graph: graph, state: state, summaries: summaries)
            let batches = batches(plan)
            if batches.isEmpty { try settle(round: round + 1) }
            if batches.count > 1 { required = requiredNodes(roots, dropsEarly: true) }
            for leaves in batches {
                let isWhole = batches.count == 1
                try scan(isWhole ? plan : ScanPlan(leaves: leaves, graph: graph, state: state, summaries: summaries), owners)
                if let traits { try layOut(leaves, traits) }
                try settle(round: round + 1)
                forget()
            }
        }
        return try roots.map { root in
            guard let vector = state.vectors[root] else { throw StoreError(.damaged, "A question was left without an answer.") }
            return vector
        }
    }

    // MARK: What is needed

    /// The leaves that some nodes ask for, through windows and conditions too, and what they ask of each.
    private func reachable(from roots: [NodeID]) -> [Int: Set<LeafOutput>] {
        var outputs: [Int: Set<LeafOutput>] = [:]
        var seen = Set<NodeID>()
        var waiting = roots
        func enter(_ leaf: Int, _ output: LeafOutput) {
            let isNew = outputs[leaf] == nil
            outputs[leaf, default: []].insert(output)
            if isNew { waiting.append(contentsOf: graph.inputs(ofLeaf: leaf)) }
        }
        while let id = waiting.popLast() {
            guard seen.insert(id).inserted else { continue }
            waiting.append(contentsOf: graph.inputs(of: id))
            switch graph.nodes[id] {
            case .happened(let leaf): enter(leaf, .value)
            case .leaf(let leaf, let output): enter(leaf, output)
            case .sequence(let number): for leaf in graph.leaves(ofSequence: number) { enter(leaf, .value) }
            default: break
            }
        }
        return outputs
    }

    /// Nodes that somebody asks for by profile: the roots, windows' instants, what conditions ask of profiles, what is ranked.
    ///
    /// - Parameter dropsEarly: Whether tests of leaves' values are answered at once too, so that the values can go.
    private func requiredNodes(_ roots: [NodeID], dropsEarly: Bool) -> [NodeID] {
        var required = Set(roots)
        var seen = Set<NodeID>()
        var waiting = roots
        func enter(leaf: Int) {
            let selection = graph.selections[graph.leaves[leaf].selection]
            required.formUnion(selection.bounds.map(\.node))
            for case .node(let condition) in selection.conditions where !graph.isRow[condition] { required.insert(condition) }
            waiting.append(contentsOf: graph.inputs(ofLeaf: leaf))
        }
        while let id = waiting.popLast() {
            guard seen.insert(id).inserted else { continue }
            waiting.append(contentsOf: graph.inputs(of: id))
            switch graph.nodes[id] {
            case .happened(let leaf), .leaf(let leaf, _): enter(leaf: leaf)
            case .sequence(let number):
                required.insert(id)
                for leaf in graph.leaves(ofSequence: number) { enter(leaf: leaf) }
            case .ranked(let number):
                required.insert(graph.rankings[number].value)
                if let among = graph.rankings[number].among { required.insert(among) }
            default: break
            }
            if graph.isRow[id] {
                for operand in graph.nodes[id].operands where !graph.isRow[operand] && !graph.isConstant(operand) {
                    required.insert(operand)
                }
            } else if dropsEarly, graph.nodes[id].isMask, graph.nodes[id].operands.contains(where: { !graph.nodes[$0].isMask }) {
                required.insert(id)
            }
        }
        return required.sorted()
    }

    // MARK: Scans

    /// Leaves in groups whose accumulators fit into memory together.
    private func batches(_ plan: ScanPlan) -> [[Int]] {
        var batches: [[Int]] = []
        var size = 0
        for (place, leaf) in plan.leaves.enumerated() {
            let own = kit.bytes(leaf, rows: plan.rows[place], threads: threads)
            if batches.isEmpty || size + own > tuning.accumulatorBytes {
                batches.append([])
                size = 0
            }
            batches[batches.count - 1].append(leaf)
            size += own
        }
        return batches
    }

    private func scan(_ plan: ScanPlan, _ owners: ContiguousArray<UInt32>) throws {
        let workers = plan.blocks.reduce(0) { $0 + $1.cost } < tuning.parallelCost ? 1 : min(threads, plan.blocks.count)
        let queue = TaskQueue(costs: plan.blocks.map(\.cost), workers: max(1, workers))
        let scanners = Scanners(count: max(1, workers)) { [graph, state, snapshot, tuning, kit] _ in
            BlockScanner(
                graph: graph, state: state, plan: plan, snapshot: snapshot, profileOfIdentifier: owners, chunk: tuning.chunk, kit: kit
            )
        }
        try onThreads(workers) { [isCancelled] worker in
            while let task = queue.next(for: worker) {
                if isCancelled() { throw CancellationError() }
                try scanners[worker].scan(plan.blocks[task])
            }
        }
        var parts: [Accumulator] = []
        for (place, leaf) in plan.leaves.enumerated() {
            let gathered = (0..<scanners.count).compactMap { scanners[$0].accumulators[place] }
            state.results[leaf] = LeafParts(leaf: leaf, parts: gathered)
            parts += gathered
        }
        let open = Scanners(count: parts.count) { parts[$0] }
        let closing = TaskQueue(costs: parts.map { ($0 as? RowList)?.count ?? 1 }, workers: max(1, workers))
        try onThreads(max(1, workers)) { worker in
            while let place = closing.next(for: worker) { open[place].close() }
        }
    }

    /// Lays out the traits among some leaves, for this question and for later ones.
    private func layOut(_ leaves: [Int], _ traits: TraitColumns) throws {
        let texts = state.pool.dictionary()
        let workers = state.profiles < tuning.parallelProfiles ? 1 : min(threads, shape.count)
        for leaf in leaves {
            guard case .trait(let path) = graph.leaves[leaf].task,
                let made = try state.results[leaf]?.laidOut(kit: kit, texts: texts, threads: max(1, workers)), let column = made.column
            else { continue }
            state.results[leaf] = made
            traits.keep(column, of: path)
        }
    }

    // MARK: Answers

    /// Answers every required node that can be answered after so many rounds.
    private func settle(round: Int) throws {
        state.texts = state.pool.dictionary()
        while true {
            if isCancelled() { throw CancellationError() }
            let ready = required.filter { state.vectors[$0] == nil && isReady($0, round) }
            if ready.isEmpty { return }
            try evaluate(ready)
            for (number, plan) in graph.rankings.enumerated() where state.thresholds[number] == nil {
                guard let values = state.vectors[plan.value] else { continue }
                let among = plan.among.map { state.vectors[$0] }
                if case .some(nil) = among { continue }
                state.thresholds[number] = Ranking.threshold(
                    plan.percentile, of: values, among: among.flatMap { $0 }, kind: graph.kinds[plan.value])
            }
        }
    }

    /// Whether everything that a node is made of is known.
    private func isReady(_ id: NodeID, _ round: Int) -> Bool {
        guard rounds.nodes[id] <= round else { return false }
        var seen = Set<NodeID>()
        var waiting = [id]
        while let next = waiting.popLast() {
            guard seen.insert(next).inserted, state.vectors[next] == nil else { continue }
            switch graph.nodes[next] {
            case .happened(let leaf), .leaf(let leaf, _): if state.results[leaf] == nil { return false }
            case .ranked(let number):
                if state.thresholds[number] == nil { return false }
                waiting.append(contentsOf: graph.inputs(of: next))
            case .sequence(let number):
                if graph.leaves(ofSequence: number).contains(where: { state.results[$0] == nil }) { return false }
            default: waiting.append(contentsOf: graph.nodes[next].operands)
            }
        }
        return true
    }

    private func evaluate(_ wanted: [NodeID]) throws {
        let (profiles, shape) = (state.profiles, shape)
        let workers = profiles < tuning.parallelProfiles ? 1 : min(threads, shape.count)
        let evaluators = Scanners(count: max(1, workers)) { [graph, state, kit] _ in
            ChunkEvaluator(graph: graph, state: state, kit: kit, capacity: shape.width)
        }
        let vectors = wanted.map { ProfileVector(count: profiles, isMask: graph.nodes[$0].isMask, kind: graph.kinds[$0], shape: shape) }
        let queue = TaskQueue(costs: [Int](repeating: 1, count: shape.count), workers: max(1, workers))
        try onThreads(workers) { [isCancelled] worker in
            let evaluator = evaluators[worker]
            let program = evaluator.program(for: wanted, overRows: false)
            while let chunk = queue.next(for: worker) {
                if isCancelled() { throw CancellationError() }
                let base = chunk << shape.bits
                let count = min(shape.width, profiles - base)
                try evaluator.run(program, chunk: chunk, count: count)
                for (place, id) in wanted.enumerated() {
                    let (vector, slot) = (vectors[place], evaluator.slot(id))
                    if vector.isMask {
                        vector.store(mask: slot.mask, at: base, count: count)
                    } else {
                        vector.store(slot.lanes, at: base, count: count)
                    }
                }
            }
        }
        for (place, id) in wanted.enumerated() {
            // Every worker's dictionary of a node holds the same texts under the same numbers.
            vectors[place].dictionary = (0..<evaluators.count).lazy.compactMap { evaluators[$0].slot(id).lanes.dictionary }.first
            state.vectors[id] = vectors[place]
        }
    }

    /// Lets go of what no unanswered node asks for.
    private func forget() {
        var needed = Set<Int>()
        var seen = Set<NodeID>()
        var waiting = required.filter { state.vectors[$0] == nil }
        while let id = waiting.popLast() {
            guard seen.insert(id).inserted, state.vectors[id] == nil else { continue }
            waiting.append(contentsOf: graph.inputs(of: id))
            switch graph.nodes[id] {
            case .happened(let leaf), .leaf(let leaf, _): needed.insert(leaf)
            case .sequence(let number): needed.formUnion(graph.leaves(ofSequence: number))
            default: break
            }
        }
        for leaf in state.results.indices where !needed.contains(leaf) { state.results[leaf] = nil }
    }
}

extension QueryGraph {
    func isConstant(_ id: NodeID) -> Bool {
        switch nodes[id] {
        case .constant, .truth: true
        default: false
        }
    }

    /// The nodes that a node needs, those it ranks included.
    func inputs(of id: NodeID) -> [NodeID] {
        guard case .ranked(let number) = nodes[id] else { return nodes[id].operands }
        return [rankings[number].value] + (rankings[number].among.map { [$0] } ?? [])
    }

    /// The nodes that a leaf's windows and conditions ask for.
    func inputs(ofLeaf leaf: Int) -> [NodeID] {
        let selection = selections[leaves[leaf].selection]
        return selection.bounds.map(\.node) + selection.conditions.compactMap { if case .node(let id) = $0 { id } else { nil } }
    }

    func leaves(ofSequence number: Int) -> [Int] {
        let plan = sequences[number]
        return plan.steps.map(\.leaf) + (plan.absent.map { [$0] } ?? [])
    }
}
