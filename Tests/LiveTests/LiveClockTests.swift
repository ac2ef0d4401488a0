import EventModel
import Live
import Rules
@testable import RulesTesting
import Testing

/// B2: the clock alone moves people, at the exact millisecond.
struct LiveClockTests {
    private static let start = Instant(milliseconds: 1_780_000_000_000)

    private static func view(_ number: Int, at milliseconds: Int64) -> Message {
        Message(
            kind: .track, messageID: "m\(number)", timestamp: Instant(milliseconds: milliseconds),
            json: JSONObject([.init("event", .string("Viewed")), .init("userId", .string("u\(number)"))]))
    }

    @Test func `a hundred thousand people leave a window at the exact millisecond, across a restart`() throws {
        let rule = try Rule(parsing: #"did "Viewed" within 30m"#)
        let people = 100_000
        var random = SeededRandom(seed: 7)
        let messages = (0..<people).map { Self.view($0, at: Self.start.milliseconds + Int64(random.below(1_800_000))) }
        var due: [UInt32: Int64] = [:]
        for (number, message) in messages.enumerated() { due[UInt32(number)] = message.timestamp.milliseconds + 1_800_000 }

        var live = LiveMemberships([LiveSegment(name: "active", expression: "", rule: rule)])
        live.begin(0, recorded: [], at: Self.start, because: .definition)
        for (number, message) in messages.enumerated().sorted(by: { $0.element.timestamp < $1.element.timestamp }) {
            live.receive(message, of: UInt32(number), at: message.timestamp)
        }
        var exits: [UInt32: Int64] = [:]
        var inside: Set<UInt32> = []
        func follow(_ transitions: [Transition]) {
            for transition in transitions {
                if transition.entered {
                    #expect(inside.insert(transition.profile).inserted)
                } else {
                    #expect(inside.remove(transition.profile) != nil && exits[transition.profile] == nil && transition.cause == .clock)
                    exits[transition.profile] = transition.at.milliseconds
                }
            }
        }
        let stop = Self.start.milliseconds + 2_700_000
        live.advance(to: Instant(milliseconds: stop))
        follow(live.takeTransitions())
        #expect(!exits.isEmpty && exits.count < people)

        // Another process, long after: it knows the messages and who was recorded.
        var again = LiveMemberships([LiveSegment(name: "active", expression: "", rule: rule)])
        for (number, message) in messages.enumerated() { again.load(message, of: UInt32(number)) }
        again.begin(0, recorded: inside.map { ($0, $0) }, at: Instant(milliseconds: stop), because: .message)
        again.advance(to: Instant(milliseconds: stop + 86_400_000))
        follow(again.takeTransitions())
        #expect(inside.isEmpty && exits == due && again.nextTimer == nil)
    }

    @Test func `thousands of events that leave a window one millisecond after the other change a sum at the exact one`() throws {
        let rule = try Rule(parsing: #"sum("Viewed" within 30m, .n) >= 3000"#)
        var live = LiveMemberships([LiveSegment(name: "busy", expression: "", rule: rule)])
        for number in 0..<5_000 {
            var message = Self.view(number, at: Self.start.milliseconds + Int64(number))
            message.json.set("properties", .object(JSONObject([.init("n", .integer(1))])))
            live.load(message, of: 0)
        }
        live.begin(0, recorded: [], at: Instant(milliseconds: Self.start.milliseconds + 5_000), because: .definition)
        live.advance(to: Instant(milliseconds: Self.start.milliseconds + 3_600_000))
        // 2 000 may leave; the next one is one too many.
        #expect(live.takeTransitions().map { $0.at.milliseconds - Self.start.milliseconds } == [5_000, 1_802_000])
    }

    @Test func `a segment that is begun later does not delay what is due for others`() throws {
        let rules = try [#"did "Viewed" within 30m"#, #"did "Viewed" within 1h"#].map { try Rule(parsing: $0) }
        var live = LiveMemberships(rules.enumerated().map { LiveSegment(name: "s\($0)", expression: "", rule: $1) })
        live.load(Self.view(0, at: Self.start.milliseconds), of: 0)
        live.begin(0, recorded: [(0, 0)], at: Self.start, because: .message)
        live.begin(1, recorded: [], at: Instant(milliseconds: Self.start.milliseconds + 2_700_000), because: .definition)
        live.advance(to: Instant(milliseconds: Self.start.milliseconds + 86_400_000))
        let moved = live.takeTransitions().map { ($0.segment, $0.entered, $0.at.milliseconds - Self.start.milliseconds) }
        #expect(
            moved.map(\.0) == [0, 1, 1] && moved.map(\.1) == [false, true, false] && moved.map(\.2) == [1_800_000, 2_700_000, 3_600_000])
    }

    @Test func `a clock that is set back moves nobody and fires nothing twice`() throws {
        let rule = try Rule(parsing: #"did "Viewed" within 30m"#)
        var live = LiveMemberships([LiveSegment(name: "active", expression: "", rule: rule)])
        live.begin(0, recorded: [], at: Self.start, because: .definition)
        live.receive(Self.view(0, at: Self.start.milliseconds), of: 0, at: Self.start)
        live.advance(to: Instant(milliseconds: Self.start.milliseconds + 1_800_000))
        #expect(live.takeTransitions().map(\.entered) == [true, false])
        live.advance(to: Self.start)
        live.receive(Self.view(1, at: Self.start.milliseconds), of: 0, at: Self.start)
        #expect(live.takeTransitions().isEmpty)
        live.advance(to: Instant(milliseconds: Self.start.milliseconds + 3_600_000))
        #expect(live.takeTransitions().isEmpty)
    }

    @Test func `the bounds of a percentile move people when they are refreshed`() throws {
        let rule = try Rule(parsing: #"count("Viewed") in top 50%"#)
        var live = LiveMemberships([LiveSegment(name: "keen", expression: "", rule: rule)])
        live.begin(0, recorded: [], at: Self.start, because: .definition)
        for number in 0..<3 {
            for view in 0...number {
                live.receive(
                    Self.view(number * 10 + view, at: Self.start.milliseconds), of: UInt32(number), at: Self.start)
            }
        }
        #expect(live.takeTransitions().isEmpty)
        guard case .percentile(let value, let percentile) = rule.root else { throw TestError() }
        var thresholds = PercentileThresholds()
        thresholds[value, percentile] = .number(2)
        live.refresh(0, thresholds: thresholds, at: Self.start)
        #expect(live.takeTransitions().map(\.profile) == [1, 2] && live.memberCount(of: 0) == 2)
        thresholds[value, percentile] = .number(3)
        live.refresh(0, thresholds: thresholds, at: Self.start)
        let moved = live.takeTransitions()
        #expect(moved.map(\.profile) == [1] && moved.first?.entered == false && moved.first?.cause == .threshold)
    }

    @Test func `a trait is stale a millisecond past its goal, until it is said anew`() throws {
        let rule = try Rule(parsing: "stale(trait.plan)", definitions: Definitions(refresh: ["plan": 86_400_000]))
        func said(_ number: Int, at milliseconds: Int64, _ trait: String, _ value: JSONValue) -> Message {
            var message = Self.view(number, at: Self.start.milliseconds + milliseconds)
            message.kind = .identify
            message.json.set("traits", .object(JSONObject([.init(trait, value)])))
            return message
        }
        let day: Int64 = 86_400_000
        let messages = [
            said(0, at: 0, "plan", .string("free")), said(1, at: 5_000, "age", .integer(3)),
            said(2, at: day + 1_000, "plan", .null), said(3, at: day + 2_000, "plan", .string("free")),
        ]
        let expected: [(entered: Bool, at: Int64, cause: TransitionCause)] = [
            (true, day + 1, .clock), (false, day + 2_000, .message), (true, 2 * day + 2_001, .clock),
        ]
        func check(_ transitions: [Transition], _ expected: ArraySlice<(entered: Bool, at: Int64, cause: TransitionCause)>) {
            #expect(transitions.map(\.entered) == expected.map(\.entered))
            #expect(transitions.map { $0.at.milliseconds - Self.start.milliseconds } == expected.map(\.at))
            #expect(transitions.map(\.cause) == expected.map(\.cause))
        }
        var live = LiveMemberships([LiveSegment(name: "stale", expression: "", rule: rule)])
        // Nothing but identify messages need be read for it.
        #expect(live.needs(.identify, event: nil, latest: Self.start) && !live.needs(.track, event: "Viewed", latest: Self.start))
        live.begin(0, recorded: [], at: Self.start, because: .definition)
        for message in messages { live.receive(message, of: 0, at: message.timestamp) }
        check(live.takeTransitions(), expected[..<2])
        #expect(live.nextTimer?.milliseconds == Self.start.milliseconds + 2 * day + 2_001)
        live.advance(to: Instant(milliseconds: Self.start.milliseconds + 30 * day))
        check(live.takeTransitions(), expected[2...])

        // Another process finds them in its store.
        var again = LiveMemberships([LiveSegment(name: "stale", expression: "", rule: rule)])
        for message in messages.prefix(2) { again.load(message, of: 0) }
        again.begin(0, recorded: [], at: Self.start, because: .message)
        for message in messages.dropFirst(2) { again.receive(message, of: 0, at: message.timestamp) }
        again.advance(to: Instant(milliseconds: Self.start.milliseconds + 30 * day))
        check(again.takeTransitions(), expected[...])
    }

    private struct TestError: Error {}
}
