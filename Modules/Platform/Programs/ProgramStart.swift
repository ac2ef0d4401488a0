public import EventModel
import Foundation

/// What each of the programs does before anything else.
public enum ProgramStart {
    /// Makes a write beyond the limit on the size of files (`ulimit -f`) fail as one to a full disk does. Left to itself the system ends
    /// the process there, without a word. A closed pipe still ends it: whoever reads `... | head` has seen enough.
    public static func prepare() { _ = signal(SIGXFSZ, SIG_IGN) }

    /// The wall clock, in whole milliseconds: the one place where the programs read it.
    public static let clock: @Sendable () -> Instant = {
        Instant(milliseconds: Int64((Date().timeIntervalSince1970 * 1000).rounded(.down)))
    }
}
