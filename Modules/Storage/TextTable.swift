#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Byte strings to numbers, by open addressing over flat arrays; texts are copied in. Confined to one thread.
struct TextTable: ~Copyable {
    private var hashes: FlatBuffer<UInt64>
    private var entries: FlatBuffer<Int32>
    private var mask: Int
    private var texts = FlatBuffer<UInt8>(capacity: 256)
    private var starts = FlatBuffer<UInt32>(capacity: 32)
    private var lengths = FlatBuffer<UInt32>(capacity: 32)
    private var values = FlatBuffer<Int32>(capacity: 32)
    /// How many texts it holds.
    private(set) var count = 0

    init(slots: Int = 64) {
        hashes = FlatBuffer(capacity: slots)
        entries = FlatBuffer(capacity: slots)
        mask = slots - 1
        for _ in 0..<slots {
            hashes.append(0)
            entries.append(-1)
        }
    }

    var byteCount: Int { hashes.byteCount + entries.byteCount + texts.byteCount + starts.byteCount * 3 }

    /// The number of `text`, -1 where it is not there.
    @inline(__always)
    func find(_ text: UnsafeBufferPointer<UInt8>, hash: UInt64) -> Int32 {
        var slot = Int(truncatingIfNeeded: hash) & mask
        while true {
            let entry = Int(entries[slot])
            if entry < 0 { return -1 }
            if hashes[slot] == hash, Int(lengths[entry]) == text.count,
                text.count == 0 || memcmp(texts.start + Int(starts[entry]), text.baseAddress!, text.count) == 0
            {
                return values[entry]
            }
            slot = (slot + 1) & mask
        }
    }

    /// Puts in a text that is not there.
    mutating func insert(_ text: UnsafeBufferPointer<UInt8>, hash: UInt64, value: Int32) {
        if (count + 1) * 2 > mask + 1 { grow() }
        let entry = count
        starts.append(UInt32(texts.append(contentsOf: text)))
        lengths.append(UInt32(text.count))
        values.append(value)
        count += 1
        place(entry: Int32(entry), hash: hash)
    }

    /// Forgets all texts, keeps the room.
    mutating func removeAll() {
        guard count > 0 else { return }
        for slot in 0...mask { entries[slot] = -1 }
        texts.removeAll()
        starts.removeAll()
        lengths.removeAll()
        values.removeAll()
        count = 0
    }

    private mutating func place(entry: Int32, hash: UInt64) {
        var slot = Int(truncatingIfNeeded: hash) & mask
        while entries[slot] >= 0 { slot = (slot + 1) & mask }
        entries[slot] = entry
        hashes[slot] = hash
    }

    private mutating func grow() {
        let old = mask + 1
        var kept: [(UInt64, Int32)] = []
        kept.reserveCapacity(count)
        for slot in 0..<old where entries[slot] >= 0 { kept.append((hashes[slot], entries[slot])) }
        hashes = FlatBuffer(capacity: old * 2)
        entries = FlatBuffer(capacity: old * 2)
        for _ in 0..<(old * 2) {
            hashes.append(0)
            entries.append(-1)
        }
        mask = old * 2 - 1
        for (hash, entry) in kept { place(entry: entry, hash: hash) }
    }
}
