import EventModel
import Rules
@testable import RulesTesting
import Testing
/// Explanations whose times come from the evaluator of one profile.
struct ExplainClockTests {
    @Test(arguments: UInt64(0)..<8) func `changes turn the answer round with the times of the profile evaluator`(batch: UInt64) throws {
        for seed in batch * 40..<batch * 40 + 40 {
            var generator = ExpressionGenerator(seed: seed ^ 0x77)
            let rule = try Rule(parsing: generator.expression(), definitions: generator.definitions)
            let population = GeneratedPopulation(random: &generator.random, people: 3)
            let thresholds = Reference(rule, now: Vocabulary.now, population: population.timelines).thresholds
            let explainer = Explainer(rule, now: Vocabulary.now, thresholds: { thresholds[$0, $1] }) { timeline in
                let profile = ProfileTimeline(timeline)
                return { clause, instant in
                    ProfileEvaluator(Rule(root: clause, segments: rule.segments, features: rule.features), thresholds: thresholds).answer(
                        for: profile, at: instant
                    ).validUntil
                }
            }
            for timeline in population.timelines {
                let explanation = explainer.explain(timeline)
                guard !explanation.smallestChange.isEmpty else { continue }
                let done = try #require(explanation.smallestChange.map(\.done).max())
                let changed = Timeline(timeline.messages + explanation.smallestChange.flatMap(\.messages))
                #expect(
                    Reference(rule, now: done, thresholds: thresholds).isMember(changed) != explanation.isMember,
                    "seed \(seed): \(rule.text)\n\(explanation.text)")
            }
        }
    }
}
