public import EventModel

extension JobPlan {
    /// The runs that should begin now, one a job at most and none of a job that runs: by the instant they are due, then by name.
    ///
    /// The ledger must have met the plan (`JobLedger.meet`); jobs that it has not met are not due. A job that waits for others is due once
    /// all of them ended well after its own last run began, by the order in the ledger and not by the clock.
    public func due(at now: Instant, ledger: JobLedger) -> [JobRun] {
        // Jobs are in the order of their names; a stable sort by instant keeps it.
        jobs.compactMap { due($0, at: now, ledger: ledger) }.enumerated()
            .sorted { ($0.element.due, $0.offset) < ($1.element.due, $1.offset) }.map(\.element)
    }

    /// The first instant strictly after `now` at which the clock alone makes a run due; nil where none does.
    ///
    /// What waits for others becomes due by the end of a run, and so do the next runs of a job that is running.
    public func nextWake(after now: Instant, ledger: JobLedger) -> Instant? {
        jobs.compactMap { job in
            guard let record = ledger.record(of: job), record.running == nil else { return nil }
            var instant = job.schedule.next(after: now)
            while let known = instant, let end = record.settled.end(of: known) { instant = job.schedule.next(after: end) }
            guard let again = record.again, again > now else { return instant }
            return instant.map { min($0, again) } ?? again
        }.min()
    }

    private func due(_ job: Job, at now: Instant, ledger: JobLedger) -> JobRun? {
        guard let record = ledger.record(of: job), record.running == nil else { return nil }
        if case .after(let names) = job.schedule {
            var latest: Instant?
            for name in names {
                guard let success = ledger.records[name]?.lastSuccess, success.place > record.lastRun else { return nil }
                latest = max(latest ?? success.at, success.at)
            }
            return latest.map { JobRun(job.name, due: $0, .dependency, attempt: record.interruptions + 1) }
        }
        let start = min(record.through, now)
        var waiting: [Instant]
        if case .all(let bound) = job.catchUp {
            let isOpen: (Instant) -> Bool = { record.settled.end(of: $0) == nil }
            waiting = job.schedule.latest(max(1, bound), after: start, through: now, where: isOpen)
            if let again = record.again, again <= now { waiting = Array((waiting + [again]).sorted().suffix(max(1, bound))) }
        } else {
            // Where a run stood for the latest instant, as can be after the clock was set back, it stood for those before, too.
            waiting = job.schedule.latest(1, after: start, through: now).filter { record.settled.end(of: $0) == nil }
            if waiting.isEmpty, let again = record.again, again <= now { waiting = [again] }
        }
        let chosen: Instant?
        switch job.catchUp {
        case .latest, .all: chosen = waiting.first
        case .none: chosen = waiting.first { now.milliseconds - $0.milliseconds <= Job.grace.milliseconds }
        }
        guard let chosen else { return nil }
        return JobRun(
            job.name, due: chosen, .schedule, attempt: record.interruptions + 1,
            settlesAfter: settles(chosen, of: job, after: start))
    }

    /// Where the stretch begins that a run settles: at `start` where no other instant lies between, else just before its own.
    private func settles(_ chosen: Instant, of job: Job, after start: Instant) -> Instant {
        job.schedule.next(after: start) == chosen ? start : Instant(milliseconds: chosen.milliseconds - 1)
    }
}

extension JobLedger {
    /// What is known of a job under the schedule that it has now.
    fileprivate func record(of job: Job) -> Record? {
        records[job.name].flatMap { $0.schedule.sameScalars(as: job.schedule.description) ? $0 : nil }
    }
}
