/// Makes the accumulator that a leaf needs.
struct AccumulatorKit: Sendable {
    private let tasks: [Leaf.Task]
    private let outputs: [Int: Set<LeafOutput>]
    private let profiles: Int
    private let pool: TextPool
    private let order: MessageOrder
    private let now: Int64
    private let groupEntries: Int

    init(
        graph: QueryGraph, outputs: [Int: Set<LeafOutput>], profiles: Int, pool: TextPool, order: MessageOrder, groupEntries: Int
    ) {
        self.groupEntries = groupEntries
        tasks = graph.leaves.map(\.task)
        now = graph.now
        (self.outputs, self.profiles, self.pool, self.order) = (outputs, profiles, pool, order)
    }

    /// - Parameter rows: About how many rows may come.
    @Sendable func make(_ leaf: Int, rows: Int) -> Accumulator {
        let asked = outputs[leaf] ?? [.value]
        switch tasks[leaf] {
        case .happened: return HappenedAccumulator(profiles: profiles)
        case .count: return CountAccumulator(profiles: profiles)
        case .sum: return SumAccumulator(profiles: profiles, outputs: asked)
        case .least: return ExtremeAccumulator(profiles: profiles, isGreatest: false)
        case .greatest: return ExtremeAccumulator(profiles: profiles, isGreatest: true)
        case .earliest: return InstantAccumulator(profiles: profiles, isLast: false)
        case .latest: return InstantAccumulator(profiles: profiles, isLast: true)
        case .first: return edge(isLast: false, .field)
        case .last: return edge(isLast: true, .field)
        case .trait: return edge(isLast: true, .trait)
        case .consent: return edge(isLast: true, .consent)
        case .groups(let field):
            return GroupAccumulator(
                profiles: profiles, outputs: asked, isOfInstants: field == .timestamp, pool: pool, compactAt: groupEntries)
        case .instants: return InstantListAccumulator(profiles: profiles, rows: rows)
        }
    }

    private func edge(isLast: Bool, _ rule: EdgeAccumulator.Rule) -> Accumulator {
        EdgeAccumulator(profiles: profiles, isLast: isLast, rule: rule, now: now, pool: pool, order: order)
    }
}

/// One worker for each thread; a thread touches only its own while others run.
final class Scanners<Worker>: @unchecked Sendable {
    // Unchecked: worker i is used by thread i alone, and by the caller once all threads are done.
    private let workers: [Worker]
    var count: Int { workers.count }

    init(count: Int, _ make: (Int) -> Worker) { workers = (0..<count).map(make) }

    subscript(index: Int) -> Worker { workers[index] }
}

/// Results by place, each written by one thread.
final class FlatResults: @unchecked Sendable {
    // Unchecked: every place is written once, by whoever took its task, and read when all are done.
    private let results: UnsafeMutableBufferPointer<LeafResult?>

    init(count: Int) {
        results = .allocate(capacity: count)
        results.initialize(repeating: nil)
    }

    deinit {
        results.deinitialize()
        results.deallocate()
    }

    func put(_ result: LeafResult, at place: Int) { results[place] = result }
    func take(_ place: Int) -> LeafResult? { results[place] }
}
