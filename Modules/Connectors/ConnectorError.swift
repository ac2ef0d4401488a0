/// Why a connector could not go on, and what to do about it.
public struct ConnectorError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What helps.
    public enum Recovery: Sendable, Hashable {
        /// Somebody has to change the settings: trying again changes nothing.
        case mendSettings
        /// Trying again may help, no sooner than after `after` where the other side asked for that.
        case retry(after: Duration?)
        /// Nothing helps: what has been kept does not fit any more.
        case stop
    }
    /// What helps.
    public var recovery: Recovery
    /// Where: a setting, a file, an address without credentials.
    public var place: String
    /// A sentence without its full stop: what happened. Shows no secret and no personal data.
    public var problem: String
    /// A sentence: what to do.
    public var remedy: String

    /// Joins the parts.
    public init(_ recovery: Recovery, at place: String, _ problem: String, remedy: String) {
        (self.recovery, self.place, self.problem, self.remedy) = (recovery, place, problem, remedy)
    }

    public var description: String { "\(place): \(problem). \(remedy)" }

    /// What happened, for those who read it when there is nothing to be done any more.
    public var reason: String { "\(place): \(problem)." }

    /// Whether the other side said when to come again: it is well, and wants to be left alone for a while.
    public var asksForWait: Bool { if case .retry(.some) = recovery { true } else { false } }
}
