public import Connectors
public import EventModel

/// How an export goes about it.
public struct ExportOptions: Sendable {
    /// What the archive is to hold.
    public var contents: ArchiveContents
    /// Writes the messages in the format of another system, one a line and nothing else. Nil: an archive.
    public var writer: (any EventWriter)?
    /// The expression that chose the profiles, for the header.
    public var selection: String?
    /// Effort of compression, 1 (fast) to 9 (small).
    public var level: Int
    /// Threads that scan blocks and compress.
    public var threads: Int
    /// Encrypts the archive; `salt` then holds 32 bytes that were never used before.
    public var key: ArchiveKey?
    /// 32 bytes that were never used with this key; empty where nothing is encrypted.
    public var salt: [UInt8]
    /// Where messages wait while they are put in order, when they are too many for memory; nil: beside the archive.
    public var temporaryFolder: String?
    /// Bytes of messages that are held before they go to a temporary file.
    public var memoryBytes: Int
    /// Messages that are put in order at a time.
    public var messagesPerPart: Int

    /// Settles how to export: by default everything, unencrypted, at level 6 on two threads. `Exporter.write` refuses a level outside 1 to
    /// 9 and traps on a key with a salt of another length. With a writer the contents are the events.
    public init(
        contents: ArchiveContents = .all, writer: (any EventWriter)? = nil, selection: String? = nil, level: Int = 6, threads: Int = 2,
        key: ArchiveKey? = nil,
        salt: [UInt8] = [],
        temporaryFolder: String? = nil, memoryBytes: Int = 96 << 20, messagesPerPart: Int = 100_000
    ) {
        self.contents = writer == nil ? contents : .events
        self.writer = writer
        self.selection = selection
        self.level = level
        self.threads = threads
        self.key = key
        self.salt = salt
        self.temporaryFolder = temporaryFolder
        self.memoryBytes = memoryBytes
        self.messagesPerPart = messagesPerPart
    }
}

/// Who is in a segment at an instant.
public struct MembershipList: Sendable {
    /// The segment's name.
    public var segment: String
    /// The instant that membership was judged at.
    public var at: Instant
    /// Profile numbers of the snapshot that is exported.
    public var profiles: ContiguousArray<UInt32>

    /// Takes a list as it was judged; profiles may come in any order.
    public init(segment: String, at: Instant, profiles: ContiguousArray<UInt32>) {
        (self.segment, self.at, self.profiles) = (segment, at, profiles)
    }
}

/// How far an export has come.
public struct ExportProgress: Sendable {
    /// Messages gathered and messages written; each ends at `messages`.
    public var gathered: Int
    /// Messages written, 0 while they are still gathered.
    public var written: Int
    /// Messages of the exported profiles.
    public var messages: Int
    /// Time since the export began.
    public var seconds = 0.0
}

/// What an export wrote.
public struct ExportResult: Sendable {
    /// The archive's last line: counts, and the hash of all text before it.
    public var summary: ArchiveSummary
    /// Messages that the format of another system has no place for; 0 in an archive.
    public var leftOut: Int
    /// SHA-256 of the whole text, the last line included, as 64 hexadecimal digits: the store's digest, for an archive of everything.
    public var digest: String
    /// Bytes of text.
    public var textBytes: Int
    /// Bytes of the file; 0 where none was written.
    public var fileBytes: Int
    /// Time from the call to the closed file, in seconds.
    public var seconds: Double
}
