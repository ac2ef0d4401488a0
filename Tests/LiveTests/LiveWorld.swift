import EventModel
import Live
import Rules
@testable import RulesTesting
import Storage

/// Live memberships beside what they must agree with: every message kept whole, everyone found anew, the reference evaluator.
struct LiveWorld: ~Copyable {
    var live: LiveMemberships
    let rules: [Rule]
    var now: Instant
    /// What stores decode messages with: every other message comes as one decoded it.
    private let dictionaries = StoreDictionaries()
    private let decoder: MessageDecoder
    private(set) var accepted: [Message] = []
    private var ids: Set<String> = []
    /// Ordinals of identifiers in the order of their first sight, and the profile that each belongs to.
    private var ordinals: [String: UInt32] = [:]
    private var parents: [UInt32] = []
    /// By segment: ordinals that are recorded as members, by the transitions alone.
    private var recorded: [Set<UInt32>]
    /// A transition that let somebody in who was in, or out who was not.
    private var misrecorded: Transition?

    /// Values that are kept beside the rules; those that cannot be are left out.
    private let formulas: [Formula]

    init(_ rules: [Rule], values: [Formula] = [], now: Instant, chunkRows: Int = 512) {
        self.rules = rules
        self.now = now
        formulas = values.filter { LiveFeature(name: "", formula: $0) != nil }
        live = LiveMemberships(
            rules.enumerated().map { LiveSegment(name: "s\($0)", expression: "", rule: $1) },
            features: formulas.compactMap { LiveFeature(name: "", formula: $0) }, chunkRows: chunkRows)
        recorded = Array(repeating: [], count: rules.count)
        decoder = MessageDecoder(dictionaries: dictionaries, key: (1, 2))
        for segment in rules.indices { live.begin(segment, recorded: [], at: now, because: .definition) }
        follow()
    }

    /// A message arrives.
    mutating func receive(_ message: Message) {
        guard ids.insert(message.messageID).inserted else { return }
        let own = [message.userID.map { "user " + $0 }, message.anonymousID.map { "anonymous " + $0 }].compactMap { $0 }.map { ordinal($0) }
        guard let first = own.first else { return }
        if own.count > 1, let (old, kept) = join(own[0], own[1]) { live.merge(old, into: kept, at: now) }
        accepted.append(message)
        if accepted.count % 2 == 0, let decoded = decoder.decode(MessageBatch(lines: message.line)) as? ColumnarBatch,
            decoded.messageCount == 1
        {
            live.receive(DecodedMessage(decoded, row: 0, dictionaries: dictionaries), of: root(first), at: now) { message }
        } else {
            live.receive(message, of: root(first), at: now)
        }
        follow()
    }

    /// Time goes by.
    mutating func advance(to instant: Instant) {
        now = max(now, instant)
        live.advance(to: now)
        follow()
    }

    /// What is wrong now; nil where nothing is.
    func disagreement() -> String? {
        if let misrecorded { return "\(misrecorded) changes nothing of what is recorded" }
        var messages: [UInt32: [Message]] = [:]
        for message in accepted {
            let id = message.userID.map { "user " + $0 } ?? message.anonymousID.map { "anonymous " + $0 } ?? ""
            if let ordinal = ordinals[id] { messages[root(ordinal), default: []].append(message) }
        }
        guard messages.count == live.profileCount else { return "\(live.profileCount) profiles instead of \(messages.count)" }
        for (profile, own) in messages {
            let values = formulas.map { Reference($0, now: now).value(Timeline(own)) }
            guard live.values(of: profile) == values else { return "the values of profile \(profile) should be \(values)" }
        }
        for (segment, rule) in rules.enumerated() {
            var members: Set<UInt32> = []
            for (profile, own) in messages {
                let isMember = Reference(rule, now: now).isMember(Timeline(own))
                guard live.answer(segment, of: profile)?.isMember == isMember else {
                    return "profile \(profile) should be \(isMember) in segment \(segment)"
                }
                if isMember { members.insert(profile) }
            }
            // Whoever was recorded under an identifier is recorded as the profile that it now belongs to.
            let moved = Set(recorded[segment].map { root($0) })
            guard moved == members else { return "transitions of segment \(segment) lead to \(moved), not \(members)" }
            guard live.memberCount(of: segment) == members.count, Set(live.members(of: segment)) == members else {
                return "the members of segment \(segment) are counted or listed wrongly"
            }
        }
        return nil
    }

    private mutating func follow() {
        for transition in live.takeTransitions() {
            for ordinal in transition.ordinals {
                let changes =
                    if transition.entered {
                        recorded[transition.segment].insert(ordinal).inserted
                    } else {
                        recorded[transition.segment].remove(ordinal) != nil
                    }
                if !changes { misrecorded = transition }
            }
        }
    }

    private mutating func ordinal(_ id: String) -> UInt32 {
        if let known = ordinals[id] { return known }
        ordinals[id] = UInt32(parents.count)
        parents.append(UInt32(parents.count))
        return ordinals[id] ?? 0
    }

    private func root(_ ordinal: UInt32) -> UInt32 {
        var at = ordinal
        while parents[Int(at)] != at { at = parents[Int(at)] }
        return at
    }

    private mutating func join(_ a: UInt32, _ b: UInt32) -> (old: UInt32, kept: UInt32)? {
        let (x, y) = (root(a), root(b))
        if x == y { return nil }
        parents[Int(max(x, y))] = min(x, y)
        return (max(x, y), min(x, y))
    }
}

extension Message {
    /// The message as a store takes it.
    fileprivate var line: String {
        var json = json
        json.set("type", .string(kind.word))
        json.set("messageId", .string(messageID))
        json.set("timestamp", .string(timestamp.text))
        return json.text
    }
}
