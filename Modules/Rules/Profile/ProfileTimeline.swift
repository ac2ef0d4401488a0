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
        var decides = false
        message.forEachDecision { purpose, _ in
            byPurpose[purpose, default: EventList()].append(message, at: position)
            decides = true
        }
        if decides { enterExpiry(message, at: position) }
    }

    private mutating func enterExpiry(_ message: Message, at position: Int) {
        let expiry = message.expiry
        if expiry < .max { expiries[position] = expiry }
    }

    // MARK: Looking up

    private func events(_ source: EventSource) -> EventList {
        switch source {
        case .named(let name): byName[name] ?? EventList()
        case .kind(let kind): byKind[kind] ?? EventList()
        case .activity: activity
        case .all: all
        }
    }

    /// The last event so far, and when the next comes; nil where there is none at all.
    private func latest(of events: EventList?, at now: Int64, _ read: (Message) -> Value) -> Saying? {
        guard let events, !events.times.isEmpty else { return nil }
        let end = events.times.firstIndex(atOrPast: now + 1, in: events.times.indices)
        var said = Saying(next: end < events.times.count ? events.times[end] : .max)
        if end > 0 {
            let position = Int(events.positions[end - 1])
            (said.value, said.expiry) = (read(messages[position]), expiries[position] ?? .max)
        }
        return said
    }
}

extension ProfileTimeline: ProfileSource {
    static var isSifted: Bool { false }

    func events(of selection: Int, in plan: ProfilePlan) -> EventList { events(plan.selections[selection].source) }

    func event(at position: Int32) -> Message { messages[Int(position)] }

    func value(of field: Field, for node: Int, at position: Int32) -> Value { messages[Int(position)].value(of: field) }

    func latest(trait path: [Text], for node: Int, at now: Int64) -> Saying? {
        latest(of: byTrait[path[0]], at: now) { Value($0.traits.value(at: path.map(\.string))) }
    }

    func latest(purpose: [Text], at now: Int64) -> Saying? {
        latest(of: byPurpose[purpose], at: now) { Value($0.context.value(at: ["consent", "categoryPreferences"] + purpose.map(\.string))) }
    }
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
