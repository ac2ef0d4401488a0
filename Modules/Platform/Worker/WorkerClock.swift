import EventModel
import Synchronization

/// The worker's time: the wall clock's, as long as that goes forward.
///
/// Set back, the wall clock says what was answered about before. Time then stands still until it has caught up, so that nothing that was
/// due comes due again, and no record stands before the one it follows.
final class WorkerClock: Sendable {
    private let wall: @Sendable () -> Instant
    private let latest = Atomic(Int64.min)

    init(wall: @escaping @Sendable () -> Instant) { self.wall = wall }

    /// The latest that the wall clock ever said, and no earlier than what was `raise`d to.
    var now: Instant {
        let told = wall().milliseconds
        return Instant(milliseconds: latest.max(told, ordering: .sequentiallyConsistent).newValue)
    }

    /// How far the wall clock is behind, in milliseconds; 0 where it is not.
    var behind: Int64 {
        let told = wall().milliseconds
        return latest.max(told, ordering: .sequentiallyConsistent).newValue - told
    }

    /// Time is this late already.
    func raise(to instant: Instant) { latest.max(instant.milliseconds, ordering: .sequentiallyConsistent) }

    /// Milliseconds that pass, whatever the wall clock is set to: for how long something took or may take.
    static var steady: Int64 {
        let (seconds, attoseconds) = (ContinuousClock.now - origin).components
        return seconds * 1_000 + attoseconds / 1_000_000_000_000_000
    }
    private static let origin = ContinuousClock.now
}
