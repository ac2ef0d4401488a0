/// Ascending 64-bit words as packed differences: about 43 bits each for ten million random ones.
public enum SortedWords {
    /// Words of one packed form at most.
    public static let most = 65_536

    /// The packed form of `words`, which ascend.
    public static func encode(_ words: ArraySlice<UInt64>) -> ContiguousArray<UInt8> {
        var differences = ContiguousArray<Int64>()
        differences.reserveCapacity(words.count)
        var last: UInt64 = 0
        for word in words {
            differences.append(Int64(bitPattern: word &- last))
            last = word
        }
        var out = ContiguousArray<UInt8>()
        differences.withUnsafeBufferPointer { PackedIntegers.encode($0, to: &out) }
        return out
    }

    /// Reads `count` words back; nil when `bytes` are damaged.
    public static func decode(_ bytes: UnsafeRawBufferPointer, count: Int) -> ContiguousArray<UInt64>? {
        guard count > 0, count <= most else { return count == 0 ? [] : nil }
        var isRead = false
        let differences = ContiguousArray<Int64>(unsafeUninitializedCapacity: count) { buffer, filled in
            isRead = PackedIntegers.decode(bytes, count: count, into: buffer.baseAddress!) != nil
            filled = isRead ? count : 0
        }
        guard isRead else { return nil }
        var words = ContiguousArray<UInt64>()
        words.reserveCapacity(count)
        var word: UInt64 = 0
        for difference in differences {
            word &+= UInt64(bitPattern: difference)
            words.append(word)
        }
        return words
    }
}
