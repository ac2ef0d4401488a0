import EventModel
import Testing

@Suite struct PlanCountersTests {
    private func counted(_ properties: [String]) throws -> PlanCounters {
        let plan = try plan(
            #"""
            {"events": {"E": {"properties": {"n": {"kind": "number", "action": "coerce"}, "t": {"kind": "text", "action": "flag"},
              "must": {"required": true, "action": "reject"}}}}}
            """#)
        var counters = PlanCounters()
        for properties in properties { counters.count(plan.verdict(on: try track("E", properties))) }
        return counters
    }
    private let some = [#"{"must":1}"#, #"{"must":1,"n":"5"}"#, #"{"must":1,"n":"x"}"#]
    private let others = [#"{"must":1,"t":1}"#, #"{}"#, #"{"t":5}"#]

    @Test func `counts are by rule and action`() throws {
        #expect(
            try counted(some + others).json.text
                == #"{"messages":{"accepted":1,"amended":2,"quarantined":1,"rejected":2},"#
                + #""rules":{"E/must/required":{"reject":2},"E/n/kind":{"coerce":1,"quarantine":1},"E/t/kind":{"flag":2}}}"#)
        #expect(PlanCounters().json.text == #"{"messages":{},"rules":{}}"#)
    }

    @Test func `counts of parts make the counts of all`() throws {
        let (a, b) = (try counted(some), try counted(others))
        var (ab, ba) = (a, b)
        ab.merge(b)
        ba.merge(a)
        #expect(ab == ba)
        #expect(try ab == counted(some + others))
        #expect(PlanCounters(json: ab.json) == ab)
        #expect(ab.json.text == ba.json.text)
    }

    @Test(arguments: [
        "{}", #"{"messages":{},"rules":{},"x":1}"#, #"{"messages":{"accepted":-1},"rules":{}}"#,
        #"{"messages":{},"rules":{"r":{"shout":1}}}"#,
    ])
    func `counts of another shape are not read`(json: String) throws {
        let object = try #require(try JSONValue(parsing: json).asObject)
        #expect(PlanCounters(json: object) == nil)
    }
}
