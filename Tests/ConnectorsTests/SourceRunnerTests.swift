import Connectors
import EventModel
import Synchronization
import Testing

/// Numbers from 1 on, three a batch, that fail where a test wants it.
private struct Numbers: Source {
    let count: Int
    /// Errors by how many readings began before; thrown after so many batches of that reading.
    var failures: [(afterBatches: Int, error: ConnectorError)] = []
    let readings = Counter()

    func probe() async throws(ConnectorError) -> String { "\(count) numbers." }

    func batches(after checkpoint: Checkpoint?) -> Batches {
        let reading = readings.next()
        return Batches(
            next: Int(checkpoint?.position ?? "0") ?? 0, count: count, failure: failures.indices.contains(reading) ? failures[reading] : nil
        )
    }

    struct Batches: AsyncSequence, AsyncIteratorProtocol {
        var next: Int
        let count: Int
        var failure: (afterBatches: Int, error: ConnectorError)?
        var given = 0

        func makeAsyncIterator() -> Self { self }

        mutating func next(isolation: isolated (any Actor)?) async throws(ConnectorError) -> SourceBatch? {
            if let failure, failure.afterBatches == given { throw failure.error }
            guard next < count else { return nil }
            let end = next + 3 < count ? next + 3 : count
            defer { (next, given) = (end, given + 1) }
            return SourceBatch(
                MessageBatch(lines: (next..<end).map { "\($0)\n" }.joined()), then: Checkpoint(version: 1, position: "\(end)"),
                newest: Instant(milliseconds: Int64(end)))
        }
    }
}

private final class Counter: Sendable {
    private let value = Mutex(0)
    func next() -> Int {
        value.withLock { value in
            defer { value += 1 }; return value
        }
    }
}

/// Everything around a runner, in memory: what was stored, what was kept, how long it waited.
private final class Surroundings: ConnectorStateKeeper {
    struct Seen {
        var stored: [String] = []
        var kept: ConnectorState?
        var waits: [Duration] = []
        var reports: [String] = []
        /// Errors of the store, first come first thrown.
        var refusals: [ConnectorError] = []
        var pausedLooks = 0
        var time = Duration.zero
        /// A crash between storing and keeping, so many times.
        var lostStates = 0
    }
    let seen = Mutex(Seen())

    func state(of connector: String) async throws(ConnectorError) -> ConnectorState? { seen.withLock { $0.kept } }

    func save(_ state: ConnectorState, of connector: String) async throws(ConnectorError) {
        let isLost = seen.withLock { seen in
            if seen.lostStates > 0 {
                seen.lostStates -= 1
                return true
            }
            seen.kept = state
            return false
        }
        if isLost { throw ConnectorError(.retry(after: nil), at: "state", "it could not be kept", remedy: "Make room.") }
    }

    func isPaused(_ connector: String) async -> Bool {
        seen.withLock { seen in
            seen.pausedLooks -= 1
            return seen.pausedLooks >= 0
        }
    }

    func runner(_ source: some Source, retry: RetryPolicy = RetryPolicy(), rate: Double? = nil) -> SourceRunner {
        SourceRunner(
            name: "numbers", source: source, retry: retry, rate: rate, keeper: self,
            surroundings: .init(
                now: { Instant(milliseconds: 5) }, elapsed: { self.seen.withLock { $0.time } },
                sleep: { wait in
                    try Task.checkCancellation()
                    self.seen.withLock { seen in
                        seen.waits.append(wait)
                        seen.time += wait
                    }
                }, chance: { 0.5 }, report: { text in self.seen.withLock { $0.reports.append(text) } }),
            store: { batch throws(ConnectorError) in
                let refusal = self.seen.withLock { $0.refusals.isEmpty ? nil : $0.refusals.removeFirst() }
                if let refusal { throw refusal }
                let lines = batch.text.prefix(batch.count).split(separator: 10).map { String(decoding: $0, as: UTF8.self) }
                return self.seen.withLock { seen in
                    let new = lines.filter { !seen.stored.contains($0) }
                    seen.stored += new
                    return .init(accepted: new.count, duplicates: lines.count - new.count, quarantined: 0)
                }
            })
    }
}

private func error(_ recovery: ConnectorError.Recovery, _ problem: String = "it is gone") -> ConnectorError {
    ConnectorError(recovery, at: "there", problem, remedy: "Wait.")
}

struct SourceRunnerTests {
    @Test func `a source that fails again and again gives everything once`() async {
        let outside = Surroundings()
        let failures = (0..<6).map { (afterBatches: $0 % 3, error: error(.retry(after: $0 == 2 ? .seconds(90) : nil))) }
        let runner = outside.runner(Numbers(count: 20, failures: failures))
        #expect(await runner.run() == .finished)
        let seen = outside.seen.withLock { $0 }
        #expect(seen.stored == (0..<20).map { "\($0)" })
        #expect(seen.kept?.checkpoint?.position == "20" && seen.kept?.messages == 20 && seen.kept?.duplicates == 0)
        #expect(seen.kept?.newest == Instant(milliseconds: 20) && seen.kept?.lastSeen == Instant(milliseconds: 5))
        // Half of 1 s, then doubled for a second failure in a row; never sooner than the other side asks.
        // Readings that fail at once are failures in a row with the one before.
        #expect(seen.waits == [.seconds(0.5), .seconds(0.5), .seconds(90), .seconds(1), .seconds(0.5), .seconds(0.5)])
        #expect(runner.progress.failures == 6)
    }

    @Test func `a checkpoint that is not kept means that messages come again, and are duplicates`() async {
        let outside = Surroundings()
        outside.seen.withLock { $0.lostStates = 2 }
        #expect(await outside.runner(Numbers(count: 9)).run() == .finished)
        let seen = outside.seen.withLock { $0 }
        #expect(seen.stored.count == 9 && seen.kept?.messages == 9 && seen.kept?.duplicates == 3)
    }

    @Test func `a store that is full is tried again with the same batch, and the source is not read anew`() async {
        let outside = Surroundings()
        outside.seen.withLock { $0.refusals = Array(repeating: error(.retry(after: .seconds(1)), "too much waits"), count: 4) }
        let numbers = Numbers(count: 7)
        #expect(await outside.runner(numbers).run() == .finished)
        #expect(outside.seen.withLock { $0.stored.count } == 7 && numbers.readings.next() == 1)
        #expect(outside.seen.withLock { $0.waits } == [.seconds(1), .seconds(1), .seconds(2), .seconds(4)])
    }

    @Test(arguments: [ConnectorError.Recovery.mendSettings, .stop])
    func `what no other try can help stops it, with the reason`(recovery: ConnectorError.Recovery) async {
        let outside = Surroundings()
        let failure = error(recovery)
        #expect(await outside.runner(Numbers(count: 9, failures: [(1, failure)])).run() == .stopped(failure))
        #expect(outside.seen.withLock { $0.kept?.checkpoint?.position } == "3")
        #expect(outside.seen.withLock { $0.reports.last } == "The connector numbers stopped. there: it is gone. Wait.")
    }

    @Test func `failures in a row end at their maximum age`() async {
        let outside = Surroundings()
        let failures = Array(repeating: (afterBatches: 0, error: error(.retry(after: nil))), count: 100)
        let retry = RetryPolicy(first: .seconds(2), longest: .seconds(8), maximumAge: .seconds(20))
        // What the error says of another try is no longer true.
        var last = error(.retry(after: nil))
        last.remedy = "It failed for 20 s and more, which is its `maximumAge`: mend that, then start it again."
        #expect(await outside.runner(Numbers(count: 9, failures: failures), retry: retry).run() == .stopped(last))
        #expect(outside.seen.withLock { $0.waits } == [1, 2, 4, 4, 4, 4, 4].map { .seconds($0) })
    }

    @Test func `a pause is looked at before every batch`() async {
        let outside = Surroundings()
        outside.seen.withLock { $0.pausedLooks = 5 }
        #expect(await outside.runner(Numbers(count: 3)).run() == .finished)
        #expect(outside.seen.withLock { $0.waits } == Array(repeating: .seconds(1), count: 5))
    }

    @Test func `a rate holds over time, whatever the batches are`() async {
        let outside = Surroundings()
        #expect(await outside.runner(Numbers(count: 3_000), rate: 10).run() == .finished)
        // The bucket's ten go at once.
        let seconds = outside.seen.withLock { $0.time } / .seconds(1)
        #expect(abs(seconds - 299) < 1)
    }

    @Test func `a batch that is larger than the rate is stored at once, and the next one waits for both`() async {
        let outside = Surroundings()
        #expect(await outside.runner(Numbers(count: 300), rate: 2).run() == .finished)
        #expect(outside.seen.withLock { $0.waits } == Array(repeating: .seconds(1.5), count: 99))
    }

    @Test func `a cancelled task ends it without a word`() async {
        let outside = Surroundings()
        outside.seen.withLock { $0.pausedLooks = .max }
        let runner = outside.runner(Numbers(count: 3))
        let task = Task { await runner.run() }
        task.cancel()
        #expect(await task.value == .ended)
        #expect(outside.seen.withLock { $0.reports }.isEmpty)
    }

    @Test func `what is kept is read again`() throws {
        var state = ConnectorState()
        state.checkpoint = Checkpoint(version: 3, position: "ä\"\\\n")
        (state.messages, state.accepted, state.duplicates, state.quarantined) = (6, 3, 2, 1)
        (state.lastSeen, state.newest) = (Instant(milliseconds: 1_780_000_000_123), Instant(milliseconds: 7))
        let text = state.json.text
        let json = try #require(try JSONValue(parsing: Array(text.utf8)).asObject)
        #expect(ConnectorState(json: json) == state)
        #expect(ConnectorState(json: JSONObject()) == nil)
    }
}
