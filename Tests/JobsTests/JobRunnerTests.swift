import EventModel
import Jobs
import Testing

/// The runs of a job that ended, as `started-ended outcome`.
private func history(_ runner: JobRunner, _ job: String) async throws -> [String] {
    let entries = try await runner.history().records[job]?.entries ?? []
    return entries.map { entry in
        let times = [entry.started, entry.ended].map { $0.map { String($0.text.dropFirst(11).prefix(8)) } ?? "?" }
        return "\(times.joined(separator: "-")) \(entry.outcome?.rawValue ?? "runs")"
    }
}

/// Lets a runner run while `body` moves the clock; stops it then.
private func live(_ runner: JobRunner, _ body: () async throws -> Void) async throws {
    async let loop: Void = runner.run()
    try await body()
    await runner.stop(within: .zero)
    try await loop
}

@Test
func `jobs run when they are due, and the ledger is saved before and after each`() async throws {
    let world = VirtualWorld(at: try instant("2026-01-01T10:00:00Z"))
    let plan = try JobPlan([Job("a", .every("15m")), Job("b", .after(["a"]))])
    let runner = world.runner(plan, ["a": world.working(for: .seconds(90)), "b": { "for \($0.run.due.brief)" }])
    try await live(runner) {
        try await world.advance(to: try instant("2026-01-01T10:40:00Z"))
        #expect(try await history(runner, "a") == ["10:15:00-10:16:30 done", "10:30:00-10:31:30 done"])
        #expect(try await history(runner, "b") == ["10:16:30-10:16:30 done", "10:31:30-10:31:30 done"])
    }
    let entries = try await runner.history().records["b"]?.entries
    #expect(entries?.first?.message == "for 2026-01-01T10:16Z" && entries?.first?.trigger == .dependency)
    // No body began before a ledger was kept that says so: every number is first saved without an end.
    var firsts: [Int: JobOutcome?] = [:]
    for ledger in world.saves {
        for entry in ledger.records.values.flatMap(\.entries) where firsts[entry.number] == nil { firsts[entry.number] = entry.outcome }
    }
    #expect(firsts.count == 4 && firsts.values.allSatisfy { $0 == .some(nil) })
    #expect(world.saves.last == (try await runner.history()))
    #expect(world.notices.count == 8)
}

@Test
func `one run of a job at a time, and no more at once than allowed`() async throws {
    let world = VirtualWorld(at: try instant("2026-01-01T10:00:00Z"))
    let slow = Job("slow", try .every("10m"), catchUp: .all(atMost: 9))
    let plan = try JobPlan([slow, Job("x", .every("10m")), Job("y", .every("10m"))])
    let runner = world.runner(
        plan, ["slow": world.working(for: .seconds(900)), "x": world.working(for: .seconds(60)), "y": world.working(for: .seconds(60))])
    try await live(runner) {
        try await world.advance(to: try instant("2026-01-01T10:41:00Z"))
        #expect(try await history(runner, "slow") == ["10:10:00-10:25:00 done", "10:25:00-10:40:00 done", "10:40:00-? runs"])
        #expect(try await history(runner, "x").prefix(1) == ["10:10:00-10:11:00 done"])
        #expect(try await history(runner, "y").prefix(1) == ["10:11:00-10:12:00 done"])
    }
    #expect(world.most == 2)
    // What `stop` cancelled is due again.
    #expect(try await history(runner, "slow").last == "10:40:00-10:41:00 interrupted")
    let next = plan.due(at: world.now, ledger: try await runner.history())
    #expect(next.filter { $0.job == "slow" }.map(\.due.brief) == ["2026-01-01T10:30Z"])
}

@Test
func `a run that takes too long is cancelled and told so`() async throws {
    let world = VirtualWorld(at: try instant("2026-01-01T10:00:00Z"))
    let plan = try JobPlan([Job("a", .every("1h"), timeout: .seconds(300)), Job("b", .after(["a"]))])
    let runner = world.runner(plan, ["a": world.working(for: .seconds(3_000)), "b": { _ in "never" }])
    try await live(runner) { try await world.advance(to: try instant("2026-01-01T11:30:00Z")) }
    #expect(try await history(runner, "a") == ["11:00:00-11:05:00 timed_out"])
    #expect(try await runner.history().records["a"]?.entries.last?.message == "It took longer than 5m and was cancelled.")
    #expect(try await history(runner, "b") == [])
}

@Test
func `a job that fails, or that nobody can do, is written down with its reason`() async throws {
    let world = VirtualWorld(at: try instant("2026-01-01T10:00:00Z"))
    let plan = try JobPlan([Job("a", .every("1h")), Job("b", .every("1h"))])
    let runner = world.runner(plan, ["a": { _ in throw VirtualWorld.FullDisk() }])
    try await live(runner) { try await world.advance(to: try instant("2026-01-01T11:30:00Z")) }
    let records = try await runner.history().records
    #expect(records["a"]?.entries.map(\.message) == ["the disk is full"] && records["a"]?.entries.map(\.outcome) == [.failed])
    #expect(records["b"]?.entries.map(\.message) == ["This program has no job 'b'. Take it out of the settings."])
}

@Test
func `what a crash interrupted is written down and run again at the next start`() async throws {
    let plan = try JobPlan([Job("a", .every("1h"))])
    let world = VirtualWorld(at: try instant("2026-01-01T10:30:00Z"))
    let first = world.runner(plan, ["a": world.working(for: .seconds(600))])
    var crashed: JobLedger?
    try await live(first) {
        try await world.advance(to: try instant("2026-01-01T11:05:00Z"))
        crashed = world.saves.last
    }
    let after = VirtualWorld(at: try instant("2026-01-01T11:20:00Z"), ledger: crashed)
    let second = after.runner(plan, ["a": { "attempt \($0.run.attempt) for \($0.run.due.brief)" }])
    try await live(second) { try await after.advance(to: try instant("2026-01-01T11:21:00Z")) }
    #expect(try await history(second, "a") == ["11:00:00-? interrupted", "11:20:00-11:20:00 done"])
    #expect(try await second.history().records["a"]?.entries.last?.message == "attempt 2 for 2026-01-01T11:00Z")
}

@Test
func `nothing begins while the ledger cannot be saved, and all goes on when it can`() async throws {
    let world = VirtualWorld(at: try instant("2026-01-01T10:00:00Z"))
    let runner = world.runner(try JobPlan([Job("a", .every("15m"))]), ["a": { _ in "ran" }])
    try await live(runner) {
        try await world.advance(to: try instant("2026-01-01T10:10:00Z"))
        world.fillDisk(true)
        try await world.advance(to: try instant("2026-01-01T10:17:30Z"))
        #expect(try await history(runner, "a") == [])
        #expect(await runner.runNow("a") == JobExit(status: 1, message: "The ledger of jobs cannot be saved. Nothing ran."))
        world.fillDisk(false)
        try await world.advance(to: try instant("2026-01-01T10:20:00Z"))
        #expect(try await history(runner, "a") == ["10:18:00-10:18:00 done"])
    }
    #expect(world.notices.contains(.trouble("The ledger of jobs cannot be saved: the disk is full. No job begins until it can.")))
}

@Test
func `a clock that is set while the runner sleeps is noticed within a minute`() async throws {
    let world = VirtualWorld(at: try instant("2026-01-01T10:00:30Z"))
    let runner = world.runner(try JobPlan([Job("a", .every("1d"))]), ["a": { "for \($0.run.due.brief)" }])
    try await live(runner) {
        try await world.advance(to: try instant("2026-01-01T10:05:00Z"))
        world.setClock(try instant("2026-01-02T00:00:00Z"))
        try await world.advance(to: try instant("2026-01-02T00:01:00Z"))
        #expect(try await runner.history().records["a"]?.entries.map(\.message) == ["for 2026-01-02T00:00Z"])
    }
}

@Test
func `a job that is asked for runs at once and answers with an exit status`() async throws {
    let world = VirtualWorld(at: try instant("2026-01-01T10:00:00Z"))
    let plan = try JobPlan([Job("a", .every("1h")), Job("b", .after(["a"]))])
    let runner = world.runner(
        plan, ["a": { _ in "did it" }, "b": { _ in "so did b" }, "bad": { _ in throw VirtualWorld.FullDisk() }])
    // Without the loop, as a shell does.
    #expect(await runner.runNow("a") == JobExit(status: 0, message: "did it"))
    #expect(await runner.runNow("bad") == JobExit(status: 1, message: "the disk is full"))
    #expect(
        await runner.runNow("c")
            == JobExit(status: 2, message: "There is no job 'c'. Choose from 'a', 'b' or 'bad'. Did you mean 'a'?"))
    #expect(try await runner.history().records["a"]?.entries.map(\.trigger) == [.manual])
    // The schedule is as it was, and what waits for the job is due.
    try await live(runner) {
        try await world.advance(to: try instant("2026-01-01T11:00:01Z"))
        #expect(try await history(runner, "a") == ["10:00:00-10:00:00 done", "11:00:00-11:00:00 done"])
        #expect(try await history(runner, "b").count == 1)
    }
    #expect(await runner.runNow("a") == JobExit(status: 1, message: "The jobs are being stopped. Nothing ran."))
}

@Test
func `a job that runs is not begun a second time by hand`() async throws {
    let world = VirtualWorld(at: try instant("2026-01-01T10:00:00Z"))
    let runner = world.runner(try JobPlan([Job("a", .every("1h"))]), ["a": world.working(for: .seconds(600))])
    try await live(runner) {
        try await world.advance(to: try instant("2026-01-01T11:05:00Z"))
        let exit = await runner.runNow("a")
        #expect(exit == JobExit(status: 1, message: "'a' runs already, since 2026-01-01T11:00:00.000Z. Try again when it has ended."))
    }
}

@Test
func `a runner that stops lets its jobs end, and cancels those that take longer`() async throws {
    let world = VirtualWorld(at: try instant("2026-01-01T10:00:00Z"))
    let plan = try JobPlan([Job("long", .every("1h")), Job("short", .every("1h"))])
    let runner = world.runner(plan, ["long": world.working(for: .seconds(900)), "short": world.working(for: .seconds(60))])
    async let loop: Void = runner.run()
    try await world.advance(to: try instant("2026-01-01T11:00:30Z"))
    async let stopped: Void = runner.stop(within: .seconds(120))
    let patience = try instant("2026-01-01T11:02:30Z")
    try await world.untilSleeping(5, one: patience)  // Two bodies, two watches, and `stop`; the runner's nap is over.
    world.jump(to: try instant("2026-01-01T11:01:00Z"))
    try await world.untilEnded("short")
    world.jump(to: patience)
    await stopped
    try await loop
    #expect(try await history(runner, "short") == ["11:00:00-11:01:00 done"])
    #expect(try await history(runner, "long") == ["11:00:00-11:02:30 interrupted"])
    #expect(plan.due(at: world.now, ledger: try await runner.history()).map(\.job) == ["long"])
}

@Test
func `a runner whose task is cancelled stops at once and saves`() async throws {
    let world = VirtualWorld(at: try instant("2026-01-01T10:00:00Z"))
    let runner = world.runner(try JobPlan([Job("a", .every("1h"))]), ["a": world.working(for: .seconds(900))])
    let loop = Task { try await runner.run() }
    try await world.advance(to: try instant("2026-01-01T11:00:30Z"))
    loop.cancel()
    try await loop.value
    #expect(world.saves.last?.records["a"]?.entries.map(\.outcome) == [.interrupted])
}
