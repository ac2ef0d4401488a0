/// Bounds that a worker holds.
public struct WorkerLimits: Sendable {
    /// Bytes of messages that may wait for the disk; of more, collecting is refused until some are written.
    public var waitingBytes = 64 << 20
    /// Bytes of messages that share one disk sync.
    public var groupBytes = 8 << 20
    /// Questions that may wait for an answer.
    public var waitingQuestions = 10_000
    /// Notices that a reader of changes may fall behind before its stream ends.
    public var waitingNotices = 100_000
    /// Milliseconds after which accepted messages are sealed into blocks.
    public var sealAfter: Int64 = 1_000
    /// Milliseconds between looks at the definitions.
    public var definitionsEvery: Int64 = 1_000
    /// Milliseconds between the moments at which the bounds of percentiles are taken anew.
    public var thresholdsEvery: Int64 = 60_000

    /// The bounds that the documentation gives.
    public init() {}
}
