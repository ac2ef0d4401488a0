public import EventModel
import Synchronization

/// Runs one source: stores what it gives, keeps its checkpoint once that is durable, tries again, and counts.
///
/// Nothing is lost: the checkpoint never runs ahead of the disk. Nothing piles up: a batch is asked for when the one before is stored.
public final class SourceRunner: Sendable {
    /// What became of a batch that is on disk.
    public struct Stored: Sendable, Hashable {
        /// New messages, those whose id was there before, and those in quarantine.
        public var accepted, duplicates, quarantined: Int
        /// Why the first of those in quarantine is there; nil where none is.
        public var firstReason: String?

        /// Joins the counts.
        public init(accepted: Int, duplicates: Int, quarantined: Int, firstReason: String? = nil) {
            (self.accepted, self.duplicates, self.quarantined, self.firstReason) = (accepted, duplicates, quarantined, firstReason)
        }
    }

    /// The connector's name.
    public let name: String
    private let source: any Source
    private let retry: RetryPolicy
    private let rate: Double?
    private let keeper: any ConnectorStateKeeper
    private let store: @Sendable (MessageBatch) async throws(ConnectorError) -> Stored
    private let outside: ConnectorSurroundings
    private let present = Mutex((phase: ConnectorPhase.starting, state: ConnectorState(), failures: 0))
    private let reason = Mutex<String?>(nil)

    /// How long a pause lasts at least: so often somebody looks whether it is over.
    private static let pauseLook = Duration.seconds(1)

    /// Prepares a run; nothing happens before `run`.
    ///
    /// - Parameter rate: Messages a second, over time; nil: as fast as they come.
    /// - Parameter store: Takes a batch; when it returns, the batch is on disk.
    public init(
        name: String, source: any Source, retry: RetryPolicy = RetryPolicy(), rate: Double? = nil, keeper: any ConnectorStateKeeper,
        surroundings: ConnectorSurroundings, store: @escaping @Sendable (MessageBatch) async throws(ConnectorError) -> Stored
    ) {
        (self.name, self.source, self.retry, self.rate, self.keeper) = (name, source, retry, rate, keeper)
        (self.store, outside) = (store, surroundings)
    }

    /// What it is doing, what it did over all runs, and how often it failed in this one.
    public var progress: (phase: ConnectorPhase, state: ConnectorState, failures: Int) { present.withLock { $0 } }

    /// Why the first message that this run put in quarantine is there; nil where it put none there.
    public var firstReason: String? { reason.withLock { $0 } }

    /// Runs until the source ends, cannot go on, or the task is cancelled.
    ///
    /// - Returns: `finished`, `ended` or `stopped`.
    public func run() async -> ConnectorPhase {
        let phase: ConnectorPhase
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
        var streak = FailureStreak()
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

    /// Waits for another try; throws the error where none makes sense.
    private func recover(from error: ConnectorError, _ streak: inout FailureStreak) async throws {
        guard case .retry = error.recovery else { throw error }
        present.withLock { present in
            present.failures += 1
            present.phase = .waiting(error)
        }
        let isFirst = streak.count == 0
        guard let wait = streak.failed(error, at: outside.elapsed(), retry, chance: outside.chance()) else {
            throw retry.maximumAge.map(error.givenUp(after:)) ?? error
        }
        if isFirst { outside.report("The connector \(name) waits for another try. \(error)") }
        try await outside.sleep(wait)
    }

    private func read<Kind: Source>(_ source: Kind, _ bucket: inout MessageRate?, _ streak: inout FailureStreak)
        async throws(ConnectorError)
    {
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
    private func take(_ batch: SourceBatch, _ bucket: inout MessageRate?, _ streak: inout FailureStreak) async throws(ConnectorError) {
        let count = batch.messages.sourceLines
        if let wait = bucket?.wait(for: count, at: outside.elapsed()), wait > .zero { try await sleep(wait) }
        // What comes at once is stored at once: after more than fills the bucket the next one waits for longer.
        bucket?.take(count, at: outside.elapsed())
        var stored: Stored?
        while stored == nil {
            do throws(ConnectorError) { stored = try await store(batch.messages) } catch {
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
            reason.withLock { $0 = $0 ?? stored.firstReason }
            state.messages += stored.accepted + stored.duplicates + stored.quarantined
        }
        state.lastSeen = outside.now()
        state.newest = [state.newest, batch.newest].compactMap { $0 }.max()
        try await keeper.save(state, of: name)
        streak = FailureStreak()
        present.withLock { $0.state = state }
    }

    private func sleep(_ duration: Duration) async throws(ConnectorError) {
        do { try await outside.sleep(duration) } catch { throw .cancelled(name) }
    }
}
