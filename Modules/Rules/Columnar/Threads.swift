import Dispatch
import Synchronization

/// Runs `body(0)`, ..., `body(count - 1)` on so many threads at once, and throws the first error that one of them threw.
package func onThreads(_ count: Int, _ body: @Sendable (Int) throws -> Void) throws {
    if count <= 1 {
        if count == 1 { try body(0) }
        return
    }
    let failure = Mutex<(any Error)?>(nil)
    DispatchQueue.concurrentPerform(iterations: count) { index in
        do { try body(index) } catch { failure.withLock { if $0 == nil { $0 = error } } }
    }
    if let error = failure.withLock({ $0 }) { throw error }
}

/// Shares out a row of tasks so that each worker stays with neighbours: every one starts with a run of its own, worth an equal share,
/// and helps the one with most left when it is done.
final class TaskQueue: Sendable {
    private let runs: Mutex<[Range<Int>]>

    /// - Parameter costs: What each task costs, in any unit.
    init(costs: [Int], workers: Int) {
        let total = costs.reduce(0, +)
        var runs: [Range<Int>] = []
        var (start, spent) = (0, 0)
        for (task, cost) in costs.enumerated() {
            spent += cost
            if spent * workers >= total * (runs.count + 1), runs.count < workers - 1 {
                runs.append(start..<(task + 1))
                start = task + 1
            }
        }
        runs.append(start..<costs.count)
        while runs.count < workers { runs.append(costs.count..<costs.count) }
        self.runs = Mutex(runs)
    }

    /// The next task of a worker; nil when nothing is left.
    func next(for worker: Int) -> Int? {
        runs.withLock { runs in
            if !runs[worker].isEmpty {
                let task = runs[worker].lowerBound
                runs[worker] = (task + 1)..<runs[worker].upperBound
                return task
            }
            guard let richest = runs.indices.max(by: { runs[$0].count < runs[$1].count }), !runs[richest].isEmpty else { return nil }
            let task = runs[richest].upperBound - 1
            runs[richest] = runs[richest].lowerBound..<task
            return task
        }
    }
}
