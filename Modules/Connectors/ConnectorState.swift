public import EventModel

/// What is kept of a connector from one run to the next.
public struct ConnectorState: Sendable, Hashable {
    /// Where to go on; nil: from the first.
    public var checkpoint: Checkpoint?
    /// Messages it gave, over all runs: each is one of the three below.
    public var messages = 0
    /// New ones, on disk.
    public var accepted = 0
    /// Those whose id was there before.
    public var duplicates = 0
    /// Those in quarantine, with their reason.
    public var quarantined = 0
    /// When the last of them came.
    public var lastSeen: Instant?
    /// When the newest of them was recorded on the other side, as far as the source knows.
    public var newest: Instant?

    /// Nothing was read so far.
    public init() {}

    /// As it is kept.
    public var json: JSONObject {
        var object = JSONObject([
            .init("version", .integer(1)), .init("messages", .integer(Int64(messages))), .init("accepted", .integer(Int64(accepted))),
            .init("duplicates", .integer(Int64(duplicates))), .init("quarantined", .integer(Int64(quarantined))),
        ])
        if let checkpoint { object.set("checkpoint", checkpoint.json) }
        if let lastSeen { object.set("lastSeen", .string(lastSeen.text)) }
        if let newest { object.set("newest", .string(newest.text)) }
        return object
    }

    /// Reads what `json` wrote; nil where it is something else.
    public init?(json: JSONObject) {
        guard case .integer(1) = json["version"] else { return nil }
        func count(_ name: String) -> Int { if case .integer(let number) = json[name] { Int(number) } else { 0 } }
        (messages, accepted) = (count("messages"), count("accepted"))
        (duplicates, quarantined) = (count("duplicates"), count("quarantined"))
        if let kept = json["checkpoint"] {
            guard let checkpoint = Checkpoint(json: kept) else { return nil }
            self.checkpoint = checkpoint
        }
        lastSeen = json["lastSeen"]?.asString.flatMap { Instant(text: $0) }
        newest = json["newest"]?.asString.flatMap { Instant(text: $0) }
    }
}

/// Keeps what connectors left, by their names.
public protocol ConnectorStateKeeper: Sendable {
    /// What was kept last; nil where nothing was.
    func state(of connector: String) async throws(ConnectorError) -> ConnectorState?
    /// Keeps it through a crash: when this returns, it is on disk.
    func save(_ state: ConnectorState, of connector: String) async throws(ConnectorError)
    /// Whether somebody asked the connector to wait.
    func isPaused(_ connector: String) async -> Bool
}
