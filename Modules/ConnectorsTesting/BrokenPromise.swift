/// A promise of a contract that was broken, and where.
public struct BrokenPromise<Contract: Sendable>: Error, CustomStringConvertible {
    /// The promise that was not kept.
    public let promise: Contract
    /// Where it broke, and what came instead.
    public let place: String

    public var description: String { "\(promise): \(place)" }
}
