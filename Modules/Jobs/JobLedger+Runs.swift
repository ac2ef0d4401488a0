public import EventModel

extension JobLedger {
    /// Makes the ledger fit a plan and the time: call it before asking what is due.
    ///
    /// A job that is new, or whose schedule was changed, begins now: nothing of the past is due. Where the clock was set back, instants
    /// that no run settled can come again; those that one did never run twice.
    public mutating func meet(_ plan: JobPlan, at now: Instant) {
        for job in plan.jobs {
            let schedule = job.schedule.description
            guard var record = records[job.name], record.schedule.sameScalars(as: schedule) else {
                var record = records[job.name] ?? Record(through: now)
                (record.schedule, record.through, record.settled, record.again) = (schedule, now, SettledTimes(), nil)
                (record.lastRun, record.interruptions) = (place, 0)
                records[job.name] = record
                continue
            }
            guard record.through > now else { continue }
            record.through = now
            records[job.name] = record
        }
    }

    /// Writes down that a run begins. The job must not be running.
    /// - Returns: The number of the run.
    @discardableResult
    public mutating func start(_ run: JobRun, at now: Instant) -> Int {
        place += 1
        var record = records[run.job] ?? Record(through: now)
        precondition(record.running == nil, "the job '\(run.job)' runs already")
        if run.trigger == .schedule {
            if let again = record.again, again <= run.due { record.again = nil }
            record.through = max(record.through, run.due)
            record.settled.insert(after: run.settlesAfter, through: run.due)
        }
        record.entries.append(
            Entry(number: place, due: run.due, trigger: run.trigger, attempt: run.attempt, started: now, message: ""))
        record.entries.removeFirst(max(0, record.entries.count - Self.historyLength))
        records[run.job] = record
        return place
    }

    /// Writes down that the run of a job ended. Nothing happens where it does not run.
    ///
    /// A run that was interrupted on purpose (`.interrupted`) is due again like one that a crash ended, and is not counted as an attempt.
    public mutating func end(_ job: String, _ outcome: JobOutcome, _ message: String, at now: Instant, plan: JobPlan) {
        guard var record = records[job], var entry = record.running else { return }
        place += 1
        entry.ended = now
        entry.outcome = outcome
        entry.message = String(String.UnicodeScalarView(message.unicodeScalars.prefix(Self.messageLength)))
        record.entries[record.entries.count - 1] = entry
        if outcome == .interrupted {
            record.repeatLater(entry, unless: plan[job].map { $0.catchUp == .none } ?? true)
        } else {
            record.lastRun = entry.number
            record.interruptions = 0
            if outcome == .done { record.lastSuccess = Record.Success(place: place, at: now) }
        }
        records[job] = record
    }

    /// Writes down as interrupted what was running when the process that kept this ledger ended: call it when a ledger was loaded.
    ///
    /// Such a run is due again unless its job catches up with nothing, or it is the third in a row that was interrupted.
    public mutating func recover(plan: JobPlan) {
        for (job, known) in records {
            guard var entry = known.running else { continue }
            var record = known
            place += 1
            entry.outcome = .interrupted
            entry.message = "The process ended while the job ran."
            record.entries[record.entries.count - 1] = entry
            if entry.trigger != .manual { record.interruptions += 1 }
            let gaveUp = record.interruptions >= Job.attempts
            record.repeatLater(entry, unless: gaveUp || plan[job].map { $0.catchUp == .none } ?? true)
            if gaveUp { record.interruptions = 0 }
            records[job] = record
        }
    }
}

extension JobLedger.Record {
    /// Makes an interrupted run due again, or lets go of it.
    fileprivate mutating func repeatLater(_ entry: JobLedger.Entry, unless isLast: Bool) {
        switch entry.trigger {
        case .manual: break
        case .schedule: again = isLast ? nil : entry.due
        case .dependency: if isLast { lastRun = entry.number }
        }
    }
}
