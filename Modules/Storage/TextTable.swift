#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Byte strings to numbers, by open addressing over flat arrays; texts are copied in. Confined to one thread at a time.
struct TextTable: ~Copyable {
    private let hashes: FlatBuffer<UInt64>
    private let entries: FlatBuffer<Int32>
    private let texts = FlatBuffer<UInt8>(capacity: 256)
    private let starts = FlatBuffer<UInt32>(capacity: 32)
    private let lengths = FlatBuffer<UInt32>(capacity: 32)
    private let values = FlatBuffer<Int32>(capacity: 32)

    /// - Parameter slots: A power of two.
    init(slots: Int = 64) {
        hashes = FlatBuffer(repeating: 0, count: slots)
        entries = FlatBuffer(repeating: -1, count: slots)
    }

    /// How many texts it holds.
    var count: Int { starts.count }

    /// The number of `text`, -1 where it is not there.
    @inline(__always)
    func find(_ text: UnsafeBufferPointer<UInt8>, hash: UInt64) -> Int32 {
        let mask = entries.count - 1
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
    func insert(_ text: UnsafeBufferPointer<UInt8>, hash: UInt64, value: Int32) {
        if (count + 1) * 2 > entries.count { grow() }
        let entry = count
        starts.append(UInt32(texts.append(contentsOf: text)))
        lengths.append(UInt32(text.count))
        values.append(value)
        place(entry: Int32(entry), hash: hash)
    }

    /// Forgets all texts, keeps the room.
    func removeAll() {
        guard count > 0 else { return }
        entries.reset(to: -1, count: entries.count)
        texts.removeAll()
        starts.removeAll()
        lengths.removeAll()
        values.removeAll()
    }

    private func place(entry: Int32, hash: UInt64) {
        let mask = entries.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while entries[slot] >= 0 { slot = (slot + 1) & mask }
        entries[slot] = entry
        hashes[slot] = hash
    }

    private func grow() {
        var kept: [(UInt64, Int32)] = []
        kept.reserveCapacity(count)
        for slot in 0..<entries.count where entries[slot] >= 0 { kept.append((hashes[slot], entries[slot])) }
        let slots = entries.count * 2
        hashes.reset(to: 0, count: slots)
        entries.reset(to: -1, count: slots)
        for (hash, entry) in kept { place(entry: entry, hash: hash) }
    }
}
