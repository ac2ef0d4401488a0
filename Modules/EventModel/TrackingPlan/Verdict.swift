/// What a tracking plan says of one message.
public struct Verdict: Sendable, Hashable {
    /// What becomes of the message.
    public enum Outcome: Sendable, Hashable {
        /// It is stored as it came.
        case accepted
        /// It is stored changed, flagged, or both; `message` is the new one.
        case amended
        /// It is set aside for this reason: event, property, rule, and what to do, without the value itself.
        case quarantined(reason: String)
        /// It is refused for this reason, in the same form.
        case rejected(reason: String)
    }

    /// What becomes of the message.
    public var outcome: Outcome
    /// The message to store or to set aside: the amended one where `outcome` is `amended`, else the one that came.
    public var message: Message
    /// The values that were changed, in the plan's order; empty unless `outcome` is `amended`.
    public var changes: [PlanChange]
    /// Identifiers of the rules that the stored message breaks, in the plan's order, each once; empty unless `outcome` is `amended`.
    public var flags: [String]
    /// Every rule that was broken or changed a value, with what came of it, each pair once, in the plan's order.
    public var fired: [FiredRule]
    /// Identifiers of the rules that the message passed only since a verifier did not know, in the plan's order, each once.
    public var unverified: [String]

    /// Joins the parts.
    public init(
        outcome: Outcome, message: Message, changes: [PlanChange] = [], flags: [String] = [], fired: [FiredRule] = [],
        unverified: [String] = []
    ) {
        (self.outcome, self.message, self.changes, self.flags, self.fired) = (outcome, message, changes, flags, fired)
        self.unverified = unverified
    }

    /// The reason where the message was quarantined or rejected, else nil.
    public var reason: String? {
        switch outcome {
        case .accepted, .amended: nil
        case .quarantined(let reason), .rejected(let reason): reason
        }
    }
}
