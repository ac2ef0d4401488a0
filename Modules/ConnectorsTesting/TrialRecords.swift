public import Connectors
public import EventModel

/// Records that can be given to a real other side to try a destination: marked, of people and a segment that nobody else has.
public struct TrialRecords: Sendable {
    /// One of them.
    struct Record {
        var kind: DeliveryBatch.Kind
        var key: String
        var profile: String
        var json: JSONObject
    }
    /// The segment, the beginning of every id of a person, and that of every `messageId`.
    public static let mark = "tessera-check"
    /// Records of each kind; people are as many.
    public static let ofEachKind = 10

    /// In the order in which they are given: messages, profiles, memberships.
    let entering: [Record]
    /// Those who entered leave again.
    let leaving: [Record]

    /// How many there are, each told once.
    public var count: Int { entering.count + leaving.count }

    /// How many of them `TrialContract.takesRecords` gives.
    public var givenAtFirst: Int { entering.count }

    /// What they are, for those who are to allow them: `10 messages, 10 profiles`.
    public static func told(_ kinds: Set<DeliveryBatch.Kind>) -> String {
        var parts: [String] = []
        if kinds.contains(.message) { parts.append("\(ofEachKind) messages") }
        if kinds.contains(.profile) { parts.append("\(ofEachKind) profiles") }
        if kinds.contains(.membership) {
            parts.append("\(2 * ofEachKind) memberships of the segment `\(mark)` (each person enters and leaves)")
        }
        return parts.joined(separator: ", ")
    }

    /// Makes records that no former trial had.
    ///
    /// - Parameter kinds: What the destination is given.
    /// - Parameter hasTraits: Whether memberships have a member for traits.
    public init(of kinds: Set<DeliveryBatch.Kind>, hasTraits: Bool = false, at now: Instant) {
        let (numbers, stamp) = (0..<Self.ofEachKind, now.milliseconds)
        func person(_ number: Int) -> String { "\(Self.mark)-\(number)" }
        func membership(_ number: Int, entered: Bool) -> Record {
            let version = stamp + (entered ? 0 : 1)
            var json = JSONObject([
                .init("segment", .string(Self.mark)), .init("profile", .string(person(number))), .init("entered", .bool(entered)),
                .init("at", .string(now.text)), .init("cause", .string("check")), .init("version", .integer(version)),
            ])
            if hasTraits { json.set("traits", .object(JSONObject())) }
            let key = "\(version)/\(Self.mark)/\(person(number))/\(entered ? "entered" : "exited")"
            return Record(kind: .membership, key: key, profile: person(number), json: json)
        }
        var entering: [Record] = []
        if kinds.contains(.message) {
            entering += numbers.map { number in
                let id = "\(Self.mark)-\(stamp)-\(number)"
                let json = JSONObject([
                    .init("type", .string("track")), .init("event", .string("Tessera Check")), .init("userId", .string(person(number))),
                    .init("messageId", .string(id)), .init("timestamp", .string(now.text)),
                    .init("properties", .object(JSONObject([.init("number", .integer(Int64(number)))]))),
                ])
                return Record(kind: .message, key: id, profile: person(number), json: json)
            }
        }
        if kinds.contains(.profile) {
            entering += numbers.map { number in
                let json = JSONObject([
                    .init("id", .string(person(number))), .init("identifiers", .array([])), .init("traits", .object(JSONObject())),
                    .init("as_of", .object(JSONObject())),
                ])
                return Record(kind: .profile, key: "\(person(number))/\(stamp)", profile: person(number), json: json)
            }
        }
        let isGivenMemberships = kinds.contains(.membership)
        self.entering = entering + (isGivenMemberships ? numbers.map { membership($0, entered: true) } : [])
        leaving = isGivenMemberships ? numbers.map { membership($0, entered: false) } : []
    }
}
