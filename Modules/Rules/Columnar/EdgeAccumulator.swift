import Storage

/// A value in the first, or the last, row that has it: `first` and `last` of a field, traits, consent.
final class EdgeAccumulator: Accumulator {
    enum Rule {
        /// A field that must be there.
        case field
        /// A trait: the row's top-level name must be there, whatever it says.
        case trait
        /// A truth.
        case consent
    }
    /// What is kept of the best row so far: side by side, so that a row touches one place in memory.
    private struct Edge: BitwiseCopyable {
        var key: UInt64
        var box: UInt64
        var place: RowPlace
    }
    private let edges: FlatArray<Edge>
    private let timeKey: TimeKey
    private let isLast: Bool
    private let rule: Rule
    private let now: Int64
    private var reader: BoxReader
    private let order: MessageOrder

    init(profiles: Int, isLast: Bool, rule: Rule, now: Int64, pool: TextPool, order: MessageOrder) {
        (self.isLast, self.rule, self.now, self.order) = (isLast, rule, now, order)
        timeKey = TimeKey(isLast: isLast)
        edges = FlatArray(repeating: Edge(key: TimeKey.none, box: 0, place: RowPlace(block: 0, row: 0)), count: profiles)
        reader = BoxReader(pool: pool)
    }

    override func fold(_ rows: SelectedRows, _ fields: LeafFields) throws {
        let read = reader.boxes(rows, fields.value)
        switch rule {
        case .field: try fold(rows, read, expiry: nil) { box, _ in box != BoxedValue.missing }
        case .trait:
            let (tags, expiry) = (fields.top.tags, fields.expiry)
            if fields.top.uniform == ValueTag.absent { return }
            try fold(rows, read, expiry: expiry.uniform == ValueTag.absent ? nil : expiry) { _, row in tags[row] != ValueTag.absent }
        case .consent:
            let expiry = fields.expiry
            if fields.value.uniform == ValueTag.absent { return }
            try fold(rows, read, expiry: expiry.uniform == ValueTag.absent ? nil : expiry) { box, _ in BoxedValue.isTruth(box) }
        }
    }

    @inline(__always)
    private func fold(
        _ rows: SelectedRows, _ read: UnsafePointer<UInt64>, expiry: Lanes?, _ isThere: (_ box: UInt64, _ row: Int) -> Bool
    ) throws {
        let (edges, profiles, times, timeKey) = (edges.start, rows.profiles, rows.times, timeKey)
        try rows.each(into: edges) { place, row in
            var box = read[place]
            guard isThere(box, row) else { return }
            let (profile, key) = (Int(profiles[row]), timeKey.key(of: times[row]))
            let known = edges[profile].key
            guard key >= known else { return }
            let here = RowPlace(block: rows.block, row: rows.base + row)
            if key == known, try !replaces(here, edges[profile].place, rows) { return }
            if let expiry, hasExpired(expiry, row) { box = BoxedValue.missing }
            edges[profile] = Edge(key: key, box: box, place: here)
        }
    }

    /// Whether a row replaces the one of the same instant that is kept.
    private func replaces(_ here: RowPlace, _ kept: RowPlace, _ rows: SelectedRows) throws -> Bool {
        if kept.block == here.block, rows.ordinals[kept.row] == rows.ordinals[here.row] {
            // Rows of one identifier are sorted by messageId within an instant.
            return isLast == (kept.row < here.row)
        }
        return try isLast == order.precedes(kept, here)
    }

    /// Whether what a message says was only to hold until an instant that has come.
    private func hasExpired(_ expiry: Lanes, _ row: Int) -> Bool {
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

    override func merge(_ other: Accumulator) throws {
        let other = unsafeDowncast(other, to: EdgeAccumulator.self)
        for profile in 0..<edges.count {
            let (mine, theirs) = (edges[profile], other.edges[profile])
            if theirs.key == TimeKey.none || theirs.key < mine.key { continue }
            if theirs.key == mine.key, try isLast != order.precedes(mine.place, theirs.place) { continue }
            edges[profile] = theirs
        }
    }

    override func finish() -> LeafResult {
        let boxes = FlatArray<UInt64>(repeating: 0, count: edges.count)
        for profile in 0..<edges.count {
            boxes[profile] = edges[profile].key == TimeKey.none ? BoxedValue.missing : edges[profile].box
        }
        return LeafResult(columns: [.value: .boxes(boxes)])
    }
}

/// Reads the values of selected rows as boxes. Confined to one thread.
struct BoxReader {
    private var texts: PooledTexts
    private var boxes = ContiguousArray<UInt64>(repeating: BoxedValue.missing, count: 0)

    init(pool: TextPool) { texts = PooledTexts(pool) }

    /// One box for each selected row, in their order; valid until the next call. Of instants, the milliseconds themselves.
    mutating func boxes(_ rows: SelectedRows, _ lanes: Lanes) -> UnsafePointer<UInt64> {
        if boxes.count < rows.count { boxes = ContiguousArray(repeating: BoxedValue.missing, count: max(rows.count, 64)) }
        texts.use(lanes.dictionary)
        // Nothing else touches the array before the next call, and that may only follow when the caller is done.
        let start = boxes.withUnsafeMutableBufferPointer { $0.baseAddress! }
        if let times = lanes.times {
            rows.each { place, row in start[place] = UInt64(bitPattern: times[row]) }
        } else if lanes.uniform == ValueTag.text, let own = lanes.texts {
            rows.each { place, row in start[place] = BoxedValue.text(texts.number(of: own[row])) }
        } else if lanes.uniform == ValueTag.number, let numbers = lanes.numbers {
            rows.each { place, row in start[place] = BoxedValue.number(numbers[row]) }
        } else {
            rows.each { place, row in
                switch lanes.tags[row] {
                case ValueTag.no: start[place] = BoxedValue.truth(false)
                case ValueTag.yes: start[place] = BoxedValue.truth(true)
                case ValueTag.number: start[place] = lanes.numbers.map { BoxedValue.number($0[row]) } ?? BoxedValue.missing
                case ValueTag.text: start[place] = lanes.texts.map { BoxedValue.text(texts.number(of: $0[row])) } ?? BoxedValue.missing
                default: start[place] = BoxedValue.missing
                }
            }
        }
        return UnsafePointer(start)
    }
}
