import Synchronization

/// Runs one destination: delivers what a feed gives, in order, keeps how far it has come once that has arrived, tries again, sets aside what
/// is refused, and counts.
///
/// Nothing is lost: the place never runs ahead of what arrived or lies among the dead letters on disk. Nothing piles up: while a batch is on
/// its way, the next one is read, and no more.
public final class DestinationRunner: Sendable {
    /// How a destination is driven.
    public struct Policy: Sendable, Hashable {
        /// How much goes at once.
        public var limits: DeliveryLimits
        /// How it is tried again. What fails for longer than its maximum age becomes dead letters.
        public var retry: RetryPolicy
        /// Failures in a row after which nothing is tried for a while, and that while.
        public var breaker: CircuitBreaker
        /// Records a second at most; nil: as fast as they are taken.
        public var rate: Double?

        /// Joins the parts; by default failures become dead letters after a day.
        public init(
            limits: DeliveryLimits = DeliveryLimits(), retry: RetryPolicy = RetryPolicy(maximumAge: .seconds(86_400)),
            breaker: CircuitBreaker = CircuitBreaker(), rate: Double? = nil
        ) {
            (self.limits, self.retry, self.breaker, self.rate) = (limits, retry, breaker, rate)
        }
    }

    /// What it is doing and has done.
    public struct Progress: Sendable {
        /// What it is doing.
        public var phase = ConnectorPhase.starting
        /// What it did over all runs.
        public var state = DeliveryState()
        /// How often it failed in this one.
        public var failures = 0
        /// Whether too many failures in a row keep it from trying.
        public var isOpen = false
        /// Bytes that waited to be delivered when it last looked; nil where nobody knows.
        public var backlog: Int?
    }

    /// The connector's name.
    public let name: String
    private let destination: any Destination
    private let feed: any DeliveryFeed
    private let policy: Policy
    private let keeper: any DeliveryKeeper
    private let learn: @Sendable (DeliveryBatch, [DeliveryReceipt.Given]) async throws(ConnectorError) -> Void
    private let outside: ConnectorSurroundings
    private let present = Mutex(Progress())

    /// Prepares a run; nothing happens before `run`.
    ///
    /// - Parameter learn: Takes what a destination learned of the people of a batch; when it returns, that is on disk. The same may come again.
    public init(
        name: String, destination: any Destination, feed: any DeliveryFeed, policy: Policy = Policy(), keeper: any DeliveryKeeper,
        surroundings: ConnectorSurroundings,
        learn: @escaping @Sendable (DeliveryBatch, [DeliveryReceipt.Given]) async throws(ConnectorError) -> Void
    ) {
        (self.name, self.destination, self.feed, self.policy) = (name, destination, feed, policy)
        (self.keeper, outside, self.learn) = (keeper, surroundings, learn)
    }

    /// What it is doing and has done.
    public var progress: Progress { present.withLock { $0 } }

    /// Runs until the feed ends, it cannot go on, or the task is cancelled.
    ///
    /// - Returns: `finished`, `ended` or `stopped`.
    public func run() async -> ConnectorPhase {
        var phase: ConnectorPhase
        do throws(ConnectorError) {
            try await follow()
            phase = .finished
        } catch {
            phase = Task.isCancelled ? .ended : .stopped(error)
            if case .stopped = phase { outside.report("The connector \(name) stopped. \(error)") }
        }
        await destination.close()
        present.withLock { [phase] in $0.phase = phase }
        return phase
    }

    private func follow() async throws(ConnectorError) {
        var ahead = ReadAhead(feed, policy.limits)
        let outcome: Result<Void, ConnectorError>
        do throws(ConnectorError) { outcome = .success(try await follow(&ahead)) } catch { outcome = .failure(error) }
        await ahead.end()
        try outcome.get()
    }

    private func follow(_ ahead: inout ReadAhead) async throws(ConnectorError) {
        var turn = Turn(policy)
        var state = try await begun()
        while let place = state.place {
            try await waitWhilePaused(&turn)
            await lookAtBacklog(&turn)
            try await replay(&state, &turn)
            let piece = try await again { () async throws(ConnectorError) in try await ahead.next(after: place) }
            guard let piece else {
                turn.looked = nil
                await lookAtBacklog(&turn)
                return
            }
            if piece.batch.isEmpty, piece.place == place { continue }
            if !piece.batch.isEmpty { ahead.begin(after: piece.place) }
            try await pass(piece.batch, &state, &turn)
            state.place = piece.place
            try await save(state)
            await feed.release(before: piece.place)
        }
    }

    /// Delivers a batch, sets aside what is refused, and counts both.
    private func pass(_ batch: DeliveryBatch, _ state: inout DeliveryState, _ turn: inout Turn) async throws(ConnectorError) {
        if batch.isEmpty { return }
        if let wait = turn.bucket?.take(batch.count, at: outside.elapsed()), wait > .zero { try await outside.sleep(wait, of: name) }
        let dead = try await deliver(batch, &turn)
        if !dead.isEmpty {
            try await again { () async throws(ConnectorError) in try await self.keeper.keep(dead, of: self.name, at: self.outside.now()) }
        }
        state.delivered += batch.count - dead.count
        state.dead += dead.count
        if dead.count < batch.count { state.lastDelivered = outside.now() }
    }

    /// Delivers dead letters again, where somebody asked for that.
    private func replay(_ state: inout DeliveryState, _ turn: inout Turn) async throws(ConnectorError) {
        let letters = try await again { () async throws(ConnectorError) in try await self.keeper.replays(of: self.name) }
        if letters.isEmpty { return }
        // All that there were are taken, and those that a reconciliation asked for were never counted.
        state.dead = 0
        var rest = letters[...]
        while !rest.isEmpty {
            var batch = DeliveryBatch()
            while let letter = rest.first, batch.count < policy.limits.records, batch.isEmpty || batch.bytes.count < policy.limits.bytes {
                batch.append(letter.kind, key: letter.key, profile: letter.profile, json: letter.json.utf8)
                rest = rest.dropFirst()
            }
            try await pass(batch, &state, &turn)
        }
        try await again { () async throws(ConnectorError) in try await self.keeper.replayed(self.name) }
        try await save(state)
    }

    /// Waits while somebody wants it to.
    private func waitWhilePaused(_ turn: inout Turn) async throws(ConnectorError) {
        while true {
            let isPaused = await keeper.isPaused(name)
            present.withLock { $0.phase = isPaused ? .paused : .running }
            guard isPaused else { return }
            await lookAtBacklog(&turn)
            try await outside.sleep(ConnectorSurroundings.pauseLook, of: name)
        }
    }

    /// Looks how much waits, once a second: files are asked for that.
    private func lookAtBacklog(_ turn: inout Turn) async {
        let now = outside.elapsed()
        if let looked = turn.looked, now - looked < .seconds(1) { return }
        guard let place = progress.state.place else { return }
        turn.looked = now
        let backlog = await feed.backlog(behind: place)
        present.withLock { $0.backlog = backlog }
    }

    /// Where it stands; one that was never delivered to begins where its feed says, and that is kept first.
    private func begun() async throws(ConnectorError) -> DeliveryState {
        var state = try await keeper.deliveryState(of: name) ?? DeliveryState()
        if state.place == nil {
            state.place = try await again { () async throws(ConnectorError) in try await self.feed.start() }
            try await save(state)
        }
        present.withLock { [state] in $0.state = state }
        return state
    }

    private func save(_ state: DeliveryState) async throws(ConnectorError) {
        try await again { () async throws(ConnectorError) in try await self.keeper.save(state, of: self.name) }
        present.withLock { $0.state = state }
    }

    // MARK: Trying

    /// What one turn of the loop hands to the next.
    private struct Turn {
        var streak = FailureStreak()
        var breaker: CircuitBreaker
        var bucket: MessageRate?
        /// When it last looked how much waits.
        var looked: Duration?

        init(_ policy: Policy) {
            breaker = policy.breaker
            bucket = policy.rate.map { MessageRate(perSecond: $0) }
        }
    }

    /// Does something of the platform's own, however often that has to be tried.
    private func again<Answer>(_ work: () async throws(ConnectorError) -> Answer) async throws(ConnectorError) -> Answer {
        var streak = FailureStreak()
        let endless = RetryPolicy(first: policy.retry.first, longest: policy.retry.longest)
        while true {
            do throws(ConnectorError) { return try await work() } catch {
                if Task.isCancelled { throw .cancelled(name) }
                let isFirst = streak.count == 0
                guard let wait = streak.failed(error, at: outside.elapsed(), endless, chance: outside.chance()) else { throw error }
                note(error, isFirst: isFirst)
                try await outside.sleep(wait, of: name)
                present.withLock { $0.phase = .running }
            }
        }
    }

    /// Delivers a batch.
    ///
    /// - Returns: What did not arrive and never will.
    private func deliver(_ batch: DeliveryBatch, _ turn: inout Turn) async throws(ConnectorError) -> [DeadLetter] {
        while true {
            let rest = turn.breaker.wait(at: outside.elapsed())
            if rest > .zero { try await outside.sleep(rest, of: name) }
            try await waitWhilePaused(&turn)
            await lookAtBacklog(&turn)
            do throws(ConnectorError) {
                let receipt = try await delivered(batch)
                turn.streak = FailureStreak()
                turn.breaker.succeeded()
                present.withLock { $0.isOpen = false }
                return batch.deadLetters(receipt.refused)
            } catch {
                if Task.isCancelled { throw .cancelled(name) }
                guard case .retry = error.recovery else { throw error }
                turn.breaker.failed(at: outside.elapsed())
                present.withLock { [isOpen = turn.breaker.isOpen] in $0.isOpen = isOpen }
                note(error, isFirst: turn.streak.count == 0)
                guard let wait = turn.streak.failed(error, at: outside.elapsed(), policy.retry, chance: outside.chance()) else {
                    turn.streak = FailureStreak()
                    return try await deliverSingly(batch, error)
                }
                try await outside.sleep(wait, of: name)
            }
        }
    }

    /// Gives each record of a batch that failed for too long one try by itself: one that the other side stumbles over keeps no others back.
    ///
    /// - Parameter failure: The last of the whole batch.
    /// - Returns: What did not arrive and never will. Where several fail one after another and none arrived, the rest is not tried.
    private func deliverSingly(_ batch: DeliveryBatch, _ failure: ConnectorError) async throws(ConnectorError) -> [DeadLetter] {
        var refused: [DeliveryReceipt.Refusal] = []
        var hasArrived = false
        for index in 0..<batch.count {
            guard batch.count > 1, hasArrived || refused.count < Self.singleFailures else {
                refused.append(.init(record: index, reason: failure.description))
                continue
            }
            var single = DeliveryBatch()
            single.append(batch.records[index].kind, key: batch.key(index), profile: batch.profile(index), json: batch.json(index))
            do throws(ConnectorError) {
                let receipt = try await delivered(single)
                refused += receipt.refused.map { .init(record: index, reason: $0.reason) }
                hasArrived = hasArrived || receipt.refused.isEmpty
            } catch {
                if Task.isCancelled { throw .cancelled(name) }
                guard case .retry = error.recovery else { throw error }
                refused.append(.init(record: index, reason: error.description))
            }
        }
        return batch.deadLetters(refused)
    }

    /// So many records fail by themselves before the other side is taken for one that is down.
    private static let singleFailures = 3

    /// Gives a batch to the destination once, and keeps what it learned.
    private func delivered(_ batch: DeliveryBatch) async throws(ConnectorError) -> DeliveryReceipt {
        let receipt = try await destination.deliver(batch)
        let places = receipt.refused.map(\.record)
        guard zip(places, places.dropFirst()).allSatisfy({ $0 < $1 }), places.allSatisfy(batch.records.indices.contains) else {
            throw ConnectorError(
                .stop, at: name, "the destination refused records that it was not given",
                remedy: "This is an error of the connector: refusals name places of the batch, ascending.")
        }
        if receipt.given.isEmpty { return receipt }
        let isRight = receipt.given.allSatisfy {
            batch.records.indices.contains($0.record) && batch.records[$0.record].kind == .message && $0.traits.isWithinBounds
        }
        guard destination.learns, isRight else {
            throw ConnectorError(
                .stop, at: name, "the destination gave traits that nobody can take",
                remedy:
                    "This is an error of the connector: it must say that it learns, of messages of the batch, within the bounds of traits.")
        }
        try await again { () async throws(ConnectorError) in try await self.learn(batch, receipt.given) }
        return receipt
    }

    private func note(_ error: ConnectorError, isFirst: Bool) {
        present.withLock { present in
            present.failures += 1
            present.phase = .waiting(error)
        }
        if isFirst { outside.report("The connector \(name) waits for another try. \(error)") }
    }
}

extension DeliveryBatch {
    /// Records that were refused, with why.
    func deadLetters(_ refused: [DeliveryReceipt.Refusal]) -> [DeadLetter] {
        refused.map { refusal in
            let place = refusal.record
            return DeadLetter(
                kind: records[place].kind, key: key(place), profile: profile(place), json: String(decoding: json(place), as: UTF8.self),
                reason: refusal.reason)
        }
    }
}
