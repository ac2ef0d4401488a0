import EventModel
import Live
import Rules
@testable import RulesTesting
import Testing

/// A profile with far more events than most, whose rows are kept in chunks and whose totals move on with their windows.
struct LiveLargeProfileTests {
    private static let begin = Vocabulary.now.milliseconds - 60 * 86_400_000

    /// Events over sixty days in the order in which they arrive: most at once, some late, some of one instant.
    private static func arrivals(_ count: Int) -> [Message] {
        var random = SeededRandom(seed: 5)
        return (0..<count).map { number in
            var time = begin + Int64(number) * (60 * 86_400_000 / Int64(count))
            if random.once(in: 12) { time -= Int64(random.below(3 * 86_400_000)) }
            if random.once(in: 6) { time -= time % 3_600_000 }
            let properties = JSONObject([
                .init("price", random.once(in: 7) ? .string("free") : .number(.init(Double(random.below(100_000)) / 100))),
                .init("size", .integer(Int64(random.below(6)))), .init("code", .string(random.pick(["x", "y", "z", "ä"]))),
            ])
            let json = JSONObject([
                .init("event", .string(random.pick(["A", "A", "B", "C"]))), .init("userId", .string("bot")),
                .init("properties", .object(random.once(in: 9) ? JSONObject() : properties)),
            ])
            return Message(kind: .track, messageID: "m\(number)", timestamp: Instant(milliseconds: time), json: json)
        }
    }

    private static let values = [
        "sum(\"A\" within 7d, .price)", "average(\"A\" within 30d, .price)", "sum(any, .price)", "distinct(\"A\" within 1d, .price)",
        "distinct(any within 20d, .code)", "mostFrequent(\"A\" within 3d, .size)", "mostFrequent(any within 15d, .price)",
        "mostFrequentCount(\"B\" within 9d, .code)", "minimum(\"A\" within 12d, .price)", "maximum(\"B\" until ago(5d), .price)",
        "first(\"A\" within 10d, .code)", "last(any until ago(2d), .price)", "count(\"A\" since date(\"2026-06-01\"))",
        "sum(\"C\" since date(\"2026-05-20\") until date(\"2026-06-10\"), .size)", "count(\"B\" since ago(20d) until ago(10d))",
        "distinct(\"C\" since ago(20d) until ago(10d), .price)", "first(\"B\" since ago(20d) until ago(10d))",
    ]

    @Test func `values of thousands of events are those of the reference`() throws {
        let formulas = try Self.values.map { try Formula(parsing: $0) }
        let rules = try [
            "sequence(\"A\" then \"B\" within 2h then \"C\" within 10m) within 5d", "sequence(\"A\" then not \"B\" within 3h) within 2d",
            "count(\"A\" within 7d) >= 330", "sum(\"A\" within 7d, .price) > 150000",
        ].map { try Rule(parsing: $0) }
        #expect(formulas.allSatisfy { LiveFeature(name: "", formula: $0) != nil })
        let arrivals = Self.arrivals(6_000)
        var world = LiveWorld(rules, values: formulas, now: Instant(milliseconds: Self.begin))
        for (number, message) in arrivals.enumerated() {
            world.advance(to: message.timestamp)
            world.receive(message)
            if number % 400 == 399, let wrong = world.disagreement() {
                Issue.record("after message \(number + 1): \(wrong)")
                return
            }
        }
        for days in [1, 4, 9, 25, 70] {
            world.advance(to: Instant(milliseconds: Vocabulary.now.milliseconds + Int64(days) * 86_400_000))
            if let wrong = world.disagreement() { Issue.record("\(days) days later: \(wrong)") }
        }
    }
}
