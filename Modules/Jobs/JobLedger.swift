public import EventModel

/// How a run ended.
public enum JobOutcome: String, Sendable {
    /// Well.
    case done
    /// With an error.
    case failed
    /// It was cancelled because it took too long.
    case timedOut = "timed_out"
    /// The process stopped in the middle of it.
    case interrupted
}

/// What ran when, job by job: all that a plan must know of the past to say what comes next.
///
/// A value without a clock: every method is told the time. Histories are bounded; what decides about later runs is kept apart from them.
public struct JobLedger: Sendable, Hashable {
    /// One run as it went.
    public struct Entry: Sendable, Hashable {
        /// Single within the ledger, ascending.
        public var number: Int
        /// The instant the run stands for.
        public var due: Instant
        /// Why it began.
        public var trigger: JobRun.Trigger
        /// From 1.
        public var attempt: Int
        /// When it began, by the runner's clock.
        public var started: Instant
        /// nil while it runs, and for runs that a crash interrupted.
        public var ended: Instant?
        /// nil while it runs.
        public var outcome: JobOutcome?
        /// What the job said of itself, or why it failed; at most `JobLedger.messageLength` scalars.
        public var message: String

        /// From start to end by the clock, never negative; nil where the end is not known.
        public var duration: Duration? {
            ended.map { .milliseconds(max(0, $0.milliseconds.subtractingReportingOverflow(started.milliseconds).partialValue)) }
        }
    }

    /// What is known of one job.
    public struct Record: Sendable, Hashable {
        /// The latest runs, oldest first, at most `JobLedger.historyLength`.
        public internal(set) var entries: [Entry] = []
        /// The schedule that `through` belongs to, as it describes itself; empty for a job that only people start.
        var schedule = ""
        /// Up to here every instant of the schedule is settled: it ran, or it was passed over.
        var through: Instant
        /// What was settled by runs, also after `through`, where the clock was set back behind them.
        var settled = SettledTimes()
        /// The instant of a run that was interrupted and should be run again.
        var again: Instant?
        /// How many runs before the next were interrupted by crashes, one after the other.
        var interruptions = 0
        /// The number of the last run that came to an end.
        var lastRun = 0
        /// The last run that ended well: its place in the order of the ledger, and when.
        var lastSuccess: Success?

        struct Success: Sendable, Hashable {
            var place: Int
            var at: Instant
        }

        init(through: Instant) { self.through = through }

        /// The run that began and has not ended.
        public var running: Entry? { entries.last.flatMap { $0.outcome == nil ? $0 : nil } }
    }

    /// By name of the job; also of jobs that no plan names any more.
    public internal(set) var records: [String: Record] = [:]
    /// Counts starts and ends: their order where clocks cannot be trusted.
    var place = 0

    /// A ledger of no runs.
    public init() {}

    /// Runs that are kept of each job.
    public static let historyLength = 50
    /// Scalars that are kept of a message.
    public static let messageLength = 1_000
}

/// Stretches of time, each without its begin and with its end, apart from each other and ascending.
struct SettledTimes: Sendable, Hashable {
    struct Stretch: Sendable, Hashable { var after, through: Instant }
    private(set) var stretches: [Stretch] = []

    /// Beyond so many, the two oldest are taken for one: what lies between counts as settled, too.
    static let limit = 16

    init(_ stretches: [Stretch] = []) { self.stretches = stretches }

    /// The end of the stretch that holds an instant.
    func end(of instant: Instant) -> Instant? { stretches.last { $0.after < instant && instant <= $0.through }?.through }

    mutating func insert(after: Instant, through: Instant) {
        var merged = Stretch(after: min(after, through), through: through)
        var apart: [Stretch] = []
        for stretch in stretches {
            if stretch.through < merged.after || merged.through < stretch.after {
                apart.append(stretch)
            } else {
                merged = Stretch(after: min(merged.after, stretch.after), through: max(merged.through, stretch.through))
            }
        }
        let place = apart.firstIndex { merged.through < $0.after } ?? apart.count
        apart.insert(merged, at: place)
        if apart.count > Self.limit {
            apart[1].after = apart[0].after
            apart.removeFirst()
        }
        stretches = apart
    }
}
