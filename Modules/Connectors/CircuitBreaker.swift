/// Keeps from calling somebody who does not answer: after some failures in a row it is open, and nothing is tried for a while; then one try
/// decides whether it closes (M. Nygard, "Release It!", 2007, "Circuit Breaker").
public struct CircuitBreaker: Sendable, Hashable {
    /// Failures in a row that open it.
    public let failures: Int
    /// How long it stays open.
    public let rest: Duration
    private var inARow = 0
    private var openedAt: Duration?

    /// A closed one.
    public init(failures: Int = 5, rest: Duration = .seconds(60)) { (self.failures, self.rest) = (max(1, failures), rest) }

    /// Whether it keeps from trying, or lets one try through to see.
    public var isOpen: Bool { openedAt != nil }

    /// How long until a try may be made; zero where one may be made now.
    ///
    /// - Parameter now: Of any clock that never goes back.
    public func wait(at now: Duration) -> Duration { openedAt.map { max(.zero, $0 + rest - now) } ?? .zero }

    /// A try went well: it closes.
    public mutating func succeeded() { (inARow, openedAt) = (0, nil) }

    /// A try failed: it opens, or stays open for as long again.
    public mutating func failed(at now: Duration) {
        inARow += 1
        if inARow >= failures { openedAt = now }
    }
}
