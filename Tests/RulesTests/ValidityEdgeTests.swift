import EventModel
import Rules
@testable import RulesTesting
import Testing

/// The exact milliseconds at which answers end. `now` is 2026-06-30T12:00:00Z, a Tuesday.
struct ValidityEdgeTests {
    /// One message, so long from `now` as the shorthand of the worked examples says.
    private static func timeline(_ text: String) throws -> ProfileTimeline {
        let row = ExampleRow(number: 0, cells: ["", text, Vocabulary.now.text, "", ""])
        return ProfileTimeline(try #require(row.people["u"]))
    }

    private func answer(_ expression: String, _ timeline: String, _ definitions: Definitions = .none) throws -> String {
        let rule = try Rule(parsing: expression, definitions: definitions)
        let answer = ProfileEvaluator(rule).answer(for: try Self.timeline(timeline), at: Vocabulary.now)
        return "\(answer.isMember) \(answer.validUntil?.text ?? "for ever")"
    }

    private static let one = #"[{"at":"-1d","track":"A","p":{"x":2}}]"#
    private static let three =
        #"[{"at":"-3d","track":"A","p":{"x":1}},{"at":"-2d","track":"A","p":{"x":5}},{"at":"-1d","track":"A","p":{"x":2}}]"#
    private static let ahead = #"[{"at":"-1d","track":"A"},{"at":"+1h","track":"A"},{"at":"+2h","track":"B"},{"at":"+3h","track":"A"}]"#

    @Test(arguments: [
        ("did \"A\" within 48h", one, "true 2026-07-01T12:00:00.000Z"),
        ("did \"A\" since ago(48h)", one, "true 2026-07-01T12:00:00.001Z"),
        ("did \"A\" after ago(48h)", one, "true 2026-07-01T12:00:00.000Z"),
        ("did \"A\" until ago(48h)", one, "false 2026-07-01T12:00:00.001Z"),
        ("did \"A\"", one, "true for ever"),
        ("did \"B\" within 1h", one, "false for ever"),
        ("did \"A\" within 1h", one, "false for ever"),
        ("did \"A\" since date(\"2026-06-01\")", one, "true for ever"),
        ("did \"A\" where timestamp > now - 2d", one, "true 2026-07-01T12:00:00.000Z"),
        ("did \"A\" within 2d and did \"A\" within 3d", one, "true 2026-07-01T12:00:00.000Z"),
        ("did \"A\" within 2d or did \"A\" within 3d", one, "true 2026-07-02T12:00:00.000Z"),
        ("not did \"A\" within 2d", one, "false 2026-07-01T12:00:00.000Z"),
    ])
    func `windows end to the millisecond`(expression: String, timeline: String, expected: String) throws {
        #expect(try answer(expression, timeline) == expected)
    }

    @Test(arguments: [
        ("count(\"A\" within 7d) >= 3", three, "true 2026-07-04T12:00:00.000Z"),
        ("count(\"A\" within 7d) >= 2", three, "true 2026-07-05T12:00:00.000Z"),
        ("1 <= count(\"A\" within 7d)", three, "true 2026-07-06T12:00:00.000Z"),
        ("count(\"A\" within 7d) > 3", three, "false for ever"),
        ("count(\"A\" within 7d) == 1", three, "false 2026-07-05T12:00:00.000Z"),
        ("count(\"A\" within 7d) != 1", three, "true 2026-07-05T12:00:00.000Z"),
        ("did \"A\" within 7d at most 0 times", three, "false 2026-07-06T12:00:00.000Z"),
        ("sum(\"A\" within 7d, .x) >= 6", three, "true 2026-07-05T12:00:00.000Z"),
        ("maximum(\"A\" within 7d, .x) > 2", three, "true 2026-07-05T12:00:00.000Z"),
        ("first(\"A\" within 7d, .x) == 1", three, "true 2026-07-04T12:00:00.000Z"),
        ("last(\"A\" within 7d, .x) == 2", three, "true 2026-07-06T12:00:00.000Z"),
        ("average(\"A\" within 7d, .x) > 3", three, "false 2026-07-04T12:00:00.000Z"),
    ])
    func `counts and totals hold until enough has left the window`(expression: String, timeline: String, expected: String) throws {
        #expect(try answer(expression, timeline) == expected)
    }

    @Test(arguments: [
        ("now - last(\"A\") > 3d", one, "false 2026-07-02T12:00:00.001Z"),
        ("now - last(\"A\") >= 3d", one, "false 2026-07-02T12:00:00.000Z"),
        ("now - last(\"A\") == 3d", one, "false 2026-07-02T12:00:00.000Z"),
        ("now - last(\"A\") in (2d, 3d)", one, "false 2026-07-01T12:00:00.000Z"),
        ("last(\"A\") < ago(3d)", one, "false 2026-07-02T12:00:00.001Z"),
        ("last(\"A\") - now < -3d", one, "false 2026-07-02T12:00:00.001Z"),
        ("(now - last(\"A\")) / 1d > 3", one, "false 2026-07-02T12:00:00.001Z"),
        ("(now - last(\"A\")) * 2 >= 3d", one, "false 2026-07-01T00:00:00.000Z"),
        ("(now - last(\"A\")) / (now - date(\"2026-06-01\")) >= 0.25", one, "false 2026-07-09T00:00:00.000Z"),
        ("now + (now - last(\"A\")) >= date(\"2026-07-04T12:00\")", one, "false 2026-07-02T00:00:00.000Z"),
        ("now >= date(\"2026-07-04\")", one, "false 2026-07-04T00:00:00.000Z"),
        ("now - last(\"A\") >= now - date(\"2026-07-04\")", one, "true for ever"),
    ])
    func `lengths of time cross to the millisecond`(expression: String, timeline: String, expected: String) throws {
        #expect(try answer(expression, timeline) == expected)
    }

    @Test(arguments: [
        ("hour(now) == 12", "true 2026-06-30T13:00:00.000Z"),
        ("hour(now, \"Asia/Kolkata\") == 17", "true 2026-06-30T12:30:00.000Z"),
        ("hour(now, \"Europe/Berlin\") >= 22", "false 2026-06-30T20:00:00.000Z"),
        ("weekday(now, \"Europe/Berlin\") == 3", "false 2026-06-30T22:00:00.000Z"),
        ("weekday(now) <= 5", "true 2026-07-04T00:00:00.000Z"),
        ("startOfDay(now, \"Australia/Lord_Howe\") > date(\"2026-06-30\")", "false 2026-06-30T13:30:00.000Z"),
        ("startOfDay(now + 12h) > date(\"2026-06-30\")", "true for ever"),
        ("weekday(now, \"Europe/Berlin\") == 1 and now > date(\"2026-10-25T02:00\")", "false 2026-10-25T23:00:00.000Z"),
    ])
    func `the calendar turns at the next boundary of its zone`(expression: String, expected: String) throws {
        let found = try answer(expression, "[]")
        // An answer that holds for ever is followed for so many boundaries only.
        if expected.hasSuffix("ever") { #expect(found.hasPrefix("true 2026-09")) } else { #expect(found == expected) }
    }

    @Test(arguments: [
        ("sequence(\"A\" then not \"B\" within 2d)", one, "false 2026-07-01T12:00:00.000Z"),
        ("sequence(\"A\" then not \"B\" within 1d)", one, "true for ever"),
        ("sequence(\"A\" then not \"B\" within 30h)", ahead, "false 2026-07-01T21:00:00.000Z"),
        ("sequence(\"A\" then \"A\" within 2d) within 7d", three, "true 2026-07-05T12:00:00.000Z"),
        ("sequence(\"A\" then \"A\" then \"A\") within 7d", three, "true 2026-07-04T12:00:00.000Z"),
        ("sequence(\"A\" then \"A\" then \"A\") spanning 1d", three, "false for ever"),
        ("sequence(\"A\" then \"B\" then \"A\")", ahead, "false 2026-06-30T15:00:00.000Z"),
        ("sequence(\"A\" then \"B\") within 25h", ahead, "false 2026-06-30T14:00:00.000Z"),
        ("sequence(\"A\" then not \"B\" within 2d) within 3d", one, "false 2026-07-01T12:00:00.000Z"),
        ("sequence(\"A\" then not \"B\" within 2d) within 2d", one, "false for ever"),
    ])
    func `sequences wait, and let go of their first event`(expression: String, timeline: String, expected: String) throws {
        #expect(try answer(expression, timeline) == expected)
    }

    @Test(arguments: [
        ("did \"B\"", "false 2026-06-30T14:00:00.000Z"),
        ("count(\"A\") >= 3", "false 2026-06-30T15:00:00.000Z"),
        ("count(\"A\" within 25h) >= 2", "false 2026-06-30T15:00:00.000Z"),
        ("count(\"A\" within 24h) == 1", "false 2026-06-30T13:00:00.000Z"),
        ("now - last(\"A\") >= 2d", "false 2026-07-02T15:00:00.000Z"),
        ("did \"A\" since last(\"B\")", "false 2026-06-30T15:00:00.000Z"),
    ])
    func `messages dated ahead come into force by the clock`(expression: String, expected: String) throws {
        #expect(try answer(expression, Self.ahead) == expected)
    }

    @Test(arguments: [
        ("trait.a == 1", #"[{"at":"-2d","identify":{"a":1},"c":{"expiresAt":"2026-07-01"}}]"#, "true 2026-07-01T00:00:00.000Z"),
        ("trait.a == 2", #"[{"at":"-2d","identify":{"a":1}},{"at":"+1h","identify":{"a":2}}]"#, "false 2026-06-30T13:00:00.000Z"),
        ("trait.a == 1", #"[{"at":"-2d","identify":{"a":1}},{"at":"+1h","identify":{"b":2}}]"#, "true for ever"),
        (
            "consent.ads",
            #"[{"at":"-2d","track":"A","c":{"expiresAt":"2026-07-01T00:00:00.001Z","consent":{"categoryPreferences":{"ads":true}}}}]"#,
            "true 2026-07-01T00:00:00.001Z"
        ),
        (
            "exists(consent.ads.mail)",
            #"[{"at":"-2d","track":"A","c":{"expiresAt":"2026-07-01","consent":{"categoryPreferences":{"ads":{"mail":true}}}}},{"at":"-1d","track":"A","c":{"expiresAt":"2026-07-02","consent":{"categoryPreferences":{"ads":false}}}}]"#,
            "true 2026-07-02T00:00:00.000Z"
        ),
    ])
    func `traits and consent hold until they expire or are set anew`(expression: String, timeline: String, expected: String) throws {
        #expect(try answer(expression, timeline) == expected)
    }

    @Test func `definitions are followed`() throws {
        let definitions = Definitions(
            segments: ["recent": "feature.age < 3d"], features: ["age": "now - last(\"A\")", "visits": "count(\"A\" within 7d)"])
        #expect(try answer("segment \"recent\"", Self.one, definitions) == "true 2026-07-02T12:00:00.000Z")
        #expect(try answer("feature.visits >= 2", Self.three, definitions) == "true 2026-07-05T12:00:00.000Z")
    }

    @Test func `a percentile goes by the threshold it is given, also under another root`() throws {
        let rule = try Rule(parsing: "count(\"A\" within 7d) in top 50% or did \"B\"")
        var thresholds = PercentileThresholds.none
        guard case .any(let parts) = rule.root, case .percentile(let value, let percentile) = parts[0] else {
            Issue.record("the expression was read otherwise")
            return
        }
        thresholds[value, percentile] = .number(2)
        var part = rule
        part.root = parts[0]
        let timeline = try Self.timeline(Self.three)
        let end = try #require(Instant(text: "2026-07-05T12:00:00Z"))
        for rule in [rule, part] {
            let answer = ProfileEvaluator(rule, thresholds: thresholds).answer(for: timeline, at: Vocabulary.now)
            #expect(answer == TimedAnswer(isMember: true, validUntil: end))
        }
        #expect(ProfileEvaluator(rule).answer(for: timeline, at: Vocabulary.now) == TimedAnswer(isMember: false, validUntil: nil))
    }
}
