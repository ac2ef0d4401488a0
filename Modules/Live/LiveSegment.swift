public import EventModel
public import Rules

/// A segment that is kept up to date.
public struct LiveSegment: Sendable {
    /// The name it is saved by.
    public let name: String
    /// What is asked, as it is recorded.
    public let expression: String
    /// What is asked, checked.
    public let rule: Rule
    /// Whether who enters and exits is recorded and told. It is not for a condition that no segment is saved under, such as an offer's.
    public let isRecorded: Bool
    /// What it reads of a profile's messages.
    let reads: TimelineReads
    /// Answers from whole messages, for a rule whose conditions cannot be judged when an event arrives; nil for all others.
    private(set) var evaluator: ProfileEvaluator?
    /// The bounds of its percentiles.
    public internal(set) var thresholds: PercentileThresholds {
        didSet { if evaluator != nil { evaluator = ProfileEvaluator(rule, thresholds: thresholds) } }
    }

    /// Prepares a checked rule.
    ///
    /// - Parameter thresholds: The bounds of its percentiles, from `PopulationEvaluator.thresholds`; `LiveMemberships.refresh` moves them.
    public init(name: String, expression: String, rule: Rule, thresholds: PercentileThresholds = .none, isRecorded: Bool = true) {
        (self.name, self.expression, self.rule, self.thresholds) = (name, expression, rule, thresholds)
        self.isRecorded = isRecorded
        reads = TimelineReads(rule)
        evaluator = StandingRules.canKeep(rule) ? nil : ProfileEvaluator(rule, thresholds: thresholds)
    }

    /// Whether somebody would be in it at `now` who has sent nothing so far.
    public func holdsOfStranger(at now: Instant) -> Bool {
        (evaluator ?? ProfileEvaluator(rule, thresholds: thresholds)).answer(for: ProfileTimeline([]), at: now).isMember
    }
}

/// Why somebody entered or exited: `MembershipCause` of the storage, as far as a running worker meets it.
public enum TransitionCause: Sendable, Hashable {
    case message, clock, threshold, definition, merge
}

/// Somebody entered or exited a segment at an instant.
public struct Transition: Sendable, Hashable {
    /// Index into `LiveMemberships.segments`.
    public var segment: Int
    /// The profile: least ordinal of its identifiers.
    public var profile: UInt32
    /// Entered, or exited.
    public var entered: Bool
    /// Exactly: an exit by the clock has the first millisecond at which the answer is another.
    public var at: Instant
    /// Why it happened.
    public var cause: TransitionCause
    /// Ordinals to be recorded as entered or exited: an exit names those that were recorded.
    public var ordinals: [UInt32]
}
