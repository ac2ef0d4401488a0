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
    private var matches: [Match: [Int]] = [:]
    private var values: [MatchField: [Value]] = [:]
    private var answers: [Question: Value] = [:]

    /// An event name and a condition, with what the condition asks of the profile.
    struct Match: Hashable {
        var events: EventName
        var condition: Clause?
        var surroundings: [Value]
    }
    private struct MatchField: Hashable {
        var match: Match
        var field: Field
    }
    /// An aggregate over some of the places that match.
    struct Question: Hashable {
        var match: Match
        var function: Aggregate.Function
        var field: Field
        var range: Range<Int>
    }

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

    /// Places that match an event name and its condition, whatever the windows; ascending.
    func places(of match: Match, kinds: [Message.Kind], for subject: some Subject) -> [Int] {
        if let known = matches[match] { return known }
        var places = places(of: match.events, kinds: kinds)
        if let condition = match.condition {
            places = places.filter { condition.holds(for: EventOfProfile(profile: subject, message: messages[$0])) }
        }
        matches[match] = places
        return places
    }

    /// What a field is at each of the places that match; they must have been found.
    func values(of field: Field, at match: Match) -> [Value] {
        let key = MatchField(match: match, field: field)
        if let known = values[key] { return known }
        let values = (matches[match] ?? []).map { EventOfProfile(profile: Nobody(), message: messages[$0]).value(of: field) }
        self.values[key] = values
        return values
    }

    /// The answer to a question, found once.
    func answer(to question: Question, find: () -> Value) -> Value {
        if let known = answers[question] { return known }
        let value = find()
        answers[question] = value
        return value
    }

    /// A subject that knows nothing: fields are the event's alone.
    private struct Nobody: Subject {}
}

extension Selection {
    /// The selection without its windows, with what its condition asks of a profile.
    func match(for subject: some Subject) -> TimelineIndex.Match {
        var asked: [Operand] = []
        condition?.collect(asked: &asked)
        var surroundings: [Value] = []
        for value in asked {
            surroundings.append(value.value(for: subject))
            surroundings.append(subject.consentIsSet(value).map { .truth($0) } ?? .missing)
        }
        return TimelineIndex.Match(events: events, condition: condition, surroundings: surroundings)
    }
}

extension Clause {
    /// Everything that a condition asks for but the event: traits, features, consent, `now`.
    fileprivate func collect(asked: inout [Operand]) {
        switch self {
        case .constant, .segment, .did, .sequence, .percentile: break
        case .all(let clauses), .any(let clauses): for clause in clauses { clause.collect(asked: &asked) }
        case .not(let clause): clause.collect(asked: &asked)
        default: for value in operands { value.collect(asked: &asked) }
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
    fileprivate func collect(asked: inout [Operand]) {
        switch self {
        case .now, .ago, .trait, .feature, .consent, .aggregate: asked.append(self)
        case .literal, .date, .field: break
        default: for part in parts { part.collect(asked: &asked) }
        }
    }

    /// The values that this one is made of directly; a chain of operators gives all its terms, so that its length costs no depth.
    var parts: [Operand] {
        switch self {
        case .literal, .now, .ago, .date, .trait, .feature, .consent, .field: return []
        case .aggregate(let aggregate): return aggregate.events.windows.compactMap(\.bound)
        case .arithmetic:
            let chain = chain
            return [chain.start] + chain.steps.map(\.right)
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
