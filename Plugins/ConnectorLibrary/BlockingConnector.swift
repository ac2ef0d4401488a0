import Connectors

/// Makes a connector's calls off the pool of tasks, one after another.
struct BlockingConnector: Sendable {
    private let calls: any ConnectorCalls
    private let queue = BlockingQueue("library")

    init(_ calls: any ConnectorCalls) { self.calls = calls }

    /// Makes a call; cancelling the task asks it to end.
    func call<Answer: Sendable>(
        _ body: @escaping @Sendable (any ConnectorCalls, Cancellation) throws(ConnectorError) -> Answer
    ) async throws(ConnectorError) -> Answer {
        try await queue.run { [calls] cancellation throws(ConnectorError) in try body(calls, cancellation) }
    }
}
