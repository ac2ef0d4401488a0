import EventModel
import Storage

/// Bounds of the evaluator's work; tests set them so that every path is walked.
struct QueryTuning: Sendable {
    /// Rows or profiles worked on at a time.
    var chunk = Chunk.most
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

    init(
        graph: QueryGraph, snapshot: any StoreSnapshot, threads: Int, tuning: QueryTuning, isCancelled: @escaping @Sendable () -> Bool
    ) {
        (self.graph, self.snapshot, self.threads, self.tuning, self.isCancelled) = (graph, snapshot, max(1, threads), tuning, isCancelled)
        state = QueryState(graph: graph, profiles: snapshot.profileCount)
        summaries = snapshot.blocks
        order = MessageOrder(snapshot: snapshot, blocks: summaries)
        rounds = graph.rounds()
    }

    /// Answers the roots for every profile.
    func answer(_ roots: [NodeID]) throws -> [ProfileVector] {
        let owners = snapshot.profileOfIdentifier
        guard owners.count >= snapshot.identifierCount, owners.allSatisfy({ Int($0) < state.profiles }) else {
            throw StoreError(.damaged, "The store's table of people does not hold what it says. Rebuild the store.")
        }
        let outputs = reachable(from: roots)
        let used = outputs.keys.sorted()
        let bytes = used.reduce(0) { $0 + self.bytes(of: $1) }
        required = requiredNodes(roots, dropsEarly: bytes > tuning.accumulatorBytes)
        try settle(round: 0)
        for round in 0...(used.map { rounds.leaves[$0] }.max() ?? 0) {
            for leaves in batches(used.filter { rounds.leaves[$0] == round }) {
                try scan(leaves, outputs, owners)
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

    private func bytes(of leaf: Int) -> Int {
        let each =
            switch graph.leaves[leaf].task {
            case .happened: 1
            case .count: 4
            case .sum, .groups, .instants: 16
            case .least, .greatest, .earliest, .latest: 8
            case .first, .last, .trait, .consent: 24
            }
        return each * state.profiles
    }

    /// Leaves in groups whose accumulators fit into memory together.
    private func batches(_ leaves: [Int]) -> [[Int]] {
        var batches: [[Int]] = []
        var size = 0
        for leaf in leaves {
            let own = bytes(of: leaf) * threads
            if batches.isEmpty || size + own > tuning.accumulatorBytes {
                batches.append([])
                size = 0
            }
            batches[batches.count - 1].append(leaf)
            size += own
        }
        return batches
    }

    private func scan(_ leaves: [Int], _ outputs: [Int: Set<LeafOutput>], _ owners: ContiguousArray<UInt32>) throws {
        let plan = ScanPlan(leaves: leaves, graph: graph, state: state, summaries: summaries)
        let workers = plan.blocks.reduce(0) { $0 + $1.cost } < tuning.parallelCost ? 1 : min(threads, plan.blocks.count)
        let queue = TaskQueue(costs: plan.blocks.map(\.cost), workers: max(1, workers))
        let kit = AccumulatorKit(
            graph: graph, outputs: outputs, profiles: state.profiles, pool: state.pool, order: order, groupEntries: tuning.groupEntries)
        let scanners = Scanners(count: max(1, workers)) { [graph, state, snapshot, tuning] _ in
            BlockScanner(
                graph: graph, state: state, plan: plan, snapshot: snapshot, profileOfIdentifier: owners, chunk: tuning.chunk, make: kit.make
            )
        }
        try onThreads(workers) { [isCancelled] worker in
            while let task = queue.next(for: worker) {
                if isCancelled() { throw CancellationError() }
                try scanners[worker].scan(plan.blocks[task])
            }
        }
        let results = FlatResults(count: leaves.count)
        let finishing = TaskQueue(costs: leaves.map { _ in 1 }, workers: max(1, workers))
        try onThreads(max(1, workers)) { worker in
            while let place = finishing.next(for: worker) {
                let gathered = (0..<scanners.count).compactMap { scanners[$0].accumulators[place] }
                let first = gathered.first ?? kit.make(plan.leaves[place], rows: 0)
                for other in gathered.dropFirst() { try first.merge(other) }
                results.put(first.finish(), at: place)
            }
        }
        for (place, leaf) in leaves.enumerated() { state.results[leaf] = results.take(place) }
    }

    // MARK: Answers

    /// Answers every required node that can be answered after so many rounds.
    private func settle(round: Int) throws {
        state.texts = state.pool.dictionary()
        while true {
            if isCancelled() { throw CancellationError() }
            for id in required where state.vectors[id] == nil && isReady(id, round) {
                if case .sequence(let number) = graph.nodes[id] { state.vectors[id] = try match(number) }
            }
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
                if next != id || graph.leaves(ofSequence: number).contains(where: { state.results[$0] == nil }) { return false }
            default: waiting.append(contentsOf: graph.nodes[next].operands)
            }
        }
        return true
    }

    private func evaluate(_ wanted: [NodeID]) throws {
        let (profiles, chunk) = (state.profiles, tuning.chunk)
        let chunks = (profiles + chunk - 1) / chunk
        let workers = profiles < tuning.parallelProfiles ? 1 : min(threads, chunks)
        let evaluators = Scanners(count: max(1, workers)) { [graph, state] _ in ChunkEvaluator(graph: graph, state: state, capacity: chunk)
        }
        let vectors = wanted.map { ProfileVector(count: profiles, isMask: graph.nodes[$0].isMask, kind: graph.kinds[$0]) }
        try onThreads(workers) { worker in
            let evaluator = evaluators[worker]
            let program = evaluator.program(for: wanted, overRows: false)
            for index in (chunks * worker / workers)..<(chunks * (worker + 1) / workers) {
                let base = index * chunk
                let count = min(chunk, profiles - base)
                evaluator.run(program, profilesFrom: base, count: count)
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

    private func match(_ number: Int) throws -> ProfileVector {
        let plan = graph.sequences[number]
        let vector = ProfileVector(count: state.profiles, isMask: true, kind: .truth)
        let steps = plan.steps.compactMap { state.results[$0.leaf]?.instants }
        let absent = plan.absent.flatMap { state.results[$0]?.instants }
        let (profiles, now) = (state.profiles, graph.now)
        let workers = profiles < tuning.parallelProfiles ? 1 : threads
        try onThreads(workers) { worker in
            var matcher = SequenceMatcher(plan, steps: steps, absent: absent, now: now)
            for profile in (profiles * worker / workers)..<(profiles * (worker + 1) / workers) {
                vector.bytes[profile] = matcher.holds(for: profile) ? 1 : 0
            }
        }
        return vector
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
