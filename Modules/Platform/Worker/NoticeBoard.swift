import Service
import Synchronization

/// Hands changes of membership to everybody who listens.
final class NoticeBoard: Sendable {
    private struct State {
        var listeners: [NoticeQueue] = []
        var isClosed = false
    }
    private let state = Mutex(State())

    /// Notices from now on; they end when their reader falls behind by more than a limit, or the board closes.
    func listen(limit: Int) -> MembershipNotices {
        let queue = NoticeQueue(limit: limit)
        let isClosed = state.withLock { state in
            if !state.isClosed { state.listeners.append(queue) }
            return state.isClosed
        }
        if isClosed { queue.end() }
        return queue.notices
    }

    /// Tells everybody. Whoever has gone, or is too far behind, is told nothing more.
    func publish(_ notices: [MembershipNotice]) {
        state.withLock { state in state.listeners.removeAll { !$0.add(notices) } }
    }

    func close() {
        let listeners = state.withLock { state in
            state.isClosed = true
            return state.listeners
        }
        for listener in listeners { listener.end() }
    }
}
