public import EventModel

/// One job of a plan: what it is called, what makes it run, and how much it may take.
public struct Job: Sendable, Hashable {
    /// What becomes of instants that went by while nothing could run.
    public enum CatchUp: Sendable, Hashable {
        /// One run stands for all of them; it is given the latest instant.
        case latest
        /// Each has its run, earliest first; where there are more than `atMost`, only the latest ones have.
        case all(atMost: Int)
        /// They are passed over: only what is late by no more than `Job.grace` runs.
        case none
    }

    /// ASCII letters, digits, `-` and `_`, from 1 to 64.
    public let name: String
    /// When it is due.
    public let schedule: Schedule
    /// Which instants that were missed are made up for.
    public let catchUp: CatchUp
    /// How long a run may take before it is cancelled.
    public let timeout: Duration

    /// Joins the parts; `JobPlan` checks names.
    public init(_ name: String, _ schedule: Schedule, catchUp: CatchUp = .latest, timeout: Duration = Job.usualTimeout) {
        (self.name, self.schedule, self.catchUp, self.timeout) = (name, schedule, catchUp, timeout)
    }

    /// How long a run may take where nothing else is said: an hour.
    public static let usualTimeout = Duration.seconds(3_600)
    /// How late a job that catches up with nothing may begin: a minute.
    public static let grace = Duration.seconds(60)
    /// How many runs of a job may be interrupted by a crash, one after the other, before the last one is not tried again.
    public static let attempts = 3
}

/// A run that should begin, or began: which job, for which instant, and why.
public struct JobRun: Sendable, Hashable {
    /// Why a run begins.
    public enum Trigger: String, Sendable { case schedule, dependency, manual }

    /// Name of the job.
    public var job: String
    /// The instant it stands for: of the schedule; when the last job it waited for ended; or when somebody asked.
    public var due: Instant
    /// Why it begins.
    public var trigger: Trigger
    /// From 1; more where runs before it were interrupted.
    public var attempt: Int
    /// Instants of the schedule after this one, and up to `due`, are settled by the run.
    var settlesAfter: Instant

    /// Joins the parts of a run that settles no other instant than `due`.
    public init(_ job: String, due: Instant, _ trigger: Trigger, attempt: Int = 1) {
        self.init(job, due: due, trigger, attempt: attempt, settlesAfter: Instant(milliseconds: due.milliseconds - 1))
    }

    init(_ job: String, due: Instant, _ trigger: Trigger, attempt: Int, settlesAfter: Instant) {
        (self.job, self.due, self.trigger, self.attempt, self.settlesAfter) = (job, due, trigger, attempt, settlesAfter)
    }
}

/// Jobs that know of each other: names are single, dependencies exist and go in no circle.
public struct JobPlan: Sendable, Hashable {
    /// By name, in the order of scalars.
    public let jobs: [Job]

    /// Checks names and dependencies.
    /// - Throws: `JobPlanError` with every fault, its paths beginning at the name of the job.
    public init(_ jobs: [Job]) throws(JobPlanError) {
        let faults = JobPlan.faults(of: jobs)
        guard faults.isEmpty else { throw JobPlanError(faults) }
        self.jobs = jobs.sorted { $0.name.precedesByScalars($1.name) }
    }

    /// The job of that name.
    public subscript(name: String) -> Job? { jobs.first { $0.name.sameScalars(as: name) } }
}

/// Everything that is wrong with a plan.
public struct JobPlanError: Error, Sendable, Hashable, CustomStringConvertible {
    /// At least one.
    public var faults: [SettingsError]

    init(_ faults: [SettingsError]) { self.faults = faults }

    public var description: String { faults.map(\.description).joined(separator: "\n") }
}
