import Storage

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
