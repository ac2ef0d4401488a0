import Foundation
import Synchronization

/// A file that somebody may change while it is followed; a change counts once it has settled.
final class FollowedFile: Sendable {
    let path: String
    private let change = Mutex(SettledChange<Data>())

    init(path: String) { self.path = path }

    /// What was taken over last; nil where nothing was.
    var taken: Data? { change.withLock { $0.taken } }

    /// Marks what the file held when it was taken over.
    func take(_ data: Data) { change.withLock { $0.taken = data } }

    /// Whether that is what was taken over last.
    func isTaken(_ data: Data) -> Bool { taken == data }

    /// Looks at the file: what it holds where that is news and settled, once a change; nil otherwise.
    func look() -> Data? {
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        return change.withLock { $0.isNews(data) } ? data : nil
    }
}
