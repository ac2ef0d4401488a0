import EventModel
import Rules
import Storage
import Synchronization

/// Everything stored about one profile, read from the blocks that can hold it.
struct Person {
    /// The profile's number in its snapshot.
    let profile: Int
    let identifiers: [(kind: IdentifierKind, text: String)]
    /// Of its identifiers, ascending.
    let ordinals: [UInt32]
    private let snapshot: any StoreSnapshot

    init(profile: Int, in snapshot: any StoreSnapshot) throws {
        self.profile = profile
        self.snapshot = snapshot
        ordinals = snapshot.identifiers(of: profile)
        identifiers = try ordinals.map { try snapshot.identifier(Int($0)) }.sorted { a, b in
            a.kind != b.kind ? a.kind.rawValue < b.kind.rawValue : a.text.precedesByScalars(b.text)
        }
    }

    /// The least user id, else the least anonymous id.
    var id: String { identifiers.first?.text ?? "" }

    /// Messages at or before `now` in the order of (timestamp, messageId).
    ///
    /// - Parameter kinds: nil for all.
    /// - Parameter threads: Blocks that are read at once.
    func messages(until now: Instant, kinds: Set<Message.Kind>? = nil, threads: Int) throws -> [Message] {
        let blocks = snapshot.blocks.filter { $0.minTime <= now.milliseconds && kinds?.contains($0.kind) ?? true }
        let shared = Mutex((next: 0, found: [Message]()))
        try onThreads(min(threads, blocks.count)) { _ in
            while let block = shared.withLock({ state -> BlockSummary? in
                guard state.next < blocks.count else { return nil }
                state.next += 1
                return blocks[state.next - 1]
            }) {
                let rows = try snapshot.rows(block, of: ordinals)
                guard !rows.isEmpty else { continue }
                let own = try snapshot.messages(block, rows: rows).filter { $0.timestamp <= now }
                shared.withLock { $0.found += own }
            }
        }
        return shared.withLock { $0.found }.sorted(by: Self.precedes)
    }

    /// The order in which messages of a person count.
    static func precedes(_ a: Message, _ b: Message) -> Bool {
        a.timestamp != b.timestamp ? a.timestamp < b.timestamp : a.messageID.precedesByScalars(b.messageID)
    }

    /// The traits at `now`: of each top-level name the latest identify that has it; null removes, and so does `context.expiresAt` once it
    /// has come.
    static func traits(of messages: [Message], at now: Instant) -> PersonTraits {
        var (values, times) = (JSONObject(), JSONObject())
        for message in messages where message.kind == .identify {
            var isOver = false
            if case .instant(let end) = Value.time(Value(message.context["expiresAt"])) { isOver = end <= now.milliseconds }
            for member in message.traits.members {
                values.set(member.name, isOver ? .null : member.value)
                times.set(member.name, .string(message.timestamp.text))
            }
        }
        values.members.removeAll { $0.value == .null }
        times.members.removeAll { values[$0.name] == nil }
        return PersonTraits(values: values, asOf: times)
    }
}

/// A person's traits, and when each was last said.
struct PersonTraits {
    var values: JSONObject
    /// Instants as texts, by the same names.
    var asOf: JSONObject

    /// `{"traits":{...},"as_of":{...}}`
    var json: JSONObject { JSONObject(["traits": .object(values), "as_of": .object(asOf)]) }
}
