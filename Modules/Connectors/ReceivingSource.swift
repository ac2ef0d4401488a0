public import EventModel

/// A source that has no other side to ask: what there is comes by requests, which the worker takes for it.
///
/// What a request brings goes the way of every source's messages, through `batches`; whoever reads those asks for the next batch when
/// the one before is durable, and the requests that brought it are answered then.
public protocol ReceivingSource: Source {
    /// Takes a request; returns when what it brought is durable, or refused.
    func receive(_ request: ReceivedRequest) async -> RequestAnswer
}

/// A request for a source.
public struct ReceivedRequest: Sendable {
    /// Whether something is sent; else something is asked for (GET).
    public var isSent: Bool
    /// Values by lower-case names; of a header that came several times, all of them behind commas.
    public var headers: [String: String]
    /// Values of the query by their names.
    public var query: [String: String]
    /// As it was sent.
    public var body: [UInt8]
    /// When it came.
    public var receivedAt: Instant

    /// Joins the parts.
    public init(isSent: Bool, headers: [String: String], query: [String: String], body: [UInt8], receivedAt: Instant) {
        (self.isSent, self.headers, self.query) = (isSent, headers, query)
        (self.body, self.receivedAt) = (body, receivedAt)
    }
}

/// What became of a request.
public enum RequestAnswer: Sendable, Hashable {
    /// All of it is on disk: as messages, as duplicates, or in quarantine with its reason.
    case taken
    /// What was asked for.
    case text(String)
    /// It is not from whom it has to be; a sentence says why, and shows nothing of a secret.
    case stranger(String)
    /// There is nothing to be asked for.
    case nothing
    /// Too much waits already.
    case busy
    /// It is not on disk, or not known to be: it can be sent again, which doubles nothing.
    case unavailable
}
