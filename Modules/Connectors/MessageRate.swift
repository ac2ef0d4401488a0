/// A bound on messages in a time: a bucket of tokens that fills evenly, as long as it has room, and from which every message takes one.
public struct MessageRate: Sendable {
    /// Messages a second that the bucket fills by.
    public let perSecond: Double
    /// Messages that can go at once after a rest.
    public let burst: Double
    private var tokens: Double
    private var filledAt: Duration?

    /// A full bucket.
    ///
    /// - Parameter perSecond: Above 0.
    /// - Parameter burst: At least 1; by default what fills in a second.
    public init(perSecond: Double, burst: Double? = nil) {
        self.perSecond = perSecond
        self.burst = max(1, burst ?? perSecond)
        tokens = self.burst
    }

    /// Takes tokens for messages that go together, and says how long they have to wait first. What is taken ahead is paid back by those
    /// who come later, so batches larger than the bucket go through, at the same rate.
    ///
    /// - Parameter now: Of any clock that never goes back.
    public mutating func take(_ messages: Int, at now: Duration) -> Duration {
        if let filledAt { tokens = min(burst, tokens + (now - filledAt) / .seconds(1) * perSecond) }
        filledAt = now
        let missing = max(0, min(Double(messages), burst) - tokens)
        tokens -= Double(messages)
        return .seconds(missing / perSecond)
    }
}
