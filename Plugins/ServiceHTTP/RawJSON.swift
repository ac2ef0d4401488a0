/// Finds its way through the bytes of a JSON text that is known to be valid, without decoding it.
///
/// Whoever makes one has parsed the text before; every step is checked against the end all the same, so a mistake there reads nothing
/// foreign. Confined to the life of the buffer it was made of.
struct RawJSON {
    let base: UnsafePointer<UInt8>
    let end: Int

    /// The byte at `index`; 0, which no JSON text holds, at the end.
    @inline(__always) subscript(index: Int) -> UInt8 { index < end ? base[index] : 0 }

    /// The first byte at or behind `index` that is no white space.
    @inline(__always)
    func pastSpace(_ index: Int) -> Int {
        var index = index
        while index < end, base[index] <= 0x20 { index += 1 }
        return index
    }

    /// Behind the closing quote of the string whose opening quote stands at `quote`: eight bytes a step while none of them ends or escapes
    /// (zero-byte test of Lamport, as in "Hacker's Delight").
    @inline(__always)
    func pastString(_ quote: Int) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        var index = quote + 1
        while index < end {
            while index + 8 <= end {
                let word = UInt64(littleEndian: UnsafeRawPointer(base + index).loadUnaligned(as: UInt64.self))
                let (quotes, escapes) = (word ^ (ones &* 0x22), word ^ (ones &* 0x5C))
                let found = (((quotes &- ones) & ~quotes) | ((escapes &- ones) & ~escapes)) & (ones &* 0x80)
                if found != 0 {
                    index += found.trailingZeroBitCount / 8
                    break
                }
                index += 8
            }
            switch self[index] {
            case UInt8(ascii: "\""): return index + 1
            case UInt8(ascii: "\\"): index += 2
            default: index += 1
            }
        }
        return end
    }

    /// Behind the value that begins at `start`.
    @inline(__always)
    func pastValue(_ start: Int) -> Int {
        switch self[start] {
        case UInt8(ascii: "\""): return pastString(start)
        case UInt8(ascii: "{"), UInt8(ascii: "["): return pastContainer(start)
        default:
            var index = start
            while index < end {
                switch base[index] {
                case UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]"), 0...0x20: return index
                default: index += 1
                }
            }
            return end
        }
    }

    private func pastContainer(_ start: Int) -> Int {
        var depth = 0
        var index = start
        while index < end {
            switch base[index] {
            case UInt8(ascii: "\""): index = pastString(index)
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                index += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                index += 1
                if depth == 0 { return index }
            default: index += 1
            }
        }
        return end
    }

    /// A member of an object: its name with quotes, and its value.
    struct Member {
        var name: Range<Int>
        var value: Range<Int>
    }

    /// The first member of the object whose `{` stands at `open`; nil when it has none.
    @inline(__always)
    func firstMember(_ open: Int) -> Member? { member(pastSpace(open + 1)) }

    /// The member behind `member`; nil when that was the last.
    @inline(__always)
    func member(after member: Member) -> Member? {
        let comma = pastSpace(member.value.upperBound)
        return self[comma] == UInt8(ascii: ",") ? self.member(pastSpace(comma + 1)) : nil
    }

    @inline(__always)
    private func member(_ start: Int) -> Member? {
        guard self[start] == UInt8(ascii: "\"") else { return nil }
        let nameEnd = pastString(start)
        let value = pastSpace(pastSpace(nameEnd) + 1)  // behind the colon
        guard value < end else { return nil }
        return Member(name: start..<nameEnd, value: value..<max(value, pastValue(value)))
    }

    /// Whether the bytes of `range` are those of `text`.
    @inline(__always)
    func equals(_ range: Range<Int>, _ text: StaticString) -> Bool {
        guard range.count == text.utf8CodeUnitCount else { return false }
        let start = text.utf8Start
        for index in 0..<range.count where base[range.lowerBound + index] != start[index] { return false }
        return true
    }

    /// Whether the bytes of two ranges are the same.
    func equals(_ a: Range<Int>, _ b: Range<Int>) -> Bool { bytes(a).elementsEqual(bytes(b)) }

    /// Whether a backslash stands in `range`.
    @inline(__always)
    func hasEscape(_ range: Range<Int>) -> Bool { bytes(range).contains(UInt8(ascii: "\\")) }

    @inline(__always)
    func bytes(_ range: Range<Int>) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: base + range.lowerBound, count: range.count)
    }
}
