import EventModel

/// A run under way.
struct RunningJob {
    /// From its beginning to the saved end.
    var whole: Task<JobLedger.Entry, Never>
    /// What the job does; nil until it does it.
    private var body: Task<String, any Error>?
    /// Whether it is cancelled because the runner stops.
    private(set) var isCancelled = false

    init(whole: Task<JobLedger.Entry, Never>) { self.whole = whole }

    mutating func start(_ body: Task<String, any Error>) {
        self.body = body
        if isCancelled { body.cancel() }
    }

    mutating func cancel() {
        isCancelled = true
        body?.cancel()
    }
}

extension JobRunner {
    /// The ledger: loaded once, and what a crash interrupted written down in it.
    func prepare() async throws -> JobLedger {
        if let ledger { return ledger }
        var loaded = try await keeper.load() ?? JobLedger()
        if let ledger { return ledger }  // Somebody else was quicker.
        saved = loaded
        loaded.recover(plan: plan)
        ledger = loaded
        return loaded
    }

    /// Writes down that runs begin, saves the ledger, and lets them go. Gives back none, and takes them out again, where it cannot
    /// be saved and where the runner was stopped meanwhile.
    func begin(_ runs: [JobRun], at now: Instant) async -> [Task<JobLedger.Entry, Never>] {
        guard var ledger else { return [] }
        let before = ledger
        let numbers = runs.map { ledger.start($0, at: now) }
        self.ledger = ledger
        let isSaved = await save()
        guard isSaved, !isStopping else {
            for run in runs { self.ledger?.records[run.job] = before.records[run.job] }
            if isSaved { _ = await save() }
            return []
        }
        return zip(runs, numbers).map { run, number in
            report(.started(run))
            let whole = Task { await perform(JobContext(run: run, number: number, started: now)) }
            running[number] = RunningJob(whole: whole)
            return whole
        }
    }

    /// Does what a job does, and writes down how it ended.
    private func perform(_ context: JobContext) async -> JobLedger.Entry {
        let (job, number) = (context.run.job, context.number)
        let action = bodies[job] ?? { _ in throw MissingBody(job: job) }
        let body = Task { try await action(context) }
        running[number]?.start(body)
        let timeout = plan[job]?.timeout ?? Job.usualTimeout
        let watch = Task { [sleep] in
            try await sleep(timeout)
            body.cancel()
        }
        let result = await body.result
        watch.cancel()
        let isLate = if case .success = await watch.result { true } else { false }
        let (outcome, message) = judge(result, of: number, isLate: isLate, timeout: timeout)
        ledger?.end(job, outcome, message, at: clock(), plan: plan)
        let entry = ledger?.records[job]?.entries.last
        disturb()  // Its next run, or one that waits for it, may begin while the end is being saved.
        _ = await save()
        running[number] = nil
        guard let entry else { preconditionFailure("a run ends in the ledger it began in") }
        report(.ended(job: job, entry))
        return entry
    }

    private func judge(
        _ result: Result<String, any Error>, of number: Int, isLate: Bool, timeout: Duration
    ) -> (JobOutcome, String) {
        if isLate { return (.timedOut, "It took longer than \(timeout.text) and was cancelled.") }
        switch result {
        case .success(let message): return (.done, message)
        case .failure(let error):
            return running[number]?.isCancelled == true
                ? (.interrupted, "It was cancelled because the jobs were stopped.") : (.failed, "\(error)")
        }
    }

    /// Saves the ledger unless it is saved already, after the save that is under way. False, and a notice, where that fails.
    func save() async -> Bool {
        let before = saving
        let task = Task {
            _ = await before?.result
            guard let ledger, ledger != saved else { return }
            try await keeper.save(ledger)
            saved = ledger
        }
        saving = task
        do {
            try await task.value
            return true
        } catch {
            report(.trouble("The ledger of jobs cannot be saved: \(error). No job begins until it can."))
            return false
        }
    }
}

/// A plan names a job that the program cannot do.
private struct MissingBody: Error, CustomStringConvertible {
    let job: String
    var description: String { "This program has no job '\(job)'. Take it out of the settings." }
}
