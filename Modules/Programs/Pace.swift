import Synchronization

/// Since when a program is waited for.
package final class Pace: Sendable {
    /// Nil while it is not its turn: what it said waits to be taken, or nothing is wanted of it.
    private let last: Mutex<ContinuousClock.Instant?>

    /// - Parameter isResting: It is not its turn yet.
    init(isResting: Bool) { last = Mutex(isResting ? nil : .now) }

    /// It said something, or its turn begins. Unless `always`, this does not end a rest.
    package func heard(always: Bool) { last.withLock { if always || $0 != nil { $0 = .now } } }

    /// It is not its turn any more.
    package func rest() { last.withLock { $0 = nil } }

    /// Waits until it was waited for in vain for so long; false where the task is cancelled before.
    func isSilent(for idle: Duration) async -> Bool {
        while true {
            let since = last.withLock { $0 }
            if let since, since + idle <= .now { return true }
            do { try await Task.sleep(until: (since ?? .now) + idle) } catch { return false }
        }
    }
}
