public import EventModel

/// What a running worker does for those who speak to it: the door between its interfaces (HTTP is one) and its engine.
///
/// All of it may be called from any task at once. Nothing here blocks a thread of the caller's pool.
public protocol WorkerService: Sendable {
    /// Takes messages as they happen. When this returns they are on disk; whoever asks afterwards is answered with them counted in.
    ///
    /// Callers that wait at the same time share one disk sync. Bad messages do not fail the rest: they are kept in quarantine with
    /// their reason and counted in the receipt.
    ///
    /// - Parameter batch: Lines in Segment's shape, complete with their times, as the collector stores them.
    /// - Parameter source: Who sent it, for counts and quarantine: the name of a write key, never the key.
    /// - Throws: `.overloaded` where too much waits already, `.disk` where nothing can be written, `.draining` during shutdown. Nothing of
    ///   the batch was promised then; a client that sends it again doubles nothing.
    func collect(_ batch: MessageBatch, from source: String) async throws(ServiceError) -> CollectReceipt
    /// Answers a question about people, segments or decisions.
    func answer(_ question: ServiceQuestion) async throws(ServiceError) -> JSONObject
    /// Changes of membership in the order of their records, from the one after `number` (nil: from now on), without end until the worker
    /// drains. Of a reader that falls behind too far the stream ends; it goes on from the last number it saw.
    func changes(after number: Int64?) -> AsyncStream<MembershipNotice>
    /// Whether questions can be answered now: nil when they can, else a sentence that says why not yet.
    var notReady: String? { get }
    /// Counts and gauges as they are now, for `/metrics`.
    var figures: [ServiceFigure] { get }
}

/// What became of collected messages.
public struct CollectReceipt: Sendable, Hashable {
    /// New messages, now on disk.
    public var accepted: Int
    /// Messages whose id was there already.
    public var duplicates: Int
    /// Messages that were put in quarantine, with their reasons.
    public var quarantined: Int

    /// Joins the counts.
    public init(accepted: Int = 0, duplicates: Int = 0, quarantined: Int = 0) {
        (self.accepted, self.duplicates, self.quarantined) = (accepted, duplicates, quarantined)
    }
}

/// What the worker can be asked. A profile is named as the shell names it: `user_id:U`, `anonymous_id:A`, `email:E`.
public enum ServiceQuestion: Sendable, Hashable {
    /// `{"profile":{...}}`: identifiers, traits and segments now.
    case profile(String)
    /// `{"traits":{...}}`
    case traits(String)
    /// `{"events":[...],"total":n}`: the latest messages up to a limit, earliest first.
    case events(String, limit: Int)
    /// `{"segments":[{"name","valid_until"}]}`: where the profile is a member.
    case segments(String)
    /// `{"links":[{"namespace","id"}]}`: every identifier of the profile.
    case links(String)
    /// `{"consent":{...}}`: each purpose that was ever decided on, true or false now.
    case consent(String)
    /// `{"segments":[{"name","members","expression"}]}`
    case segmentList
    /// `{"members":[ids],"total":n,"next":id or null}`: by scalars, those after an id.
    case members(segment: String, after: String?, limit: Int)
    /// `{"count":n,"members":[ids]}`: who an expression would hold now, with the first few.
    case preview(expression: String, limit: Int)
    /// `{"profile":{"id"},"segments":[names],"features":{name:value},"offers":{key:{...}}}`
    case decide(String)
}

/// Somebody entered or exited a segment.
public struct MembershipNotice: Sendable, Hashable {
    /// Number of the record; several people who moved together share one.
    public var number: Int64
    /// Canonical id of the profile.
    public var profile: String
    public var segment: String
    /// Entered, or exited.
    public var entered: Bool
    /// The exact instant.
    public var at: Instant
    /// `message`, `clock`, `threshold`, `definition`, `merge` or `erasure`.
    public var cause: String

    /// Joins the parts.
    public init(number: Int64, profile: String, segment: String, entered: Bool, at: Instant, cause: String) {
        (self.number, self.profile, self.segment) = (number, profile, segment)
        (self.entered, self.at, self.cause) = (entered, at, cause)
    }
}

/// One number that a worker tells of itself.
public struct ServiceFigure: Sendable, Hashable {
    public enum Kind: String, Sendable { case counter, gauge }
    /// In Prometheus's manner: `tessera_messages_accepted_total`.
    public var name: String
    public var kind: Kind
    /// One sentence.
    public var help: String
    /// Names and values; values are escaped by who writes them down.
    public var labels: [String: String]
    public var value: Double

    /// Joins the parts.
    public init(_ name: String, _ kind: Kind, help: String, labels: [String: String] = [:], value: Double) {
        (self.name, self.kind, self.help, self.labels, self.value) = (name, kind, help, labels, value)
    }
}

/// Why a worker could not do it: for programs a code, for people a sentence and what to do.
public struct ServiceError: Error, Sendable, Hashable {
    /// What kind of trouble it is; interfaces choose their status by it.
    public enum Code: String, Sendable {
        /// Too much waits; try again after `retryAfter`.
        case overloaded
        /// The disk is full or failed; try again later.
        case disk
        /// The worker is shutting down.
        case draining
        /// The worker is not ready to answer yet.
        case starting
        /// Nobody and nothing has that name.
        case notFound = "not_found"
        /// The question is not understood; `message` says why and where.
        case invalid
        /// A limit was passed.
        case limit
        /// Anything else.
        case failed
    }
    public var code: Code
    /// A sentence: what happened. Holds no personal data but what the caller asked with.
    public var message: String
    /// A sentence: what to do.
    public var remedy: String
    /// Seconds after which another try makes sense; nil where none does.
    public var retryAfter: Int?
    /// Where in the caller's text, from 1; nil where no text is at fault.
    public var line, column: Int?

    /// Joins the parts.
    public init(_ code: Code, _ message: String, remedy: String, retryAfter: Int? = nil, line: Int? = nil, column: Int? = nil) {
        (self.code, self.message, self.remedy, self.retryAfter) = (code, message, remedy, retryAfter)
        (self.line, self.column) = (line, column)
    }
}
