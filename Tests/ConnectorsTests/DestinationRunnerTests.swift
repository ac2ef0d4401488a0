import Connectors
import EventModel
import Synchronization
import Testing

/// Numbers from 0 on as records; a place is how many came before.
final class NumberFeed: DeliveryFeed {
    let count: Int
    /// Places that it was asked to read on from.
    let asked = Mutex([Int]())

    init(count: Int) { self.count = count }

    func start() async throws(ConnectorError) -> Checkpoint { Checkpoint(version: 1, position: "0") }

    func next(after place: Checkpoint, limits: DeliveryLimits) async throws(ConnectorError) -> DeliveryPiece? {
        let first = Int(place.position) ?? 0
        asked.withLock { $0.append(first) }
        guard first < count else { return nil }
        let end = min(count, first + limits.records)
        var batch = DeliveryBatch()
        for number in first..<end { batch.append(.message, key: "k\(number)", profile: "p\(number % 3)", json: "\(number)".utf8) }
        return DeliveryPiece(batch, then: Checkpoint(version: 1, position: "\(end)"))
    }

    func release(before place: Checkpoint) async {}
    func backlog(behind place: Checkpoint) async -> Int? { count - (Int(place.position) ?? 0) }
}

/// The other side, and everything around a runner, in memory.
final class OtherSide: Destination, DeliveryKeeper {
    struct Seen {
        /// Keys in the order in which they arrived, repeats among them.
        var arrived: [String] = []
        var kept: DeliveryState?
        var dead: [DeadLetter] = []
        var time = Duration.zero
        var waits: [Duration] = []
        var reports: [String] = []
        /// What each try meets, first come first thrown; nil: it goes well.
        var failures: [ConnectorError?] = []
        /// After a failure so many records of the batch have arrived all the same.
        var arrivesBeforeFailing = 0
        /// A key whose batches fail whole.
        var stumbles: String?
        /// Keys that are refused.
        var refused: Set<String> = []
        var tries: [Duration] = []
        /// How many records each of them had.
        var sizes: [Int] = []
        /// Answers in the place of all that is said here.
        var answer: (@Sendable (DeliveryBatch, inout Seen) -> Result<DeliveryReceipt, ConnectorError>)?
        /// What was kept each time, in its order.
        var saves: [DeliveryState] = []
        var lostSaves = 0
        var lostLetters = 0
        var isClosed = false
        /// What is to be delivered again.
        var replays: [DeadLetter] = []
        /// Happens while a batch is on its way.
        var meanwhile: (@Sendable (DeliveryBatch) async -> Void)?
    }
    let seen = Mutex(Seen())

    func deliver(_ batch: DeliveryBatch) async throws(ConnectorError) -> DeliveryReceipt {
        await seen.withLock { $0.meanwhile }?(batch)
        let result = seen.withLock { seen -> Result<DeliveryReceipt, ConnectorError> in
            seen.tries.append(seen.time)
            seen.sizes.append(batch.count)
            if let answer = seen.answer { return answer(batch, &seen) }
            if !seen.failures.isEmpty, let failure = seen.failures.removeFirst() {
                seen.arrived += (0..<min(batch.count, seen.arrivesBeforeFailing)).map(batch.key)
                return .failure(failure)
            }
            if (0..<batch.count).contains(where: { batch.key($0) == seen.stumbles }) { return .failure(busy) }
            var receipt = DeliveryReceipt()
            for index in 0..<batch.count {
                if seen.refused.contains(batch.key(index)) {
                    receipt.refused.append(.init(record: index, reason: "It has no address."))
                } else {
                    seen.arrived.append(batch.key(index))
                }
            }
            return .success(receipt)
        }
        return try result.get()
    }

    func probe() async throws(ConnectorError) -> String { "well" }
    func close() async { seen.withLock { $0.isClosed = true } }
    func deliveryState(of connector: String) async throws(ConnectorError) -> DeliveryState? { seen.withLock { $0.kept } }

    func save(_ state: DeliveryState, of connector: String) async throws(ConnectorError) {
        let isLost = seen.withLock { seen in
            seen.saves.append(state)
            seen.lostSaves -= 1
            if seen.lostSaves < 0 { seen.kept = DeliveryState(json: state.json) }
            return seen.lostSaves >= 0
        }
        if isLost { throw ConnectorError(.retry(after: nil), at: "state", "it could not be kept", remedy: "Make room.") }
    }

    func keep(_ letters: [DeadLetter], of connector: String, at instant: Instant) async throws(ConnectorError) {
        let isLost = seen.withLock { seen in
            seen.lostLetters -= 1
            if seen.lostLetters < 0 { seen.dead += letters }
            return seen.lostLetters >= 0
        }
        if isLost { throw ConnectorError(.retry(after: nil), at: "letters", "they could not be kept", remedy: "Make room.") }
    }

    func replays(of connector: String) async throws(ConnectorError) -> [DeadLetter] { seen.withLock { $0.replays } }
    func replayed(_ connector: String) async throws(ConnectorError) { seen.withLock { $0.replays = [] } }
    func isPaused(_ connector: String) async -> Bool { false }

    func runner(_ count: Int, _ policy: DestinationRunner.Policy = .init(limits: .init(records: 4))) -> DestinationRunner {
        runner(NumberFeed(count: count), policy)
    }

    func runner(_ feed: NumberFeed, _ policy: DestinationRunner.Policy = .init(limits: .init(records: 4))) -> DestinationRunner {
        DestinationRunner(
            name: "there", destination: self, feed: feed, policy: policy, keeper: self,
            surroundings: .init(
                now: { Instant(milliseconds: 5) }, elapsed: { self.seen.withLock { $0.time } },
                sleep: { wait in
                    try Task.checkCancellation()
                    self.seen.withLock { seen in
                        seen.waits.append(wait)
                        seen.time += wait
                    }
                }, chance: { 0.5 }, report: { text in self.seen.withLock { $0.reports.append(text) } }), learn: { _, _ in })
    }
}

let busy = ConnectorError(.retry(after: nil), at: "there", "it is busy", remedy: "Wait.")
func keys(_ range: Range<Int>) -> [String] { range.map { "k\($0)" } }

@Suite struct DestinationRunnerTests {
    @Test func `everything arrives once and in order, and the place is kept`() async {
        let side = OtherSide()
        let runner = side.runner(10)
        #expect(await runner.run() == .finished)
        let seen = side.seen.withLock { $0 }
        #expect(seen.arrived == keys(0..<10) && seen.isClosed && seen.dead.isEmpty)
        #expect(seen.kept?.delivered == 10 && seen.kept?.place?.position == "10" && seen.kept?.lastDelivered == Instant(milliseconds: 5))
        #expect(runner.progress.backlog == 0)
        // The next run goes on from there.
        #expect(await side.runner(12).run() == .finished)
        #expect(side.seen.withLock { $0.arrived } == keys(0..<12))
    }

    @Test func `while a batch is on its way the next one is read, and no more`() async {
        let (side, feed) = (OtherSide(), NumberFeed(count: 12))
        let aheads = Mutex([Int]())
        side.seen.withLock { seen in
            seen.meanwhile = { batch in
                let behind = (Int(batch.key(batch.count - 1).dropFirst()) ?? 0) + 1
                // Without reading ahead this would wait for ever.
                while !feed.asked.withLock({ $0.contains(behind) }) { await Task.yield() }
                aheads.withLock { $0.append((feed.asked.withLock { $0.max() } ?? 0) - behind) }
            }
        }
        #expect(await side.runner(feed).run() == .finished)
        #expect(side.seen.withLock { $0.arrived } == keys(0..<12))
        #expect(aheads.withLock { $0 } == [0, 0, 0] && feed.asked.withLock { $0 } == [0, 4, 8, 12])
    }

    @Test func `what is refused becomes dead letters, and the rest goes on`() async {
        let side = OtherSide()
        side.seen.withLock { $0.refused = ["k1", "k7"] }
        side.seen.withLock { $0.lostLetters = 2 }
        let runner = side.runner(10)
        #expect(await runner.run() == .finished)
        let seen = side.seen.withLock { $0 }
        #expect(seen.arrived == keys(0..<10).filter { !["k1", "k7"].contains($0) })
        #expect(
            seen.dead == [
                DeadLetter(kind: .message, key: "k1", profile: "p1", json: "1", reason: "It has no address."),
                DeadLetter(kind: .message, key: "k7", profile: "p1", json: "7", reason: "It has no address."),
            ])
        #expect(seen.kept?.delivered == 8 && seen.kept?.dead == 2)
    }

    @Test func `a batch whose fate is unknown comes again whole, with the same keys`() async {
        let side = OtherSide()
        side.seen.withLock { seen in
            seen.failures = [nil, busy, busy]
            seen.arrivesBeforeFailing = 2
        }
        #expect(await side.runner(10).run() == .finished)
        let seen = side.seen.withLock { $0 }
        #expect(seen.arrived == keys(0..<4) + keys(4..<6) + keys(4..<6) + keys(4..<10))
        #expect(seen.kept?.delivered == 10 && seen.reports.count == 1)
        // Half the bound, which doubles.
        #expect(seen.waits == [.seconds(0.5), .seconds(1)])
    }

    @Test func `a wait that the other side asks for is kept`() async {
        let side = OtherSide()
        side.seen.withLock { $0.failures = [ConnectorError(.retry(after: .seconds(30)), at: "there", "too many", remedy: "Wait.")] }
        #expect(await side.runner(1).run() == .finished)
        #expect(side.seen.withLock { $0.waits } == [.seconds(30)])
    }

    @Test func `too many failures in a row open the breaker, and one try closes it`() async {
        let side = OtherSide()
        side.seen.withLock { $0.failures = Array(repeating: busy, count: 5) }
        var policy = DestinationRunner.Policy(limits: .init(records: 4))
        policy.retry = RetryPolicy(first: .milliseconds(2), longest: .milliseconds(2))
        policy.breaker = CircuitBreaker(failures: 3, rest: .seconds(60))
        let runner = side.runner(8, policy)
        #expect(await runner.run() == .finished)
        // Three quick tries, then one a minute until one goes well; then at once.
        let seconds = side.seen.withLock { $0.tries }.map { Int($0.components.seconds) }
        #expect(seconds == [0, 0, 0, 60, 120, 180, 180])
        #expect(!runner.progress.isOpen && runner.progress.failures == 5)
    }

    @Test func `what fails for too long becomes dead letters, and the next batch is tried`() async {
        let side = OtherSide()
        var policy = DestinationRunner.Policy(limits: .init(records: 4))
        policy.retry = RetryPolicy(first: .seconds(10), longest: .seconds(10), maximumAge: .seconds(12))
        policy.breaker = CircuitBreaker(failures: 100)
        // Four tries of the batch, and one of each of the first three records.
        side.seen.withLock { $0.failures = Array(repeating: busy, count: 7) }
        #expect(await side.runner(8, policy).run() == .finished)
        let seen = side.seen.withLock { $0 }
        #expect(seen.dead.map(\.key) == keys(0..<4) && seen.dead.allSatisfy { $0.reason == "there: it is busy." })
        #expect(seen.arrived == keys(4..<8) && seen.kept?.dead == 4 && seen.kept?.delivered == 4)
    }

    @Test func `a record that the other side stumbles over for too long dies alone`() async {
        let side = OtherSide()
        var policy = DestinationRunner.Policy(limits: .init(records: 4))
        policy.retry = RetryPolicy(first: .seconds(10), longest: .seconds(10), maximumAge: .seconds(12))
        policy.breaker = CircuitBreaker(failures: 100)
        side.seen.withLock { $0.stumbles = "k2" }
        #expect(await side.runner(8, policy).run() == .finished)
        let seen = side.seen.withLock { $0 }
        #expect(seen.dead.map(\.key) == ["k2"] && seen.dead.first?.reason.contains("it is busy") == true)
        #expect(seen.arrived == keys(0..<2) + keys(3..<8) && seen.kept?.dead == 1 && seen.kept?.delivered == 7)
    }

    @Test func `a crash before the place is kept delivers again, with the same keys`() async {
        let side = OtherSide()
        #expect(await side.runner(4).run() == .finished)
        let before = side.seen.withLock { $0.kept }
        #expect(await side.runner(8).run() == .finished)
        side.seen.withLock { $0.kept = before }
        #expect(await side.runner(8).run() == .finished)
        #expect(side.seen.withLock { $0.arrived } == keys(0..<8) + keys(4..<8))
    }

    @Test func `a place that cannot be kept is kept later, and nothing is delivered meanwhile`() async {
        let side = OtherSide()
        side.seen.withLock { $0.lostSaves = 3 }
        #expect(await side.runner(8).run() == .finished)
        #expect(side.seen.withLock { $0.arrived } == keys(0..<8) && side.seen.withLock { $0.kept?.place?.position } == "8")
    }

    @Test func `what only new settings mend stops it`() async {
        let side = OtherSide()
        let wrong = ConnectorError(.mendSettings, at: "there", "the address is wrong", remedy: "Mend it.")
        side.seen.withLock { $0.failures = [wrong] }
        #expect(await side.runner(8).run() == .stopped(wrong))
        #expect(side.seen.withLock { $0.kept?.place?.position } == "0")
        #expect(side.seen.withLock { $0.reports } == ["The connector there stopped. there: the address is wrong. Mend it."])
    }

    @Test func `dead letters are delivered again when somebody asks, and die again where they must`() async {
        let side = OtherSide()
        side.seen.withLock { $0.refused = ["k1", "k2", "k7"] }
        #expect(await side.runner(10).run() == .finished)
        side.seen.withLock { seen in
            (seen.refused, seen.replays, seen.dead) = (["k2"], seen.dead, [])
        }
        #expect(await side.runner(12).run() == .finished)
        let seen = side.seen.withLock { $0 }
        #expect(seen.arrived == keys(0..<10).filter { !["k1", "k2", "k7"].contains($0) } + ["k1", "k7"] + keys(10..<12))
        #expect(seen.dead.map(\.key) == ["k2"] && seen.replays.isEmpty && seen.kept?.dead == 1 && seen.kept?.delivered == 11)
    }

    @Test func `a rate is held`() async {
        let side = OtherSide()
        var policy = DestinationRunner.Policy(limits: .init(records: 10))
        policy.rate = 10
        #expect(await side.runner(40, policy).run() == .finished)
        #expect(side.seen.withLock { $0.time } == .seconds(3))
    }
}
