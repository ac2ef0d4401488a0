public import EventModel
import Storage

/// What a store must hold after some messages, kept in the plainest way: a list, and sets of texts.
public struct ExpectedStore {
    /// Accepted messages in the order of arrival.
    public private(set) var messages: [Message] = []
    /// Who each message counts for.
    private(set) var owners: [Identifier] = []
    private var ids: Set<[UInt8]> = []

    /// An identifier: a namespace and a text.
    struct Identifier: Hashable {
        var kind: IdentifierKind
        var text: [UInt8]
    }

    /// What came of the lines of a batch.
    public struct Outcome: Equatable {
        /// Messages whose messageId is new.
        public var accepted = 0
        /// Messages whose messageId was there before.
        public var duplicates = 0
        /// Lines of the source that were refused.
        public var refusedLines: [Int] = []
    }

    /// A store without messages.
    public init() {}

    /// Takes every line of the batch.
    public mutating func take(_ batch: MessageBatch) -> Outcome {
        var outcome = Outcome()
        for (index, line) in batch.text.prefix(batch.count).split(separator: 10, omittingEmptySubsequences: false).enumerated() {
            let trimmed = line.last == 13 ? line.dropLast() : line
            if trimmed.allSatisfy({ $0 == 32 || $0 == 9 }) { continue }
            let message = ContiguousArray(trimmed).withUnsafeBufferPointer { bytes in
                let derived = batch.derivedIDs.isEmpty ? MessageKey.derived(from: bytes).uuidText : batch.derivedIDs[index]
                return try? Message(parsing: bytes, derivedID: derived)
            }
            guard let message else {
                outcome.refusedLines.append(batch.lineNumbers.isEmpty ? batch.firstLine + index : batch.lineNumbers[index])
                continue
            }
            if ids.insert(Array(message.messageID.utf8)).inserted {
                outcome.accepted += 1
                messages.append(message)
                owners.append(Self.identifiers(of: message)[0])
            } else {
                outcome.duplicates += 1
            }
        }
        return outcome
    }

    /// The user, where there is one, then the anonymous identifier.
    static func identifiers(of message: Message) -> [Identifier] {
        var all: [Identifier] = []
        if let user = message.userID { all.append(Identifier(kind: .user, text: Array(user.utf8))) }
        if let anonymous = message.anonymousID { all.append(Identifier(kind: .anonymous, text: Array(anonymous.utf8))) }
        return all
    }

    /// The people: connected components, found by colouring until nothing changes.
    func people() -> Set<Set<Identifier>> {
        var colours: [Identifier: Int] = [:]
        for message in messages {
            for identifier in Self.identifiers(of: message) where colours[identifier] == nil { colours[identifier] = colours.count }
        }
        var edges: [(Identifier, Identifier)] = []
        for message in messages {
            let own = Self.identifiers(of: message)
            if own.count == 2 { edges.append((own[0], own[1])) }
            guard message.kind == .alias, let previous = message.previousID else { continue }
            for kind in IdentifierKind.allCases {
                let other = Identifier(kind: kind, text: Array(previous.utf8))
                if colours[other] != nil { edges.append((own[0], other)) }
            }
        }
        var changed = true
        while changed {
            changed = false
            for (a, b) in edges where colours[a] != colours[b] {
                let least = min(colours[a]!, colours[b]!)
                (colours[a], colours[b]) = (least, least)
                changed = true
            }
        }
        return Set(Dictionary(grouping: colours.keys) { colours[$0]! }.values.map(Set.init))
    }

    /// The name a profile goes by: its least user id, else its least anonymous id.
    static func canonicalID(of person: Set<Identifier>) -> [UInt8] {
        person.min { a, b in a.kind == b.kind ? a.text.lexicographicallyPrecedes(b.text) : a.kind.rawValue < b.kind.rawValue }!.text
    }

    /// Names of events and how many messages each has, by scalars.
    func eventNames() -> [[UInt8]: Int] {
        messages.reduce(into: [:]) { counts, message in
            if message.kind == .track { counts[Array((message.event ?? "").utf8), default: 0] += 1 }
        }
    }

    /// Every path that a message of that kind and event has a value at, the members of the envelope aside.
    func paths(kind: Message.Kind, event: String?) -> Set<[[UInt8]]> {
        var found: Set<[[UInt8]]> = []
        for message in messages where message.kind == kind && (event.map { message.event?.sameScalars(as: $0) ?? false } ?? true) {
            Self.collect(message.json, under: [], into: &found)
        }
        return found.filter { !($0.count == 1 && Envelope.names.contains(String(decoding: $0[0], as: UTF8.self))) }
    }

    private static func collect(_ object: JSONObject, under path: [[UInt8]], into found: inout Set<[[UInt8]]>) {
        for member in object.members {
            let here = path + [Array(member.name.utf8)]
            found.insert(here)
            if let inner = member.value.asObject { collect(inner, under: here, into: &found) }
        }
    }
}
