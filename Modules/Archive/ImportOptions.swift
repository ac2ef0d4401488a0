public import Connectors

/// How an import goes about it.
public struct ImportOptions: Sendable {
    /// Threads that inflate, decode and store; each does whatever is ready.
    public var threads: Int
    /// Goes on where an earlier import of the same files stopped, instead of reading them from the start.
    public var resume: Bool
    /// How files are opened; `keepGoing` also goes past files that cannot be read at all.
    public var inflate: InflateOptions
    /// Bounds of the format's readers.
    public var limits: FormatLimits
    /// Where refused records go.
    public var rejects: RejectsPlace
    /// Commits once the store holds so many bytes in memory.
    public var pendingBytes: Int
    /// Bytes of text on their way from reader to store; bounds memory.
    public var inFlightBytes: Int
    /// Least time between two reports of progress.
    public var progressInterval: Duration

    /// Settles how to import: by default on two threads, from the start of each file, keeping no refused records, and with a commit
    /// whenever the store holds 128 MiB.
    public init(
        threads: Int = 2, resume: Bool = false, inflate: InflateOptions = InflateOptions(), limits: FormatLimits = FormatLimits(),
        rejects: RejectsPlace = .nowhere, pendingBytes: Int = 128 << 20, inFlightBytes: Int = 144 << 20,
        progressInterval: Duration = .milliseconds(200)
    ) {
        self.threads = threads
        self.resume = resume
        self.inflate = inflate
        self.limits = limits
        self.rejects = rejects
        self.pendingBytes = pendingBytes
        self.inFlightBytes = inFlightBytes
        self.progressInterval = progressInterval
    }
}

/// Where an import keeps the records that it refused. Each is one line of JSON: `{"line":,"reason":,"text":,"file":}`.
public enum RejectsPlace: Sendable, Hashable {
    /// They are counted only.
    case nowhere
    /// One file for each source, `<folder>/<name of the source>.ndjson`. The folder is made (mode 0700) with the first reject.
    case folder(String)
    /// One file for all.
    case file(String)

    /// The usual place: a folder beside the store.
    public static func beside(store path: String) -> RejectsPlace { .folder(path + ".rejected") }
}

/// How far an import has come.
public struct ImportProgress: Sendable {
    /// The file being stored, and its number among all, from 1.
    public var file: String
    /// Number of that file among all, from 1.
    public var fileNumber: Int
    /// Files named for the import, those an earlier run finished included.
    public var fileCount: Int
    /// Bytes of the files that are stored, and of all files; nil where one of them has no size (a pipe).
    public var bytes: Int
    /// Bytes of all files that an earlier run did not finish; nil where one of them has no size (a pipe).
    public var totalBytes: Int?
    /// Messages stored by this run, duplicates and rejects included.
    public var messages: Int
    /// Time since the import began.
    public var seconds: Double

    /// Messages a second since the start.
    public var rate: Double { seconds > 0 ? Double(messages) / seconds : 0 }
    /// At the mean rate so far; nil where the size is not known, or nothing was read yet.
    public var secondsLeft: Double? {
        guard let totalBytes, bytes > 0 else { return nil }
        return seconds * Double(max(0, totalBytes - bytes)) / Double(bytes)
    }
}

/// What an import did.
public struct ImportResult: Sendable {
    /// What became of one file.
    public struct Source: Sendable {
        /// The file as messages call it.
        public var file: String
        /// Counts of the whole file so far, what earlier runs did included.
        public var position: ImportCounts
        /// It was done before, and passed over by `--resume`.
        public var wasDone: Bool
    }
    /// Lines and messages.
    public struct ImportCounts: Sendable, Hashable {
        /// Lines (rows) of the file, empty ones included.
        public var rows = 0
        /// `accepted + duplicates + rejected`.
        public var messages = 0
        /// Messages that were new to the store.
        public var accepted = 0
        /// Messages whose messageId was there before.
        public var duplicates = 0
        /// Records that were refused with a reason.
        public var rejected = 0
        /// Rows that the mapping passes over. Not known of a file that was done before.
        public var skipped = 0

        /// Counts of 0.
        public init() {}
    }

    /// The files that were opened or passed over, in order.
    public var sources: [Source] = []
    /// Sums over `sources`.
    public var counts = ImportCounts()
    /// Profiles in the store afterwards.
    public var profiles = 0
    /// Bytes of the files, as they lie on disk, that this run read.
    public var bytesIn = 0
    /// Time of the whole run, in seconds.
    public var seconds = 0.0
    /// Damage that was passed over.
    public var damages: [ArchiveDamage] = []
    /// Sentences worth reading that are no failures.
    public var notes: [String] = []
    /// Files that hold refused records.
    public var rejectsFiles: [String] = []
    /// Why files were not read to their end, in order. Not empty: exit status 1, as with `damages`.
    public var failures: [ArchiveError] = []
    /// Somebody stopped it; `failures` says how to go on.
    public var interrupted = false

    /// Nothing failed, nothing was passed over.
    public var succeeded: Bool { failures.isEmpty && damages.isEmpty && !interrupted }
}
