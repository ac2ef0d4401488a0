import Storage

/// What is kept of the row that is first or last so far.
struct Edge: BitwiseCopyable {
    var time: Int64
    var box: UInt64
    var place: RowPlace
}

/// Which rows can be the first or the last one: `first` and `last` of a field, traits, consent.
enum EdgeRule {
    /// Those with the field.
    case field
    /// Those with the trait's top-level name, whatever it says.
    case trait
    /// Those with a truth.
    case consent

    /// Whether what a row says may be meant for a time only.
    var expires: Bool { self != .field }

    /// Whether some row of a block may count.
    func applies(_ fields: LeafFields) -> Bool {
        switch self {
        case .field: true
        case .trait: fields.top.uniform != ValueTag.absent
        case .consent: fields.value.uniform != ValueTag.absent
        }
    }

    @inline(__always)
    func isThere(_ box: UInt64, _ fields: LeafFields, _ row: Int) -> Bool {
        switch self {
        case .field: box != BoxedValue.missing
        case .trait: fields.top.tags[row] != ValueTag.absent
        case .consent: BoxedValue.isTruth(box)
        }
    }

    /// Whether what a message says was only to hold until an instant that has come.
    static func hasExpired(_ expiry: Lanes, _ row: Int, now: Int64) -> Bool {
        let value: Value
        switch expiry.tags[row] {
        case ValueTag.number: value = expiry.numbers.map { .number($0[row]) } ?? .missing
        case ValueTag.text:
            guard let texts = expiry.texts, let dictionary = expiry.dictionary else { return false }
            value = .text(Text(dictionary[Int(texts[row])]))
        default: return false
        }
        return Value.compare(Value.time(value), .lessOrEqual, .instant(now))
    }
}

/// The value of a chunk's profiles in the first, or the last, row that was kept.
final class EdgeFolder {
    private let edges: FlatArray<Edge>
    private let isThere: FlatArray<UInt8>
    private let boxes: FlatArray<UInt64>
    private let isLast: Bool
    private let order: MessageOrder

    init(capacity: Int, isLast: Bool, order: MessageOrder) {
        edges = FlatArray(room: capacity)
        isThere = FlatArray(room: capacity)
        boxes = FlatArray(room: capacity)
        (self.isLast, self.order) = (isLast, order)
    }

    func gather(_ parts: [CutRows], _ chunk: Int, count: Int) throws -> LeafResult {
        let (edges, isThere, boxes) = (edges.start, isThere.start, boxes.start)
        isThere.update(repeating: 0, count: count)
        boxes.update(repeating: BoxedValue.missing, count: count)
        for part in parts {
            let rows = part.rows(of: chunk)
            for entry in 0..<rows.count {
                let (profile, edge) = (Int(rows.owners[entry]), rows.edges[entry])
                if isThere[profile] == 1, try !replaces(edge, edges[profile]) { continue }
                isThere[profile] = 1
                edges[profile] = edge
                boxes[profile] = edge.box
            }
        }
        return LeafResult(columns: [.value: .boxes(self.boxes)])
    }

    /// Whether a row replaces the one that is kept; messageIds settle what instants leave open.
    @inline(__always)
    private func replaces(_ edge: Edge, _ kept: Edge) throws -> Bool {
        if edge.time != kept.time { return isLast == (edge.time > kept.time) }
        return try isLast == order.precedes(kept.place, edge.place)
    }
}
