import EventModel
import Rules
import Storage

/// Why one person is a member, or is not.
extension Question {
    /// The proof of an expression's answer for one person.
    func explain(_ expression: String, _ reference: ProfileReference) throws(CommandError) -> ExplainResult {
        let rule = try rule(expression)
        let person = try person(reference)
        // Messages dated ahead are stored already, and come into force by the clock.
        let messages = try attempt { try person.messages(until: Instant(milliseconds: .max)) }
        try interruption.check()
        let thresholds = try attempt { try evaluator.thresholds(of: rule) }
        let clock = ClauseClock(rule: rule, thresholds: thresholds, timeline: Timeline(messages))
        let explainer = Explainer(
            rule, now: now, thresholds: { thresholds[$0, $1] }, validUntil: { clock.validUntil($0, for: $1, at: $2) })
        return ExplainResult(id: person.id, explanation: explainer.explain(clock.timeline))
    }
}

/// Until when clauses of one rule keep their answers, for a timeline that is prepared once and for others that are tried.
private struct ClauseClock: Sendable {
    let rule: Rule
    let thresholds: PercentileThresholds
    let timeline: Timeline
    private let prepared: ProfileTimeline

    init(rule: Rule, thresholds: PercentileThresholds, timeline: Timeline) {
        (self.rule, self.thresholds, self.timeline) = (rule, thresholds, timeline)
        prepared = ProfileTimeline(timeline)
    }

    func validUntil(_ clause: Clause, for other: Timeline, at instant: Instant) -> Instant? {
        var own = rule
        own.root = clause
        let isPrepared = other.messages.withUnsafeBufferPointer { a in
            timeline.messages.withUnsafeBufferPointer { b in a.baseAddress == b.baseAddress && a.count == b.count }
        }
        return ProfileEvaluator(own, thresholds: thresholds).answer(for: isPrepared ? prepared : ProfileTimeline(other), at: instant)
            .validUntil
    }
}
