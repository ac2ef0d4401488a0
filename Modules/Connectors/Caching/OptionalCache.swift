import Synchronization

/// A cache as its users have it: where it cannot be reached they go on without it. Counts what is found and what is not.
public final class OptionalCache: Sendable {
    /// What became of questions since it was made.
    public struct Counts: Sendable, Hashable {
        /// Keys that had a value.
        public var hits = 0
        /// Keys that had none.
        public var misses = 0
        /// Calls that failed, or were not made because one had failed lately.
        public var failures = 0

        /// Joins the counts.
        public init(hits: Int = 0, misses: Int = 0, failures: Int = 0) {
            (self.hits, self.misses, self.failures) = (hits, misses, failures)
        }
    }
    private struct State {
        var counts = Counts()
        var breaker = CircuitBreaker(failures: 1, rest: .seconds(5))
    }
    private let cache: any Cache
    private let elapsed: @Sendable () -> Duration
    private let report: @Sendable (String) -> Void
    private let state = Mutex(State())

    /// - Parameter elapsed: A clock that never goes back.
    /// - Parameter report: Takes a sentence where it cannot be reached any more.
    public init(_ cache: any Cache, elapsed: @escaping @Sendable () -> Duration, report: @escaping @Sendable (String) -> Void) {
        (self.cache, self.elapsed, self.report) = (cache, elapsed, report)
    }

    /// The same, in what the platform lends to a connector.
    public convenience init(_ cache: any Cache, _ context: ConnectorContext) {
        let start = ContinuousClock.now
        self.init(cache, elapsed: { ContinuousClock.now - start }, report: context.report)
    }

    /// What became of questions so far.
    public var counts: Counts { state.withLock { $0.counts } }

    /// The values that stand for keys; none where it cannot be reached.
    public func values(of keys: [String]) async -> [String: ContiguousArray<UInt8>] {
        if keys.isEmpty { return [:] }
        let found = await trying { () async throws(ConnectorError) in try await self.cache.values(of: keys) } ?? [:]
        state.withLock { state in
            state.counts.hits += found.count
            state.counts.misses += keys.count - found.count
        }
        return found
    }

    /// Lets a value stand for a key, where it can be reached.
    public func keep(_ value: ContiguousArray<UInt8>, of key: String, for lifetime: Duration) async {
        _ = await trying { () async throws(ConnectorError) in try await self.cache.keep(value, of: key, for: lifetime) }
    }

    private func trying<Answer: Sendable>(_ ask: () async throws(ConnectorError) -> Answer) async -> Answer? {
        let isResting = state.withLock { state in
            let isResting = state.breaker.wait(at: elapsed()) > .zero
            if isResting { state.counts.failures += 1 }
            return isResting
        }
        if isResting { return nil }
        do throws(ConnectorError) {
            let answer = try await ask()
            state.withLock { $0.breaker.succeeded() }
            return answer
        } catch {
            let isFirst = state.withLock { state in
                let wasOpen = state.breaker.isOpen
                state.breaker.failed(at: elapsed())
                state.counts.failures += 1
                return !wasOpen
            }
            if isFirst { report("It is done without. \(error)") }
            return nil
        }
    }
}
