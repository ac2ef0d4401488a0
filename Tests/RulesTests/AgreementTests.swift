import EventModel
import Foundation
@testable import Rules
@testable import RulesTesting
import Storage
import Testing

/// The three evaluators against one another, on random expressions over random people at random instants.
struct AgreementTests {
    /// Enough for 50 000 expressions times profiles; `TESSERA_LONG` asks for twenty times as many.
    static let batches: Range<UInt64> = 0..<(ProcessInfo.processInfo.environment["TESSERA_LONG"] == nil ? 110 : 2_200)
    static let perBatch: UInt64 = 100

    @Test(arguments: batches)
    func `all evaluators give one answer`(batch: UInt64) throws {
        for offset in 0..<Self.perBatch {
            let seed = batch * Self.perBatch + offset
            let one = try AgreementCase(seed: seed)
            guard let failure = one.disagreement() else { continue }
            let shrunk = one.shrunk { $0.disagreement() }
            Issue.record("seed \(seed): \(failure)\nshrunk: \(shrunk.disagreement() ?? "")\n\(shrunk)")
            return
        }
    }

    @Test func `the expressions times the profiles are as many as promised`() throws {
        let cases = UInt64(Self.batches.count) * Self.perBatch
        let sample = try stride(from: 0, to: cases, by: 50).map {
            try GeneratedPopulation(arrivals: AgreementCase(seed: $0).arrivals).people.count
        }
        let promised = Self.batches.count >= 2_200 ? 1_000_000 : 50_000
        #expect(sample.reduce(0, +) * Int(cases) / sample.count >= promised)
    }

    @Test(arguments: 0..<(batches.upperBound / 2))
    func `columnar values equal the reference's`(batch: UInt64) throws {
        for offset in 0..<(Self.perBatch / 4) {
            let seed = batch * Self.perBatch + offset
            var generator = ExpressionGenerator(seed: seed ^ 0xABCD)
            let text = generator.value(generator.random.pick([.number, .text, .truth, .instant, .duration, .dynamic]), 3)
            let formula = try Formula(parsing: text, definitions: generator.definitions)
            let population = GeneratedPopulation(random: &generator.random)
            let world = ColumnarWorld(population.arrivals, random: &generator.random)
            let restriction = try Rule(parsing: "did any within 7d or exists(trait.plan)")
            let (columns, members): ([ValueColumn], Membership) = try world.evaluator().values(of: [formula, formula], where: restriction)
            let reference = Reference(formula, now: Vocabulary.now)
            let ids = try world.snapshot.canonicalIDs()
            for (person, timeline) in zip(population.people, population.timelines) {
                let profile = try #require(ids.firstIndex { $0.sameScalars(as: person) })
                let expected = members.contains(profile) ? reference.value(timeline) : .missing
                #expect(columns[0][profile] == expected, "seed \(seed), \(person): \(text)\n\(generator.definitions)\n\(world)")
                #expect(columns[1][profile] == expected)
            }
        }
    }

    @Test(arguments: UInt64(0)..<40)
    func `many expressions at once get the answers they get alone`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let population = GeneratedPopulation(random: &random, people: 40, longest: 30)
        let world = ColumnarWorld(population.arrivals, random: &random)
        let rules = try (0..<30).map { number in
            var generator = ExpressionGenerator(seed: seed * 1_000 + UInt64(number))
            return try Rule(parsing: generator.expression(), definitions: generator.definitions)
        }
        let together = try world.evaluator().members(of: rules)
        for (rule, membership) in zip(rules, together) {
            #expect(try world.evaluator().members(of: rule) == membership, "\(rule.text)")
        }
    }
}
