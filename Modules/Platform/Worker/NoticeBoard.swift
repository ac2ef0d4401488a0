import Service
import Synchronization

/// Hands changes of membership to everybody who listens.
final class NoticeBoard: Sendable {
    private struct State {
        var listeners: [Int: AsyncStream<MembershipNotice>.Continuation] = [:]
        var next = 0
        var isClosed = false
    }
    private let state = Mutex(State())

    /// Notices from now on; the stream ends when its reader falls behind by more than a limit, or the board closes.
    func listen(limit: Int) -> AsyncStream<MembershipNotice> {
        let (stream, continuation) = AsyncStream.makeStream(of: MembershipNotice.self, bufferingPolicy: .bufferingOldest(limit))
        let number = state.withLock { state -> Int? in
            if state.isClosed { return nil }
            state.next += 1
            state.listeners[state.next] = continuation
            return state.next
        }
        guard let number else {
            continuation.finish()
            return stream
        }
        continuation.onTermination = { [weak self] _ in self?.state.withLock { $0.listeners[number] = nil } }
        return stream
    }

    func publish(_ notices: [MembershipNotice]) {
        let listeners = state.withLock { $0.listeners }
        for (_, listener) in listeners {
            for notice in notices {
                // A gap would go unnoticed: the stream ends instead, and the reader goes on from the last number it saw.
                if case .dropped = listener.yield(notice) {
                    listener.finish()
                    break
                }
            }
        }
    }

    func close() {
        let listeners = state.withLock { state in
            state.isClosed = true
            return state.listeners
        }
        for (_, listener) in listeners { listener.finish() }
    }
}
