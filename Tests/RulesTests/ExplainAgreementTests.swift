import EventModel
import Foundation
import Rules
@testable import RulesTesting
import Testing

/// Explanations of random rules over random people, held against the reference.
struct ExplainAgreementTests {
    /// `TESSERA_LONG` asks for fifty times as many.
    static let batches: Range<UInt64> = 0..<(ProcessInfo.processInfo.environment["TESSERA_LONG"] == nil ? 10 : 500)

    @Test(arguments: batches)
    func `an explanation's answers are the reference's, node by node`(batch: UInt64) throws {
        for seed in batch * 10..<batch * 10 + 10 {
            var generator = ExpressionGenerator(seed: seed ^ 0xE)
            let rule = try Rule(parsing: generator.expression(), definitions: generator.definitions)
            let population = GeneratedPopulation(random: &generator.random)
            let thresholds = Thresholds(rule: rule, population: population.timelines)
            let explainer = Explainer(rule, now: Vocabulary.now, thresholds: thresholds.value) { _ in { _, _ in nil } }
            for timeline in population.timelines {
                let explanation = explainer.explain(timeline)
                let expected = Reference(rule, now: Vocabulary.now, population: population.timelines).isMember(timeline)
                #expect(explanation.isMember == expected, "seed \(seed): \(rule.text)")
                try check(explanation.tree, of: rule, generator.definitions, timeline, population.timelines, seed)
            }
        }
    }

    /// Parses a node's text and asks the reference for it.
    private func check(
        _ node: ExplainedNode, of rule: Rule, _ definitions: Definitions, _ timeline: Timeline, _ population: [Timeline], _ seed: UInt64
    ) throws {
        switch node.outcome {
        case .truth(let holds):
            let part = try Rule(parsing: node.text, definitions: definitions)
            let expected = Reference(part, now: Vocabulary.now, population: population).isMember(timeline)
            #expect(holds == expected, "seed \(seed): \(node.text)\nof \(rule.text)")
        case .value(let value):
            let part = try Formula(parsing: node.text, definitions: definitions)
            #expect(value == Reference(part, now: Vocabulary.now).value(timeline), "seed \(seed): \(node.text)\nof \(rule.text)")
        }
        #expect(node.events.count == min(node.totalEvents, Explainer.mostEvents))
        for child in node.children { try check(child, of: rule, definitions, timeline, population, seed) }
    }

    @Test(arguments: batches)
    func `the smallest change turns the reference's answer round`(batch: UInt64) throws {
        for seed in batch * 10..<batch * 10 + 10 {
            var generator = ExpressionGenerator(seed: seed ^ 0xC4A, options: .init(percentiles: false))
            let rule = try Rule(parsing: generator.expression(), definitions: generator.definitions)
            let population = GeneratedPopulation(random: &generator.random, people: 3)
            let clock = PlainClock(rule: rule)
            let explainer = Explainer(rule, now: Vocabulary.now, validUntil: clock.validUntil)
            for timeline in population.timelines {
                let explanation = explainer.explain(timeline)
                guard !explanation.smallestChange.isEmpty else { continue }
                let done = try #require(explanation.smallestChange.map(\.done).max())
                let changed = Timeline(timeline.messages + explanation.smallestChange.flatMap(\.messages))
                #expect(
                    Reference(rule, now: done).isMember(changed) != explanation.isMember,
                    "seed \(seed): \(rule.text)\n\(explanation.text)")
            }
        }
    }

    @Test(arguments: ExampleRow.all.filter { ["true", "false"].contains($0.expected) })
    func `worked examples are explained as they come out`(row: ExampleRow) throws {
        let rule = try Rule(parsing: row.expression)
        let population = row.people.values.map { Timeline($0) }
        let thresholds = Thresholds(rule: rule, population: population, now: row.now)
        let explainer = Explainer(rule, now: row.now, thresholds: thresholds.value) { _ in { _, _ in nil } }
        let explanation = explainer.explain(Timeline(try #require(row.people["u"])))
        #expect(String(explanation.isMember) == row.expected, "\(row.expression.prefix(200))")
        #expect(explanation.tree.outcome == .truth(explanation.isMember))
    }

    @Test func `many answers have a change that turns them round`() throws {
        var (found, all) = (0, 0)
        for seed in UInt64(0)..<300 {
            var generator = ExpressionGenerator(seed: seed ^ 0xF0, options: .init(percentiles: false))
            let rule = try Rule(parsing: generator.expression(2), definitions: generator.definitions)
            let population = GeneratedPopulation(random: &generator.random, people: 1)
            let explainer = Explainer(rule, now: Vocabulary.now, validUntil: PlainClock(rule: rule).validUntil)
            for timeline in population.timelines {
                all += 1
                if !explainer.explain(timeline).smallestChange.isEmpty { found += 1 }
            }
        }
        #expect(found * 3 > all, "only \(found) of \(all)")
    }
}

/// Thresholds of a rule's percentiles over a population, by their definition: the least value (or greatest) that is in.
struct Thresholds: Sendable {
    var rule: Rule
    var population: [Timeline]
    var now = Vocabulary.now

    func value(_ value: Operand, _ percentile: Percentile) -> Value? {
        let formula = Formula(root: value, segments: rule.segments, features: rule.features)
        let question = Rule(root: .percentile(value, percentile), segments: rule.segments, features: rule.features)
        let (values, ranks) = (Reference(formula, now: now), Reference(question, now: now, population: population))
        let inside = population.filter(ranks.isMember).map(values.value).sorted(by: Value.sortsBefore)
        return percentile.side == .top ? inside.first : inside.last
    }
}
