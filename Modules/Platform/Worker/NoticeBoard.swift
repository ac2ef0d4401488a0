import Service
import Synchronization

/// Hands changes of membership to everybody who listens.
final class NoticeBoard: Sendable {
    private struct State {
        var listeners: [NoticeQueue] = []
        /// Those who read what others recorded, too: they begin again when definitions were changed.
        var readers: [NoticeQueue] = []
        var isClosed = false
    }
    private let state = Mutex(State())

    /// Notices from now on; they end when their reader falls behind by more than a limit, or the board closes.
    func listen(limit: Int) -> MembershipNotices { queue(limit: limit, endsWithDefinitions: false).notices }

    /// Where they wait for a reader who comes by himself; it ends as `listen` says.
    ///
    /// - Parameter endsWithDefinitions: Whether it also ends when definitions are changed, by which others may have recorded changes.
    func queue(limit: Int, endsWithDefinitions: Bool) -> NoticeQueue {
        let queue = NoticeQueue(limit: limit)
        let isClosed = state.withLock { state in
            if !state.isClosed { state.listeners.append(queue) }
            if !state.isClosed, endsWithDefinitions { state.readers.append(queue) }
            return state.isClosed
        }
        if isClosed { queue.end() }
        return queue
    }

    /// Tells everybody. Whoever has gone, or is too far behind, is told nothing more.
    func publish(_ notices: [MembershipNotice]) {
        state.withLock { state in state.listeners.removeAll { !$0.add(notices) } }
    }

    /// Ends those who read what others recorded: they find it when they begin again.
    func definitionsChanged() {
        let readers = state.withLock { state in
            defer { state.readers = [] }
            return state.readers
        }
        for reader in readers { reader.end() }
    }

    func close() {
        let listeners = state.withLock { state in
            state.isClosed = true
            return state.listeners
        }
        for listener in listeners { listener.end() }
    }
}
