import EventModel
import Jobs
import Statistics
import Testing

/// Jobs of all kinds, whose clock jumps and whose process crashes, by chance.
@Test(arguments: UInt64(1)...16)
func `whatever the clock and the process do, no instant of a schedule has two runs that came to an end`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let kinds: [Job.CatchUp] = [.latest, .all(atMost: 3), .all(atMost: 100), .none]
    let plan = try JobPlan([
        Job("a", .every("7m"), catchUp: kinds.randomElement(using: &random) ?? .latest),
        Job("b", .cron("*/10 * * * *", "Europe/Berlin"), catchUp: kinds.randomElement(using: &random) ?? .latest),
        Job("c", .cron("5,35 0-23 * * *", "America/New_York"), catchUp: kinds.randomElement(using: &random) ?? .latest),
        Job("d", .after(["a", "b"])), Job("e", .after(["d"])),
    ])
    var now = try instant("2026-10-24T22:00:00Z")
    var ledger = JobLedger()
    var ended: Set<String> = []
    for step in 1...150 {
        switch Int.random(in: 0..<10, using: &random) {
        case 0: now = now + .seconds(Int64.random(in: -7_200...0, using: &random))
        case 1: now = now + .seconds(Int64.random(in: 0...14_400, using: &random))
        default: now = now + .seconds(Int64.random(in: 0...600, using: &random))
        }
        ledger.meet(plan, at: now)
        let due = plan.due(at: now, ledger: ledger)
        #expect(due == plan.due(at: now, ledger: ledger), "the same question has the same answer")
        #expect(due == due.sorted { ($0.due, $0.job) < ($1.due, $1.job) })
        #expect(Set(due.map(\.job)).count == due.count)
        for run in due {
            #expect(run.due <= now || run.trigger == .dependency)
            #expect(ledger.records[run.job]?.running == nil)
            ledger.start(run, at: now)
        }
        for run in due where Int.random(in: 0..<5, using: &random) > 0 {
            let outcome: JobOutcome = Bool.random(using: &random) ? .done : .failed
            ledger.end(run.job, outcome, "é\n", at: now, plan: plan)
            if run.trigger == .schedule {
                #expect(ended.insert("\(run.job) \(run.due.text)").inserted, "\(run.job) ran twice for \(run.due.text)")
            }
        }
        if step % 30 == 0 {
            let copy = try JobLedger(json: JSONValue(parsing: ledger.json.text))
            #expect(copy == ledger)
        }
        if Int.random(in: 0..<8, using: &random) == 0 { ledger.recover(plan: plan) }
        if let wake = plan.nextWake(after: now, ledger: ledger) { #expect(wake > now) }
    }
    #expect(ended.count > 20)
}

@Test(arguments: UInt64(1)...40)
func `a process that wakes when the plan says runs every instant, and one that sleeps longer catches up with all of them`(seed: UInt64)
    throws
{
    var random = SeededGenerator(seed: seed)
    let start = try instant("2026-03-28T20:00:00Z")
    let end = start + .seconds(36_000)
    let schedule: Schedule =
        try seed % 2 == 0
        ? .cron("\(Int.random(in: 0...29, using: &random))-59/\(Int.random(in: 2...20, using: &random)) * * * *", "Europe/Berlin")
        : .every("\(Int.random(in: 60...4_000, using: &random))s")
    let plan = try JobPlan([Job("a", schedule, catchUp: .all(atMost: 1_000))])
    var expected: [Instant] = []
    while let next = schedule.next(after: expected.last ?? start), next <= end { expected.append(next) }
    for isPunctual in [true, false] {
        var (ledger, now, ran) = (JobLedger(), start, [Instant]())
        ledger.meet(plan, at: now)
        while now < end {
            now =
                isPunctual
                ? min(end, plan.nextWake(after: now, ledger: ledger) ?? end)
                : min(end, now + .seconds(Int64.random(in: 1...9_000, using: &random)))
            while let run = plan.due(at: now, ledger: ledger).first {
                ledger.start(run, at: now)
                ledger.end("a", .done, "", at: now, plan: plan)
                ran.append(run.due)
            }
        }
        #expect(ran == expected)
    }
}
