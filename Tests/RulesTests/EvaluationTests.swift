import EventModel
import Rules
@testable import RulesTesting
import Testing

/// Cases worked by hand, beyond the shared examples: definitions, consent, expiry, percentiles through features, calendars.
struct EvaluationTests {
    static let now = "2026-06-30T00:00:00Z"

    /// Whether "u" is a member; `timeline` is the shorthand of the worked examples.
    private func isMember(_ expression: String, _ timeline: String, _ definitions: Definitions = .none) throws -> Bool {
        let row = ExampleRow(number: 0, cells: [expression, timeline, Self.now, "", ""])
        let rule = try Rule(parsing: expression, definitions: definitions)
        let people = row.people.mapValues { Timeline($0) }
        return Reference(rule, now: row.now, population: Array(people.values)).isMember(try #require(people["u"]))
    }

    @Test(arguments: [
        ("consent.ads", "[{\"at\":\"-2d\",\"track\":\"A\",\"c\":{\"consent\":{\"categoryPreferences\":{\"ads\":true}}}}]", true),
        (
            "consent.ads",
            "[{\"at\":\"-1d\",\"track\":\"A\",\"c\":{\"consent\":{\"categoryPreferences\":{\"ads\":false}}}},{\"at\":\"-2d\",\"track\":\"A\",\"c\":{\"consent\":{\"categoryPreferences\":{\"ads\":true}}}}]",
            false
        ),
        (
            "consent.ads",
            "[{\"at\":\"-2d\",\"track\":\"A\",\"c\":{\"consent\":{\"categoryPreferences\":{\"ads\":true}}}},{\"at\":\"-1d\",\"track\":\"A\",\"c\":{\"consent\":{\"categoryPreferences\":{\"ads\":\"no\"}}}}]",
            true
        ),
        ("consent.ads", "[{\"at\":\"+1d\",\"track\":\"A\",\"c\":{\"consent\":{\"categoryPreferences\":{\"ads\":true}}}}]", false),
        ("exists(consent.ads)", "[]", false),
        ("exists(consent.ads)", "[{\"at\":\"-2d\",\"track\":\"A\",\"c\":{\"consent\":{\"categoryPreferences\":{\"ads\":false}}}}]", true),
        ("consent.ads.email", "[{\"at\":\"-2d\",\"track\":\"A\",\"c\":{\"consent\":{\"categoryPreferences\":{\"ads\":true}}}}]", true),
        (
            "consent.ads.email or consent.ads",
            "[{\"at\":\"-2d\",\"track\":\"A\",\"c\":{\"consent\":{\"categoryPreferences\":{\"ads\":{\"email\":false}}}}}]", false
        ),
        (
            "consent.ads == false",
            "[{\"at\":\"-2d\",\"track\":\"A\",\"c\":{\"expiresAt\":\"2026-06-30T00:00:00Z\",\"consent\":{\"categoryPreferences\":{\"ads\":true}}}}]",
            true
        ),
        (
            "exists(consent.ads)",
            "[{\"at\":\"-2d\",\"track\":\"A\",\"c\":{\"expiresAt\":\"2026-06-30T00:00:00Z\",\"consent\":{\"categoryPreferences\":{\"ads\":true}}}}]",
            false
        ),
        (
            "consent.ads",
            "[{\"at\":\"-2d\",\"track\":\"A\",\"c\":{\"expiresAt\":\"2026-06-30T00:00:00.001Z\",\"consent\":{\"categoryPreferences\":{\"ads\":true}}}}]",
            true
        ),
    ])
    func `consent is the last truth that was set and holds`(expression: String, timeline: String, expected: Bool) throws {
        #expect(try isMember(expression, timeline) == expected)
    }

    @Test(arguments: [
        ("trait.a == 1", "[{\"at\":\"-2d\",\"identify\":{\"a\":1},\"c\":{\"expiresAt\":\"2026-06-29\"}}]", false),
        (
            "trait.a == 1",
            "[{\"at\":\"-3d\",\"identify\":{\"a\":1}},{\"at\":\"-2d\",\"identify\":{\"a\":2},\"c\":{\"expiresAt\":\"2026-06-29\"}}]", false
        ),
        ("trait.a == 1", "[{\"at\":\"-2d\",\"identify\":{\"a\":1},\"c\":{\"expiresAt\":\"2026-07-01\"}}]", true),
        ("trait.a.c == 2", "[{\"at\":\"-2d\",\"identify\":{\"a\":{\"b\":1}}},{\"at\":\"-1d\",\"identify\":{\"a\":{\"c\":2}}}]", true),
        ("trait.a.b == 1", "[{\"at\":\"-2d\",\"identify\":{\"a\":{\"b\":1}}},{\"at\":\"-1d\",\"identify\":{\"a\":{\"c\":2}}}]", false),
        ("exists(trait.a)", "[{\"at\":\"-2d\",\"identify\":{\"a\":1}},{\"at\":\"-1d\",\"identify\":{\"a\":null}}]", false),
        (
            "trait.a == 2", "[{\"at\":\"-1d\",\"identify\":{\"a\":1},\"id\":\"b\"},{\"at\":\"-1d\",\"identify\":{\"a\":2},\"id\":\"c\"}]",
            true
        ),
        ("exists(trait.a)", "[{\"at\":\"-1d\",\"track\":\"A\",\"c\":{\"traits\":{\"a\":1}}}]", false),
        ("exists(trait.a)", "[{\"at\":\"-1d\",\"group\":\"g\",\"traits\":{\"a\":1}}]", false),
    ])
    func `a trait is what the latest identify says of it`(expression: String, timeline: String, expected: Bool) throws {
        #expect(try isMember(expression, timeline) == expected)
    }

    @Test(arguments: [
        ("did any where name == \"x\"", "[{\"at\":\"-1h\",\"page\":\"x\"}]", true),
        ("did any where name == \"A\"", "[{\"at\":\"-1h\",\"track\":\"A\"}]", false),
        ("did any where type == \"alias\"", "[{\"at\":\"-1h\",\"alias\":\"old\"}]", true),
        ("did any where type != \"track\"", "[{\"at\":\"-1h\",\"identify\":{}}]", true),
        (
            "count(any) == 4",
            "[{\"at\":\"-1h\",\"track\":\"A\"},{\"at\":\"-1h\",\"page\":\"x\"},{\"at\":\"-1h\",\"screen\":\"x\"},{\"at\":\"-1h\",\"group\":\"g\"},{\"at\":\"-1h\",\"alias\":\"o\"},{\"at\":\"-1h\",\"identify\":{}}]",
            true
        ),
        ("did \"A\" after ago(1h)", "[{\"at\":\"-1h\",\"track\":\"A\"}]", false),
        ("did \"A\" since ago(1h)", "[{\"at\":\"-1h\",\"track\":\"A\"}]", true),
        ("did \"A\" where timestamp > now - 2h", "[{\"at\":\"-1h\",\"track\":\"A\"}]", true),
        (
            "hour(last(\"A\"), \"Europe/Berlin\") == 1 and weekday(last(\"A\"), \"Europe/Berlin\") == 2",
            "[{\"at\":\"-1h\",\"track\":\"A\"}]", true
        ), ("did \"A\" since startOfDay(now - 1s)", "[{\"at\":\"-1d\",\"track\":\"A\"}]", true),
        (
            "mostFrequent(\"A\", timestamp) == ago(1h)",
            "[{\"at\":\"-1h\",\"track\":\"A\"},{\"at\":\"-1h\",\"track\":\"A\"},{\"at\":\"-2h\",\"track\":\"A\"}]", true
        ), ("mostFrequentCount(\"A\", .x) == 0", "[{\"at\":\"-1h\",\"track\":\"A\"}]", true),
        (
            "mostFrequent(\"A\", .x) == false",
            "[{\"at\":\"-1h\",\"track\":\"A\",\"p\":{\"x\":true}},{\"at\":\"-2h\",\"track\":\"A\",\"p\":{\"x\":false}}]", true
        ),
        (
            "distinct(\"A\", .x) == 1",
            "[{\"at\":\"-1h\",\"track\":\"A\",\"p\":{\"x\":5}},{\"at\":\"-2h\",\"track\":\"A\",\"p\":{\"x\":5.0}}]", true
        ),
        (
            "distinct(\"A\", .x) == 0",
            "[{\"at\":\"-1h\",\"track\":\"A\",\"p\":{\"x\":[1]}},{\"at\":\"-2h\",\"track\":\"A\",\"p\":{\"x\":{\"y\":1}}}]", true
        ), ("first(\"A\", .x) == 2", "[{\"at\":\"-3h\",\"track\":\"A\"},{\"at\":\"-2h\",\"track\":\"A\",\"p\":{\"x\":2}}]", true),
        ("did \"A\" where .x in (1, \"1\", true)", "[{\"at\":\"-1h\",\"track\":\"A\",\"p\":{\"x\":\"1\"}}]", true),
        ("did \"A\" where .x != 1", "[{\"at\":\"-1h\",\"track\":\"A\",\"p\":{\"x\":\"1\"}}]", true),
        ("did \"A\" where exists(.x)", "[{\"at\":\"-1h\",\"track\":\"A\",\"p\":{\"x\":null}}]", false),
    ])
    func `events are selected and summed up as the page says`(expression: String, timeline: String, expected: Bool) throws {
        #expect(try isMember(expression, timeline) == expected)
    }

    @Test func `definitions answer at the same now, in conditions too`() throws {
        let definitions = Definitions(
            segments: ["buyers": "did \"A\"", "others": "not segment \"buyers\" or feature.spent > 100"],
            features: ["spent": "sum(\"A\", .x)", "half": "feature.spent / 2", "agreed": "consent.ads"])
        let timeline = "[{\"at\":\"-1h\",\"track\":\"A\",\"p\":{\"x\":30}},{\"at\":\"-2h\",\"track\":\"A\",\"p\":{\"x\":10}}]"
        #expect(try isMember("segment \"buyers\" and not segment \"others\"", timeline, definitions))
        #expect(try isMember("feature.half == 20 and feature.\"half\" == feature.half", timeline, definitions))
        #expect(try isMember("did \"A\" where .x > feature.half exactly 1 times", timeline, definitions))
        #expect(try isMember("not exists(feature.agreed) and feature.agreed == false", timeline, definitions))
    }

    @Test func `a percentile through a feature ranks those with a matching event`() throws {
        let definitions = Definitions(features: ["visits": "count(\"A\")", "more": "feature.visits + 0"])
        let timeline =
            "[{\"at\":\"-1h\",\"track\":\"A\"},{\"at\":\"-1d\",\"identify\":{},\"u\":\"x\"},{\"at\":\"-1d\",\"identify\":{},\"u\":\"y\"}]"
        #expect(try isMember("feature.visits in bottom 1%", timeline, definitions))
        #expect(try isMember("(feature.visits) in bottom 1% and not feature.more in bottom 50%", timeline, definitions))
        #expect(try isMember("(now - last(\"A\")) in bottom 100% and last(\"A\") in top 100%", timeline))
    }

    @Test(arguments: UInt64(0)..<40)
    func `sequences agree with trying every chain`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        for _ in 0..<60 {
            let now: Int64 = 20
            let events = (0..<random.below(8)).map { number in
                (name: random.pick(["A", "B", "C"]), time: Int64(random.below(22)), id: "m\(number)")
            }
            let steps = (0..<(1 + random.below(3))).map { index in
                (name: random.pick(["A", "B", "C"]), within: index > 0 && random.once(in: 2) ? Int64(random.below(8)) : nil)
            }
            let absent = random.once(in: 2) ? (name: random.pick(["A", "B", "C"]), within: Int64(random.below(8))) : nil
            let spanning = random.once(in: 2) ? Int64(random.below(12)) : nil
            let window = random.once(in: 3) ? Int64(random.below(20)) : nil
            func milliseconds(_ value: Int64) -> String { "\(Double(value) / 1000)s" }
            var text =
                "sequence("
                + steps.map { "\"\($0.name)\"" + ($0.within.map { " within \(milliseconds($0))" } ?? "") }.joined(separator: " then ")
            if let absent { text += " then not \"\(absent.name)\" within \(milliseconds(absent.within))" }
            text += ")" + (window.map { " within \(milliseconds($0))" } ?? "") + (spanning.map { " spanning \(milliseconds($0))" } ?? "")

            let seen = events.filter { $0.time <= now }
            func fits(_ chain: [Int64], _ next: Int) -> Bool {
                if next == steps.count {
                    if let spanning, chain.last! - chain[0] > spanning { return false }
                    guard let absent else { return true }
                    let end = chain.last! + absent.within
                    return now >= end && !seen.contains { $0.name == absent.name && $0.time > chain.last! && $0.time <= end }
                }
                return seen.contains { event in
                    guard event.name == steps[next].name, window.map({ event.time > now - $0 }) ?? true else { return false }
                    if let before = chain.last {
                        guard event.time > before, steps[next].within.map({ event.time - before <= $0 }) ?? true else { return false }
                    }
                    return fits(chain + [event.time], next + 1)
                }
            }
            let messages = events.map { event in
                Message(
                    kind: .track, messageID: event.id, timestamp: Instant(milliseconds: event.time),
                    json: JSONObject([.init("type", .string("track")), .init("event", .string(event.name))]))
            }
            let member = Reference(try Rule(parsing: text), now: Instant(milliseconds: now)).isMember(
                Timeline(messages.shuffled(using: &random)))
            #expect(member == fits([], 0), "\(text)\n\(events)")
        }
    }

    @Test func `the calendar holds out to the edges of time`() throws {
        for edge in [Value.largestTime, -Value.largestTime, 4_102_444_800_000, -2_208_988_800_001, 0] {
            for name in Vocabulary.zones {
                let zone = try #require(Zone(name))
                let start = zone.startOfDay(at: edge)
                #expect(start <= edge && edge - start < 90_000_000)
                #expect((0..<24).contains(zone.hour(at: edge)) && (1...7).contains(zone.weekday(at: edge)))
            }
        }
    }
}
