import EventModel
import Testing

/// The load tool, tiny: speed is not looked at, counts are.
@Suite(.serialized) struct LoadTests {
    @Test func `a tiny load is acknowledged, stored once, counted and noticed`() throws {
        let outcome = try Program.load.run(
            "--rate", "1000", "--batch", "20", "--seconds", "1.5", "--warmup", "0", "--people", "500", "--connections", "3",
            "--mix", "decide=40,profile=20,marker=25", "--segments", "60", "--sent-at", "--seed", "7", "--format", "json")
        #expect(outcome.status == 0, "\(outcome.output) \(outcome.errors)")
        let told = try outcome.json
        let collect = try #require(told["collect"]?.asObject)
        let acknowledged = try #require(collect["acknowledged"]?.asDouble)
        #expect(acknowledged > 0 && collect["due"] == .integer(1_500) && collect["sent"] == collect["acknowledged"], "\(told)")
        #expect(told.value(at: ["stored", "distinct"]) == collect["acknowledged"] && told["passed"] == .bool(true), "\(told)")
        #expect(told.value(at: ["counted", "accepted"]) == collect["acknowledged"], "\(told)")
        #expect(told.value(at: ["membership", "missing"]) == .integer(0), "\(told)")
        #expect(told.value(at: ["decide", "refused"]) == .object(JSONObject()), "\(told)")
        for kind in ["collect", "decide", "profile", "membership"] {
            #expect(told.value(at: [kind, "latency_ms", "p99"])?.asDouble ?? 0 > 0, "\(kind): \(told)")
        }
    }

    @Test(arguments: [["--mix", "dance=1"], ["--batch", "0"], ["--url", "ftp://x"], ["--frob"], ["--format", "csv"]])
    func `wrong usage of the load tool ends with 2`(arguments: [String]) throws {
        let outcome = try Program.run(Program.load.path, arguments)
        #expect(outcome.status == 2 && outcome.output.isEmpty)
        #expect(try outcome.error["code"] == .string("usage"))
    }

    @Test func `where no worker is the load tool says so and ends with 1`() throws {
        let outcome = try Program.load.run("--url", "http://127.0.0.1:1", "--seconds", "1")
        #expect(outcome.status == 1)
        #expect(try outcome.error["message"]?.asString?.contains("--start") == true)
        #expect(try Program.load.run("--help").output.contains("Tools/load --rate"))
    }
}
