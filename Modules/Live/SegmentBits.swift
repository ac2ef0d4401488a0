/// A set of segments for each of many profiles, in one flat buffer: 64 segments a word.
struct SegmentBits {
    /// Words of each profile.
    let width: Int
    private var words: ContiguousArray<UInt64> = []

    init(segments: Int) { width = max(1, (segments + 63) / 64) }

    /// Adds empty sets.
    mutating func append(_ more: Int) { words.append(contentsOf: repeatElement(0, count: more * width)) }

    mutating func removeAll() { words.removeAll(keepingCapacity: true) }

    func contains(_ segment: Int, at index: Int) -> Bool { words[index * width + segment / 64] >> UInt64(segment % 64) & 1 == 1 }

    mutating func set(_ isIn: Bool, _ segment: Int, at index: Int) {
        let bit = UInt64(1) << UInt64(segment % 64)
        if isIn { words[index * width + segment / 64] |= bit } else { words[index * width + segment / 64] &= ~bit }
    }

    /// 64 segments of one set.
    func word(_ word: Int, at index: Int) -> UInt64 { words[index * width + word] }

    /// Adds segments of a word to one set.
    mutating func insert(_ bits: UInt64, _ word: Int, at index: Int) { words[index * width + word] |= bits }

    mutating func clear(at index: Int) { for word in 0..<width { words[index * width + word] = 0 } }

    /// The segments of one set, ascending.
    func forEach(at index: Int, _ body: (Int) -> Void) {
        for word in 0..<width {
            var rest = words[index * width + word]
            while rest != 0 {
                body(word * 64 + rest.trailingZeroBitCount)
                rest &= rest - 1
            }
        }
    }
}
