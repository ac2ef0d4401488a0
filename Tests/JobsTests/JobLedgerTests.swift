import EventModel
import Jobs
import Statistics
import Testing

/// A plan, a ledger and a time: what happens without a runner.
private struct Desk {
    var plan: JobPlan
    var ledger = JobLedger()
    var now: Instant

    init(_ jobs: [Job], at text: String) throws {
        (plan, now) = (try JobPlan(jobs), try instant(text))
        ledger.meet(plan, at: now)
    }

    /// Goes to a time, and runs there what is due until nothing is; as `job@due`.
    mutating func visit(_ text: String, _ outcome: JobOutcome = .done) throws -> [String] {
        now = try instant(text)
        ledger.meet(plan, at: now)
        var ran: [String] = []
        while let run = plan.due(at: now, ledger: ledger).first {
            ledger.start(run, at: now)
            ledger.end(run.job, outcome, "", at: now, plan: plan)
            ran.append("\(run.job)@\(run.due.brief)")
        }
        return ran
    }

    /// Begins the first run that is due and loses the process.
    mutating func crash() throws -> JobRun {
        let run = try #require(plan.due(at: now, ledger: ledger).first)
        ledger.start(run, at: now)
        ledger = try JobLedger(json: JSONValue(parsing: ledger.json.text))
        ledger.recover(plan: plan)
        return run
    }
}

@Test func `a job that is new waits for its next instant`() throws {
    var desk = try Desk([Job("a", .every("1h"))], at: "2026-01-01T10:30Z")
    #expect(try desk.visit("2026-01-01T10:59:59.999Z") == [])
    #expect(desk.plan.nextWake(after: desk.now, ledger: desk.ledger)?.brief == "2026-01-01T11:00Z")
    #expect(try desk.visit("2026-01-01T11:00Z") == ["a@2026-01-01T11:00Z"])
    #expect(try desk.visit("2026-01-01T11:00Z") == [])
    // A ledger that never met the plan makes nothing due.
    #expect(desk.plan.due(at: try instant("2027-01-01"), ledger: JobLedger()).isEmpty)
}

@Test func `after downtime each job catches up in its way`() throws {
    let jobs = [
        Job("all", try .every("1h"), catchUp: .all(atMost: 100)), Job("few", try .every("1h"), catchUp: .all(atMost: 2)),
        Job("latest", try .every("1h"), catchUp: .latest), Job("none", try .every("1h"), catchUp: .none),
    ]
    var desk = try Desk(jobs, at: "2026-01-01T10:00Z")
    #expect(
        try desk.visit("2026-01-01T14:30Z") == [
            "all@2026-01-01T11:00Z", "all@2026-01-01T12:00Z", "all@2026-01-01T13:00Z", "few@2026-01-01T13:00Z", "all@2026-01-01T14:00Z",
            "few@2026-01-01T14:00Z", "latest@2026-01-01T14:00Z",
        ])
    #expect(
        try desk.visit("2026-01-01T15:01Z").sorted() == [
            "all@2026-01-01T15:00Z", "few@2026-01-01T15:00Z", "latest@2026-01-01T15:00Z", "none@2026-01-01T15:00Z",
        ])
    #expect(try desk.visit("2026-01-01T16:01:00.001Z").count == 3)
}

@Test func `a year of downtime is caught up with at once`() throws {
    var desk = try Desk(
        [Job("bounded", try .cron("* * * * *", "Europe/Berlin"), catchUp: .all(atMost: 3)), Job("latest", try .every("1s"))],
        at: "2025-01-01")
    #expect(
        try desk.visit("2026-01-01T00:00:30Z") == [
            "bounded@2025-12-31T23:58Z", "bounded@2025-12-31T23:59Z", "bounded@2026-01-01T00:00Z", "latest@2026-01-01T00:00Z",
        ])
}

@Test func `a job runs after those it waits for, each time they ended well`() throws {
    var desk = try Desk(
        [Job("import", try .every("1h")), Job("audit", try .every("2h")), Job("report", .after(["import", "audit"]))],
        at: "2026-01-01T00:30Z")
    #expect(try desk.visit("2026-01-01T01:05Z") == ["import@2026-01-01T01:00Z"])
    #expect(try desk.visit("2026-01-01T02:05Z") == ["audit@2026-01-01T02:00Z", "import@2026-01-01T02:00Z", "report@2026-01-01T02:05Z"])
    #expect(try desk.visit("2026-01-01T03:05Z") == ["import@2026-01-01T03:00Z"])
    // What fails is not waited for; the report comes when both ended well again.
    #expect(try desk.visit("2026-01-01T04:05Z", .failed).count == 2)
    #expect(try desk.visit("2026-01-01T05:05Z") == ["import@2026-01-01T05:00Z"])
    #expect(try desk.visit("2026-01-01T06:05Z") == ["audit@2026-01-01T06:00Z", "import@2026-01-01T06:00Z", "report@2026-01-01T06:05Z"])
}

@Test func `what ends well while a job runs makes it run once more`() throws {
    var desk = try Desk([Job("import", try .every("1h")), Job("report", .after(["import"]))], at: "2026-01-01T00:30Z")
    desk.ledger.start(JobRun("report", due: desk.now, .manual), at: desk.now)
    #expect(try desk.visit("2026-01-01T01:00Z") == ["import@2026-01-01T01:00Z"])
    desk.ledger.end("report", .done, "", at: desk.now, plan: desk.plan)
    #expect(try desk.visit("2026-01-01T01:01Z") == ["report@2026-01-01T01:00Z"])
}

@Test func `a run that a crash interrupted is run again, as its job catches up`() throws {
    for (catchUp, expected) in [
        (Job.CatchUp.latest, ["a@2026-01-01T02:00Z"]), (.all(atMost: 9), ["a@2026-01-01T01:00Z", "a@2026-01-01T02:00Z"]),
        (.none, ["a@2026-01-01T02:00Z"]),
    ] {
        var desk = try Desk([Job("a", try .every("1h"), catchUp: catchUp)], at: "2026-01-01T00:30Z")
        desk.now = try instant("2026-01-01T01:00Z")
        _ = try desk.crash()
        let entry = try #require(desk.ledger.records["a"]?.entries.last)
        #expect(entry.outcome == .interrupted && entry.ended == nil && entry.duration == nil)
        var restarted = desk
        #expect(try restarted.visit("2026-01-01T01:00:30Z") == (catchUp == .none ? [] : ["a@2026-01-01T01:00Z"]))
        #expect(try desk.visit("2026-01-01T02:00Z") == expected)
    }
}

@Test func `a job that crashes the process three times in a row waits for its next instant`() throws {
    var desk = try Desk([Job("a", try .every("1h")), Job("b", .after(["a"]))], at: "2026-01-01T00:30Z")
    desk.now = try instant("2026-01-01T01:00Z")
    #expect(try (1...3).map { _ in try desk.crash().attempt } == [1, 2, 3])
    #expect(try desk.visit("2026-01-01T01:10Z") == [])
    desk.now = try instant("2026-01-01T02:00Z")
    let run = try #require(desk.plan.due(at: desk.now, ledger: desk.ledger).first)
    desk.ledger.start(run, at: desk.now)
    desk.ledger.end("a", .done, "", at: desk.now, plan: desk.plan)
    #expect(try (1...3).map { _ in try desk.crash().job } == ["b", "b", "b"])
    #expect(try desk.visit("2026-01-01T02:10Z") == [])
    #expect(try desk.visit("2026-01-01T03:00Z") == ["a@2026-01-01T03:00Z", "b@2026-01-01T03:00Z"])
}

@Test func `nothing runs twice for an instant when the clock is set back`() throws {
    var desk = try Desk([Job("a", try .every("15m"))], at: "2026-01-01T10:00Z")
    #expect(try desk.visit("2026-01-01T10:15Z") == ["a@2026-01-01T10:15Z"])
    #expect(try desk.visit("2026-01-01T10:30Z") == ["a@2026-01-01T10:30Z"])
    #expect(try desk.visit("2026-01-01T10:10Z") == [])
    #expect(desk.plan.nextWake(after: desk.now, ledger: desk.ledger)?.brief == "2026-01-01T10:45Z")
    #expect(try desk.visit("2026-01-01T10:15Z") == [])
    #expect(try desk.visit("2026-01-01T10:44Z") == [])
    #expect(try desk.visit("2026-01-01T10:45Z") == ["a@2026-01-01T10:45Z"])
}

@Test func `a clock that was a year ahead for a while stops nothing`() throws {
    var desk = try Desk([Job("a", try .every("15m"))], at: "2026-01-01T10:00Z")
    #expect(try desk.visit("2026-01-01T10:15Z") == ["a@2026-01-01T10:15Z"])
    #expect(try desk.visit("2027-01-01T10:15Z") == ["a@2027-01-01T10:15Z"])
    #expect(try desk.visit("2026-01-01T10:20Z") == [])
    #expect(desk.plan.nextWake(after: desk.now, ledger: desk.ledger)?.brief == "2026-01-01T10:30Z")
    #expect(try desk.visit("2026-01-01T10:30Z") == ["a@2026-01-01T10:30Z"])
    #expect(try desk.visit("2027-01-01T10:20Z") == [])
}

@Test func `a schedule that was changed begins anew`() throws {
    var desk = try Desk([Job("a", try .every("7d"), catchUp: .all(atMost: 9))], at: "2026-01-01T10:00Z")
    desk.plan = try JobPlan([Job("a", .every("1m"), catchUp: .all(atMost: 9))])
    #expect(try desk.visit("2026-01-03T10:00:30Z") == [])
    #expect(try desk.visit("2026-01-03T10:01Z") == ["a@2026-01-03T10:01Z"])
}

@Test func `the history of a job is bounded and messages are cut`() throws {
    var desk = try Desk([Job("a", try .every("1m"))], at: "2026-01-01T00:00Z")
    for hour in 0..<3 { for minute in 1..<60 { _ = try desk.visit("2026-01-01T0\(hour):\(minute < 10 ? "0" : "")\(minute)Z") } }
    desk.ledger.start(JobRun("a", due: desk.now, .manual), at: desk.now)
    desk.ledger.end("a", .failed, String(repeating: "é", count: 5_000), at: desk.now, plan: desk.plan)
    let entries = try #require(desk.ledger.records["a"]?.entries)
    #expect(entries.count == JobLedger.historyLength && entries.last?.message.unicodeScalars.count == JobLedger.messageLength)
    #expect(desk.ledger.json.text.utf8.count < 20_000)
}

@Test func `a ledger that is none is refused with the place`() throws {
    for (json, part) in [
        ("7", "version: it is missing"), (#"{"version":2}"#, "2 is not 1"), (#"{"version":1,"place":-1}"#, "place: it is no whole number"),
        (#"{"version":1,"place":0,"jobs":{"a":{"through":"noon"}}}"#, "jobs.a.through: 'noon' is no instant"),
        (#"{"version":1,"place":0,"jobs":{"a":{"through":"2026-01-01","schedule":"","settled":[["2026-01-01"]]}}}"#, "no pair"),
    ] {
        #expect {
            try JobLedger(json: JSONValue(parsing: json))
        } throws: {
            "\($0)".contains(part)
        }
    }
}

/// A ledger with parts of it replaced by chance is read, or refused; it never stops the program.
@Test(arguments: UInt64(1)...10)
func `a damaged ledger is refused or goes on`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var desk = try Desk([Job("a", try .every("15m")), Job("b", .after(["a"]))], at: "2026-01-01T10:00Z")
    for minute in 10...40 { _ = try desk.visit("2026-01-01T10:\(minute)Z") }
    desk.ledger.start(JobRun("b", due: desk.now, .manual), at: desk.now)
    let sound = desk.ledger.json.text.utf8.map { $0 }
    let pieces = ["null", "-1", "9223372036854775807", "\"\"", "[]", "{}", "\"2026-01-01T00:00:00.000Z\"", ":", ","]
    for _ in 0..<50 {
        let place = Int.random(in: 0..<sound.count, using: &random)
        let length = Int.random(in: 0...min(30, sound.count - place), using: &random)
        var bytes = sound
        bytes.replaceSubrange(place..<(place + length), with: (pieces.randomElement(using: &random) ?? "").utf8)
        guard let json = try? JSONValue(parsing: bytes), var ledger = try? JobLedger(json: json) else { continue }
        ledger.recover(plan: desk.plan)
        ledger.meet(desk.plan, at: desk.now)
        for run in desk.plan.due(at: desk.now, ledger: ledger) { ledger.start(run, at: desk.now) }
        _ = desk.plan.nextWake(after: desk.now, ledger: ledger)
    }
}
