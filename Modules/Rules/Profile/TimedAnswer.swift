public import EventModel

/// Whether a profile is a member of a segment, and how long that stands if nothing new is heard of it.
public struct TimedAnswer: Sendable, Hashable {
    /// The answer at the instant it was asked at.
    public var isMember: Bool
    /// The answer holds for every instant from the one it was asked at up to this one, which is not in; with the same stored messages and
    /// the same thresholds. Then it is to be asked again. nil: for ever.
    public var validUntil: Instant?

    /// Joins the answer and its end.
    public init(isMember: Bool, validUntil: Instant?) { (self.isMember, self.validUntil) = (isMember, validUntil) }
}
