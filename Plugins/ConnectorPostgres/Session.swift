import Connectors
import Dispatch
import Synchronization

/// The connection of one connector: made when it is needed, kept, and made anew after a failure.
final class Session: Sendable {
    let server: PostgresServer
    private let isReading: Bool
    private let prepare: @Sendable (Connection) throws(ServerFailure) -> Void
    private let connection = Mutex<Connection?>(nil)
    /// libpq blocks: it is called off the pool of tasks, one call after another.
    private let queue = DispatchQueue(label: "tessera.connector-postgres")

    /// - Parameter isReading: Nothing can be changed through it.
    /// - Parameter prepare: What a new connection needs first.
    init(
        _ server: PostgresServer, isReading: Bool, prepare: @escaping @Sendable (Connection) throws(ServerFailure) -> Void = { _ in }
    ) {
        (self.server, self.isReading, self.prepare) = (server, isReading, prepare)
    }

    /// Does something with the connection. Where it fails, or the task is cancelled, the connection is not used again, and what it had
    /// not committed is undone.
    func perform<Answer: Sendable>(
        _ work: @escaping @Sendable (Connection) throws(ServerFailure) -> Answer
    ) async throws(ConnectorError) -> Answer {
        let interruption = Interruption()
        let result: Result<Answer, ServerFailure> = await withTaskCancellationHandler {
            await withCheckedContinuation { done in queue.async { self.run(work, interruption, done) } }
        } onCancel: {
            interruption.interrupt()
        }
        do throws(ServerFailure) { return try result.get() } catch { throw error.error(at: server.shown) }
    }

    /// Lets the connection go, once what is under way has ended.
    func close() async {
        await withCheckedContinuation { done in
            queue.async {
                self.connection.withLock { $0 = nil }
                done.resume()
            }
        }
    }

    /// Does something with a connection that is let go then.
    func once<Answer: Sendable>(
        _ work: @escaping @Sendable (Connection) throws(ServerFailure) -> Answer
    ) async throws(ConnectorError) -> Answer {
        let answer = try await perform(work)
        await close()
        return answer
    }

    private func run<Answer: Sendable>(
        _ work: @Sendable (Connection) throws(ServerFailure) -> Answer, _ interruption: Interruption,
        _ done: CheckedContinuation<Result<Answer, ServerFailure>, Never>
    ) {
        var used = connection.withLock { $0 }
        do throws(ServerFailure) {
            if interruption.isSet { throw ServerFailure(passing: "it was asked to end") }
            let current: Connection
            if let used {
                current = used
                current.interruption = interruption
            } else {
                current = try Connection(server, isReading: isReading, interruption)
                used = current
                try prepare(current)
            }
            let answer = try work(current)
            connection.withLock { $0 = current }
            done.resume(returning: .success(answer))
        } catch {
            connection.withLock { $0 = nil }
            done.resume(returning: .failure(error))
            // Nobody waits for this but who comes next.
            if interruption.isSet { used?.stopStatement() }
        }
    }
}
