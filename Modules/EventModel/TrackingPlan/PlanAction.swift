/// What happens to a message that breaks a rule of the tracking plan.
public enum PlanAction: String, Sendable, Hashable, CaseIterable {
    /// It is refused and its sender is told so.
    case reject
    /// It is set aside with the reason, to be replayed once the plan or the message is mended.
    case quarantine
    /// What can be turned into what the plan wants is turned; the rest is quarantined.
    case coerce
    /// It is stored as it is, and says which rules it breaks.
    case flag
}

/// One rule that a message broke, or that changed it, and what came of it.
public struct FiredRule: Sendable, Hashable {
    /// The rule's stable identifier: `Order Completed/revenue/minimum`.
    public var rule: String
    /// What was done: `coerce` where a value was changed, never where changing it failed (that is `quarantine`).
    public var action: PlanAction

    /// Joins the parts.
    public init(rule: String, action: PlanAction) { (self.rule, self.action) = (rule, action) }
}

/// One value that the plan changed.
public struct PlanChange: Sendable, Hashable {
    /// Where in the message, as a JSON Pointer (RFC 6901): `/properties/revenue`.
    public var pointer: String
    /// The value as it came and as it is now.
    public var before, after: JSONValue

    /// Joins the parts.
    public init(pointer: String, before: JSONValue, after: JSONValue) {
        (self.pointer, self.before, self.after) = (pointer, before, after)
    }
}
