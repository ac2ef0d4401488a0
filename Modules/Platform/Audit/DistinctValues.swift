import Storage

/// Counts distinct values exactly, in memory that grows with how many there are and not with how often they come.
///
/// A value stands for itself or for 128 bits of its hash; what came is sorted and made single now and then.
struct DistinctValues<Key: Comparable> {
    private var keys: ContiguousArray<Key> = []
    /// Keys that were single and sorted at the last look.
    private var settled = 0

    mutating func insert(_ key: Key) {
        keys.append(key)
        if keys.count > 1 << 16, keys.count > 2 * settled { settle() }
    }

    private mutating func settle() {
        keys.sort()
        var kept = 0
        for place in keys.indices where kept == 0 || keys[place] != keys[kept - 1] {
            keys[kept] = keys[place]
            kept += 1
        }
        keys.removeSubrange(kept...)
        settled = kept
    }

    /// How many distinct values there were.
    var count: Int {
        mutating get {
            settle()
            return keys.count
        }
    }
}

/// 128 bits that stand for a text: two texts that share them have not been seen (SipHash-2-4).
struct TextKey: Comparable {
    private let high: UInt64
    private let low: UInt64

    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        (high, low) = ByteHash.sip128(bytes, key: (0x6469_7374_696E_6374, 0x7465_7874_7300_0000))
    }

    static func < (a: TextKey, b: TextKey) -> Bool { a.high != b.high ? a.high < b.high : a.low < b.low }
}
