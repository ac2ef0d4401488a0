import EventModel

/// Puts rows into block order: (identifier ordinal, timestamp, messageId).
struct RowOrder {
    let batches: [ColumnarBatch]

    /// Sorts `rows` in place; stable radix passes over the ordinals after the times, ties settled by messageId.
    func sort(_ rows: inout ContiguousArray<RowReference>) {
        guard rows.count > 1 else { return }
        let sources = batches.map { BatchPointers($0) }
        let count = rows.count
        var keys = ContiguousArray<(ordinal: UInt32, place: UInt32)>()
        keys.reserveCapacity(count)
        var isAscending = true
        var last = Int64.min
        for (place, row) in rows.enumerated() {
            if row.time < last { isAscending = false }
            last = row.time
            keys.append((row.owner, UInt32(place)))
        }
        if !isAscending { keys.sort { (rows[Int($0.place)].time, $0.place) < (rows[Int($1.place)].time, $1.place) } }
        radix(&keys)
        var sorted = ContiguousArray<RowReference>()
        sorted.reserveCapacity(count)
        for key in keys { sorted.append(rows[Int(key.place)]) }
        var start = 0
        while start < count {
            var end = start + 1
            while end < count, sorted[end].owner == sorted[start].owner, sorted[end].time == sorted[start].time { end += 1 }
            if end - start > 1 {
                let run = sorted[start..<end].sorted { precedes($0, $1, sources) }
                sorted.replaceSubrange(start..<end, with: run)
            }
            start = end
        }
        rows = sorted
    }

    private func radix(_ keys: inout ContiguousArray<(ordinal: UInt32, place: UInt32)>) {
        let greatest = keys.reduce(0 as UInt32) { max($0, $1.ordinal) }
        var other = keys
        var shift: UInt32 = 0
        while shift < 32, shift == 0 || greatest >> shift > 0 {
            var counts = ContiguousArray<Int>(repeating: 0, count: 2_049)
            for key in keys { counts[Int(key.ordinal >> shift & 2_047) + 1] += 1 }
            for digit in 0..<2_048 { counts[digit + 1] += counts[digit] }
            for key in keys {
                let digit = Int(key.ordinal >> shift & 2_047)
                other[counts[digit]] = key
                counts[digit] += 1
            }
            swap(&keys, &other)
            shift += 11
        }
    }

    /// Whether the messageId of `a` sorts before that of `b`, by scalars.
    private func precedes(_ a: RowReference, _ b: RowReference, _ sources: [BatchPointers]) -> Bool {
        let (x, y) = (sources[Int(a.batch)].rows[Int(a.row)], sources[Int(b.batch)].rows[Int(b.row)])
        if x.keyIsUUID == 1, y.keyIsUUID == 1 { return (x.keyHigh, x.keyLow) < (y.keyHigh, y.keyLow) }
        return batches[Int(a.batch)].messageID(Int(a.row)).precedesByScalars(batches[Int(b.batch)].messageID(Int(b.row)))
    }
}

extension ColumnarBatch {
    /// The messageId of message `row`.
    func messageID(_ row: Int) -> String {
        if rows[row].keyIsUUID == 1 { return rows[row].key.uuidText }
        return String(decoding: bytes(rows[row].keyText), as: UTF8.self)
    }
}
