/// How long to wait before another try: exponential backoff with full jitter, for no longer than a maximum age.
///
/// Every wait is drawn evenly from nothing to the bound of its turn, so that those who failed together do not come back together (M. Brooker,
/// "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
public struct RetryPolicy: Sendable, Hashable {
    /// The bound of the first wait; it doubles with each failure in a row.
    public var first: Duration
    /// The bound of any wait.
    public var longest: Duration
    /// How long failures in a row may go on; nil: without end.
    public var maximumAge: Duration?

    /// By default from 1 s to 5 min, without end.
    public init(first: Duration = .seconds(1), longest: Duration = .seconds(300), maximumAge: Duration? = nil) {
        (self.first, self.longest, self.maximumAge) = (first, longest, maximumAge)
    }

    /// How long to wait after a failure; nil: it has gone on for too long.
    ///
    /// - Parameter failure: How many there were in a row before this one.
    /// - Parameter age: Since the first of them.
    /// - Parameter asked: The least wait, where the other side asked for one.
    /// - Parameter chance: From 0 up to, but without, 1.
    public func wait(afterFailure failure: Int, age: Duration, asked: Duration?, chance: Double) -> Duration? {
        if let maximumAge, age >= maximumAge { return nil }
        var bound = first
        for _ in 0..<min(failure, 62) where bound < longest { bound *= 2 }
        let drawn = min(bound, longest) * chance
        return max(drawn, asked ?? .zero)
    }
}
