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
        let messages = try attempt { try person.messages(until: Instant(milliseconds: .max), threads: threads) }
        try interruption.check()
        let thresholds = try attempt { try evaluator.thresholds(of: rule) }
        let explainer = Explainer(rule, now: now, thresholds: { thresholds[$0, $1] }) { timeline in
            let prepared = ProfileTimeline(timeline)
            return { clause, instant in
                var own = rule
                own.root = clause
                return ProfileEvaluator(own, thresholds: thresholds).answer(for: prepared, at: instant).validUntil
            }
        }
        return ExplainResult(id: person.id, explanation: explainer.explain(Timeline(messages)))
    }
}
