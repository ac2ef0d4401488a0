import EventModel
@testable import Rules
@testable import RulesTesting
import Testing

/// Profiles, expressions and patterns made to cost as much as they can.
struct LargeProfileTests {
    // MARK: Many events

    private static let messages = LargeProfile.messages(100_000, seed: 1)
    private static let timeline = Timeline(messages)
    private static let profile = ProfileTimeline(timeline)
    private static let snapshot = ColumnarFakeSnapshot(messages)

    @Test(arguments: [
        "count(\"A\" within 7d) >= 6990", "count(\"A\" within 7d) >= 7000", "did \"B\" where .x == 3 within 1h at least 2 times",
        "sum(\"A\" within 30d, .x) > 121000", "average(\"A\" since ago(7d), .x) < 4.5", "distinct(any within 1d, .x) == 10",
        "mostFrequent(\"C\", .x) == mostFrequent(\"B\", .x)", "now - last(\"C\" where .x > 8) > 1h",
        "did \"A\" where timestamp > now - 30d and .x == 0 at least 100 times", "mostFrequentCount(\"A\" within 2d, .x) > 170",
        "sequence(\"A\" then \"B\" then \"C\" then not \"A\" within 20m) within 1h",
        "sequence(\"C\" where .x == 9 then \"C\" where .x == 8 within 10m then \"C\" where .x == 7 within 10m) within 6h",
        "count(any until ago(30d)) in (50000, 50001)",
        "hour(last(\"A\"), \"Europe/Berlin\") == 13 or minimum(\"A\" within 30m, .x) == 0",
    ])
    func `all evaluators agree on a profile of 100 000 events`(expression: String) throws {
        let rule = try Rule(parsing: expression)
        let answer = ProfileEvaluator(rule).answer(for: Self.profile, at: Vocabulary.now)
        #expect(try PopulationEvaluator(snapshot: Self.snapshot, now: Vocabulary.now).members(of: rule).contains(0) == answer.isMember)
        #expect(Reference(rule, now: Vocabulary.now).isMember(Self.timeline) == answer.isMember)
        if let end = answer.validUntil {
            let before = Instant(milliseconds: end.milliseconds - 1)
            #expect(Reference(rule, now: before).isMember(Self.timeline) == answer.isMember)
        }
    }

    /// To the reference these cost the square of the events: it asks for the window's instant at every event, and for spoilers at every start.
    @Test(arguments: [
        "did \"A\" since last(\"B\") and not did \"C\" after last(\"A\")", "count(\"A\" since first(\"B\" within 7d)) > 7000",
        "sequence(\"A\" then \"B\" within 5m then \"C\" then not \"A\" within 10m) spanning 1h",
        "sequence(any then \"C\" where .x == 9 within 1m then any where .x == 0 within 1m) within 30d spanning 30s",
    ])
    func `evaluators in linear time agree on a profile of 100 000 events`(expression: String) throws {
        let rule = try Rule(parsing: expression)
        let answer = ProfileEvaluator(rule).answer(for: Self.profile, at: Vocabulary.now)
        let instants = [Vocabulary.now] + (answer.validUntil.map { [Instant(milliseconds: $0.milliseconds - 1)] } ?? [])
        for instant in instants {
            #expect(try PopulationEvaluator(snapshot: Self.snapshot, now: instant).members(of: rule).contains(0) == answer.isMember)
        }
    }

    @Test func `counts on large profiles are followed to their end`() throws {
        let rule = try Rule(parsing: "count(\"A\" within 7d) >= 3")
        let answer = ProfileEvaluator(rule).answer(for: Self.profile, at: Vocabulary.now)
        let times = Self.messages.filter { $0.event == "A" }.map(\.timestamp.milliseconds).sorted()
        #expect(answer == TimedAnswer(isMember: true, validUntil: Instant(milliseconds: times[times.count - 3] + 604_800_000)))
    }

    // MARK: Made to hurt

    /// Every event can be every step, and no chain is short enough until the last moment.
    @Test func `a sequence of twenty steps costs time linear in the events`() throws {
        let count = LargeProfile.isLong ? 1_000_000 : 20_000
        let start = Vocabulary.now.milliseconds - Int64(count) * 1_000
        let profile = ProfileTimeline((0..<count).map { LargeProfile.track("A", $0, start + Int64($0) * 1_000) })
        let step = "\"A\" within 1h"
        for (tail, spanning, expected) in [("", "19s", true), ("", "18s", false), (" then not \"A\" within 1s", "19s", true)] {
            let text = "sequence(\"A\"" + String(repeating: " then " + step, count: 19) + tail + ") spanning \(spanning)"
            let rule = try Rule(parsing: text)
            let elapsed = ContinuousClock().measure {
                #expect(ProfileEvaluator(rule).answer(for: profile, at: Vocabulary.now).isMember == expected)
            }
            #expect(elapsed < .seconds(20))
        }
    }

    @Test func `expressions as deep as they may be are answered`() throws {
        let timeline = Timeline([LargeProfile.track("A", 0, Vocabulary.now.milliseconds - 3_600_000)])
        let inner = "did \"A\" within 2h"
        for text in [
            String(repeating: "not ", count: 199) + "did \"A\" within 2h",
            String(repeating: "(true and ", count: 199) + inner + String(repeating: ")", count: 199),
            String(repeating: "(not ", count: 99) + "(\(inner))" + String(repeating: ")", count: 99),
        ] {
            let rule = try Rule(parsing: text)
            let answer = ProfileEvaluator(rule).answer(for: ProfileTimeline(timeline), at: Vocabulary.now)
            #expect(answer.isMember == Reference(rule, now: Vocabulary.now).isMember(timeline))
            #expect(answer.validUntil == Instant(milliseconds: Vocabulary.now.milliseconds + 3_600_000))
        }
    }

    @Test func `a thousand leaves and a thousand terms are answered`() throws {
        let messages = (0..<1_000).map { LargeProfile.track("E\($0)", $0, Vocabulary.now.milliseconds - Int64($0) * 60_000) }
        let timeline = Timeline(messages)
        let leaves = (0..<1_000).map { "did \"E\($0)\" within 1d" }
        let ages = "now - last(\"E0\")" + String(repeating: " + 1s", count: 990)
        let days = "(now - last(\"E0\")) / 1d" + String(repeating: " + 0.5", count: 990)
        for (text, expected) in [
            (leaves.joined(separator: " and "), "true 2026-06-30T19:21:00.000Z"),
            (leaves.joined(separator: " or "), "true 2026-07-01T12:00:00.000Z"),
            (leaves.map { "not \($0)" }.joined(separator: " and "), "false 2026-07-01T12:00:00.000Z"),
            ("\(ages) > 1h", "false 2026-06-30T12:43:30.001Z"), ("\(days) >= 496", "false 2026-07-01T12:00:00.000Z"),
        ] {
            let rule = try Rule(parsing: text)
            let answer = ProfileEvaluator(rule).answer(for: ProfileTimeline(timeline), at: Vocabulary.now)
            #expect(answer.isMember == Reference(rule, now: Vocabulary.now).isMember(timeline))
            #expect("\(answer.isMember) \(answer.validUntil?.text ?? "for ever")" == expected)
        }
    }

    @Test func `a pattern made to run away does not`() throws {
        let long = String(repeating: "a", count: 20_000)
        let properties = JSONObject([.init("x", .string(long))])
        let messages = (0..<20).map { LargeProfile.track("A", $0, Vocabulary.now.milliseconds - Int64($0), properties) }
        for pattern in ["^(a*)*b$", "^(a|aa)+$", "(a+a+)+b", "^(a?){50}a{50}c"] {
            let rule = try Rule(parsing: "did \"A\" where .x matches \"\(pattern)\"")
            let answer = ProfileEvaluator(rule).answer(for: ProfileTimeline(messages), at: Vocabulary.now)
            #expect(answer == TimedAnswer(isMember: pattern == "^(a|aa)+$", validUntil: nil))
        }
    }
}
