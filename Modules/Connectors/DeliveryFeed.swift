public import EventModel

/// What is to be delivered, in its order, from where a destination stands.
public protocol DeliveryFeed: Sendable {
    /// The place that a destination begins at which was never delivered to.
    func start() async throws(ConnectorError) -> Checkpoint
    /// The records behind a place; nil where there will be none any more.
    ///
    /// It waits while there are none, a second or so: a piece without records is then given. Its place may be further on all the same.
    func next(after place: Checkpoint, limits: DeliveryLimits) async throws(ConnectorError) -> DeliveryPiece?
    /// Told how far everything is delivered and kept: what lies before may go.
    func release(before place: Checkpoint) async
    /// Bytes that wait behind a place; nil where nobody knows.
    func backlog(behind place: Checkpoint) async -> Int?
}

/// Records that are delivered together, and the place behind them.
public struct DeliveryPiece: Sendable {
    /// What is delivered.
    public var batch: DeliveryBatch
    /// Where to go on.
    public var place: Checkpoint

    /// Joins the parts.
    public init(_ batch: DeliveryBatch, then place: Checkpoint) { (self.batch, self.place) = (batch, place) }
}

/// What is kept of a destination from one run to the next.
public struct DeliveryState: Sendable, Hashable {
    /// Everything before is delivered, or among the dead letters; nil: it was never delivered to.
    public var place: Checkpoint?
    /// Records that arrived, over all runs.
    public var delivered = 0
    /// Records that became dead letters.
    public var dead = 0
    /// When the last of them arrived.
    public var lastDelivered: Instant?

    /// Nothing was delivered so far.
    public init() {}

    /// As it is kept.
    public var json: JSONObject {
        var object = JSONObject([
            .init("version", .integer(1)), .init("delivered", .integer(Int64(delivered))), .init("dead", .integer(Int64(dead))),
        ])
        if let place { object.set("checkpoint", place.json) }
        if let lastDelivered { object.set("lastDelivered", .string(lastDelivered.text)) }
        return object
    }

    /// Reads what `json` wrote; nil where it is something else.
    public init?(json: JSONObject) {
        guard case .integer(1) = json["version"] else { return nil }
        if case .integer(let count) = json["delivered"] { delivered = Int(count) }
        if case .integer(let count) = json["dead"] { dead = Int(count) }
        if let kept = json["checkpoint"] {
            guard let place = Checkpoint(json: kept) else { return nil }
            self.place = place
        }
        lastDelivered = json["lastDelivered"]?.asString.flatMap { Instant(text: $0) }
    }
}

/// A record that was not delivered and will not be by itself.
public struct DeadLetter: Sendable, Hashable {
    /// What it is.
    public var kind: DeliveryBatch.Kind
    /// What repeats are told by.
    public var key: String
    /// Canonical id of the profile; empty where nobody is meant.
    public var profile: String
    /// The record.
    public var json: String
    /// A sentence: why.
    public var reason: String

    /// Joins the parts.
    public init(kind: DeliveryBatch.Kind, key: String, profile: String, json: String, reason: String) {
        (self.kind, self.key, self.profile, self.json, self.reason) = (kind, key, profile, json, reason)
    }
}

/// Keeps what is to be known of destinations, by their names.
public protocol DeliveryKeeper: Sendable {
    /// What was kept last; nil where nothing was.
    func deliveryState(of connector: String) async throws(ConnectorError) -> DeliveryState?
    /// Keeps it through a crash: when this returns, it is on disk.
    func save(_ state: DeliveryState, of connector: String) async throws(ConnectorError)
    /// Keeps dead letters through a crash.
    func keep(_ letters: [DeadLetter], of connector: String, at instant: Instant) async throws(ConnectorError)
    /// Dead letters that somebody asked to be delivered again; none where nobody did. They are handed out until `replayed` is called.
    func replays(of connector: String) async throws(ConnectorError) -> [DeadLetter]
    /// All that `replays` gave is delivered, or among the dead letters once more.
    func replayed(_ connector: String) async throws(ConnectorError)
    /// Whether somebody asked the connector to wait.
    func isPaused(_ connector: String) async -> Bool
}
