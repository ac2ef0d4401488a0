/// When a destination may be called: as the rate, the waits after failures, and the breaker let it.
struct DeliveryPace {
    private var streak = FailureStreak()
    private var breaker: CircuitBreaker
    private var bucket: MessageRate?
    private let waits: RetryPolicy
    private let maximumAge: Duration?
    /// Nothing is tried before.
    private var notBefore = Duration.zero
    /// Whether failures in a row, with nothing that got through between them, have gone on for too long.
    private(set) var isLate = false

    init(_ policy: DestinationRunner.Policy) {
        breaker = policy.breaker
        bucket = policy.rate.map { MessageRate(perSecond: $0) }
        (waits, maximumAge) = (RetryPolicy(first: policy.retry.first, longest: policy.retry.longest), policy.retry.maximumAge)
    }

    /// Whether too many failures in a row keep from trying.
    var isOpen: Bool { breaker.isOpen }

    /// How long until so many records may go.
    func wait(for records: Int, at now: Duration) -> Duration {
        max(notBefore - now, breaker.wait(at: now), bucket?.wait(for: records, at: now) ?? .zero)
    }

    /// They go.
    mutating func go(_ records: Int, at now: Duration) { bucket?.take(records, at: now) }

    /// Others are tried from now on: what failed before makes them no older.
    mutating func begin() { (streak, isLate) = (FailureStreak(), false) }

    /// Something got through.
    mutating func succeeded() {
        begin()
        breaker.succeeded()
    }

    /// Another try has to be made.
    ///
    /// - Parameter hasProgress: Whether some of what was tried got through all the same.
    mutating func failed(_ error: ConnectorError, hasProgress: Bool, at now: Duration, chance: Double) {
        if hasProgress {
            succeeded()
        } else if !error.asksForWait {
            // Whoever says when to come again is well.
            breaker.failed(at: now)
        }
        notBefore = now + (streak.failed(error, at: now, waits, chance: chance) ?? .zero)
        if let maximumAge, !hasProgress { isLate = streak.age(at: now) >= maximumAge }
    }
}
