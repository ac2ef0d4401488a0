public import EventModel

/// A destination that can say whom its other side has in which segment, so that drift can be shown.
public protocol AudienceReporting: Destination {
    /// Every segment that the other side knows of, with its members: read from there, not remembered.
    ///
    /// - Throws: Where the other side cannot be asked.
    func audiences() async throws(ConnectorError) -> [Audience]
}

/// The members of a segment as the other side of a destination has them.
public struct Audience: Sendable, Hashable {
    /// The segment's name.
    public let segment: String
    /// The highest `version` among the memberships of the segment that arrived; nil where none did.
    public private(set) var version: Int64?
    /// Ids are told apart by their bytes.
    private var ids: Set<[UInt8]> = []

    /// Nobody, so far.
    public init(segment: String) { self.segment = segment }

    /// Ids of profiles as they were delivered, in no order.
    public var members: [String] { ids.map { String(decoding: $0, as: UTF8.self) } }

    /// Takes a membership that arrived, later than all before.
    fileprivate mutating func take(profile: String, entered: Bool, version: Int64) {
        if entered { ids.insert(Array(profile.utf8)) } else { ids.remove(Array(profile.utf8)) }
        self.version = max(self.version ?? version, version)
    }
}

/// Folds memberships, one after another as they arrived, into who is in which segment.
public struct AudienceFold: Sendable {
    private var found: [[UInt8]: Audience] = [:]

    /// Nobody is anywhere.
    public init() {}

    /// Takes a record as it was delivered; one that is no membership changes nothing.
    public mutating func take(_ record: JSONObject) {
        guard let segment = record["segment"]?.asString, let profile = record["profile"]?.asString,
            case .bool(let entered) = record["entered"], case .integer(let version) = record["version"]
        else { return }
        take(segment: segment, profile: profile, entered: entered, version: version)
    }

    /// Takes what such a record says.
    public mutating func take(segment: String, profile: String, entered: Bool, version: Int64) {
        found[Array(segment.utf8), default: Audience(segment: segment)].take(profile: profile, entered: entered, version: version)
    }

    /// One for each segment that was named, by name.
    public var audiences: [Audience] { found.values.sorted { $0.segment.precedesByScalars($1.segment) } }
}
