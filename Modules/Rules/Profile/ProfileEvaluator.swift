public import EventModel

/// Answers one rule for one profile after another, each with the time until which the answer holds.
///
/// It gives what `Reference` gives for each timeline. Every node of the rule reports its value, how it moves with the clock, and until
/// when that is so; from one such instant to the next the rule is asked again (of the nodes that may have changed) until its answer does
/// change. Making an evaluator works through the rule once; asking costs the events in the windows, by binary search where no condition
/// or property must be read; sequences cost time linear in their events.
public struct ProfileEvaluator: Sendable {
    private let plan: ProfilePlan
    private let root: Int

    /// Prepares a rule.
    ///
    /// - Parameter thresholds: The bounds of its percentiles; where one is not there, nobody is in that percentile.
    public init(_ rule: Rule, thresholds: PercentileThresholds = .none) {
        var planner = ProfilePlanner()
        root = planner.enter(rule, thresholds: thresholds)
        plan = planner.plan
    }

    /// Instants that one question may be followed to, and events read on the way, before it is left at the last instant that is sure.
    fileprivate static let mostSteps = 64
    fileprivate static let mostWork = 500_000

    /// Whether the profile is a member at `now`, and until when that holds.
    public func answer(for profile: ProfileTimeline, at now: Instant) -> TimedAnswer {
        var session = ProfileSession(plan, profile, now: now.milliseconds)
        return session.answer(root)
    }
}

extension ProfileSession {
    /// The answer of a rule's root at the instant at hand, followed as far as may be; the session is then at a later instant.
    mutating func answer(_ root: Int) -> TimedAnswer {
        let course = course(root)
        var until = course.until
        for _ in 0..<ProfileEvaluator.mostSteps where until < Course.horizon && work < ProfileEvaluator.mostWork {
            advance(to: until)
            let next = self.course(root)
            if next.holds != course.holds { break }
            until = next.until
        }
        return TimedAnswer(isMember: course.holds, validUntil: until < Course.horizon ? Instant(milliseconds: until) : nil)
    }
}
