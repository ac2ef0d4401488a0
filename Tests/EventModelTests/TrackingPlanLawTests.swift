import EventModel
import Testing

@Suite struct TrackingPlanLawTests {
    private static let kinds = ["text", "number", "integer", "truth", "time"]
    private static let normalisers = [
        #""email""#, #""phone""#, #""date""#, #""currency""#, #""country""#, #"{"map": {"f": "female", "1": true}}"#,
    ]

    /// A plan with a few random properties, names that need escaping among them.
    ///
    /// - Parameter verify: Kinds of verifier that every value names; none where there are none.
    private static func randomPlan(using random: inout SplitMix, verify kinds: [Silent] = []) throws -> TrackingPlan {
        func property(depth: Int) -> String {
            let action = ["reject", "quarantine", "coerce", "coerce", "coerce", "flag", "flag"].randomElement(using: &random) ?? "flag"
            let required = Int.random(in: 0..<8, using: &random) == 0
            var settings = #""action": "\#(action)", "required": \#(required)"#
            let verify = kinds.isEmpty ? "" : #", "verify": {\#(kinds.map { #""\#($0.name)": null"# }.joined(separator: ", "))}"#
            switch Int.random(in: 0..<(depth > 0 ? 8 : 5), using: &random) {
            case 0...1: settings += #", "normalise": \#(normalisers.randomElement(using: &random) ?? "")\#(verify)"#
            case 2...4:
                let kind = Self.kinds.randomElement(using: &random) ?? ""
                settings += #", "kind": "\#(kind)"\#(kind == "text" ? verify : "")"#
            case 5...6: settings += #", "kind": "object", \#(object(depth: depth - 1))"#
            default: settings += #", "kind": "array", "elements": {"kind": "object", "action": "flag", \#(object(depth: depth - 1))}"#
            }
            return "{\(settings)}"
        }
        func object(depth: Int) -> String {
            let properties = ["a", "b/~", "0", "é"].map { #""\#($0)": \#(property(depth: depth))"# }.joined(separator: ", ")
            return #""properties": {\#(properties)}, "additionalProperties": "\#(Bool.random(using: &random) ? "flag" : "allow")""#
        }
        return try TrackingPlan(
            JSONValue(parsing: #"{"events": {"E": {\#(object(depth: 2))}}}"#), compiling: couponCompiler,
            verifiers: VerifierRegistry(kinds), nearest: nearestByFirstLetter)
    }

    /// Says the same of every text.
    private struct Silent: VerifierKind, Verifier {
        let name: String
        let says: VerifierFinding
        let settings: [String] = []
        func makeVerifier(_ settings: JSONObject, in folder: SettingsFolder) throws(SettingsErrors) -> any Verifier { self }
        func finding(on text: String) -> VerifierFinding { says }
    }

    @Test(arguments: UInt64(1)...20)
    func `verifiers that say nothing change nothing`(seed: UInt64) throws {
        var (random, again) = (SplitMix(seed: seed), SplitMix(seed: seed))
        let kinds = [Silent(name: "fine", says: .fine), Silent(name: "unknown", says: .unknown)]
        let (plain, verified) = (try Self.randomPlan(using: &random), try Self.randomPlan(using: &again, verify: kinds))
        for _ in 0..<25 {
            let message = try track("E", Self.randomProperties(depth: 2, using: &random).text)
            var verdict = verified.verdict(on: message)
            #expect(Set(verdict.unverified).isSubset(of: Set(verified.rules).subtracting(plain.rules)))
            verdict.unverified = []
            #expect(verdict == plain.verdict(on: message))
        }
    }

    /// Values that plans often turn, below the same names.
    private static func randomProperties(depth: Int, using random: inout SplitMix) -> JSONValue {
        let texts = [
            " 5 ", "5.0", "yes", "Ada@Example.com", "+43 (0)660 1234567", "30 June 2026", "eur", "Austria", "F", "x", "1782777600", "1",
        ]
        var members: [JSONObject.Member] = []
        for name in ["a", "b/~", "0", "é", "more"] where Int.random(in: 0..<4, using: &random) > 0 {
            let value: JSONValue =
                switch Int.random(in: 0..<(depth > 0 ? 7 : 4), using: &random) {
                case 0...2: .string(texts.randomElement(using: &random) ?? "")
                case 3: [.integer(1), .number(5.0), .bool(true), .null, .unsigned(.max)].randomElement(using: &random) ?? .null
                case 4...5: randomProperties(depth: depth - 1, using: &random)
                default: .array((0..<3).map { _ in randomProperties(depth: depth - 1, using: &random) })
                }
            members.append(.init(name, value))
        }
        return .object(JSONObject(members))
    }

    @Test(arguments: UInt64(1)...40)
    func `a verdict loses nothing, and what it gives can be judged again`(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let plan = try Self.randomPlan(using: &random)
        var counters = PlanCounters()
        for _ in 0..<25 {
            let context =
                [nil, "{}", "null", #"{"ip":"192.0.2.1"}"#, #"{"tessera":{"flags":["old"]}}"#].randomElement(using: &random) ?? nil
            let came = try track("E", Self.randomProperties(depth: 2, using: &random).text, context: context)
            let verdict = plan.verdict(on: came)
            counters.count(verdict)
            #expect(verdict == plan.verdict(on: came))
            #expect(Set(verdict.fired).count == verdict.fired.count && Set(verdict.fired.map(\.rule)).isSubset(of: plan.rules))
            #expect(
                try Message(json: JSONValue(parsing: verdict.message.json.text).asObject ?? JSONObject(), derivedID: nil) == verdict.message
            )
            switch verdict.outcome {
            case .accepted: #expect(verdict.message == came && verdict.fired.isEmpty)
            case .quarantined, .rejected: #expect(verdict.message == came && !verdict.fired.isEmpty)
            case .amended:
                #expect(verdict.message.beforePlan == came)
                let original = verdict.message.json.value(at: ["context", "tessera", "original"])?.asObject ?? JSONObject()
                for change in verdict.changes { #expect(original[change.pointer] == change.before && change.before != change.after) }
                // What was turned is turned for good: judged again only the flags are left.
                let again = plan.verdict(on: verdict.message)
                #expect(again.changes.isEmpty && again.flags == verdict.flags)
                if !verdict.flags.isEmpty { #expect(again.message == verdict.message) }
            }
        }
        #expect(PlanCounters(json: counters.json) == counters)
        #expect(counters.accepted + counters.amended + counters.quarantined + counters.rejected == 25)
    }

    /// Exact comparison against that of decimal digits, at the edges of 2^53, 2^63 and 2^64.
    @Test(arguments: [
        ("9007199254740993", "9007199254740992.0", false), ("9007199254740992", "9007199254740992.0", true), ("-1", "-0.5", true),
        ("0", "-0.5", false), ("18446744073709551615", "18446744073709551616.0", true),
        ("9223372036854775807", "9223372036854775808.0", true),
        ("9223372036854775808", "9223372036854775807", false), ("-9223372036854775808", "-9223372036854775808.0", true),
        ("5", "1e300", true),
        ("5", "-1e300", false), ("0.1", "0.1", true), ("0.2", "0.1", false), ("3.5", "3", false), ("3.5", "4", true),
    ])
    func `maxima are exact`(value: String, maximum: String, kept: Bool) throws {
        let plan = try plan(#"{"events": {"E": {"properties": {"n": {"kind": "number", "maximum": \#(maximum)}}}}}"#)
        #expect((try plan.verdict(on: track("E", #"{"n": \#(value)}"#)).reason == nil) == kept)
    }

    @Test(
        arguments: [
            ("text", "5", #""5""#), ("text", "true", #""true""#), ("text", "[]", nil), ("number", #""+1.50""#, "1.5"),
            ("number", #""1e3""#, "1000.0"),
            ("number", #""1,5""#, nil), ("number", #""007""#, nil), ("number", #""1e999""#, nil), ("number", #""+-1""#, nil),
            ("number", #""""#, nil), ("number", "true", nil),
            ("integer", #""5.0""#, "5.0"), ("integer", #""5.5""#, nil), ("truth", #"" NO ""#, "false"), ("truth", "1", "true"),
            ("truth", "2", nil),
            ("truth", #""on""#, nil), ("time", "1782777600", #""2026-06-30T00:00:00.000Z""#),
            ("time", #""30 June 2026""#, #""2026-06-30T00:00:00.000Z""#),
            ("time", #""03/04/2026""#, nil), ("array", #""a,b""#, nil), ("object", #""{}""#, nil),
        ] as [(String, String, String?)])
    func `only what is certain is turned`(kind: String, value: String, turned: String?) throws {
        let plan = try plan(#"{"events": {"E": {"properties": {"p": {"kind": "\#(kind)", "action": "coerce"}}}}}"#)
        let verdict = plan.verdict(on: try track("E", #"{"p": \#(value)}"#))
        #expect(verdict.changes.first?.after.text == turned)
        #expect(verdict.fired == [FiredRule(rule: "E/p/kind", action: turned == nil ? .quarantine : .coerce)])
    }
}
