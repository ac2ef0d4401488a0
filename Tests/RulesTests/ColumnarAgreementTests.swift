import EventModel
import Foundation
@testable import Rules
import Storage
import Testing

/// The columnar evaluator against the reference, on random expressions over random people in random layouts.
struct ColumnarAgreementTests {
    /// Enough for 20 000 expressions times profiles; `TESSERA_LONG` asks for fifty times as many.
    static let batches: Range<UInt64> = 0..<(ProcessInfo.processInfo.environment["TESSERA_LONG"] == nil ? 50 : 2_500)
    static let perBatch: UInt64 = 100

    @Test(arguments: batches)
    func `columnar answers equal the reference's`(batch: UInt64) throws {
        for offset in 0..<Self.perBatch {
            let seed = batch * Self.perBatch + offset
            var one = try ColumnarCase(seed: seed)
            guard let failure = one.disagreement() else { continue }
            one.shrink()
            Issue.record("seed \(seed): \(failure)\nshrunk: \(one.disagreement() ?? "")\n\(one)")
            return
        }
    }

    @Test(arguments: batches)
    func `columnar values equal the reference's`(batch: UInt64) throws {
        for offset in 0..<(Self.perBatch / 4) {
            let seed = batch * Self.perBatch + offset
            var generator = ExpressionGenerator(seed: seed ^ 0xABCD)
            let text = generator.value(generator.random.pick([.number, .text, .truth, .instant, .duration, .dynamic]), 3)
            let formula = try Formula(parsing: text, definitions: generator.definitions)
            let population = GeneratedPopulation(random: &generator.random)
            let world = ColumnarWorld(population.arrivals, random: &generator.random)
            let restriction = try Rule(parsing: "did any within 7d or exists(trait.plan)")
            let (columns, members): ([ValueColumn], Membership) = try world.evaluator.values(of: [formula, formula], where: restriction)
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
        let together = try world.evaluator.members(of: rules)
        for (rule, membership) in zip(rules, together) {
            #expect(try world.evaluator.members(of: rule) == membership, "\(rule.text)")
        }
    }
}

/// A snapshot in a random layout, and an evaluator with random bounds.
struct ColumnarWorld: CustomStringConvertible {
    var layout = ColumnarFakeSnapshot.Layout()
    var tuning = QueryTuning()
    var threads = 1
    var snapshot: ColumnarFakeSnapshot

    init(_ arrivals: [Message], random: inout SeededRandom) {
        layout.blockRows = random.pick([1, 2, 3, 7, 1_000])
        layout.rareRows = random.pick([0, 0, 5, 1_000])
        layout.dictionaries = random.pick(ColumnarFakeSnapshot.Layout.Dictionaries.allCases)
        layout.hasMantissas = random.once(in: 2)
        layout.hasUniformTags = random.once(in: 2)
        layout.cutsByTime = random.once(in: 2)
        layout.keepsColumns = random.once(in: 2)
        tuning.chunk = random.pick([1, 2, 4, 64, 4_096])
        tuning.listShare = random.pick([0, 1, 2, 1_000])
        tuning.accumulatorBytes = random.pick([1, 200, 1 << 20])
        tuning.groupEntries = random.pick([1, 4, 1 << 24])
        if random.once(in: 2) {
            tuning.parallelCost = 0
            tuning.parallelProfiles = 0
            threads = random.pick([2, 3])
        }
        snapshot = ColumnarFakeSnapshot(arrivals, layout: layout)
    }

    var evaluator: PopulationEvaluator {
        var evaluator = PopulationEvaluator(snapshot: snapshot, now: Vocabulary.now, threads: threads)
        evaluator.tuning = tuning
        return evaluator
    }

    var description: String { "\(layout)\n\(tuning), \(threads) threads" }
}

/// One random expression over random people.
struct ColumnarCase: CustomStringConvertible {
    var rule: Rule
    var arrivals: [Message]
    var world: ColumnarWorld

    init(seed: UInt64) throws {
        var generator = ExpressionGenerator(seed: seed)
        let text = generator.expression()
        rule = try Rule(parsing: text, definitions: generator.definitions)
        arrivals = GeneratedPopulation(random: &generator.random).arrivals
        world = ColumnarWorld(arrivals, random: &generator.random)
    }

    /// What differs; nil where nothing does.
    func disagreement() -> String? {
        let population = GeneratedPopulation(arrivals: arrivals)
        let reference = Reference(rule, now: Vocabulary.now, population: population.timelines)
        do {
            let membership = try world.evaluator.members(of: rule)
            if try world.evaluator.members(of: rule) != membership { return "asked again, the answer is another" }
            let ids = try world.snapshot.canonicalIDs()
            guard ids.count == population.people.count else { return "\(ids.count) profiles instead of \(population.people.count)" }
            for (person, timeline) in zip(population.people, population.timelines) {
                guard let profile = ids.firstIndex(where: { $0.sameScalars(as: person) }) else { return "no profile \(person)" }
                let expected = reference.isMember(timeline)
                if membership.contains(profile) != expected { return "\(person) should be \(expected)" }
            }
            return nil
        } catch {
            return "\(error)"
        }
    }

    /// Leaves away what the disagreement does not need: messages, then parts of the expression.
    mutating func shrink() {
        var smaller = true
        while smaller {
            smaller = false
            for index in arrivals.indices.reversed() where index < arrivals.count {
                var next = self
                next.arrivals.remove(at: index)
                next.world.snapshot = ColumnarFakeSnapshot(next.arrivals, layout: world.layout)
                if next.disagreement() != nil { (self, smaller) = (next, true) }
            }
            for part in rule.root.parts {
                var next = self
                next.rule.root = part
                if next.disagreement() != nil {
                    (self, smaller) = (next, true)
                    break
                }
            }
        }
    }

    var description: String {
        "\(rule.text)\n" + arrivals.map { JSONValue.object($0.json).text }.joined(separator: "\n") + "\n\(world)"
    }
}

extension Clause {
    /// What may stand in its place while shrinking.
    fileprivate var parts: [Clause] {
        switch self {
        case .all(let parts), .any(let parts): parts
        case .not(let part): [part]
        default: []
        }
    }
}
