public import EventModel

/// A place that keeps messages and people. `StorageTesting` holds the promises every store keeps.
public protocol EventStore: Sendable {
    /// The present state, for one command; never blocks a writer.
    func snapshot() throws(StoreError) -> any StoreSnapshot
    /// Becomes the one writer. Throws `.held` with who holds the store, when another process (or another writer here) does.
    func makeWriter() throws(StoreError) -> any StoreWriter
    /// Becomes the one writer, by these rules of who is who from now on: where the store has others, its people are made anew by them
    /// before this returns, and its log of people says so.
    func makeWriter(rules: IdentityRules, statement: PeopleStatement) throws(StoreError) -> any StoreWriter
    /// Saves or replaces a definition, whoever writes events meanwhile.
    func save(_ definition: Definition) throws(StoreError)
    /// Every definition that is saved now, by kind and name; without the cost of a snapshot.
    func definitions() throws(StoreError) -> [Definition]
    /// Removes a definition; false when there was none.
    ///
    /// A segment's membership history stays as it is; `apply` ends it too.
    func removeDefinition(kind: Definition.Kind, name: String) throws(StoreError) -> Bool
    /// Saves and removes definitions and records changes of membership, in one short transaction that any process may make, whoever writes
    /// events meanwhile. Readers see all of it or nothing.
    ///
    /// - Throws: `.limit` where a change is dated before its segment's last record, or the store keeps no history.
    func apply(_ edit: DefinitionEdit) throws(StoreError) -> EditOutcome
    /// What was appended durably, for whoever passes it on; nil: a store that keeps no log.
    var log: (any MessageLog)? { get }
}

extension EventStore {
    /// A store that knows no rules refuses any.
    public func makeWriter(rules: IdentityRules, statement: PeopleStatement) throws(StoreError) -> any StoreWriter {
        guard rules.isEmpty else {
            throw StoreError(.limit, "This kind of store knows no rules of identity. Leave out the section `identity`.")
        }
        return try makeWriter()
    }

    /// None is kept.
    public var log: (any MessageLog)? { nil }

    /// A store that keeps no history refuses.
    public func apply(_ edit: DefinitionEdit) throws(StoreError) -> EditOutcome {
        throw StoreError(.limit, "This store keeps no history of memberships. Save and remove its definitions one by one.")
    }

    /// Records changes of membership, all of them or none.
    public func recordMemberships(_ changes: [MembershipChange]) throws(StoreError) -> EditOutcome {
        try apply(DefinitionEdit(changes: changes))
    }
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
    /// Takes messages as they happen: when this returns they are on disk, in the tail beside the blocks, and visible to new snapshots. All
    /// batches share one disk sync. Seals the tail into blocks by itself once it is long. For files use `append` and `commit`, which cost
    /// less a message.
    ///
    /// - Returns: What became of each batch, in their order.
    /// - Throws: `.disk` where they cannot be written. None of them is promised then, and this writer takes no more; another one does.
    func appendDurably(_ batches: [MessageBatch]) throws(StoreError) -> [DurableOutcome]
    /// Profiles that became one since the last call, in the order in which they did; none at the first call, which begins the count.
    func takeMerges() -> [ProfileMerge]
    /// Identifiers of profiles that were parted or put together anew since the last call, ascending, all of each such profile's; merges alone
    /// are not among them.
    func takeRegrouped() -> [UInt32]
    /// Parts an identifier from another, or from everybody: takes out of force the links of it that lead there, for good. Everything appended
    /// before is committed with it, all or nothing.
    ///
    /// - Parameter identifier: What is parted.
    /// - Parameter other: From whom; nil: from everybody.
    /// - Returns: The decision's number and its record, or why nothing was changed.
    func unmerge(
        _ identifier: Identifier, from other: Identifier?, statement: PeopleStatement
    ) throws(StoreError) -> PeopleOutcome
    /// Takes an unmerge back: the links that it cut join again, unless another decision or a rule stands against them.
    func rejoin(_ number: Int, statement: PeopleStatement) throws(StoreError) -> PeopleOutcome
    /// Takes over decisions that an archive carries, with the next commit: unmerges that are not known yet, and rules where the store has none.
    func adopt(_ decisions: IdentityDecisions) throws(StoreError)
    /// The profile that an identifier belongs to now: the least ordinal of its identifiers.
    func profile(of ordinal: UInt32) -> UInt32
    /// The ordinal of an identifier, those of the tail included; nil where it was never seen.
    func ordinal(of text: String, kind: IdentifierKind) -> UInt32?
    /// The text of an identifier and its namespace, those of the tail included.
    func identifier(_ ordinal: UInt32) -> (kind: IdentifierKind, text: String)
    /// Makes everything appended so far durable and visible, together with `position` under `source` (nil source: none).
    func commit(source: String?, position: ImportPosition?) throws(StoreError)
    /// Moves what was appended durably into blocks, beside later appends: the first call begins, later ones finish it once it is ready.
    func seal() throws(StoreError)
    /// Whether a seal is under way, so that `seal` is to be called again, soon.
    var isSealing: Bool { get }
    /// The place behind everything that was appended durably and acknowledged; nil: a store that keeps no log.
    var logEnd: LogPlace? { get }
    /// Keeps the log from a place on, through the ends of writers, and lets go of what is before; nil: of everything that is in blocks.
    func keepLog(from place: LogPlace?) throws(StoreError)
    /// The position committed last under `source`.
    func position(of source: String) throws(StoreError) -> ImportPosition?
    /// Bytes held in memory that a commit would let go; the caller commits before it grows past what it grants.
    var pendingBytes: Int { get }
    /// Makes an index of a trait from all messages, and keeps it from then on; everything appended before is committed with it.
    ///
    /// - Parameter trait: The trait's path below `traits`.
    /// - Returns: The index; nil where there is one already.
    func addIndex(of trait: ColumnPath) throws(StoreError) -> TraitIndex?
    /// Takes an index away; false where there is none.
    func removeIndex(of trait: ColumnPath) throws(StoreError) -> Bool
    /// Makes the curated tables (people, bounds, dedupe index) anew from the raw layer.
    func rebuild() throws(StoreError)
    /// Merges small blocks, releases the lock. What was appended but neither committed nor appended durably is gone.
    func close() throws(StoreError)
}

extension StoreWriter {
    /// None: a store that merges only.
    public func takeRegrouped() -> [UInt32] { [] }

    /// A store that merges only refuses.
    public func unmerge(
        _ identifier: Identifier, from other: Identifier?, statement: PeopleStatement
    ) throws(StoreError) -> PeopleOutcome {
        .refused("This kind of store keeps no decisions about people.")
    }

    /// A store that merges only refuses.
    public func rejoin(_ number: Int, statement: PeopleStatement) throws(StoreError) -> PeopleOutcome {
        .refused("This kind of store keeps no decisions about people.")
    }

    /// A store that keeps no indexes refuses.
    public func addIndex(of trait: ColumnPath) throws(StoreError) -> TraitIndex? {
        throw StoreError(.limit, "This kind of store keeps no indexes.")
    }

    /// There is none to take away.
    public func removeIndex(of trait: ColumnPath) throws(StoreError) -> Bool { false }

    /// A store that merges only takes none.
    public func adopt(_ decisions: IdentityDecisions) throws(StoreError) {
        guard decisions.isEmpty else { throw StoreError(.limit, "This kind of store keeps no decisions about people.") }
    }

    /// Commits at once.
    public func seal() throws(StoreError) { try commit(source: nil, position: nil) }

    /// None: a store that keeps no log.
    public var logEnd: LogPlace? { nil }

    /// Nothing is kept.
    public func keepLog(from place: LogPlace?) throws(StoreError) {}

    /// None is: a store that commits at once.
    public var isSealing: Bool { false }

    /// Takes one batch of messages as they happen.
    public func appendDurably(_ batch: MessageBatch) throws(StoreError) -> DurableOutcome {
        let outcomes = try appendDurably([batch])
        precondition(outcomes.count == 1, "a store tells of every batch")
        return outcomes[0]
    }
}

/// What became of a batch that was appended durably.
public struct DurableOutcome: Sendable {
    /// A message that is new to the store.
    public struct Accepted: Sendable {
        /// Its bytes in the batch's text, without the end of the line.
        public var text: Range<Int>
        /// The identifier that it counts for.
        public var ordinal: UInt32
        /// The message as the store decoded it.
        public var message: DecodedMessage

        /// Joins the parts.
        public init(text: Range<Int>, ordinal: UInt32, message: DecodedMessage) {
            (self.text, self.ordinal, self.message) = (text, ordinal, message)
        }
    }
    /// How many were new and how many were there already.
    public var outcome: AppendOutcome
    /// Messages that could not be decoded, in order of their lines.
    public var rejects: [Reject]
    /// The new ones, in order of their lines.
    public var accepted: [Accepted]

    /// Joins the parts.
    public init(outcome: AppendOutcome, rejects: [Reject], accepted: [Accepted]) {
        (self.outcome, self.rejects, self.accepted) = (outcome, rejects, accepted)
    }
}

/// Two profiles that turned out to be one. Profiles are named by the least ordinal of their identifiers.
public struct ProfileMerge: Sendable, Hashable {
    /// The name that is no more.
    public var old: UInt32
    /// The name that all of their identifiers have from now on.
    public var kept: UInt32

    /// Joins the parts.
    public init(old: UInt32, kept: UInt32) { (self.old, self.kept) = (old, kept) }
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
