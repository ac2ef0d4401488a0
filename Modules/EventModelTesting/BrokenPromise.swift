/// A promise of a contract that was broken, and where.
public struct BrokenPromise<Contract: Sendable>: Error, CustomStringConvertible {
    /// The promise that was not kept.
    public let promise: Contract
    /// Where it broke, and what came instead.
    public let place: String

    /// Joins the parts.
    public init(promise: Contract, place: String) { (self.promise, self.place) = (promise, place) }

    public var description: String { "\(promise): \(place)" }
}
