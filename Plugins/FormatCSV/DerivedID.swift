import Crypto
import Foundation

/// An identifier made of content: the first 128 bits of a SHA-256 as a UUID of version 8 (RFC 9562).
struct DerivedID: Hashable, Sendable {
    /// The first eight bytes, big-endian.
    var high: UInt64
    /// The last eight.
    var low: UInt64

    /// The identifier of `bytes`.
    init(of bytes: UnsafeBufferPointer<UInt8>) {
        var hash = SHA256()
        hash.update(bufferPointer: UnsafeRawBufferPointer(bytes))
        let (first, second) = hash.finalize().withUnsafeBytes {
            ($0.loadUnaligned(as: UInt64.self), $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        }
        high = UInt64(bigEndian: first) & ~0xF000 | 0x8000
        low = UInt64(bigEndian: second) & ~(0xC0 << 56) | 0x80 << 56
    }

    init(high: UInt64, low: UInt64) { (self.high, self.low) = (high, low) }

    /// Writes its 36 characters.
    func write(to out: ByteBuffer) {
        out.reserve(36)
        let digits: StaticString = "0123456789abcdef"
        let start = digits.utf8Start
        func nibbles(_ word: UInt64, _ from: Int, _ to: Int) {
            for nibble in from..<to { out.append(start[Int(word >> (60 - nibble * 4) & 15)]) }
        }
        nibbles(high, 0, 8)
        out.append(UInt8(ascii: "-"))
        nibbles(high, 8, 12)
        out.append(UInt8(ascii: "-"))
        nibbles(high, 12, 16)
        out.append(UInt8(ascii: "-"))
        nibbles(low, 0, 4)
        out.append(UInt8(ascii: "-"))
        nibbles(low, 4, 16)
    }
}

/// How often each row has occurred in a file so far.
///
/// Keeps 64 bits of each distinct row's SHA-256 and a count: 12 bytes, at a load between 3/8 and 3/4, so 16 to 32 bytes a distinct row.
/// Two rows that share those 64 bits (about once in 10^7 files of two million rows) share their count too, which gives the later one
/// another identifier, still its own, and the same one in every import of that file.
struct Occurrences {
    private var keys: ContiguousArray<UInt64>
    private var counts: ContiguousArray<UInt32>
    private var used = 0

    init() {
        keys = ContiguousArray(repeating: 0, count: 1 << 12)
        counts = ContiguousArray(repeating: 0, count: 1 << 12)
    }

    /// Counts a row; gives how many times it occurred before.
    @inline(__always)
    mutating func count(_ hash: UInt64) -> UInt32 {
        if used * 4 >= keys.count * 3 { grow() }
        let key = hash == 0 ? 1 : hash
        let mask = keys.count - 1
        var slot = Int(truncatingIfNeeded: key) & mask
        while keys[slot] != key {
            if keys[slot] == 0 {
                keys[slot] = key
                used += 1
                break
            }
            slot = (slot + 1) & mask
        }
        counts[slot] &+= 1
        return counts[slot] &- 1
    }

    private mutating func grow() {
        let old = (keys, counts)
        keys = ContiguousArray(repeating: 0, count: old.0.count * 2)
        counts = ContiguousArray(repeating: 0, count: old.0.count * 2)
        let mask = keys.count - 1
        for (index, key) in old.0.enumerated() where key != 0 {
            var slot = Int(truncatingIfNeeded: key) & mask
            while keys[slot] != 0 { slot = (slot + 1) & mask }
            (keys[slot], counts[slot]) = (key, old.1[index])
        }
    }
}
