import Synchronization

/// Runs one destination: delivers what a feed gives, in order, keeps how far it has come once that has arrived, tries again, sets aside what
/// is refused, and counts.
///
/// Nothing is lost: the place never runs ahead of what arrived or lies among the dead letters on disk. Nothing piles up: while a batch is on
/// its way, the next one is read, and no more.
public final class DestinationRunner: Sendable {
    /// How a destination is driven.
    public struct Policy: Sendable, Hashable {
        /// How much goes at once, and no more records than the rate lets go in a second.
        public var limits: DeliveryLimits
        /// How it is tried again. What fails for longer than its maximum age becomes dead letters.
        public var retry: RetryPolicy
        /// Failures in a row after which nothing is tried for a while, and that while.
        public var breaker: CircuitBreaker
        /// Records a second, over time; nil: as fast as they are taken. After a rest what a second lets go goes at once.
        public var rate: Double?

        /// Joins the parts; by default failures become dead letters after a day.
        public init(
            limits: DeliveryLimits = DeliveryLimits(), retry: RetryPolicy = RetryPolicy(maximumAge: .seconds(86_400)),
            breaker: CircuitBreaker = CircuitBreaker(), rate: Double? = nil
        ) {
            (self.limits, self.retry, self.breaker, self.rate) = (limits, retry, breaker, rate)
        }

        var atOnce: DeliveryLimits {
            guard let rate, rate < Double(limits.records) else { return limits }
            return DeliveryLimits(records: max(1, Int(rate)), bytes: limits.bytes, wait: limits.wait)
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
        /// How often the destination was called, and how long that took in all.
        public var calls = 0
        public var callTime = Duration.zero
        /// How often the other side said when to come again.
        public var throttled = 0
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
        var ahead = ReadAhead(feed, policy.atOnce)
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
        let dead = try await deliver(batch, &state, &turn)
        if !dead.isEmpty {
            try await again { () async throws(ConnectorError) in try await self.keeper.keep(dead, of: self.name, at: self.outside.now()) }
        }
        state.dead += dead.count
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
            while let letter = rest.first, batch.count < policy.atOnce.records, batch.isEmpty || batch.bytes.count < policy.atOnce.bytes {
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
        var pace: DeliveryPace
        /// When it last looked how much waits.
        var looked: Duration?
        /// Whether the log has a sentence on what fails now.
        var isTold = false

        init(_ policy: Policy) { pace = DeliveryPace(policy) }
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

    /// Delivers a batch, however often it, or what is left of it, has to be tried.
    ///
    /// - Returns: What did not arrive and never will.
    private func deliver(
        _ batch: DeliveryBatch, _ state: inout DeliveryState, _ turn: inout Turn
    ) async throws(ConnectorError) -> [DeadLetter] {
        turn.pace.begin()
        turn.isTold = false
        var (rest, dead) = (batch, [DeadLetter]())
        while true {
            let receipt = try await attempt(rest, &state, &turn)
            dead += rest.deadLetters(receipt.refused)
            guard let later = receipt.later else { return dead }
            if later.records.count < rest.count { rest = rest.only(later.records) }
            guard turn.pace.isLate else { continue }
            var singles = SingleDelivery(rest, after: later.error, maximumAge: policy.retry.maximumAge ?? .zero)
            while let place = singles.nextPlace() {
                singles.settle(place, try await attempt(rest.only([place]), &state, &turn), at: outside.elapsed())
            }
            return dead + singles.dead
        }
    }

    /// Tries records once, when their time has come, and counts those that arrive.
    ///
    /// - Returns: What became of them; where they failed as a whole, all are there for later.
    private func attempt(
        _ batch: DeliveryBatch, _ state: inout DeliveryState, _ turn: inout Turn
    ) async throws(ConnectorError) -> DeliveryReceipt {
        let wait = turn.pace.wait(for: batch.count, at: outside.elapsed())
        if wait > .zero { try await outside.sleep(wait, of: name) }
        try await waitWhilePaused(&turn)
        await lookAtBacklog(&turn)
        turn.pace.go(batch.count, at: outside.elapsed())
        let receipt: DeliveryReceipt
        do throws(ConnectorError) { receipt = try await delivered(batch) } catch {
            receipt = DeliveryReceipt(later: .init(Array(batch.records.indices), because: error))
        }
        let settled = batch.count - (receipt.later?.records.count ?? 0)
        if settled > receipt.refused.count {
            state.delivered += settled - receipt.refused.count
            state.lastDelivered = outside.now()
        }
        if let error = receipt.later?.error {
            if Task.isCancelled { throw .cancelled(name) }
            guard case .retry = error.recovery else { throw error }
            turn.pace.failed(error, hasProgress: settled > 0, at: outside.elapsed(), chance: outside.chance())
            note(error, isFirst: !turn.isTold)
            if error.asksForWait { present.withLock { $0.throttled += 1 } }
            turn.isTold = true
        } else {
            turn.pace.succeeded()
        }
        present.withLock { [isOpen = turn.pace.isOpen] in $0.isOpen = isOpen }
        // Whoever looks while it waits sees what arrived before; the place stays.
        if receipt.later != nil, state != progress.state { try await save(state) }
        return receipt
    }

    /// Gives a batch to the destination once, and keeps what it learned.
    private func delivered(_ batch: DeliveryBatch) async throws(ConnectorError) -> DeliveryReceipt {
        let receipt = try await called(batch)
        try receipt.check(against: batch, learns: destination.learns, of: name)
        if receipt.given.isEmpty { return receipt }
        try await again { () async throws(ConnectorError) in try await self.learn(batch, receipt.given) }
        return receipt
    }

    /// Calls the destination, and notes how long that takes, whatever comes of it.
    private func called(_ batch: DeliveryBatch) async throws(ConnectorError) -> DeliveryReceipt {
        let began = outside.elapsed()
        defer {
            let took = outside.elapsed() - began
            present.withLock { present in
                present.calls += 1
                present.callTime += took
            }
        }
        return try await destination.deliver(batch)
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
