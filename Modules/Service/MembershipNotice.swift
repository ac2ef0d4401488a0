public import EventModel

/// Somebody entered or exited a segment.
public struct MembershipNotice: Sendable, Hashable {
    /// Number of the record; several people who moved together share one.
    public var number: Int64
    /// Canonical id of the profile.
    public var profile: String
    /// Name of the segment.
    public var segment: String
    /// Entered, or exited.
    public var entered: Bool
    /// The exact instant.
    public var at: Instant
    /// `message`, `clock`, `threshold`, `definition`, `merge` or `erasure`; of deliveries also `full`, `renamed` and `reconcile`.
    public var cause: String

    /// Joins the parts.
    public init(number: Int64, profile: String, segment: String, entered: Bool, at: Instant, cause: String) {
        (self.number, self.profile, self.segment) = (number, profile, segment)
        (self.entered, self.at, self.cause) = (entered, at, cause)
    }
}
