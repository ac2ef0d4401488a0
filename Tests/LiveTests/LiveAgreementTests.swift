import EventModel
import Foundation
import Live
import Rules
@testable import RulesTesting
import Testing

/// B1: what is kept up to date is what is computed anew, after every message and at every instant.
struct LiveAgreementTests {
    private static let isLong = ProcessInfo.processInfo.environment["TESSERA_LONG"] != nil
    /// In some of the ordinary run's worlds somebody exits who is recorded under an identifier that was merged away.
    static let batches: Range<UInt64> = isLong ? 0..<2_500 : 72..<96

    /// Rules that mention no percentile, which are bounds that somebody else refreshes.
    private static func rules(_ generator: inout ExpressionGenerator) throws -> [Rule] {
        try (0..<4).map { number in
            let text = number % 2 == 0 ? generator.windowed() : generator.expression()
            return try Rule(parsing: text, definitions: generator.definitions)
        }
    }

    @Test(arguments: batches)
    func `memberships follow late, repeated and linking messages and the clock`(batch: UInt64) throws {
        for offset in 0..<UInt64(10) {
            let seed = 11_000_000 + batch * 10 + offset
            var generator = ExpressionGenerator(seed: seed, options: .init(percentiles: false))
            let rules = try Self.rules(&generator)
            let arrivals = GeneratedPopulation(random: &generator.random).arrivals
            var random = generator.random
            let values = try generator.definitions.features.values.sorted { $0.precedesByScalars($1) }.map {
                try Formula(parsing: $0, definitions: generator.definitions)
            }
            // In most worlds a few events of a condition are as many as thousands are elsewhere.
            var world = LiveWorld(
                rules, values: values, now: Instant(milliseconds: Vocabulary.now.milliseconds - 3 * 86_400_000),
                chunkRows: random.pick([2, 2, 3, 4, 512]))
            for (number, message) in arrivals.enumerated() {
                world.receive(message)
                if random.once(in: 3) {
                    let step = random.pick([1, 1_000, 1_800_000, 3_600_000, 86_400_000])
                    world.advance(to: Instant(milliseconds: world.now.milliseconds + Int64(step)))
                }
                if let wrong = world.disagreement() {
                    Issue.record("seed \(seed), after message \(number + 1): \(wrong)")
                    return
                }
            }
            for length in Vocabulary.lengths {
                world.advance(to: Instant(milliseconds: Vocabulary.now.milliseconds + length.milliseconds + Int64(random.below(3)) - 1))
                if let wrong = world.disagreement() {
                    Issue.record("seed \(seed), at \(world.now.text): \(wrong)")
                    return
                }
            }
        }
    }

    @Test(arguments: 0..<UInt64(isLong ? 400 : 20))
    func `what is loaded and begun later is what followed every message`(seed: UInt64) throws {
        var generator = ExpressionGenerator(seed: 12_000_000 + seed, options: .init(percentiles: false))
        let rules = try Self.rules(&generator)
        let population = GeneratedPopulation(random: &generator.random)
        let begin = Instant(milliseconds: Vocabulary.now.milliseconds - 86_400_000)
        var live = LiveMemberships(rules.enumerated().map { LiveSegment(name: "s\($0)", expression: "", rule: $1) })
        for (profile, timeline) in population.timelines.enumerated() {
            for message in timeline.messages.reversed() { live.load(message, of: UInt32(profile)) }
        }
        // Some were recorded before, rightly or not, one of them under two identifiers.
        for segment in rules.indices {
            let recorded: [(ordinal: UInt32, profile: UInt32)] = population.people.isEmpty ? [] : [(0, 0), (1_000, 0)]
            live.begin(segment, recorded: recorded, at: begin, because: .message)
        }
        live.advance(to: Vocabulary.now)
        var recorded = rules.map { _ in population.people.isEmpty ? Set<UInt32>() : [0, 1_000] }
        var latest = Int64.min
        for transition in live.takeTransitions() {
            #expect(transition.at.milliseconds >= latest)
            latest = transition.at.milliseconds
            for ordinal in transition.ordinals {
                if transition.entered {
                    #expect(recorded[transition.segment].insert(ordinal).inserted)
                } else {
                    #expect(recorded[transition.segment].remove(ordinal) != nil)
                }
            }
        }
        for (segment, rule) in rules.enumerated() {
            let members = population.timelines.indices.filter { Reference(rule, now: Vocabulary.now).isMember(population.timelines[$0]) }
            #expect(Set(recorded[segment].map { $0 == 1_000 ? 0 : Int($0) }) == Set(members))
        }
    }
}
