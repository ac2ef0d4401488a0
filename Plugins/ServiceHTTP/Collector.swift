import EventModel
import HTTPTypes
import Service
import Synchronization

/// Takes messages in: bodies become lines, and lines go to the worker.
final class Collector: Sendable {
    private let service: any WorkerService
    private let ring: KeyRing
    private let limits: HTTPLimits
    private let receivedAt: @Sendable () -> Instant
    private let makeID: @Sendable () -> String
    /// Splitters at rest; their buffers are warm.
    private let splitters = Mutex<[BatchSplitter]>([])
    /// Splitters that are kept at rest; more than run at once on any machine meant for this.
    private static let kept = 16

    init(
        service: any WorkerService, ring: KeyRing, limits: HTTPLimits, receivedAt: @escaping @Sendable () -> Instant,
        makeID: @escaping @Sendable () -> String
    ) {
        (self.service, self.ring, self.limits) = (service, ring, limits)
        (self.receivedAt, self.makeID) = (receivedAt, makeID)
    }

    /// One of Segment's calls, from its body to its acknowledgement.
    func collect(_ exchange: Exchange, _ call: Collecting.Call) async throws(HTTPFailure) -> Answer {
        let split = try split(exchange, call)
        let source: String
        if let key = exchange.key {
            source = key
        } else {
            source = try ring.admit(split.writeKey, roles: Route.Access.collect.roles, now: exchange.now)
        }
        guard split.batch.sourceLines > 0 else { return .success }
        do throws(ServiceError) { _ = try await service.collect(split.batch, from: source) } catch { throw HTTPFailure(error) }
        return .success
    }

    private func split(_ exchange: Exchange, _ call: Collecting.Call) throws(HTTPFailure) -> SplitBody {
        guard let body = exchange.body, body.count > 0 else {
            throw HTTPFailure(.badRequest, "no_body", "The request has no body.", remedy: "Send the message, or the batch, as JSON.")
        }
        let collecting = Collecting(
            call: call, receivedAt: receivedAt(), longestMessage: limits.messageBytes, mostMessages: limits.batchMessages, makeID: makeID)
        let splitter = splitters.withLock { $0.popLast() } ?? BatchSplitter()
        defer { splitters.withLock { if $0.count < Self.kept { $0.append(splitter) } } }
        return try splitter.split(body.bytes, count: body.count, collecting)
    }
}
