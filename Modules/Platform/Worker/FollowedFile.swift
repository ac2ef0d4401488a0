import Foundation
import Synchronization

/// A file that somebody may change while it is followed: whoever writes it may be at it still, so a change counts once two looks in a row
/// find the same.
final class FollowedFile: Sendable {
    private struct State {
        /// What was taken over last.
        var taken: Data?
        /// At the last look, and at the one before.
        var seen, before: Data?
    }
    let path: String
    private let state = Mutex(State())

    init(path: String) { self.path = path }

    /// Marks what the file held when it was taken over.
    func take(_ data: Data) { state.withLock { $0.taken = data } }

    /// Whether that is what was taken over last.
    func isTaken(_ data: Data) -> Bool { state.withLock { $0.taken == data } }

    /// Looks at the file: what it holds where that is news and settled, once a change; nil otherwise.
    func look() -> Data? {
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        return state.withLock { state in
            defer { (state.before, state.seen) = (state.seen, data) }
            // A third look at the same finds what the second one did.
            return data != state.taken && data == state.seen && data != state.before ? data : nil
        }
    }
}
