import EventModel
import Storage

/// An event on its way into profiles: a message whose text was read, or one as a store decoded it.
enum StandingEvent: EventReading {
    case message(Message)
    case row(StandingRow)

    var kind: Message.Kind {
        switch self {
        case .message(let message): message.kind
        case .row(let row): row.message.kind
        }
    }

    var time: Int64 {
        switch self {
        case .message(let message): message.timestamp.milliseconds
        case .row(let row): row.message.timestamp.milliseconds
        }
    }

    var messageID: String {
        switch self {
        case .message(let message): message.messageID
        case .row(let row): row.message.messageID
        }
    }

    /// When what it says of traits and purposes ends by itself; `.max`: never.
    var expiry: Int64 {
        switch self {
        case .message(let message): message.expiry
        case .row(let row):
            if case .instant(let instant) = Value.time(row.value(at: row.layout.expiry)) { instant } else { .max }
        }
    }

    func value(of field: Field) -> Value {
        switch self {
        case .message(let message): message.value(of: field)
        case .row(let row): row.value(of: field)
        }
    }
}

/// A message as a store decoded it, with where its leaves are that standing rules read.
struct StandingRow {
    let message: DecodedMessage
    let layout: StandingLayout

    func value(at leaf: StandingLayout.Leaf?) -> Value { leaf.map { Value(message.scalar($0.place, path: $0.path)) } ?? .missing }

    func value(of field: Field) -> Value {
        switch field {
        case .timestamp: return .instant(message.timestamp.milliseconds)
        case .type: return .text(Text(message.kind.word))
        case .name, .category:
            guard message.kind == .page || message.kind == .screen else { return .missing }
            let value = value(at: layout.fields[field])
            return value.kind == .text ? value : .missing
        case .property, .context: return value(at: layout.fields[field])
        case .trait: return message.kind.setsTraits ? value(at: layout.fields[field]) : .missing
        }
    }
}

/// Where messages of one shape have what standing rules read.
final class StandingLayout {
    struct Leaf {
        /// Among the message's leaves.
        var place: Int
        /// Number of its path.
        var path: Int32
    }
    private(set) var fields: [Field: Leaf] = [:]
    private(set) var expiry: Leaf?
    /// Slots of the traits that are set, with a leaf for each of their paths.
    private(set) var traits: [(slot: Int, leaves: [Leaf?])] = []
    /// Slots of the purposes that may be set.
    private(set) var purposes: [(slot: Int, leaf: Leaf)] = []

    init(_ message: DecodedMessage, _ plan: StandingPlan) {
        var leaves: [[String]: Leaf] = [:]
        var traitNames: [String] = []
        for (place, leaf) in message.leafPaths.enumerated() {
            let own = Leaf(place: place, path: leaf.number)
            // The last of equal paths counts, as in objects.
            leaves[leaf.path] = own
            if leaf.path.count > 1, leaf.path[0] == "traits", !traitNames.contains(where: { $0.sameScalars(as: leaf.path[1]) }) {
                traitNames.append(leaf.path[1])
            }
            if leaf.path.count > 3, leaf.path[0] == "context", leaf.path[1] == "consent", leaf.path[2] == "categoryPreferences",
                let slot = plan.purposes[leaf.path.dropFirst(3).map { Text($0) }]
            {
                purposes.append((slot, own))
            }
        }
        func leaf(_ path: [String]) -> Leaf? {
            leaves.first { $0.key.elementsEqual(path) { $0.sameScalars(as: $1) } }?.value
        }
        expiry = leaf(["context", "expiresAt"])
        for field in plan.fields {
            switch field {
            case .property, .context, .trait, .name, .category: fields[field] = field.path.flatMap(leaf)
            case .timestamp, .type: break
            }
        }
        for name in traitNames {
            guard let slot = plan.traits[Text(name)] else { continue }
            traits.append((slot, plan.slots[slot].paths.map { leaf(["traits"] + $0.map(\.string)) }))
        }
    }
}
