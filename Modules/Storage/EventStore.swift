public import EventModel

/// A place that keeps messages and people. `StorageTesting` holds the promises every store keeps.
public protocol EventStore: Sendable {
    /// The present state, for one command; never blocks a writer.
    func snapshot() throws(StoreError) -> any StoreSnapshot
    /// Becomes the one writer. Throws `.held` with who holds the store, when another process (or another writer here) does.
    func makeWriter() throws(StoreError) -> any StoreWriter
    /// Saves or replaces a definition, whoever writes events meanwhile.
    func save(_ definition: Definition) throws(StoreError)
    /// Removes a definition; false when there was none.
    func removeDefinition(kind: Definition.Kind, name: String) throws(StoreError) -> Bool
}

/// The one process that may change people. Dies with its process; `close` gives the store back.
///
/// Work flows in two steps so that both cores help: `decoder`s turn text into columns on any thread, and `append` takes those
/// batches in order on one thread. Nothing is visible or durable before `commit`.
public protocol StoreWriter: AnyObject {
    /// A decoder for one thread; make one for each.
    func makeDecoder() -> any BatchDecoder
    /// Takes a batch. Batches count in the order of these calls: the first message of an id wins.
    func append(_ batch: any DecodedBatch) throws(StoreError) -> AppendOutcome
    /// Takes messages as they happen: when this returns they are on disk, in the tail beside the blocks, and visible to new snapshots.
    /// Seals the tail into blocks by itself once it is long. For files use `append` and `commit`, which cost less a message.
    func appendDurably(_ batch: MessageBatch) throws(StoreError) -> (outcome: AppendOutcome, rejects: [Reject])
    /// Makes everything appended so far durable and visible, together with `position` under `source` (nil source: none).
    func commit(source: String?, position: ImportPosition?) throws(StoreError)
    /// The position committed last under `source`.
    func position(of source: String) throws(StoreError) -> ImportPosition?
    /// Bytes held in memory that a commit would let go; the caller commits before it grows past what it grants.
    var pendingBytes: Int { get }
    /// Makes the curated tables (people, bounds, dedupe index) anew from the raw layer.
    func rebuild() throws(StoreError)
    /// Merges small blocks, releases the lock. What was appended but neither committed nor appended durably is gone.
    func close() throws(StoreError)
}

/// Turns lines of JSON into columns; confined to one thread at a time.
public protocol BatchDecoder: AnyObject {
    /// Decodes every message of the batch. Bad messages become rejects of the result, with their reasons.
    func decode(_ batch: MessageBatch) -> any DecodedBatch
}

/// A decoded batch on its way to `append`.
public protocol DecodedBatch: AnyObject {
    /// Messages that could not be decoded, in order of their lines.
    var rejects: [Reject] { get }
    /// Messages that were decoded.
    var messageCount: Int { get }
}

/// What `append` did with a batch.
public struct AppendOutcome: Sendable, Hashable {
    /// Messages whose messageId was new to the store.
    public var accepted = 0
    /// Messages that were dropped because an earlier one, stored or appended before, has their messageId.
    public var duplicates = 0

    /// Starts from the given counts; 0 by default.
    public init(accepted: Int = 0, duplicates: Int = 0) { (self.accepted, self.duplicates) = (accepted, duplicates) }
}

/// How far an import has come in one source.
public struct ImportPosition: Sendable, Hashable, Codable {
    /// Lines of the source that are done with, accepted or not.
    public var lines: Int
    /// Running counts of the source up to there.
    public var messages, accepted, duplicates, rejected: Int
    /// The source was read to its end.
    public var finished: Bool

    /// A position that has the given counts; by default the beginning of a source.
    public init(lines: Int = 0, messages: Int = 0, accepted: Int = 0, duplicates: Int = 0, rejected: Int = 0, finished: Bool = false) {
        self.lines = lines
        self.messages = messages
        self.accepted = accepted
        self.duplicates = duplicates
        self.rejected = rejected
        self.finished = finished
    }
}

/// Why a store could not do it, in a sentence that says where, what happened, and what to do.
public struct StoreError: Error, Sendable, CustomStringConvertible {
    /// What kind of trouble it is, for callers that act on it.
    public enum Reason: Sendable, Hashable {
        /// There is no such store.
        case missing
        /// Another process holds it.
        case held
        /// The file is not a store, or is damaged.
        case damaged
        /// A newer program wrote it.
        case newer
        /// No space is left, or the disk failed.
        case disk
        /// A limit was passed.
        case limit
    }
    /// What kind of trouble it is; `description` tells a reader.
    public var reason: Reason
    public var description: String

    /// Joins the kind of trouble and the sentence that tells it.
    public init(_ reason: Reason, _ description: String) { (self.reason, self.description) = (reason, description) }
}
