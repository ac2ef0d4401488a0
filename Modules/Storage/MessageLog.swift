public import EventModel

/// A place in the log of a store: behind every message that was accepted before.
public struct LogPlace: Sendable, Hashable, Comparable, Codable {
    /// The log is kept in generations that follow one another.
    public var generation: Int64
    /// Bytes of the generation.
    public var offset: UInt64

    /// Joins the parts.
    public init(generation: Int64, offset: UInt64) { (self.generation, self.offset) = (generation, offset) }

    public static func < (a: LogPlace, b: LogPlace) -> Bool { (a.generation, a.offset) < (b.generation, b.offset) }
}

/// The messages that were appended durably, in the order in which they were accepted, for whoever passes them on.
///
/// A store keeps of them what its writer was asked to keep (`StoreWriter.keepLog`); imports leave nothing there.
public protocol MessageLog: Sendable {
    /// The messages from a place on, about `bytes` of them and at least one, and the place behind them; nil where there is none before `limit`.
    ///
    /// Every message comes with its id in `derivedIDs`.
    ///
    /// - Parameter limit: A place that `StoreWriter.logEnd` gave: what lies behind it is not acknowledged.
    /// - Throws: `.missing` where the place was let go.
    func messages(from place: LogPlace, to limit: LogPlace, bytes: Int) throws(StoreError) -> (batch: MessageBatch, end: LogPlace)?
    /// Bytes of the log from a place to another.
    func bytes(from place: LogPlace, to limit: LogPlace) -> Int
}
