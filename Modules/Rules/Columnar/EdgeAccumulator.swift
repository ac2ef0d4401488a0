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
    private let best: FlatArray<Int64>
    private let boxes: FlatArray<UInt64>
    private let places: FlatArray<RowPlace>
    private let isLast: Bool
    private let rule: Rule
    private let now: Int64
    private var reader: BoxReader
    private let order: MessageOrder

    init(profiles: Int, isLast: Bool, rule: Rule, now: Int64, pool: TextPool, order: MessageOrder) {
        (self.isLast, self.rule, self.now, self.order) = (isLast, rule, now, order)
        best = FlatArray(repeating: isLast ? .min : .max, count: profiles)
        boxes = FlatArray(repeating: BoxedValue.missing, count: profiles)
        places = FlatArray(repeating: RowPlace(block: 0, row: 0), count: profiles)
        reader = BoxReader(pool: pool)
    }

    override func fold(_ rows: SelectedRows, _ fields: LeafFields) throws {
        let read = reader.boxes(rows, fields.value)
        let (best, profiles, times) = (best.start, rows.profiles, rows.times)
        try rows.each { place, row in
            var box = read[place]
            switch rule {
            case .field: if box == BoxedValue.missing { return }
            case .trait: if fields.top.tags[row] == ValueTag.absent { return }
            case .consent: if !BoxedValue.isTruth(box) { return }
            }
            let (profile, time) = (Int(profiles[row]), times[row])
            guard isLast ? time >= best[profile] : time <= best[profile] else { return }
            if rule != .field, hasExpired(fields.expiry, row) { box = BoxedValue.missing }
            let here = RowPlace(block: rows.block, row: rows.base + row)
            if time == best[profile], try !replaces(here, profile, rows) { return }
            best[profile] = time
            boxes[profile] = box
            places[profile] = here
        }
    }

    /// Whether a row replaces the one of the same instant that is kept.
    private func replaces(_ here: RowPlace, _ profile: Int, _ rows: SelectedRows) throws -> Bool {
        let kept = places[profile]
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
        let none: Int64 = isLast ? .min : .max
        for profile in 0..<best.count {
            let time = other.best[profile]
            if time == none || (isLast ? time < best[profile] : time > best[profile]) { continue }
            if time == best[profile], try isLast != order.precedes(places[profile], other.places[profile]) { continue }
            best[profile] = time
            boxes[profile] = other.boxes[profile]
            places[profile] = other.places[profile]
        }
    }

    override func finish() -> LeafResult { LeafResult(columns: [.value: .boxes(boxes)]) }
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
