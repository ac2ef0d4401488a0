import EventModel
import Rules
@testable import RulesTesting
import Testing

struct GeneratorTests {
    @Test(arguments: UInt64(0)..<40)
    func `every generated expression checks, reads back as printed, and is answered`(seed: UInt64) throws {
        for offset in 0..<50 {
            var generator = ExpressionGenerator(seed: seed * 1000 + UInt64(offset))
            let text = generator.expression()
            let rule: Rule
            do {
                rule = try Rule(parsing: text, definitions: generator.definitions)
            } catch {
                Issue.record("\(error)\n\(generator.definitions)")
                continue
            }
            #expect(try Rule(parsing: rule.text, definitions: generator.definitions) == rule, "\(text)\n\(rule.text)")
            let population = GeneratedPopulation(random: &generator.random)
            let reference = Reference(rule, now: Vocabulary.now, population: population.timelines)
            for timeline in population.timelines { _ = reference.isMember(timeline) }
        }
    }

    @Test func `about half of generated expressions tell people apart`() throws {
        var mixed = 0
        for seed in 0..<500 {
            var generator = ExpressionGenerator(seed: UInt64(seed))
            let rule = try Rule(parsing: generator.expression(), definitions: generator.definitions)
            let population = GeneratedPopulation(random: &generator.random, people: 8)
            let reference = Reference(rule, now: Vocabulary.now, population: population.timelines)
            if Set(population.timelines.map(reference.isMember)).count == 2 { mixed += 1 }
        }
        #expect(mixed > 120, "only \(mixed) of 500")
    }
}
