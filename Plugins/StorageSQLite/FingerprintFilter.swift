/// A blocked Bloom filter over fingerprints: one cache line a question, about one false answer in a thousand at 16 bits each.
///
/// - SeeAlso: F. Putze, P. Sanders, J. Singler, "Cache-, Hash- and Space-Efficient Bloom Filters", 2007.
struct FingerprintFilter: ~Copyable {
    private var lines: ContiguousArray<UInt64>
    private let lineMask: Int
    /// Fingerprints it is made for.
    let capacity: Int
    private(set) var count = 0

    /// Makes a filter for about `capacity` fingerprints, two bytes each.
    init(capacity: Int) {
        var lineCount = 1_024
        while lineCount * 32 < capacity { lineCount *= 2 }
        self.capacity = lineCount * 32
        lineMask = lineCount - 1
        lines = ContiguousArray(repeating: 0, count: lineCount * 8)
    }

    @inline(__always)
    mutating func insert(_ fingerprint: UInt64) {
        var bits = fingerprint &* 0xD6E8_FEB8_6659_FD93
        let base = (Int(truncatingIfNeeded: bits >> 32) & lineMask) * 8
        for _ in 0..<7 {
            let bit = Int(truncatingIfNeeded: bits >> 55)
            lines[base + bit >> 6] |= 1 << UInt64(bit & 63)
            bits = (bits ^ bits >> 29) &* 0x9E37_79B9_7F4A_7C15
        }
        count += 1
    }

    /// False where the fingerprint was certainly never put in.
    @inline(__always)
    func mayContain(_ fingerprint: UInt64) -> Bool {
        var bits = fingerprint &* 0xD6E8_FEB8_6659_FD93
        let base = (Int(truncatingIfNeeded: bits >> 32) & lineMask) * 8
        return lines.withUnsafeBufferPointer { lines in
            for _ in 0..<7 {
                let bit = Int(truncatingIfNeeded: bits >> 55)
                if lines[base + bit >> 6] >> UInt64(bit & 63) & 1 == 0 { return false }
                bits = (bits ^ bits >> 29) &* 0x9E37_79B9_7F4A_7C15
            }
            return true
        }
    }
}
