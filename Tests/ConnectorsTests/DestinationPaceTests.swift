import Connectors
import EventModel
import Synchronization
import Testing

/// How fast a destination is called, and what becomes of records while the other side takes few of them.
@Suite struct DestinationPaceTests {
    /// A healthy receiver that takes five records in each second, and says of the next one when to come again.
    ///
    /// - Parameter tells: Whether the destination says which records arrived before that.
    private func limited(tells: Bool) -> OtherSide {
        let side = OtherSide()
        let taken = Mutex<[Int64: Int]>([:])
        side.seen.withLock { seen in
            seen.answer = { batch, seen in
                let second = seen.time.components.seconds
                for place in 0..<batch.count {
                    guard taken.withLock({ $0[second, default: 0] < 5 }) else {
                        if !tells || place == 0 { return .failure(full) }
                        return .success(DeliveryReceipt(later: .init(Array(place..<batch.count), because: full)))
                    }
                    taken.withLock { $0[second, default: 0] += 1 }
                    seen.arrived.append(batch.key(place))
                }
                return .success(DeliveryReceipt())
            }
        }
        return side
    }

    // MARK: The rate

    @Test(arguments: [0.5, 1, 2, 2.5, 7, 100])
    func `a rate holds second by second, however much could go at once`(rate: Double) async {
        let side = OtherSide()
        #expect(await side.runner(30, .init(limits: .init(records: 500), rate: rate)).run() == .finished)
        let seen = side.seen.withLock { $0 }
        #expect(seen.arrived == keys(0..<30) && seen.sizes.allSatisfy { Double($0) <= max(1, rate) })
        let calls = Array(zip(seen.tries, seen.sizes))
        for (end, _) in calls {
            let sent = calls.filter { $0.0 <= end && $0.0 > end - .seconds(1) }.map(\.1).reduce(0, +)
            #expect(Double(sent) <= max(1, 2 * rate), "\(sent) in the second before \(end)")
        }
        // After what a full bucket holds, the mean.
        let whole = (30 - max(1, rate)) / rate
        #expect(abs(seen.time / .seconds(1) - max(0, whole)) <= 1 / min(1, rate), "\(seen.time)")
    }

    @Test func `what is tried again is held to the rate, and what is delivered again too`() async {
        let side = OtherSide()
        var policy = DestinationRunner.Policy(limits: .init(records: 500), rate: 2)
        policy.retry = RetryPolicy(first: .milliseconds(1), longest: .milliseconds(1))
        policy.breaker = CircuitBreaker(failures: 100)
        side.seen.withLock { seen in
            seen.failures = Array(repeating: busy, count: 6)
            seen.replays = keys(100..<106).map { DeadLetter(kind: .message, key: $0, profile: "p", json: "1", reason: "It was.") }
        }
        #expect(await side.runner(4, policy).run() == .finished)
        let seen = side.seen.withLock { $0 }
        #expect(seen.arrived == keys(100..<106) + keys(0..<4) && seen.sizes == Array(repeating: 2, count: 11))
        #expect(seen.tries.map { Int(($0 / .seconds(1)).rounded()) } == Array(0...10))
    }

    // MARK: Each by itself

    @Test(arguments: [0.0, 3, 20])
    func `a healthy receiver that takes few at a time loses nothing`(maximumAge: Double) async {
        let side = limited(tells: false)
        var policy = DestinationRunner.Policy(limits: .init(records: 500))
        policy.retry.maximumAge = .seconds(maximumAge)
        let runner = side.runner(200, policy)
        #expect(await runner.run() == .finished)
        let seen = side.seen.withLock { $0 }
        #expect(seen.dead.isEmpty && Set(seen.arrived) == Set(keys(0..<200)))
        #expect(seen.kept?.delivered == 200 && seen.kept?.dead == 0 && !runner.progress.isOpen)
        // It waits as it was asked to: no second has many more tries than records that are taken.
        let tries = Dictionary(grouping: seen.tries) { $0.components.seconds }
        #expect(tries.values.allSatisfy { $0.count <= 6 })
        // One sentence, not one for each wait.
        #expect(seen.reports.count == 1)
    }

    @Test func `a record that fails by itself for a while is tried again, and those of its person wait for it`() async {
        let side = OtherSide()
        side.seen.withLock { seen in
            seen.answer = { batch, seen in
                let keys = (0..<batch.count).map(batch.key)
                if keys.contains("k2"), seen.time < .seconds(28) { return .failure(busy) }
                seen.arrived += keys
                return .success(DeliveryReceipt())
            }
        }
        #expect(await side.runner(8, patience(.seconds(12), records: 8)).run() == .finished)
        let seen = side.seen.withLock { $0 }
        #expect(seen.dead.isEmpty && seen.arrived == ["k0", "k1", "k3", "k4", "k6", "k7", "k2", "k5"])
        #expect(seen.kept?.delivered == 8)
    }

    @Test func `records that the other side stumbles over for too long grow old together`() async {
        let side = OtherSide()
        // Of three people.
        let bad: Set = ["k1", "k3", "k5"]
        side.seen.withLock { seen in
            seen.answer = { batch, seen in
                let keys = (0..<batch.count).map(batch.key)
                if !bad.isDisjoint(with: keys) { return .failure(busy) }
                seen.arrived += keys
                return .success(DeliveryReceipt())
            }
        }
        #expect(await side.runner(12, patience(.seconds(60), records: 12)).run() == .finished)
        let seen = side.seen.withLock { $0 }
        #expect(seen.dead.map(\.key) == ["k1", "k3", "k5"] && seen.dead.allSatisfy { $0.reason == "there: it is busy." })
        #expect(Set(seen.arrived) == Set(keys(0..<12)).subtracting(bad) && seen.kept?.delivered == 9 && seen.kept?.dead == 3)
        // The batch's time and their own, and no such time for each.
        #expect(seen.time >= .seconds(120) && seen.time < .seconds(180), "\(seen.time)")
    }

    @Test func `where nothing arrives for too long each batch has its own time`() async {
        let side = OtherSide()
        side.seen.withLock { seen in seen.answer = { _, _ in .failure(busy) } }
        #expect(await side.runner(8, patience(.seconds(60), records: 4)).run() == .finished)
        let seen = side.seen.withLock { $0 }
        #expect(seen.dead.map(\.key) == keys(0..<8) && seen.time >= .seconds(120) && seen.arrived.isEmpty)
    }

    /// A wait of five seconds after each failure, and no breaker.
    private func patience(_ maximumAge: Duration, records: Int) -> DestinationRunner.Policy {
        .init(
            limits: .init(records: records), retry: RetryPolicy(first: .seconds(10), longest: .seconds(10), maximumAge: maximumAge),
            breaker: CircuitBreaker(failures: 1_000))
    }

    // MARK: Progress within a batch

    @Test func `what arrived of a batch is not sent again, counts, and is no failure in a row`() async {
        let side = limited(tells: true)
        var policy = DestinationRunner.Policy(limits: .init(records: 50))
        policy.retry.maximumAge = .seconds(2)
        policy.breaker = CircuitBreaker(failures: 2, rest: .seconds(60))
        let runner = side.runner(50, policy)
        #expect(await runner.run() == .finished)
        let seen = side.seen.withLock { $0 }
        #expect(seen.arrived == keys(0..<50) && seen.dead.isEmpty)
        // Five a second, and what arrived can be seen meanwhile; the place moves with the whole batch.
        #expect(seen.time == .seconds(9) && seen.sizes == stride(from: 50, to: 0, by: -5).map { $0 })
        #expect(seen.saves.map(\.delivered) == [0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50])
        #expect(seen.saves.map { $0.place?.position } == Array(repeating: "0", count: 10) + ["50"])
        #expect(seen.saves[1].lastDelivered == Instant(milliseconds: 5) && seen.reports.count == 1)
        #expect(!runner.progress.isOpen && runner.progress.failures == 9)
    }

    @Test func `of a batch that comes in pieces each refusal is a dead letter once`() async {
        let side = OtherSide()
        side.seen.withLock { seen in
            seen.answer = { batch, seen in
                seen.arrived += [batch.key(0)]
                let rest = Array(batch.records.indices.dropFirst(2))
                return .success(
                    .init(
                        refused: batch.count > 1 ? [.init(record: 1, reason: "No \(batch.key(1)).")] : [],
                        later: rest.isEmpty ? nil : .init(rest, because: busy)))
            }
        }
        #expect(await side.runner(5, .init(limits: .init(records: 5))).run() == .finished)
        let seen = side.seen.withLock { $0 }
        #expect(seen.arrived == ["k0", "k2", "k4"] && seen.dead.map(\.reason) == ["No k1.", "No k3."])
        #expect(seen.kept?.delivered == 3 && seen.kept?.dead == 2 && seen.kept?.place?.position == "5")
    }

    @Test(arguments: [[], [1, 1], [2, 1], [4], [-1], [0]])
    func `what comes later must be of the batch`(places: [Int]) async {
        let side = OtherSide()
        side.seen.withLock { seen in
            seen.answer = { _, _ in
                .success(.init(refused: [.init(record: 0, reason: "No.")], later: .init(places, because: busy)))
            }
        }
        guard case .stopped(let error) = await side.runner(4).run() else {
            Issue.record("it went on")
            return
        }
        #expect(error.recovery == .stop && side.seen.withLock { $0.kept?.place?.position } == "0")
    }

    // MARK: The breaker

    @Test func `waits that the other side asks for do not open the breaker, failures do`() async {
        let side = OtherSide()
        side.seen.withLock { $0.failures = Array(repeating: full, count: 20) + [busy, full, busy] }
        var policy = DestinationRunner.Policy(limits: .init(records: 4))
        policy.retry = RetryPolicy(first: .milliseconds(2), longest: .milliseconds(2))
        policy.breaker = CircuitBreaker(failures: 2, rest: .seconds(60))
        let runner = side.runner(4, policy)
        #expect(await runner.run() == .finished)
        let seconds = side.seen.withLock { $0.tries }.map { Int($0.components.seconds) }
        #expect(seconds == Array(0...20) + [20, 21, 81])
        #expect(runner.progress.calls == 24 && runner.progress.throttled == 21 && runner.progress.failures == 23)
    }
}

private let full = ConnectorError(.retry(after: .seconds(1)), at: "there", "it takes no more now", remedy: "Wait.")
