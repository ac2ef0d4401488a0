/// Identifier ordinals, each once, ascending.
public struct OrdinalSet: Sendable, Hashable {
    /// The ordinals, strictly ascending.
    public let ordinals: ContiguousArray<UInt32>

    /// Makes a set of the given ordinals, in any order and however often each.
    public init(_ ordinals: some Sequence<UInt32>) {
        let all = ContiguousArray(ordinals)
        if zip(all, all.dropFirst()).allSatisfy({ $0 < $1 }) {
            self.ordinals = all
            return
        }
        var distinct = ContiguousArray<UInt32>()
        distinct.reserveCapacity(all.count)
        for ordinal in all.sorted() where distinct.last != ordinal { distinct.append(ordinal) }
        self.ordinals = distinct
    }

    /// The set of nobody.
    public init() { ordinals = [] }

    /// How many there are.
    public var count: Int { ordinals.count }
    /// Whether it is the set of nobody.
    public var isEmpty: Bool { ordinals.isEmpty }

    /// Whether `ordinal` is one of them; a binary search.
    public func contains(_ ordinal: UInt32) -> Bool {
        var (low, high) = (0, ordinals.count)
        while low < high {
            let middle = (low + high) / 2
            if ordinals[middle] < ordinal { low = middle + 1 } else { high = middle }
        }
        return low < ordinals.count && ordinals[low] == ordinal
    }

    /// Those that are in both; looks up the fewer among the more.
    public func intersection(_ other: OrdinalSet) -> OrdinalSet {
        let (few, many) = count < other.count ? (self, other) : (other, self)
        return OrdinalSet(few.ordinals.filter(many.contains))
    }
}

// MARK: Bytes

extension OrdinalSet {
    /// Numbers of the two forms; stored, never reused.
    private enum Form {
        static let gaps: UInt8 = 0
        static let bits: UInt8 = 1
    }

    /// The set as bytes that `init(bytes:count:)` reads, in the shorter of two forms.
    ///
    /// Form 0: the first ordinal, then for each further one how many ordinals it skips, as LEB128 (seven bits a byte, lowest first, the eighth
    /// says that more follow). Form 1: the first ordinal in 4 bytes, little endian, then a bit for each ordinal from it to the last, lowest
    /// first. The count is kept elsewhere. Nobody: form 0 and nothing more.
    public func appendBytes(to out: inout ContiguousArray<UInt8>) {
        var gapBytes = 0
        var next: UInt32 = 0
        for ordinal in ordinals {
            gapBytes += Self.length(ordinal - next)
            next = ordinal &+ 1
        }
        guard let first = ordinals.first, let last = ordinals.last, 4 + Int(last - first) / 8 + 1 < gapBytes else {
            out.append(Form.gaps)
            next = 0
            for ordinal in ordinals {
                var gap = ordinal - next
                while gap >= 0x80 {
                    out.append(UInt8(truncatingIfNeeded: gap) | 0x80)
                    gap >>= 7
                }
                out.append(UInt8(gap))
                next = ordinal &+ 1
            }
            return
        }
        out.append(Form.bits)
        out.appendWord(first)
        let start = out.count
        out.append(contentsOf: repeatElement(0, count: Int(last - first) / 8 + 1))
        for ordinal in ordinals { out[start + Int(ordinal - first) / 8] |= 1 << UInt8((ordinal - first) & 7) }
    }

    /// Bytes that a gap takes.
    private static func length(_ gap: UInt32) -> Int { max(1, (32 - gap.leadingZeroBitCount + 6) / 7) }

    /// Reads `count` ordinals from the front of `bytes`, and moves `bytes` behind them; nil where they do not hold as many in either form.
    public init?(bytes: inout UnsafeRawBufferPointer, count: Int) {
        guard let form = bytes.first, count >= 0 else { return nil }
        var at = 1
        var ordinals = ContiguousArray<UInt32>()
        switch form {
        case Form.gaps:
            // Every ordinal has a byte of its own: a damaged count must not ask for memory.
            guard count <= bytes.count - 1 else { return nil }
            ordinals.reserveCapacity(count)
            var next: UInt64 = 0
            for _ in 0..<count {
                var gap: UInt64 = 0
                var shift: UInt64 = 0
                while true {
                    guard at < bytes.count, shift < 35 else { return nil }
                    let byte = bytes[at]
                    at += 1
                    gap |= UInt64(byte & 0x7F) << shift
                    shift += 7
                    if byte & 0x80 == 0 { break }
                }
                guard let ordinal = UInt32(exactly: next + gap) else { return nil }
                ordinals.append(ordinal)
                next += gap + 1
            }
        case Form.bits:
            guard bytes.count >= 5, count > 0, count <= (bytes.count - 5) * 8 else { return nil }
            let first = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 1, as: UInt32.self))
            at = 5
            ordinals.reserveCapacity(count)
            while ordinals.count < count {
                guard at < bytes.count else { return nil }
                var byte = bytes[at]
                while byte != 0 {
                    let place = UInt64(first) + UInt64(at - 5) * 8 + UInt64(byte.trailingZeroBitCount)
                    guard let ordinal = UInt32(exactly: place) else { return nil }
                    ordinals.append(ordinal)
                    byte &= byte - 1
                }
                at += 1
            }
            guard ordinals.count == count else { return nil }
        default: return nil
        }
        self.ordinals = ordinals
        bytes = UnsafeRawBufferPointer(rebasing: bytes[at...])
    }
}

/// A set of ordinals that many changes are folded into: a bit for each ordinal up to the greatest, so each change costs its own size only.
public struct OrdinalBitmap {
    private var words: ContiguousArray<UInt64> = []

    /// Starts from `set`.
    public init(_ set: OrdinalSet = OrdinalSet()) { insert(set) }

    /// Adds the ordinals of `set` that are missing; it grows to the greatest of them, at one bit for each ordinal up to it.
    public mutating func insert(_ set: OrdinalSet) {
        guard let last = set.ordinals.last else { return }
        let missing = Int(last >> 6) + 1 - words.count
        if missing > 0 { words.append(contentsOf: repeatElement(0, count: missing)) }
        for ordinal in set.ordinals { words[Int(ordinal >> 6)] |= 1 << UInt64(ordinal & 63) }
    }

    /// Takes the ordinals of `set` out, as far as they are in it.
    public mutating func remove(_ set: OrdinalSet) {
        for ordinal in set.ordinals where Int(ordinal >> 6) < words.count { words[Int(ordinal >> 6)] &= ~(1 << UInt64(ordinal & 63)) }
    }

    /// Who is in it now.
    public var set: OrdinalSet {
        var ordinals = ContiguousArray<UInt32>()
        ordinals.reserveCapacity(words.reduce(0) { $0 + $1.nonzeroBitCount })
        for (index, word) in words.enumerated() {
            var rest = word
            while rest != 0 {
                ordinals.append(UInt32(index << 6 + rest.trailingZeroBitCount))
                rest &= rest - 1
            }
        }
        return OrdinalSet(ordinals)
    }
}
