public import EventModel

/// Events that are ordered by time: an index into the messages of a profile.
struct EventList: Sendable {
    /// Milliseconds since the epoch, ascending.
    var times: ContiguousArray<Int64> = []
    /// Where each event stands among the profile's messages; shape as `times`.
    var positions: ContiguousArray<Int32> = []

    mutating func append(_ message: Message, at position: Int) {
        times.append(message.timestamp.milliseconds)
        positions.append(Int32(position))
    }
}

extension ContiguousArray<Int64> {
    /// The first place, within a range, of a time at or past an instant; the end of the range where there is none. The times ascend.
    func firstIndex(atOrPast instant: Int64, in range: Range<Int>) -> Int {
        var (low, high) = (range.lowerBound, range.upperBound)
        while low < high {
            let middle = low + (high - low) / 2
            if self[middle] < instant { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// All messages of one profile, prepared once for many questions: by event name, by kind, and by the trait or purpose they set, with
/// their times in flat arrays, so that a window is a binary search.
public struct ProfileTimeline: Sendable {
    /// Ascending by (timestamp, messageId by scalars).
    public private(set) var messages: [Message]
    /// Of every kind.
    private(set) var all = EventList()
    /// What `any` means where it does not name `type`: all kinds but identify and alias.
    private(set) var activity = EventList()
    private var byKind: [Message.Kind: EventList] = [:]
    private var byName: [Text: EventList] = [:]
    /// Identifies that say something of a trait, by its top-level name.
    private var byTrait: [Text: EventList] = [:]
    /// Messages that set a purpose to a truth, by its path.
    private var byPurpose: [[Text]: EventList] = [:]
    /// Of messages whose word ends by itself: when; by position.
    private var expiries: [Int: Int64] = [:]

    /// Indexes the messages of one profile; duplicates by messageId must be gone already (the first accepted one counts).
    public init(_ messages: [Message]) { self.init(Timeline(messages)) }

    /// Indexes a timeline.
    public init(_ timeline: Timeline) {
        messages = timeline.messages
        for (position, message) in messages.enumerated() { enter(message, at: position) }
    }

    /// Adds messages as they arrive. One that is later than all others costs little; another makes the index anew.
    public mutating func add(_ message: Message) {
        if let last = messages.last, !Timeline.precedes(last, message) {
            self = ProfileTimeline(messages + [message])
        } else {
            messages.append(message)
            enter(message, at: messages.count - 1)
        }
    }

    /// Whether a message of the same timestamp and messageId is there.
    public func holds(_ message: Message) -> Bool {
        var at = all.times.firstIndex(atOrPast: message.timestamp.milliseconds, in: all.times.indices)
        while at < messages.count, messages[at].timestamp == message.timestamp {
            if messages[at].messageID.sameScalars(as: message.messageID) { return true }
            at += 1
        }
        return false
    }

    private mutating func enter(_ message: Message, at position: Int) {
        all.append(message, at: position)
        if message.kind != .identify, message.kind != .alias { activity.append(message, at: position) }
        byKind[message.kind, default: EventList()].append(message, at: position)
        if message.kind == .track, let event = message.event {
            byName[Text(event), default: EventList()].append(message, at: position)
        }
        enterTraits(message, at: position)
        enterConsent(message, at: position)
    }

    private mutating func enterTraits(_ message: Message, at position: Int) {
        guard message.kind == .identify else { return }
        let traits = message.traits
        guard !traits.members.isEmpty else { return }
        for trait in traits.members { byTrait[Text(trait.name), default: EventList()].append(message, at: position) }
        enterExpiry(message, at: position)
    }

    private mutating func enterConsent(_ message: Message, at position: Int) {
        guard let context = message.json["context"]?.asObject, let consent = context["consent"]?.asObject,
            let preferences = consent["categoryPreferences"]?.asObject, !preferences.members.isEmpty
        else { return }
        enterPurposes(preferences, [], message, at: position)
        enterExpiry(message, at: position)
    }

    private mutating func enterPurposes(_ preferences: JSONObject, _ path: [Text], _ message: Message, at position: Int) {
        for member in preferences.members {
            let own = path + [Text(member.name)]
            switch member.value {
            case .bool: byPurpose[own, default: EventList()].append(message, at: position)
            case .object(let inner): enterPurposes(inner, own, message, at: position)
            default: break
            }
        }
    }

    private mutating func enterExpiry(_ message: Message, at position: Int) {
        guard case .instant(let instant) = Value.time(Value(message.context["expiresAt"])) else { return }
        expiries[position] = instant
    }

    // MARK: Looking up

    func events(_ source: EventSource) -> EventList {
        switch source {
        case .named(let name): byName[name] ?? EventList()
        case .kind(let kind): byKind[kind] ?? EventList()
        case .activity: activity
        case .all: all
        }
    }

    /// Identifies that have the top-level name of a trait.
    func identifies(naming trait: Text) -> EventList { byTrait[trait] ?? EventList() }

    /// Messages that grant or withdraw exactly this purpose.
    func decisions(on purpose: [Text]) -> EventList { byPurpose[purpose] ?? EventList() }

    /// When what the message at a position says ends; `.max` where it says no end.
    func expiry(at position: Int32) -> Int64 { expiries[Int(position)] ?? .max }
}

/// Which of a profile's lists holds everything that a selection can select.
enum EventSource: Hashable, Sendable {
    /// Track messages of a name.
    case named(Text)
    case kind(Message.Kind)
    /// All kinds but identify and alias.
    case activity
    case all
}
