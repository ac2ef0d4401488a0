import EventModel
import Jobs
import Synchronization

/// A clock that only tests move, those who sleep by it, and a keeper of ledgers that can fail: all that a runner sees of the world.
final class VirtualWorld: Sendable {
    private struct Sleeper {
        var until: Instant
        var isBody: Bool
        var wake: CheckedContinuation<Bool, Never>
    }
    /// Somebody who waits until a state is reached. He is told false when he is cancelled before.
    private struct Watcher {
        var condition: @Sendable (State) -> Bool
        var wake: CheckedContinuation<Bool, Never>
    }
    private struct State {
        var now: Instant
        var next = 0
        var sleepers: [Int: Sleeper] = [:]
        var cancelled: Set<Int> = []
        var watchers: [Int: Watcher] = [:]
        var ledger: JobLedger?
        var saves: [JobLedger] = []
        var isDiskFull = false
        var notices: [JobNotice] = []
        var bodies = 0
        var most = 0
    }
    private let state: Mutex<State>

    init(at now: Instant, ledger: JobLedger? = nil) { state = Mutex(State(now: now, ledger: ledger)) }

    var now: Instant { state.withLock { $0.now } }
    var saves: [JobLedger] { state.withLock { $0.saves } }
    var notices: [JobNotice] { state.withLock { $0.notices } }
    /// The most bodies that ran at once.
    var most: Int { state.withLock { $0.most } }
    func fillDisk(_ isFull: Bool) { state.withLock { $0.isDiskFull = isFull } }
    func setClock(_ now: Instant) { state.withLock { $0.now = now } }

    func runner(_ plan: JobPlan, _ bodies: [String: JobBody], limit: Int = 2) -> JobRunner {
        let counted = bodies.mapValues { body -> JobBody in
            { [self] context in
                state.withLock { ($0.bodies, $0.most) = ($0.bodies + 1, max($0.most, $0.bodies + 1)) }
                defer { state.withLock { $0.bodies -= 1 } }
                return try await body(context)
            }
        }
        return JobRunner(
            plan: plan, bodies: counted, keeper: self, limit: limit, clock: { self.now },
            sleep: { try await self.sleep($0, isBody: false) }, report: { notice in self.state.withLock { $0.notices.append(notice) } })
    }

    /// A job that takes a while and says so.
    func working(for duration: Duration) -> JobBody {
        { _ in
            try await self.sleep(duration, isBody: true)
            return "worked \(duration.text)"
        }
    }

    private func sleep(_ duration: Duration, isBody: Bool) async throws {
        let number = state.withLock { state in
            state.next += 1
            return state.next
        }
        let isRested = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer: Bool? = change { state in
                    if state.cancelled.remove(number) != nil { return false }
                    if duration <= .zero { return true }
                    state.sleepers[number] = Sleeper(until: state.now + duration, isBody: isBody, wake: continuation)
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let sleeper = change { state in
                let sleeper = state.sleepers.removeValue(forKey: number)
                if sleeper == nil { state.cancelled.insert(number) }
                return sleeper
            }
            sleeper?.wake.resume(returning: false)
        }
        if !isRested { throw CancellationError() }
    }

    /// Changes the state, and tells those who waited for what it is now.
    private func change<Answer>(_ body: (inout State) throws -> Answer) rethrows -> Answer {
        var met: [Watcher] = []
        defer { for watcher in met { watcher.wake.resume(returning: true) } }
        return try state.withLock { state in
            let answer = try body(&state)
            for (number, watcher) in state.watchers where watcher.condition(state) {
                met.append(watcher)
                state.watchers[number] = nil
            }
            return answer
        }
    }

    /// Waits until the state is so; throws when its task is cancelled before.
    private func until(_ condition: @escaping @Sendable (State) -> Bool) async throws {
        let number = state.withLock { state in
            state.next += 1
            return state.next
        }
        let isMet = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer: Bool? = state.withLock { state in
                    if condition(state) { return true }
                    if Task.isCancelled { return false }
                    state.watchers[number] = Watcher(condition: condition, wake: continuation)
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            state.withLock { $0.watchers.removeValue(forKey: number) }?.wake.resume(returning: false)
        }
        if !isMet { throw CancellationError() }
    }

    /// Waits until nothing can happen without the clock: the runner sleeps, and so do all the bodies that it saved as running.
    private func settle() async throws {
        try await until { state in
            let running = (state.saves.last ?? state.ledger)?.records.values.count { $0.running != nil } ?? 0
            let bodies = state.sleepers.values.count { $0.isBody }
            return bodies == running && state.sleepers.count - bodies == running + 1  // A watch for each, and the runner's nap.
        }
    }

    /// Waits until so many sleep, runner and bodies together, somebody until `wake`.
    func untilSleeping(_ count: Int, one wake: Instant) async throws {
        try await until { $0.sleepers.count == count && $0.sleepers.values.contains { $0.until == wake } }
    }

    /// Waits until a ledger is saved in which a job does not run.
    func untilEnded(_ job: String) async throws {
        try await until { $0.saves.last?.records[job]?.running == nil }
    }

    /// Moves the clock to an instant and wakes whom it is time for, without waiting for anything.
    func jump(to now: Instant) {
        let woken: [Sleeper] = change { state in
            state.now = now
            let due = state.sleepers.filter { $0.value.until <= now }
            for number in due.keys { state.sleepers[number] = nil }
            return Array(due.values)
        }
        for sleeper in woken { sleeper.wake.resume(returning: true) }
    }

    /// Moves the clock to an instant, stopping wherever somebody wakes on the way.
    func advance(to end: Instant) async throws {
        while true {
            try await settle()
            let woken: [Sleeper]? = change { state in
                let first = state.sleepers.values.map(\.until).min() ?? end
                if first > end {
                    state.now = end
                    return nil
                }
                state.now = max(state.now, first)
                let due = state.sleepers.filter { $0.value.until <= state.now }
                for number in due.keys { state.sleepers[number] = nil }
                return Array(due.values)
            }
            guard let woken else { return }
            for sleeper in woken { sleeper.wake.resume(returning: true) }
        }
    }
}

extension VirtualWorld: JobLedgerKeeper {
    struct FullDisk: Error, CustomStringConvertible { var description: String { "the disk is full" } }

    func load() async throws -> JobLedger? { state.withLock { $0.ledger } }

    func save(_ ledger: JobLedger) async throws {
        await Task.yield()
        try change { state in
            if state.isDiskFull { throw FullDisk() }
            state.saves.append(ledger)
            state.ledger = ledger
        }
    }
}
