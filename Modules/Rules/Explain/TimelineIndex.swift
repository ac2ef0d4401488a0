import EventModel

/// One timeline, looked through once: where each event name and each kind of message stands, and who said something of traits or consent.
///
/// Shared by all the readings of one explanation (as it is, and after each change that is tried), so that trying a change costs little.
final class TimelineIndex {
    let messages: [Message]
    private var named: [Text: [Int]] = [:]
    private var ofKind: [Message.Kind: [Int]] = [:]
    /// Identify messages, and those that say something of consent: the only ones that traits and consent look at.
    let identifies: [Message]
    let consents: [Message]
    /// Places that match an event name and a condition that looks at nothing but the event.
    private var matches: [Selection: [Int]] = [:]

    init(_ timeline: Timeline) {
        messages = timeline.messages
        var identifies: [Message] = []
        var consents: [Message] = []
        for (place, message) in messages.enumerated() {
            ofKind[message.kind, default: []].append(place)
            if message.kind == .track, let event = message.event { named[Text(event), default: []].append(place) }
            if message.kind == .identify { identifies.append(message) }
            if message.context["consent"] != nil { consents.append(message) }
        }
        (self.identifies, self.consents) = (identifies, consents)
    }

    /// Places of the messages that events and their condition look at, the condition aside; ascending.
    func places(of events: EventName, kinds: [Message.Kind]) -> [Int] {
        if case .named(let name) = events { return named[name] ?? [] }
        return kinds.flatMap { ofKind[$0] ?? [] }.sorted()
    }

    /// Places that match an event name and its condition, whatever the windows; ascending. Found once where the condition is the event's alone.
    func places(matching selection: Selection, for subject: some Subject) -> [Int] {
        let bare = Selection(selection.events, where: selection.condition)
        if let known = matches[bare] { return known }
        var places = places(of: bare.events, kinds: bare.kinds)
        if let condition = bare.condition {
            places = places.filter { condition.holds(for: EventOfProfile(profile: subject, message: messages[$0])) }
            if !condition.looksBeyondTheEvent { matches[bare] = places }
        } else {
            matches[bare] = places
        }
        return places
    }
}

extension Clause {
    /// Whether a condition asks for anything but the event: traits, features, consent, `now`.
    fileprivate var looksBeyondTheEvent: Bool {
        switch self {
        case .constant: false
        case .all(let clauses), .any(let clauses): clauses.contains(where: \.looksBeyondTheEvent)
        case .not(let clause): clause.looksBeyondTheEvent
        case .segment, .did, .sequence, .percentile: true
        default: operands.contains(where: \.looksBeyondTheEvent)
        }
    }

    /// The values that a single predicate looks at, in the order written.
    var operands: [Operand] {
        switch self {
        case .exists(let value), .isIn(let value, _), .percentile(let value, _), .textTest(let value, _, _), .matches(let value, _),
            .holds(let value):
            [value]
        case .compare(let a, _, let b): [a, b]
        case .constant, .all, .any, .not, .segment, .did, .sequence: []
        }
    }
}

extension Operand {
    fileprivate var looksBeyondTheEvent: Bool {
        switch self {
        case .now, .ago, .trait, .feature, .consent, .aggregate: true
        case .literal, .date, .field: false
        default: parts.contains(where: \.looksBeyondTheEvent)
        }
    }

    /// The values that this one is made of directly; a chain of operators gives all its terms, so that its length costs no depth.
    var parts: [Operand] {
        switch self {
        case .literal, .now, .ago, .date, .trait, .feature, .consent, .field: return []
        case .aggregate(let aggregate): return aggregate.events.windows.compactMap(\.bound)
        case .arithmetic:
            var terms: [Operand] = []
            var leftmost = self
            while case .arithmetic(let a, _, let b) = leftmost {
                terms.append(b)
                leftmost = a
            }
            return [leftmost] + terms.reversed()
        case .negated(let value), .time(let value), .lower(let value), .calendar(_, let value, _): return [value]
        case .distance(_, let a, let b, let c, let d): return [a, b, c, d]
        }
    }
}

extension Window {
    /// The instant it is bound by, where that is a value of its own.
    var bound: Operand? {
        switch self {
        case .within: nil
        case .since(let value), .after(let value), .until(let value): value
        }
    }
}
