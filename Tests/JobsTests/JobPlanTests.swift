import EventModel
import Jobs
import Statistics
import Testing

private func plan(_ json: String, known: [String]? = nil) throws -> JobPlan {
    try JobPlan(settings: JSONValue(parsing: json), known: known)
}

private func faults(_ json: String, known: [String]? = nil) throws -> [String] {
    do {
        _ = try plan(json, known: known)
        return []
    } catch let error as JobPlanError {
        return error.faults.map(\.description)
    }
}

@Test func `settings make a plan`() throws {
    let made = try plan(
        #"""
        {"recluster":{"cron":"0 3 * * mon","zone":"Europe/Berlin","timeout":"2h","catchUp":"none"},
         "audit":{"every":"15m","anchor":"2026-01-01T00:05:00Z","catchUp":"all","catchUpLimit":4},
         "report":{"after":["recluster","audit"]},"mail":{"after":"report"}}
        """#)
    #expect(
        try made
            == JobPlan([
                Job("recluster", .cron("0 3 * * mon", "Europe/Berlin"), catchUp: .none, timeout: .seconds(7_200)),
                Job("audit", .every(Interval(every: .seconds(900), anchor: instant("2026-01-01T00:05:00Z"))), catchUp: .all(atMost: 4)),
                Job("report", .after(["recluster", "audit"])), Job("mail", .after(["report"])),
            ]))
    #expect(made.jobs.map(\.name) == ["audit", "mail", "recluster", "report"])
    #expect(made["audit"]?.timeout == .seconds(3_600))
    #expect(try JobPlan(settings: .null).jobs.isEmpty)
    #expect(
        try JobPlan(settings: JSONValue(parsing: #"{"a":{"cron":"@daily"}}"#), zone: "Asia/Tokyo").jobs[0].schedule
            == .cron("@daily", "Asia/Tokyo"))
}

@Test func `every fault of the settings is told at once, with its place`() throws {
    let found = try faults(
        #"""
        {"audit":{"evry":"15m","every":"15 minutes"},"export":{"cron":"61 * * * *","timeout":"0s"},"mail":{"after":"reports"},
         "purge":{"cron":"@daily","every":"1d"},"empty":{},"wrong":7,"zoned":{"cron":"@daily","zone":"Europe/Berlni"},
         "late":{"every":"1h","zone":"UTC","catchUp":"al","anchor":"noon"},"limited":{"every":"1h","catchUpLimit":3},
         "bounded":{"every":"1h","catchUp":"all","catchUpLimit":0},"numbered":{"cron":5},"listed":{"after":[]}}
        """#, known: ["audit", "export", "mail", "purge", "empty", "wrong", "zoned", "late", "limited", "bounded", "numbered", "list"])
    #expect(
        found == [
            "jobs.audit.evry: a job has no setting 'evry'. Choose from 'cron', 'zone', 'every', 'anchor', 'after', 'catchUp', 'catchUpLimit' or 'timeout'. Did you mean 'every'?",
            "jobs.audit.every: '15 minutes' is no duration. Write a whole number and a unit (s, m, h, d or w), such as 15m.",
            "jobs.export.cron: '61' is no minute in '61'. Write a number from 0 to 59.",
            "jobs.export.timeout: a run cannot take 0s. Write a duration from 1s to 30d.",
            "jobs.purge: the job has cron and every at once. Give it one of cron, every and after.",
            "jobs.empty: nothing says when the job runs. Give it one of cron, every and after.",
            "jobs.wrong: this is no map of settings. Write cron, every or after below the name of the job.",
            "jobs.zoned.zone: 'Europe/Berlni' is no time zone. Write UTC or a name of the IANA database, such as Europe/Berlin. Did you mean 'Europe/Berlin'?",
            "jobs.late.zone: 'zone' belongs to 'cron', which this job does not have. Take it out.",
            "jobs.late.anchor: 'noon' is no instant. Write a day or an instant, such as 2026-01-01T06:00:00Z.",
            "jobs.late.catchUp: 'al' is no way to catch up. Choose from 'latest', 'all' or 'none'. Did you mean 'all'?",
            "jobs.limited.catchUpLimit: 'catchUpLimit' belongs to 'catchUp: all'. Take it out, or catch up with all.",
            "jobs.bounded.catchUpLimit: 0 is no number of runs. Write a whole number from 1 to 10000.",
            "jobs.numbered.cron: 5 is no text. Write five fields in quotes, such as \"30 4 * * mon\".",
            "jobs.listed: there is no job 'listed'. Choose from 'audit', 'bounded', 'empty', 'export', 'late', 'limited', 'list', 'mail', 'numbered', 'purge', 'wrong' or 'zoned'. Did you mean 'limited'?",
            "jobs.listed.after: this names no job. Write the name of a job, or a list of names.",
            "jobs.mail.after: there is no job 'reports' to wait for. Name a job that stands beside it.",
        ])
    #expect(try faults("[]") == ["jobs: this is no map of jobs. Write the name of a job, and its settings below it."])
    #expect(
        try faults(#"{"nightly run":{"cron":"@daily"}}"#) == [
            "jobs.nightly run: 'nightly run' is no name for a job. Use 1 to 64 letters (a to z), digits, hyphens and underscores."
        ])
}

@Test func `a circle of jobs is refused with a sentence that names it`() throws {
    #expect(
        try faults(#"{"a":{"after":"b"},"b":{"after":["d","c"]},"c":{"after":"a"},"d":{"every":"1h"}}"#) == [
            "jobs.a.after: jobs wait for each other in a circle: a waits for b waits for c waits for a. Take one of these dependencies out, so that one job begins by itself."
        ])
    #expect(try faults(#"{"x":{"after":"x"}}"#).first?.contains("x waits for x") == true)
    // A job that several wait for is no circle.
    #expect(try faults(#"{"a":{"after":["b","c"]},"b":{"after":"d"},"c":{"after":"d"},"d":{"every":"1h"}}"#).isEmpty)
}

@Test func `a plan by hand is checked as well`() throws {
    #expect(throws: JobPlanError.self) { try JobPlan([Job("a", .every("1h")), Job("a", .every("2h"))]) }
    #expect(throws: JobPlanError.self) { try JobPlan([Job("a", .after([]))]) }
    #expect(throws: JobPlanError.self) { try JobPlan([Job("", .every("1h"))]) }
}

/// Chains of dependencies, some closed to a circle.
@Test(arguments: UInt64(1)...60)
func `a graph is refused exactly where some job waits for itself in the end`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let count = Int.random(in: 1...9, using: &random)
    var needs = (0..<count).map { _ in (0..<count).filter { _ in Int.random(in: 0..<(count + 3), using: &random) == 0 } }
    needs[0] = []
    // Plainly: everything reachable, by repetition.
    var reach = needs.map(Set.init)
    for _ in 0..<count { reach = reach.map { $0.reduce(into: $0) { $0.formUnion(reach[$1]) } } }
    let hasCircle = (0..<count).contains { reach[$0].contains($0) }
    let jobs = try (0..<count).map { Job("j\($0)", needs[$0].isEmpty ? try .every("1h") : .after(needs[$0].map { "j\($0)" })) }
    do {
        _ = try JobPlan(jobs)
        #expect(!hasCircle)
    } catch {
        #expect(hasCircle && error.faults.count == 1)
    }
}
