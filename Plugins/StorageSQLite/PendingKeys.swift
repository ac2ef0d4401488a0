import CMemory
import Storage

/// The messageIds of batches that wait for their commit; exact.
struct PendingKeys: ~Copyable {
    /// One more than the batch (20 bits), the row (24 bits), and as many bits of the fingerprint as are left; 0 is an empty slot.
    private typealias Slot = UInt64
    private var slots: ContiguousArray<Slot>
    private var batches: [ColumnarBatch] = []
    private var count = 0
    private let fingerprint: Fingerprint

    /// - Parameter slots: Room at first; a power of two.
    init(fingerprint: Fingerprint, slots: Int = 1 << 16) {
        self.fingerprint = fingerprint
        self.slots = ContiguousArray(repeating: 0, count: slots)
    }

    var isEmpty: Bool { count == 0 }

    /// Batches that one commit may hold, and rows of a batch.
    static let mostBatches = 1 << 20 - 2
    static let mostRows = 1 << 24

    mutating func removeAll() {
        batches = []
        count = 0
        slots.withUnsafeMutableBufferPointer { $0.update(repeating: 0) }
    }

    /// Says which batch the coming rows are of.
    mutating func begin(_ batch: ColumnarBatch) {
        precondition(batch.messageCount < Self.mostRows && batches.count < Self.mostBatches, "a commit is overdue")
        batches.append(batch)
        while (count + batch.messageCount) * 2 > slots.count { grow() }
    }

    /// Fetches what `insert` will look at first.
    @inline(__always)
    func prefetch(fingerprint mark: UInt64) {
        slots.withUnsafeBufferPointer { tessera_prefetch($0.baseAddress! + Int(truncatingIfNeeded: mark >> 20) & ($0.count - 1)) }
    }

    /// Enters message `row` of the batch begun last; false where its id is there already.
    @inline(__always)
    mutating func insert(_ row: Int, fingerprint mark: UInt64) -> Bool {
        let mask = slots.count - 1
        var place = Int(truncatingIfNeeded: mark >> 20) & mask
        let tag = mark << 44
        while slots[place] != 0 {
            let held = slots[place]
            if (held ^ tag) >> 44 == 0, same(row, of: batches[batches.count - 1], held) { return false }
            place = (place + 1) & mask
        }
        slots[place] = tag | UInt64(row) << 20 | UInt64(batches.count)
        count += 1
        return true
    }

    /// Whether the id of a message of any batch is there.
    func contains(_ row: Int, of batch: ColumnarBatch, fingerprint mark: UInt64) -> Bool {
        let mask = slots.count - 1
        var place = Int(truncatingIfNeeded: mark >> 20) & mask
        while slots[place] != 0 {
            if (slots[place] ^ mark << 44) >> 44 == 0, same(row, of: batch, slots[place]) { return true }
            place = (place + 1) & mask
        }
        return false
    }

    private func same(_ row: Int, of batch: ColumnarBatch, _ held: Slot) -> Bool {
        let (place, other) = (Int(held & 0xF_FFFF) - 1, Int(held >> 20 & 0xFF_FFFF))
        return batch.sameMessageID(row, as: batches[place], other)
    }

    private mutating func grow() {
        let old = slots
        slots = ContiguousArray(repeating: 0, count: old.count * 2)
        let mask = slots.count - 1
        for held in old where held != 0 {
            let mark = fingerprint(batches[Int(held & 0xF_FFFF) - 1].key(Int(held >> 20 & 0xFF_FFFF)).key)
            var place = Int(truncatingIfNeeded: mark >> 20) & mask
            while slots[place] != 0 { place = (place + 1) & mask }
            slots[place] = held
        }
    }
}
