/// One message of Segment's specification: what somebody did, or who somebody is.
public struct Message: Sendable, Hashable {
    /// The six calls of the specification. Raw values are stored; they are never reused.
    public enum Kind: UInt8, CaseIterable, Sendable {
        /// Somebody did something; `event` names it.
        case track = 1
        /// Somebody is known by these traits.
        case identify = 2
        /// Somebody viewed a page of a web site.
        case page = 3
        /// Somebody viewed a screen of an application.
        case screen = 4
        /// Somebody belongs to the group that `groupId` names.
        case group = 5
        /// The person known as `previousId` is the one this message comes from.
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

        /// The texts that a message of this kind has beside those that every message has, and which of them it must have.
        public var names: [(name: String, isNeeded: Bool)] {
            switch self {
            case .track: [("event", true)]
            case .identify: []
            case .page, .screen: [("name", false), ("category", false)]
            case .group: [("groupId", true)]
            case .alias: [("previousId", true)]
            }
        }

        /// The kind that the word `type` names, else nil.
        public init?(word: String) {
            guard let kind = Kind.allCases.first(where: { $0.word.sameScalars(as: word) }) else { return nil }
            self = kind
        }
    }

    /// Which of the six calls it is.
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

    /// `userId`; nil where it is absent or empty.
    public var userID: String? { json["userId"]?.asString.flatMap { $0.isEmpty ? nil : $0 } }
    /// `anonymousId`; nil where it is absent or empty.
    public var anonymousID: String? { json["anonymousId"]?.asString.flatMap { $0.isEmpty ? nil : $0 } }
    /// A track message's event name.
    public var event: String? { json["event"]?.asString }
    /// A page's or screen's own name.
    public var name: String? { json["name"]?.asString }
    /// A page's or screen's own category.
    public var category: String? { json["category"]?.asString }
    /// An alias's earlier id: a user id or an anonymous id, whichever is known.
    public var previousID: String? { json["previousId"]?.asString }
    /// The id of the group that a group message joins.
    public var groupID: String? { json["groupId"]?.asString }
    /// What is told about the event; empty where there is none.
    public var properties: JSONObject { json["properties"]?.asObject ?? JSONObject() }
    /// What is told about the surroundings (device, page, consent); empty where there is none.
    public var context: JSONObject { json["context"]?.asObject ?? JSONObject() }
    /// What an identify or group message says of the person or group: top-level `traits`, not `context.traits`; empty where there is none.
    public var traits: JSONObject { json["traits"]?.asObject ?? JSONObject() }
}
