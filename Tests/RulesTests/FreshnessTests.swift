import EventModel
@testable import Rules
@testable import RulesTesting
import Testing

/// What messages say of traits, and how long ago: `traits.x`, `asOf(trait.x)` and `stale(trait.x)`.
struct FreshnessTests {
    private static let definitions = Definitions(refresh: ["plan": 86_400_000, "address": 3_600_000, "t-shirt size": 1])

    private static func rule(_ text: String) throws -> Rule { try Rule(parsing: text, definitions: definitions) }

    // MARK: What is meant

    @Test(arguments: [
        ("asOf(trait.plan) < now", #"last(any where type == "identify" and exists(traits.plan)) < now"#),
        ("asOf(trait.address.zip) < now", #"last(any where type == "identify" and exists(traits.address.zip)) < now"#),
        ("stale(trait.plan)", #"last(any where type == "identify" and exists(traits.plan)) < ago(1d)"#),
        ("not stale(trait.address.zip)", "not asOf(trait.address.zip) < ago(1h)"),
        (#"stale(trait."t-shirt size")"#, #"asOf(trait."t-shirt size") < ago(0.001s)"#),
    ])
    func `asOf and stale are what they stand for`(short: String, long: String) throws {
        #expect(try Self.rule(short) == Rule(parsing: long))
    }

    @Test(arguments: [
        ("stale(trait.plan)", "asOf(trait.plan) < ago(1d)"),
        (
            #"did any where type == "identify" and traits.plan == "free""#,
            #"did any where type == "identify" and traits.plan == "free""#
        ),
        (
            #"distinct(any where type == "group", traits."a b") > 1"#, #"distinct(any where type == "group", traits."a b") > 1"#
        ),
        (
            // Nearly, and something else.
            #"last(any where exists(traits.plan) and type == "identify") < now"#,
            #"last(any where exists(traits.plan) and type == "identify") < now"#
        ),
    ])
    func `they are printed as people write them`(text: String, printed: String) throws {
        let rule = try Self.rule(text)
        #expect(rule.text == printed)
        #expect(try Rule(parsing: rule.text) == rule)
    }

    @Test func `they count as many questions, and nest as deep, as what they stand for`() throws {
        let many = Array(repeating: "stale(trait.plan)", count: 334).joined(separator: " or ")
        #expect(try #require(throws: RuleError.self) { try Self.rule(many) }.code == .limit)
        let deep = String(repeating: "not ", count: 199) + "stale(trait.plan)"
        #expect(try Self.rule(Self.rule(deep).text) == Self.rule(deep))
        #expect(try #require(throws: RuleError.self) { try Self.rule("not " + deep) }.code == .limit)
    }

    // MARK: What comes out

    private static let identified =
        #"{"at":"-3d","identify":{"plan":"free"}},{"at":"-2d","identify":{"age":5}},{"at":"-1d","identify":{"plan":"pro"}}"#

    @Test(arguments: [
        (#"did any where type == "identify" and traits.plan == "free""#, identified, true),
        (#"did any where type == "identify" and traits.plan == "free" within 2d"#, identified, false),
        (#"trait.plan == "free""#, identified, false),
        (
            #"last(any where type == "identify", traits.plan) == "pro" and distinct(any where type == "identify", traits.plan) == 2"#,
            identified, true
        ),
        // Without `type`, `any` leaves identify messages out.
        ("did any where exists(traits.plan)", identified, false),
        ("did any where traits.plan == 1", #"{"at":"-1d","group":"g","traits":{"plan":1}}"#, true),
        (#"did any where type == "group" and traits.address.zip == 1"#, #"{"at":"-1d","group":"g","traits":{"address":{"zip":1}}}"#, true),
        (#"did any where type == "group" and exists(traits.address)"#, #"{"at":"-1d","group":"g","traits":{"address":{"zip":1}}}"#, false),
        // Only identify and group messages set traits.
        (#"did "A" where exists(traits.plan)"#, #"{"at":"-1d","track":"A","traits":{"plan":1}}"#, false),
        (#"did any where type != "alias" and exists(traits.plan)"#, #"{"at":"-1d","page":"A","traits":{"plan":1}}"#, false),
        (#"did any where type != "alias" and not exists(traits.plan)"#, #"{"at":"-1d","page":"A","traits":{"plan":1}}"#, true),
        ("asOf(trait.plan) == ago(1d)", identified, true),
        ("asOf(trait.plan) == ago(1d)", identified + #",{"at":"-1h","identify":{"plan":null}},{"at":"-1h","identify":{"plan":[1]}}"#, true),
        ("asOf(trait.plan) == ago(1d)", identified + #",{"at":"-1h","group":"g","traits":{"plan":"x"}}"#, true),
        (
            "asOf(trait.plan) == ago(1h)", identified + #",{"at":"-1h","identify":{"plan":"pro"}},{"at":"+1h","identify":{"plan":"x"}}"#,
            true
        ),
        ("exists(asOf(trait.size))", identified, false),
        // To the millisecond: at a day and not before.
        ("stale(trait.plan)", identified, false),
        ("stale(trait.plan)", #"{"at":"-86400.001s","identify":{"plan":"pro"}}"#, true),
        ("stale(trait.plan)", #"{"at":"-86400s","identify":{"plan":"pro"}}"#, false),
        ("stale(trait.plan)", #"{"at":"-2d","identify":{"plan":"pro"}},{"at":"-1d","identify":{"plan":"pro"}}"#, false),
        // Never said, or not as a value of its own: missing is not stale.
        ("stale(trait.plan)", #"{"at":"-2d","identify":{"age":5}}"#, false),
        ("stale(trait.address)", #"{"at":"-2d","identify":{"address":{"zip":5}}}"#, false),
        ("stale(trait.address.zip)", #"{"at":"-2d","identify":{"address":{"zip":5}}}"#, true),
    ])
    func `all evaluators give what the page says`(expression: String, timeline: String, expected: Bool) throws {
        let row = ExampleRow(number: 0, cells: [expression, "[\(timeline)]", EvaluationTests.now, "", ""])
        let rule = try Self.rule(expression)
        let messages = try #require(row.people["u"])
        let whole = Timeline(messages)
        #expect(Reference(rule, now: row.now, population: [whole]).isMember(whole) == expected)
        #expect(ProfileEvaluator(rule, thresholds: .none).answer(for: ProfileTimeline(whole), at: row.now).isMember == expected)
        let snapshot = ColumnarFakeSnapshot(messages)
        #expect(try PopulationEvaluator(snapshot: snapshot, now: row.now, threads: 1).members(of: rule).contains(0) == expected)
        let reads = TimelineReads(rule)
        let trimmed = Timeline(messages.compactMap { reads.trimmed($0) })
        #expect(Reference(rule, now: row.now, population: [trimmed]).isMember(trimmed) == expected)
        #expect(Explainer(rule, now: row.now) { _ in { _, _ in nil } }.explain(whole).isMember == expected)
    }

    @Test(arguments: UInt64(0)..<200)
    func `what is left of messages answers as they do`(seed: UInt64) throws {
        var generator = ExpressionGenerator(seed: 21_000 + seed, options: .init(percentiles: false))
        let rules = try (0..<3).map { _ in try Rule(parsing: generator.expression(), definitions: generator.definitions) }
        var reads = TimelineReads()
        for rule in rules { reads.formUnion(TimelineReads(rule)) }
        for timeline in GeneratedPopulation(random: &generator.random).timelines {
            let trimmed = Timeline(timeline.messages.compactMap { reads.trimmed($0) })
            for rule in rules {
                let reference = Reference(rule, now: Vocabulary.now)
                #expect(reference.isMember(trimmed) == reference.isMember(timeline), "\(rule.text)")
            }
        }
    }

    // MARK: What is read

    @Test func `only messages that can be meant are read, with the traits that are asked for`() throws {
        let reads = TimelineReads(
            try Self.rule(#"stale(trait.plan) and trait.age > 1 and did any where type == "group" and traits.size > 1"#))
        #expect(reads.needs(.identify, event: nil) && reads.needs(.group, event: nil))
        #expect(!reads.needs(.track, event: "A") && !reads.needs(.page, event: nil))
        #expect(reads.reads(trait: "plan", of: .identify) && reads.reads(trait: "age", of: .identify))
        #expect(reads.reads(trait: "size", of: .group) && !reads.reads(trait: "size", of: .identify))
        #expect(!reads.reads(trait: "plan", of: .group) && !reads.reads(trait: "plan", of: .track))
        let message = Message(
            kind: .identify, messageID: "m", timestamp: Instant(milliseconds: 0),
            json: JSONObject([
                .init("traits", .object(JSONObject([.init("age", .integer(2)), .init("plan", .string("a")), .init("size", .integer(3))])))
            ]))
        #expect(reads.trimmed(message)?.traits == JSONObject([.init("age", .integer(2)), .init("plan", .string("a"))]))
    }

    // MARK: What may be a mistake

    @Test(arguments: [
        (
            "did any where exists(traits.plan)", "any leaves identify messages out here: traits.plan is that of group messages alone",
            #"for what people's messages set, write type == "identify" and ...; for a group's, type == "group" and ..."#
        ),
        (
            "last(any, traits.plan) == 1", "any leaves identify messages out here: traits.plan is that of group messages alone",
            #"for what people's messages set, write type == "identify" and ...; for a group's, type == "group" and ..."#
        ),
        (
            #"did "A" where traits.plan == "a""#, "a track message sets no traits: traits.plan is always missing",
            "did you mean trait.plan?"
        ),
        (
            #"sequence("A" then any where type == "page" and traits."a b" == 1)"#,
            #"only identify and group messages set traits: traits."a b" is always missing"#, #"did you mean trait."a b"?"#
        ),
        (
            #"did any where type == "identify" and traits.plam == "a""#, #"unknown trait "plam" (never seen)"#, #"did you mean "plan"?"#
        ),
        ("asOf(trait.plam) < now", #"unknown trait "plam" (never seen)"#, #"did you mean "plan"?"#),
    ])
    func `traits that no message meant here sets are a warning`(text: String, message: String, hint: String) throws {
        let checked = try Checker(definitions: Self.definitions, catalogue: Catalogue(events: ["A": 1], traits: [["plan"]])).rule(text)
        #expect(checked.warnings.map(\.message) == [message])
        #expect(checked.warnings.map(\.hint) == [hint])
        #expect(checked.warnings.first.map { $0.description.contains("^^^^") } == true)
    }

    @Test(arguments: [
        #"did any where type == "identify" and traits.plan == "free""#, #"did any where type == "group" and traits.size == 1"#,
        #"last(any where type in ("group", "identify"), traits.plan) == 1"#, "stale(trait.plan)", "asOf(trait.plan) < now",
    ])
    func `what is meant so is no warning`(text: String) throws {
        let checker = Checker(definitions: Self.definitions, catalogue: Catalogue(events: [:], traits: [["plan"]]))
        #expect(try checker.rule(text).warnings.isEmpty)
    }
}
