public import EventModel

/// What a rule reads of a profile's messages: which messages can matter to it at all, and which of their members.
///
/// A timeline of trimmed messages answers the rule as the whole one does.
public struct TimelineReads: Sendable {
    /// Members that are read of a message, by the names at the top of `properties`, `context` and `traits`.
    private struct Members: Sendable {
        var properties: Set<String> = []
        var context: Set<String> = []
        var traits: Set<String> = []

        mutating func insert(_ field: Field) {
            switch field {
            case .property(let path): properties.insert(path[0].string)
            case .context(let path): context.insert(path[0].string)
            case .trait(let path): traits.insert(path[0].string)
            case .timestamp, .type, .name, .category: break
            }
        }

        mutating func formUnion(_ other: Members) {
            properties.formUnion(other.properties)
            context.formUnion(other.context)
            traits.formUnion(other.traits)
        }
    }
    /// Track messages that are asked for by name.
    private var named: [String: Members] = [:]
    /// Kinds that `any` asks for, and what it reads of them.
    private var kinds: [Message.Kind: Members] = [:]
    /// Top-level names of traits that profiles are asked for.
    private var traits: Set<String> = []
    private var readsConsent = false

    /// Nothing is read.
    public init() {}

    /// What one rule reads.
    public init(_ rule: Rule) {
        for feature in rule.features { add(feature.body) }
        for segment in rule.segments { add(segment.body) }
        add(rule.root)
    }

    /// Joins what several rules read.
    public mutating func formUnion(_ other: TimelineReads) {
        for (name, members) in other.named { named[name, default: Members()].formUnion(members) }
        for (kind, members) in other.kinds { kinds[kind, default: Members()].formUnion(members) }
        traits.formUnion(other.traits)
        readsConsent = readsConsent || other.readsConsent
    }

    /// Names of the track messages that are asked for by name.
    public var eventNames: [String] { Array(named.keys) }

    /// Whether a message can matter whatever its event is called: because of its kind, or of a trait or a consent that it sets.
    public func reads(besidesItsName message: Message) -> Bool {
        if kinds[message.kind] != nil { return true }
        if message.kind == .identify, message.traits.members.contains(where: { traits.contains($0.name) }) { return true }
        return readsConsent && Self.setsConsent(message)
    }

    /// Whether some message of a kind (and event name; nil: of several) may be read.
    public func needs(_ kind: Message.Kind, event: String?) -> Bool {
        if kinds[kind] != nil || readsConsent { return true }
        switch kind {
        case .track: return event.map { named[$0] != nil } ?? !named.isEmpty
        case .identify: return !traits.isEmpty
        default: return false
        }
    }

    /// Whether a property may be read of messages of a kind (and name), told by its name at the top of `properties`.
    public func reads(property name: String, of kind: Message.Kind, event: String?) -> Bool {
        if kinds[kind]?.properties.contains(name) ?? false { return true }
        return kind == .track && event.flatMap { named[$0]?.properties.contains(name) } ?? false
    }

    /// Whether a trait may be read of messages of a kind, told by its name at the top: of a profile's, or of the message alone.
    public func reads(trait name: String, of kind: Message.Kind) -> Bool {
        kind == .identify && traits.contains(name) || kind.setsTraits && kinds[kind]?.traits.contains(name) ?? false
    }

    /// The message with no more than is read of it; nil where nothing is.
    public func trimmed(_ message: Message) -> Message? {
        let byName = message.kind == .track ? message.event.flatMap { named[$0] } : nil
        let byKind = kinds[message.kind]
        let setsTrait = message.kind == .identify && message.traits.members.contains { traits.contains($0.name) }
        let consent = readsConsent && Self.setsConsent(message)
        guard byName != nil || byKind != nil || setsTrait || consent else { return nil }
        var members = Members()
        if let byName { members.formUnion(byName) }
        if let byKind { members.formUnion(byKind) }
        if consent { members.context.insert("consent") }
        if consent || setsTrait { members.context.insert("expiresAt") }
        if setsTrait { members.traits.formUnion(traits) }
        var json = JSONObject()
        for member in message.json.members {
            switch member.name {
            case "event", "name", "category": json.members.append(member)
            case "properties" where !members.properties.isEmpty: json.members += Self.cut(member, to: members.properties)
            case "context" where !members.context.isEmpty: json.members += Self.cut(member, to: members.context)
            case "traits" where !members.traits.isEmpty: json.members += Self.cut(member, to: members.traits)
            default: break
            }
        }
        return Message(kind: message.kind, messageID: message.messageID, timestamp: message.timestamp, json: json)
    }

    private static func cut(_ member: JSONObject.Member, to names: Set<String>) -> [JSONObject.Member] {
        guard case .object(let object) = member.value else { return [] }
        let kept = object.members.filter { names.contains($0.name) }
        return kept.isEmpty ? [] : [.init(member.name, .object(JSONObject(kept)))]
    }

    private static func setsConsent(_ message: Message) -> Bool {
        message.json["context"]?.asObject?["consent"]?.asObject?["categoryPreferences"] != nil
    }

    // MARK: Walking a rule

    /// What stands outside of conditions has no fields of an event.
    private mutating func add(_ clause: Clause) {
        var none = Members()
        add(clause, &none)
    }

    private mutating func add(_ operand: Operand) {
        var none = Members()
        add(operand, &none)
    }

    /// - Parameter members: Takes the fields that are read of the event at hand.
    private mutating func add(_ clause: Clause, _ members: inout Members) {
        switch clause {
        case .constant, .segment: break
        case .all(let clauses), .any(let clauses): for clause in clauses { add(clause, &members) }
        case .not(let clause): add(clause, &members)
        case .did(let events, _): add(events)
        case .sequence(let sequence):
            for step in sequence.steps + (sequence.absent.map { [$0] } ?? []) { add(step.selection) }
            for window in sequence.windows { add(window) }
        case .exists(let v), .isIn(let v, _), .percentile(let v, _), .textTest(let v, _, _), .matches(let v, _), .holds(let v):
            add(v, &members)
        case .compare(let a, _, let b):
            add(a, &members)
            add(b, &members)
        }
    }

    private mutating func add(_ selection: Selection, field: Field? = nil) {
        var members = Members()
        if let field { members.insert(field) }
        if let condition = selection.condition { add(condition, &members) }
        switch selection.events {
        case .named(let name): named[name.string, default: Members()].formUnion(members)
        case .any: for kind in selection.possibleKinds { kinds[kind, default: Members()].formUnion(members) }
        }
        for window in selection.windows { add(window) }
    }

    private mutating func add(_ window: Window) {
        switch window {
        case .within: break
        case .since(let v), .after(let v), .until(let v): add(v)
        }
    }

    private mutating func add(_ operand: Operand, _ members: inout Members) {
        switch operand {
        case .literal, .now, .ago, .date, .feature: break
        case .field(let field): members.insert(field)
        case .trait(let path): traits.insert(path[0].string)
        case .consent: readsConsent = true
        case .aggregate(let aggregate): add(aggregate.events, field: aggregate.field)
        case .arithmetic:
            let chain = operand.chain
            add(chain.start, &members)
            for step in chain.steps { add(step.right, &members) }
        case .negated(let v), .time(let v), .lower(let v), .calendar(_, let v, _): add(v, &members)
        case .distance(_, let a, let b, let c, let d): for part in [a, b, c, d] { add(part, &members) }
        }
    }
}
