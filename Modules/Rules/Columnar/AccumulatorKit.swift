/// Makes what a leaf needs: to take rows in on one thread, and to put together what several threads gathered.
struct AccumulatorKit: Sendable {
    let tasks: [Leaf.Task]
    let shape: ChunkShape
    let order: MessageOrder
    private let outputs: [Int: Set<LeafOutput>]
    private let pool: TextPool
    private let now: Int64
    private let tuning: QueryTuning

    init(
        graph: QueryGraph, outputs: [Int: Set<LeafOutput>], shape: ChunkShape, pool: TextPool, order: MessageOrder, tuning: QueryTuning
    ) {
        tasks = graph.leaves.map(\.task)
        now = graph.now
        (self.outputs, self.shape, self.pool, self.order, self.tuning) = (outputs, shape, pool, order, tuning)
    }

    /// What is asked of a leaf.
    func outputs(of leaf: Int) -> Set<LeafOutput> { outputs[leaf] ?? [.value] }

    /// Bytes that a leaf takes on all threads together, when about so many rows come.
    func bytes(_ leaf: Int, rows: Int, threads: Int) -> Int {
        let (entry, dense) =
            switch tasks[leaf] {
            case .happened: (4, 1)
            case .count: (4, 4)
            case .sum: (12, outputs(of: leaf).contains(.average) ? 12 : 8)
            case .least, .greatest, .earliest, .latest: (12, 8)
            case .groups, .instants: (12, 0)
            case .first, .last, .trait, .consent: (28, 0)
            }
        return isListed(leaf, rows: rows) ? 2 * rows * entry : shape.profiles * dense * threads
    }

    /// Whether rows are kept as they come, instead of an entry for every profile.
    private func isListed(_ leaf: Int, rows: Int) -> Bool {
        switch tasks[leaf] {
        case .happened, .count, .sum, .least, .greatest, .earliest, .latest:
            rows < shape.profiles / max(1, tuning.listShare) || tuning.listShare == 0
        case .first, .last, .trait, .consent, .groups, .instants: true
        }
    }

    /// Takes rows in on one thread.
    ///
    /// - Parameter rows: About how many rows may come.
    @Sendable func part(_ leaf: Int, rows: Int) -> Accumulator {
        guard isListed(leaf, rows: rows) else { return dense(leaf, profiles: shape.profiles) }
        switch tasks[leaf] {
        case .happened: return list(.nothing, .any, rows)
        case .count: return list(.nothing, .none, rows)
        case .sum: return list(.number(asDecimal: true), .none, rows)
        case .least, .greatest: return list(.number(asDecimal: false), .none, rows)
        case .earliest: return list(.time, .least, rows)
        case .latest: return list(.time, .greatest, rows)
        case .instants: return list(.time, .none, rows)
        case .groups: return list(.box, .none, rows, compactAt: tuning.groupEntries)
        case .first: return list(.edge(.field), .least, rows)
        case .last: return list(.edge(.field), .greatest, rows)
        case .trait: return list(.edge(.trait), .greatest, rows)
        case .consent: return list(.edge(.consent), .greatest, rows)
        }
    }

    private func list(_ content: RowList.Content, _ joins: RowList.Join, _ rows: Int, compactAt: Int? = nil) -> RowList {
        RowList(content: content, joins: joins, shape: shape, rows: rows, compactAt: compactAt, now: now, pool: pool)
    }

    /// An entry for each of so many profiles.
    func dense(_ leaf: Int, profiles: Int) -> Accumulator {
        switch tasks[leaf] {
        case .happened: HappenedAccumulator(profiles: profiles)
        case .count: CountAccumulator(profiles: profiles)
        case .sum: SumAccumulator(profiles: profiles, outputs: outputs(of: leaf))
        case .least: ExtremeAccumulator(profiles: profiles, isGreatest: false)
        case .greatest: ExtremeAccumulator(profiles: profiles, isGreatest: true)
        case .earliest: InstantAccumulator(profiles: profiles, isLast: false)
        case .latest: InstantAccumulator(profiles: profiles, isLast: true)
        case .first, .last, .trait, .consent, .groups, .instants: preconditionFailure("only lists of rows tell")
        }
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
