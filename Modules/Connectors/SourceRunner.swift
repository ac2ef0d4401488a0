public import EventModel
import Synchronization

/// Runs one source: stores what it gives, keeps its checkpoint once that is durable, tries again, and counts.
///
/// Nothing is lost: the checkpoint never runs ahead of the disk. Nothing piles up: a batch is asked for when the one before is stored.
public final class SourceRunner: Sendable {
    /// What became of a batch that is on disk.
    public struct Stored: Sendable, Hashable {
        public var accepted, duplicates, quarantined: Int

        /// Joins the counts.
        public init(accepted: Int, duplicates: Int, quarantined: Int) {
            (self.accepted, self.duplicates, self.quarantined) = (accepted, duplicates, quarantined)
        }
    }

    /// What it is doing.
    public enum Phase: Sendable, Hashable {
        case starting, running, paused
        /// It waits before another try, because of this.
        case waiting(ConnectorError)
        /// The source has an end, and it was reached.
        case finished
        /// It was asked to end.
        case ended
        /// It cannot go on.
        case stopped(ConnectorError)
    }

    /// What the outside gives: time, chance, sleep, and who is told.
    public struct Surroundings: Sendable {
        /// The wall clock.
        public let now: @Sendable () -> Instant
        /// A clock that never goes back.
        public let elapsed: @Sendable () -> Duration
        /// Waits; throws when the task is cancelled.
        public let sleep: @Sendable (Duration) async throws -> Void
        /// From 0 up to, but without, 1.
        public let chance: @Sendable () -> Double
        /// Takes sentences for the log.
        public let report: @Sendable (String) -> Void

        /// Joins the parts.
        public init(
            now: @escaping @Sendable () -> Instant, elapsed: @escaping @Sendable () -> Duration,
            sleep: @escaping @Sendable (Duration) async throws -> Void, chance: @escaping @Sendable () -> Double,
            report: @escaping @Sendable (String) -> Void
        ) {
            (self.now, self.elapsed, self.sleep, self.chance, self.report) = (now, elapsed, sleep, chance, report)
        }
    }

    /// The connector's name.
    public let name: String
    private let source: any Source
    private let retry: RetryPolicy
    private let rate: Double?
    private let keeper: any ConnectorStateKeeper
    private let store: @Sendable (MessageBatch) async throws(ConnectorError) -> Stored
    private let outside: Surroundings
    private let present = Mutex((phase: Phase.starting, state: ConnectorState(), failures: 0))

    /// How long a pause lasts at least: so often somebody looks whether it is over.
    private static let pauseLook = Duration.seconds(1)

    /// Prepares a run; nothing happens before `run`.
    ///
    /// - Parameter rate: Messages a second at most; nil: as fast as they come.
    /// - Parameter store: Takes a batch; when it returns, the batch is on disk.
    public init(
        name: String, source: any Source, retry: RetryPolicy = RetryPolicy(), rate: Double? = nil, keeper: any ConnectorStateKeeper,
        surroundings: Surroundings, store: @escaping @Sendable (MessageBatch) async throws(ConnectorError) -> Stored
    ) {
        (self.name, self.source, self.retry, self.rate, self.keeper) = (name, source, retry, rate, keeper)
        (self.store, outside) = (store, surroundings)
    }

    /// What it is doing, what it did over all runs, and how often it failed in this one.
    public var progress: (phase: Phase, state: ConnectorState, failures: Int) { present.withLock { $0 } }

    /// Runs until the source ends, cannot go on, or the task is cancelled.
    ///
    /// - Returns: `finished`, `ended` or `stopped`.
    public func run() async -> Phase {
        let phase: Phase
        do {
            try await follow()
            phase = .finished
        } catch let error as ConnectorError {
            phase = .stopped(error)
            outside.report("The connector \(name) stopped. \(error)")
        } catch {
            phase = .ended
        }
        present.withLock { $0.phase = phase }
        return phase
    }

    private func follow() async throws {
        var streak = Streak()
        var bucket = rate.map { MessageRate(perSecond: $0) }
        while true {
            do throws(ConnectorError) {
                let state = try await keeper.state(of: name) ?? ConnectorState()
                present.withLock { $0.state = state }
                try await read(source, &bucket, &streak)
                return
            } catch {
                try Task.checkCancellation()
                try await recover(from: error, &streak)
            }
        }
    }

    /// Failures in a row.
    private struct Streak {
        var count = 0
        var since: Duration?
    }

    /// Waits for another try; throws the error where none makes sense.
    private func recover(from error: ConnectorError, _ streak: inout Streak) async throws {
        guard case .retry(let asked) = error.recovery else { throw error }
        let now = outside.elapsed()
        let since = streak.since ?? now
        streak.since = since
        present.withLock { present in
            present.failures += 1
            present.phase = .waiting(error)
        }
        guard let wait = retry.wait(afterFailure: streak.count, age: now - since, asked: asked, chance: outside.chance()) else {
            throw error
        }
        if streak.count == 0 { outside.report("The connector \(name) waits for another try. \(error)") }
        streak.count += 1
        try await outside.sleep(wait)
    }

    private func read<Kind: Source>(_ source: Kind, _ bucket: inout MessageRate?, _ streak: inout Streak) async throws(ConnectorError) {
        var batches = source.batches(after: progress.state.checkpoint).makeAsyncIterator()
        while true {
            try await waitWhilePaused()
            present.withLock { $0.phase = .running }
            guard let batch = try await batches.next(isolation: nil) else { return }
            try check(batch)
            try await take(batch, &bucket, &streak)
        }
    }

    private func waitWhilePaused() async throws(ConnectorError) {
        while await keeper.isPaused(name) {
            present.withLock { $0.phase = .paused }
            try await sleep(Self.pauseLook)
        }
    }

    private func check(_ batch: SourceBatch) throws(ConnectorError) {
        guard batch.messages.count <= SourceBatch.mostBytes, batch.checkpoint.position.utf8.count <= Checkpoint.longestPosition else {
            throw ConnectorError(
                .stop, at: name, "the source gave more at once than the platform takes (\(batch.messages.count) bytes of messages)",
                remedy: "This is an error of the connector: a batch has at most \(SourceBatch.mostBytes) bytes.")
        }
    }

    /// Stores a batch, however often that has to be tried, and keeps the position behind it.
    private func take(_ batch: SourceBatch, _ bucket: inout MessageRate?, _ streak: inout Streak) async throws(ConnectorError) {
        let count = batch.messages.sourceLines
        if let wait = bucket?.take(count, at: outside.elapsed()), wait > .zero { try await sleep(wait) }
        var stored: Stored?
        while stored == nil {
            do throws(ConnectorError) { stored = try await store(batch.messages) } catch {
                if case .retry = error.recovery {} else { throw error }
                // The source is well: it is not read anew, it waits with what it gave.
                do { try await recover(from: error, &streak) } catch let error as ConnectorError { throw error } catch {
                    throw .cancelled(name)
                }
            }
        }
        var state = progress.state
        state.checkpoint = batch.checkpoint
        if let stored {
            state.accepted += stored.accepted
            state.duplicates += stored.duplicates
            state.quarantined += stored.quarantined
            state.messages += stored.accepted + stored.duplicates + stored.quarantined
        }
        state.lastSeen = outside.now()
        state.newest = [state.newest, batch.newest].compactMap { $0 }.max()
        try await keeper.save(state, of: name)
        streak = Streak()
        present.withLock { $0.state = state }
    }

    private func sleep(_ duration: Duration) async throws(ConnectorError) {
        do { try await outside.sleep(duration) } catch { throw .cancelled(name) }
    }
}

extension ConnectorError {
    /// The task was cancelled; nobody is told.
    fileprivate static func cancelled(_ name: String) -> ConnectorError {
        ConnectorError(.stop, at: name, "it was asked to end", remedy: "Start it again.")
    }
}
