import Dispatch
import Synchronization

/// Where a connector calls what blocks (a client library, a disk): one call after another, off the pool of tasks.
public final class BlockingQueue: Sendable {
    private let queue: DispatchQueue

    /// - Parameter name: Of the connector's kind, for those who look at threads.
    public init(_ name: String) { queue = DispatchQueue(label: "tessera." + name) }

    /// Runs something that blocks. It looks now and then whether it was cancelled, and then ends soon.
    public func run<Answer: Sendable>(
        _ work: @escaping @Sendable (Cancellation) throws(ConnectorError) -> Answer
    ) async throws(ConnectorError) -> Answer {
        let cancellation = Cancellation()
        let outcome: Result<Answer, ConnectorError> = await withTaskCancellationHandler {
            await withCheckedContinuation { done in
                queue.async { done.resume(returning: Result { () throws(ConnectorError) in try work(cancellation) }) }
            }
        } onCancel: {
            cancellation.happen()
        }
        return try outcome.get()
    }

    /// Runs something behind all that was asked for so far, without waiting for it.
    public func runLater(_ work: @escaping @Sendable () -> Void) { queue.async(execute: work) }

    /// The same, no sooner than after a while.
    public func run(after wait: Duration, _ work: @escaping @Sendable () -> Void) {
        queue.asyncAfter(deadline: .now() + wait / .seconds(1), execute: work)
    }
}

/// Whether nobody wants the answer any more; asked by any thread.
public final class Cancellation: Sendable {
    private let state = Atomic(false)

    /// Somebody wants it.
    public init() {}

    /// Nobody wants it.
    public func happen() { state.store(true, ordering: .relaxed) }

    /// Whether nobody wants it.
    public var hasHappened: Bool { state.load(ordering: .relaxed) }
}
