public import Connectors
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
    /// Takes a request for a connector that others send to. What it brought is on disk when this answers `taken`.
    ///
    /// - Throws: `.notFound` where no connector of that name takes requests, `.paused` while somebody wants it to wait.
    func receive(_ request: ReceivedRequest, for connector: String) async throws(ServiceError) -> RequestAnswer
    /// Answers a question about people, segments or decisions.
    func answer(_ question: ServiceQuestion) async throws(ServiceError) -> JSONObject
    /// Changes who is who. When this returns, whoever asks is answered by it.
    ///
    /// - Throws: `.notFound` where nobody and nothing has the name, `.conflict` where nothing is to be changed, with the reason; `.disk` and
    ///   `.draining` as `collect`.
    func change(_ change: ServiceChange) async throws(ServiceError) -> JSONObject
    /// Keeps what somebody says a source sent, to be held against what is stored. When this returns it is on disk; of two counts of one source
    /// and the same two instants the later one stands.
    ///
    /// - Throws: `.disk` where it cannot be written.
    func keep(_ sent: SentCount) async throws(ServiceError)
    /// Changes of membership in the order of their records, from the one after `number` (nil: from now on), without end until the worker
    /// drains. Of a reader that falls behind too far the stream ends; it goes on from the last number it saw.
    func changes(after number: Int64?) -> MembershipNotices
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
    /// Why the first of these was; nil where none was.
    public var firstReason: String?

    /// Joins the counts.
    public init(accepted: Int = 0, duplicates: Int = 0, quarantined: Int = 0, firstReason: String? = nil) {
        (self.accepted, self.duplicates, self.quarantined, self.firstReason) = (accepted, duplicates, quarantined, firstReason)
    }
}
