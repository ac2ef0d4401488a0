import Synchronization

/// When a tap was heard last.
final class Pace: Sendable {
    /// Nil while it is not its turn to speak: what it said waits to be taken.
    private let last = Mutex<ContinuousClock.Instant?>(.now)

    /// It said something. Unless `always`, this does not end a rest.
    func heard(always: Bool) { last.withLock { if always || $0 != nil { $0 = .now } } }

    /// What it said waits.
    func rest() { last.withLock { $0 = nil } }

    /// Waits until it has said nothing for so long; false where the task is cancelled before.
    func isSilent(for idle: Duration) async -> Bool {
        while true {
            let since = last.withLock { $0 }
            if let since, since + idle <= .now { return true }
            do { try await Task.sleep(until: (since ?? .now) + idle) } catch { return false }
        }
    }
}
