import EventModel
import Synchronization

/// Requests on their way to whoever reads the source: each waits until what it brought is durable.
final class RequestQueue: Sendable {
    /// What became of a request.
    enum Outcome: Sendable {
        case durable
        /// Too many wait.
        case full
        /// Nobody reads any more, or not within the time that a sender waits.
        case gone
    }
    private struct Waiting {
        var id: Int
        var brought: RequestMapping.Brought
        var size: Int
        var answer: CheckedContinuation<Outcome, Never>
    }
    private struct State {
        var waiting: [Waiting] = []
        var waitingBytes: Int { waiting.reduce(0) { $0 + $1.size } }
        /// Those that the reader has, and that are not known to be durable.
        var taken: [(id: Int, answer: CheckedContinuation<Outcome, Never>)] = []
        var reader: CheckedContinuation<Bool, Never>?
        var nextID = 0
    }
    private let state = Mutex(State())
    private let patience: Duration

    /// Bytes of messages that wait, at most; one request is always let in.
    static let mostBytes = 16 << 20
    /// Requests that wait, at most.
    static let mostRequests = 1_000
    /// Bytes of messages that are read together, unless one request alone has more.
    private static let usualBytes = 2 << 20

    /// - Parameter patience: How long a request waits.
    init(patience: Duration) { self.patience = patience }

    /// Adds what a request brought, and waits until it is durable.
    func add(_ brought: RequestMapping.Brought) async -> Outcome {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        let limit = Task { [patience] in
            do { try await Task.sleep(for: patience) } catch { return }
            self.giveUp(id)
        }
        defer { limit.cancel() }
        return await withCheckedContinuation { answer in
            let size = brought.text.count + brought.rejects.reduce(0) { $0 + $1.text.utf8.count }
            let (refusal, reader): (Outcome?, CheckedContinuation<Bool, Never>?) = state.withLock { state in
                let hasRoom = state.waiting.isEmpty || state.waitingBytes + size <= Self.mostBytes
                guard hasRoom, state.waiting.count + state.taken.count < Self.mostRequests else { return (.full, nil) }
                state.waiting.append(Waiting(id: id, brought: brought, size: size, answer: answer))
                let reader = state.reader
                state.reader = nil
                return (nil, reader)
            }
            if let refusal { return answer.resume(returning: refusal) }
            reader?.resume(returning: true)
        }
    }

    /// What the next requests brought, joined: those before are durable. Nil where the task is cancelled.
    func next() async -> [RequestMapping.Brought]? {
        let durable = state.withLock { state in
            let durable = state.taken
            state.taken = []
            return durable
        }
        for request in durable { request.answer.resume(returning: .durable) }
        guard await waitForOne(), !Task.isCancelled else { return nil }
        return state.withLock { state in
            var (brought, bytes) = ([RequestMapping.Brought](), 0)
            while let first = state.waiting.first, brought.isEmpty || bytes + first.size <= Self.usualBytes {
                state.waiting.removeFirst()
                state.taken.append((first.id, first.answer))
                bytes += first.size
                brought.append(first.brought)
            }
            return brought
        }
    }

    /// Nobody reads any more: all that wait are let go.
    func leave() {
        let left = state.withLock { state in
            let left = state.waiting.map(\.answer) + state.taken.map(\.answer)
            let reader = state.reader
            (state.waiting, state.taken, state.reader) = ([], [], nil)
            return (left, reader)
        }
        for answer in left.0 { answer.resume(returning: .gone) }
        left.1?.resume(returning: false)
    }

    private func waitForOne() async -> Bool {
        await withTaskCancellationHandler {
            await withCheckedContinuation { reader in
                let isThere: Bool? = state.withLock { state in
                    if Task.isCancelled { return false }
                    if !state.waiting.isEmpty { return true }
                    state.reader = reader
                    return nil
                }
                if let isThere { reader.resume(returning: isThere) }
            }
        } onCancel: {
            let reader = state.withLock { state in
                let reader = state.reader
                state.reader = nil
                return reader
            }
            reader?.resume(returning: false)
        }
    }

    /// A request has waited for too long. What it brought may still become durable, when it is with the reader.
    private func giveUp(_ id: Int) {
        let answer = state.withLock { state -> CheckedContinuation<Outcome, Never>? in
            if let place = state.waiting.firstIndex(where: { $0.id == id }) { return state.waiting.remove(at: place).answer }
            if let place = state.taken.firstIndex(where: { $0.id == id }) { return state.taken.remove(at: place).answer }
            return nil
        }
        answer?.resume(returning: .gone)
    }
}
