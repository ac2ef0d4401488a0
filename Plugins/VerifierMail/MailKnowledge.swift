import Dispatch
import EventModel
import Synchronization

/// What is known of the mail of domains, and the one thread that learns more.
///
/// What was learnt counts until it has been learnt anew: past its time it is asked for again beside the messages, and forgotten only
/// when it is very old. Where asking fails nothing is known, whatever was known before.
final class MailKnowledge: Sendable {
    private struct State {
        var cache: StandingCache
        /// Domains that wait for an answer.
        var waiting: Set<String> = []
        var asked = 0
        var failed = 0
        var dropped = 0
    }
    private let resolver: any MailResolver
    private let limits: MailLimits
    private let now: @Sendable () -> ContinuousClock.Instant
    private let state: Mutex<State>
    /// Serial: one question at a time.
    private let learning = DispatchQueue(label: "tessera.verifier.mail", qos: .utility)

    init(resolver: any MailResolver, limits: MailLimits, now: @escaping @Sendable () -> ContinuousClock.Instant) {
        (self.resolver, self.limits, self.now) = (resolver, limits, now)
        state = Mutex(State(cache: StandingCache(entries: limits.entries)))
    }

    /// What is known at this moment; what is not, or is old, is asked for. Returns at once.
    func standing(of domain: String) -> MailStanding {
        let now = now()
        let (standing, asks) = state.withLock { state in
            var standing = MailStanding.unknown
            if let entry = state.cache.entry(domain) {
                let age = now - entry.learnt
                if age < limits.kept { standing = entry.standing }
                if age < fresh(entry.standing) { return (standing, false) }
            }
            if state.waiting.contains(domain) { return (standing, false) }
            guard state.waiting.count < limits.waiting else {
                state.dropped += 1
                return (standing, false)
            }
            state.waiting.insert(domain)
            return (standing, true)
        }
        if asks { learning.async { [self] in learn(domain) } }
        return standing
    }

    /// Waits until all that was asked for before is answered, but no longer than `limit`.
    func learn(within limit: Duration) {
        let answered = DispatchSemaphore(value: 0)
        learning.async { answered.signal() }
        _ = answered.wait(timeout: .now() + limit / .seconds(1))
    }

    var counts: [VerifierCount] {
        state.withLock { [VerifierCount("asked", $0.asked), VerifierCount("failed", $0.failed), VerifierCount("dropped", $0.dropped)] }
    }

    private func learn(_ domain: String) {
        let standing = MailStanding(of: domain, asking: resolver)
        let now = now()
        state.withLock { state in
            state.waiting.remove(domain)
            state.asked += 1
            if standing == .unknown { state.failed += 1 }
            state.cache.set(domain, StandingCache.Entry(standing: standing, learnt: now))
        }
    }

    private func fresh(_ standing: MailStanding) -> Duration {
        standing == .unknown ? limits.failed : standing.isFine ? limits.fine : limits.wrong
    }
}

/// The bounds of what is known of domains.
public struct MailLimits: Sendable, Hashable {
    /// Domains that are remembered.
    public var entries = 100_000
    /// Domains that wait to be asked about; what comes beyond is asked about when it comes again.
    public var waiting = 10_000
    /// After how long a domain that takes mail is asked about again.
    public var fine = Duration.seconds(86_400)
    /// After how long one that does not is.
    public var wrong = Duration.seconds(3_600)
    /// After how long one of which nothing could be found out is.
    public var failed = Duration.seconds(60)
    /// After how long without an answer what was known is forgotten.
    public var kept = Duration.seconds(2 * 86_400)

    /// The bounds that programs use.
    public init() {}
}
