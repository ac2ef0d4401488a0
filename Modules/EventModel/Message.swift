/// One message of Segment's specification: what somebody did, or who somebody is.
public struct Message: Sendable, Hashable {
    /// The six calls of the specification. Raw values are stored; they are never reused.
    public enum Kind: UInt8, CaseIterable, Sendable {
        case track = 1
        case identify = 2
        case page = 3
        case screen = 4
        case group = 5
        case alias = 6

        /// The word in a message's `type`.
        public var word: String {
            switch self {
            case .track: "track"
            case .identify: "identify"
            case .page: "page"
            case .screen: "screen"
            case .group: "group"
            case .alias: "alias"
            }
        }

        /// The kind that the word `type` names, else nil.
        public init?(word: String) {
            guard let kind = Kind.allCases.first(where: { $0.word.sameScalars(as: word) }) else { return nil }
            self = kind
        }
    }

    public var kind: Kind
    /// Unique in a store: the first accepted message of an id counts.
    public var messageID: String
    /// When it happened: `timestamp`, else `originalTimestamp`, else `receivedAt`.
    public var timestamp: Instant
    /// The whole message as it came, `messageId` included.
    public var json: JSONObject

    /// Joins the parts; `json` must agree with them.
    public init(kind: Kind, messageID: String, timestamp: Instant, json: JSONObject) {
        (self.kind, self.messageID, self.timestamp, self.json) = (kind, messageID, timestamp, json)
    }

    public var userID: String? { json["userId"]?.asString.flatMap { $0.isEmpty ? nil : $0 } }
    public var anonymousID: String? { json["anonymousId"]?.asString.flatMap { $0.isEmpty ? nil : $0 } }
    /// A track message's event name.
    public var event: String? { json["event"]?.asString }
    /// A page's or screen's own name.
    public var name: String? { json["name"]?.asString }
    public var category: String? { json["category"]?.asString }
    public var previousID: String? { json["previousId"]?.asString }
    public var groupID: String? { json["groupId"]?.asString }
    public var properties: JSONObject { json["properties"]?.asObject ?? JSONObject() }
    public var context: JSONObject { json["context"]?.asObject ?? JSONObject() }
    public var traits: JSONObject { json["traits"]?.asObject ?? JSONObject() }
}
