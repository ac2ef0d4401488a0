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

    /// How long until messages may go together: until there is a token for each, or, where the bucket has no room for so many, until it is
    /// full.
    ///
    /// - Parameter now: Of any clock that never goes back.
    public func wait(for messages: Int, at now: Duration) -> Duration {
        .seconds(max(0, min(Double(messages), burst) - filled(at: now)) / perSecond)
    }

    /// Takes the tokens of messages that go. More of them than the bucket has room for take tokens ahead, which those who come later wait
    /// for, so that the rate holds over time.
    ///
    /// - Parameter now: Of any clock that never goes back.
    public mutating func take(_ messages: Int, at now: Duration) {
        tokens = filled(at: now) - Double(messages)
        filledAt = now
    }

    private func filled(at now: Duration) -> Double {
        guard let filledAt else { return tokens }
        return min(burst, tokens + (now - filledAt) / .seconds(1) * perSecond)
    }
}
