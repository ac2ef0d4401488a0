import Storage

/// The messageIds of batches that wait for their commit; exact.
struct PendingKeys: ~Copyable {
    private struct Slot {
        /// One more than the batch, 0 for an empty slot.
        var batch: UInt32
        var row: UInt32
    }
    private var slots: ContiguousArray<Slot>
    private var mask: Int
    private var batches: [ColumnarBatch] = []
    private(set) var count = 0

    private let fingerprint: Fingerprint

    init(fingerprint: Fingerprint) {
        self.fingerprint = fingerprint
        slots = ContiguousArray(repeating: Slot(batch: 0, row: 0), count: 1 << 16)
        mask = slots.count - 1
    }

    var byteCount: Int { slots.count * 8 }

    mutating func removeAll() {
        batches = []
        count = 0
        for index in slots.indices { slots[index] = Slot(batch: 0, row: 0) }
    }

    /// Says which batch the coming rows are of.
    mutating func begin(_ batch: ColumnarBatch) {
        batches.append(batch)
        while (count + batch.messageCount) * 2 > slots.count { grow() }
    }

    /// Enters message `row` of the batch begun last; false where its id is there already.
    @inline(__always)
    mutating func insert(_ row: Int, fingerprint: UInt64) -> Bool {
        var slot = Int(truncatingIfNeeded: fingerprint >> 16) & mask
        let batch = batches[batches.count - 1]
        while slots[slot].batch != 0 {
            let held = slots[slot]
            if batch.sameMessageID(row, as: batches[Int(held.batch) - 1], Int(held.row)) { return false }
            slot = (slot + 1) & mask
        }
        slots[slot] = Slot(batch: UInt32(batches.count), row: UInt32(row))
        count += 1
        return true
    }

    private mutating func grow() {
        let old = slots
        slots = ContiguousArray(repeating: Slot(batch: 0, row: 0), count: old.count * 2)
        mask = slots.count - 1
        for held in old where held.batch != 0 {
            let fingerprint = self.fingerprint(batches[Int(held.batch) - 1].key(Int(held.row)).key)
            var slot = Int(truncatingIfNeeded: fingerprint >> 16) & mask
            while slots[slot].batch != 0 { slot = (slot + 1) & mask }
            slots[slot] = held
        }
    }
}
