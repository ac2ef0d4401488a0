public import EventModel

/// Where a runner keeps its ledger. One runner has it at a time.
public protocol JobLedgerKeeper: Sendable {
    /// The ledger as it was saved last; nil where none ever was.
    func load() async throws -> JobLedger?
    /// Keeps a ledger in place of the one before; when this returns, it survives a crash. Never called twice at once.
    func save(_ ledger: JobLedger) async throws
}

/// What a job is told about its run.
public struct JobContext: Sendable, Hashable {
    /// The job, the instant the run stands for, why it began, and which attempt it is.
    public let run: JobRun
    /// Single within the ledger: a name for what the run leaves behind, so that doing it again can be told from doing it twice.
    public let number: Int
    /// When it began, by the runner's clock.
    public let started: Instant
}

/// What a job does. It returns one sentence about what it did, throws what went wrong, and stops soon after its task is cancelled.
public typealias JobBody = @Sendable (JobContext) async throws -> String

/// How a run that somebody asked for ended, as programs and shells speak of it.
public struct JobExit: Sendable, Hashable {
    /// 0: done. 1: it failed, took too long, was interrupted, or could not begin. 2: there is no such job.
    public let status: Int32
    /// What the job said of itself, or a sentence that says why not.
    public let message: String

    /// Joins the parts.
    public init(status: Int32, message: String) { (self.status, self.message) = (status, message) }
}

/// What a runner tells whoever keeps its log.
public enum JobNotice: Sendable, Hashable {
    case started(JobRun)
    case ended(job: String, JobLedger.Entry)
    /// A sentence: the ledger could not be saved. Nothing new begins until it can.
    case trouble(String)
}

/// Runs the jobs of a plan when they are due, one run of a job at a time, and keeps the ledger: before a run begins and after it ended.
///
/// It sleeps until the next instant of the plan, a minute at most, so that a clock that is set is noticed. A run that takes longer than its
/// job may is cancelled. Where the ledger cannot be saved nothing begins; it is tried again after a minute at the latest.
public actor JobRunner {
    /// The jobs, and when they are due.
    public nonisolated let plan: JobPlan
    let bodies: [String: JobBody]
    let keeper: any JobLedgerKeeper
    let limit: Int
    let clock: @Sendable () -> Instant
    let sleep: @Sendable (Duration) async throws -> Void
    let report: @Sendable (JobNotice) -> Void

    var ledger: JobLedger?
    /// Runs under way, by number: what to cancel, and what to wait for. One whose end is being saved is still among them.
    var running: [Int: RunningJob] = [:]
    var saving: Task<Void, any Error>?
    var saved: JobLedger?
    private var nap: Task<Void, Never>?
    private var isDisturbed = false
    private(set) var isStopping = false

    /// Takes everything that a runner needs of the world.
    ///
    /// - Parameter bodies: What each job does, by name. A job without one fails whenever it is due.
    /// - Parameter limit: How many runs may be under way at once, at least 1. A run that somebody asks for begins all the same.
    /// - Parameter clock: The time now.
    /// - Parameter sleep: Returns after a duration, and throws soon after its task is cancelled.
    public init(
        plan: JobPlan, bodies: [String: JobBody], keeper: any JobLedgerKeeper, limit: Int = 2, clock: @escaping @Sendable () -> Instant,
        sleep: @escaping @Sendable (Duration) async throws -> Void, report: @escaping @Sendable (JobNotice) -> Void = { _ in }
    ) {
        (self.plan, self.bodies, self.keeper, self.limit) = (plan, bodies, keeper, max(1, limit))
        (self.clock, self.sleep, self.report) = (clock, sleep, report)
    }

    /// The longest sleep.
    public static let longestNap = Duration.seconds(60)

    /// What ran, and what runs now; loads the ledger where that was not done yet.
    public func history() async throws -> JobLedger { try await prepare() }

    /// Runs what is due until `stop` is called or the calling task is cancelled, which is `stop(within: .zero)`; then waits for what runs.
    /// - Throws: What the keeper throws when the ledger cannot be loaded.
    public func run() async throws {
        _ = try await prepare()
        await withTaskCancellationHandler {
            while !isStopping {
                isDisturbed = false
                let now = clock()
                await beginWhatIsDue(at: now)
                if isDisturbed || isStopping { continue }
                await rest(until: ledger.flatMap { plan.nextWake(after: now, ledger: $0) })
            }
            await finish()
        } onCancel: {
            Task { await self.stop(within: .zero) }
        }
    }

    /// Begins nothing more, waits for what runs, and cancels what still runs after `grace`; such a run is due again at the next start.
    ///
    /// Returns when nothing runs any more. A job that pays no heed to cancellation is waited for.
    public func stop(within grace: Duration) async {
        isStopping = true
        disturb()
        let patience = Task {
            try? await sleep(grace)
            if !Task.isCancelled { cancelAll() }
        }
        await finish()
        patience.cancel()
    }

    /// Runs one job now, whatever its schedule, on the same path as every run, and says how it ended.
    ///
    /// The schedule stays as it is; jobs that wait for this one become due when it is done. A job that runs already is refused.
    public func runNow(_ name: String) async -> JobExit {
        guard bodies[name] != nil else {
            let near = nearMatch(to: name, among: bodies.keys).map { " Did you mean '\($0)'?" } ?? ""
            let names = bodies.keys.sorted { $0.precedesByScalars($1) }
            let remedy = names.isEmpty ? "" : " Choose from \(listed(names))."
            return JobExit(status: 2, message: "There is no job '\(name)'.\(remedy)\(near)")
        }
        do { _ = try await prepare() } catch {
            return JobExit(status: 1, message: "The ledger of jobs cannot be read: \(error). Nothing ran.")
        }
        if isStopping { return JobExit(status: 1, message: "The jobs are being stopped. Nothing ran.") }
        if let entry = ledger?.records[name]?.running {
            return JobExit(status: 1, message: "'\(name)' runs already, since \(entry.started.text). Try again when it has ended.")
        }
        let now = clock()
        guard let task = await begin([JobRun(name, due: now, .manual)], at: now).first else {
            let problem = isStopping ? "The jobs are being stopped" : "The ledger of jobs cannot be saved"
            return JobExit(status: 1, message: "\(problem). Nothing ran.")
        }
        let entry = await task.value
        return JobExit(status: entry.outcome == .done ? 0 : 1, message: entry.message)
    }

    private func beginWhatIsDue(at now: Instant) async {
        guard var ledger else { return }
        ledger.meet(plan, at: now)
        self.ledger = ledger
        let free = limit - ledger.records.values.count { $0.running != nil }
        if free > 0 { _ = await begin(Array(plan.due(at: now, ledger: ledger).prefix(free)), at: now) }
    }

    /// Sleeps until an instant, a minute at most, or until it is disturbed.
    private func rest(until wake: Instant?) async {
        var length = Self.longestNap
        if let wake {
            let (distance, far) = wake.milliseconds.subtractingReportingOverflow(clock().milliseconds)
            if !far { length = min(length, .milliseconds(distance)) }
        }
        let nap = Task { [sleep] in _ = try? await sleep(length) }
        self.nap = nap
        await nap.value
    }

    /// Ends a sleep, or keeps the next one from beginning.
    func disturb() {
        isDisturbed = true
        nap?.cancel()
    }

    private func finish() async {
        while let job = running.first?.value { _ = await job.whole.value }
    }

    private func cancelAll() {
        for number in running.keys { running[number]?.cancel() }
    }
}
