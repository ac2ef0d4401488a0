import Synchronization

/// Changes of membership on their way to one reader, who takes all that wait at once; ends as `WorkerService.changes` says.
public struct MembershipNotices: AsyncSequence, Sendable {
    private let take: @Sendable () async -> [MembershipNotice]?

    /// - Parameter take: Waits for changes and gives all there are, at least one; nil at the end. It ends when its task is cancelled.
    public init(_ take: @escaping @Sendable () async -> [MembershipNotice]?) { self.take = take }

    public func makeAsyncIterator() -> Iterator { Iterator(take: take) }

    /// Goes on where another iterator of the same sequence stopped.
    public struct Iterator: AsyncIteratorProtocol {
        fileprivate let take: @Sendable () async -> [MembershipNotice]?
        public func next() async -> [MembershipNotice]? { await take() }
    }
}

/// Where changes of membership wait for one reader.
public final class NoticeQueue: Sendable {
    private struct State {
        var waiting: [MembershipNotice] = []
        var isEnded = false
        var reader: CheckedContinuation<Void, Never>?
    }
    private let state = Mutex(State())
    private let limit: Int

    /// - Parameter limit: Changes that may wait; with more the queue ends, since a gap would go unnoticed.
    public init(limit: Int) { self.limit = limit }

    /// Adds changes; false where nobody will read them, because the queue has ended or ends by this.
    public func add(_ notices: some Collection<MembershipNotice>) -> Bool {
        let (isKept, reader) = state.withLock { state -> (Bool, CheckedContinuation<Void, Never>?) in
            if state.isEnded { return (false, nil) }
            if state.waiting.count + notices.count > limit { state.isEnded = true } else { state.waiting += notices }
            return (!state.isEnded, state.reader.take())
        }
        reader?.resume()
        return isKept
    }

    /// Takes nothing more; what waits can still be read.
    public func end() {
        let reader = state.withLock { state in
            state.isEnded = true
            return state.reader.take()
        }
        reader?.resume()
    }

    /// What waits, without waiting for more; nil where nothing waits and nothing will come.
    public func takeWaiting() -> [MembershipNotice]? {
        state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting.isEmpty && state.isEnded ? nil : state.waiting
        }
    }

    /// For one reader.
    public var notices: MembershipNotices { MembershipNotices { await self.next() } }

    private func next() async -> [MembershipNotice]? {
        await withTaskCancellationHandler {
            while true {
                let (found, isEnded) = state.withLock { state in
                    defer { state.waiting = [] }
                    return (state.waiting, state.isEnded)
                }
                if !found.isEmpty { return found }
                if isEnded { return nil }
                await withCheckedContinuation { reader in
                    let isReady = state.withLock { state in
                        if !state.waiting.isEmpty || state.isEnded { return true }
                        state.reader = reader
                        return false
                    }
                    if isReady { reader.resume() }
                }
            }
        } onCancel: {
            end()
        }
    }
}
