import Connectors

/// Makes a connector's calls off the pool of tasks, one after another, and takes its secrets out of what it says.
struct BlockingConnector: Sendable {
    /// Takes the connector's secrets out of its words.
    let redaction: Redaction
    private let calls: any ConnectorCalls
    private let queue = BlockingQueue("library")

    /// - Parameter secrets: Those that the connector was given.
    init(_ calls: any ConnectorCalls, secrets: [String] = []) { (self.calls, redaction) = (calls, Redaction(secrets)) }

    /// Makes a call; cancelling the task asks it to end.
    func call<Answer: Sendable>(
        _ body: @escaping @Sendable (any ConnectorCalls, Cancellation) throws(ConnectorError) -> Answer
    ) async throws(ConnectorError) -> Answer {
        do throws(ConnectorError) {
            return try await queue.run { [calls] cancellation throws(ConnectorError) in try body(calls, cancellation) }
        } catch { throw redaction(error) }
    }

    /// Looks at the other side once.
    func probe() async throws(ConnectorError) -> String {
        redaction(try await call { calls, cancellation throws(ConnectorError) in try calls.probe(cancellation) })
    }
}
