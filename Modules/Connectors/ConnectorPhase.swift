public import EventModel

/// What a connector is doing.
public enum ConnectorPhase: Sendable, Hashable {
    case starting, running, paused
    /// It waits before another try, because of this.
    case waiting(ConnectorError)
    /// There is an end, and it was reached.
    case finished
    /// It was asked to end.
    case ended
    /// It cannot go on.
    case stopped(ConnectorError)
}

/// What the outside gives to those who run connectors: time, chance, sleep, and who is told.
public struct ConnectorSurroundings: Sendable {
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

    /// How long a pause lasts at least: so often somebody looks whether it is over.
    static let pauseLook = Duration.seconds(1)

    func sleep(_ duration: Duration, of name: String) async throws(ConnectorError) {
        do { try await sleep(duration) } catch { throw .cancelled(name) }
    }
}

/// Failures of a connector in a row.
struct FailureStreak {
    private(set) var count = 0
    private var since: Duration?

    /// How long it has gone on.
    func age(at now: Duration) -> Duration { since.map { now - $0 } ?? .zero }

    /// How long to wait before another try; nil where none makes sense, since it has gone on for too long, or trying does not help.
    mutating func failed(_ error: ConnectorError, at now: Duration, _ policy: RetryPolicy, chance: Double) -> Duration? {
        guard case .retry(let asked) = error.recovery else { return nil }
        let first = since ?? now
        since = first
        defer { count += 1 }
        return policy.wait(afterFailure: count, age: now - first, asked: asked, chance: chance)
    }
}

extension ConnectorError {
    /// The same, where no more tries are made: what it says of another one is no longer true.
    func givenUp(after age: Duration) -> ConnectorError {
        var error = self
        error.remedy = "It failed for \(Int(age / .seconds(1))) s and more, which is its `maximumAge`: mend that, then start it again."
        return error
    }

    /// The task was cancelled; nobody is told.
    public static func cancelled(_ name: String) -> ConnectorError {
        ConnectorError(.stop, at: name, "it was asked to end", remedy: "Start it again.")
    }
}
