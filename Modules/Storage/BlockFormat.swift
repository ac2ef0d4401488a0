/// Numbers of the block format. They are stored and never reused; `Documentation/Storage.md` holds the same table.
public enum BlockFormat {
    /// Rows of a block at most.
    public static let rows = 65_536
    /// Columns that are not paths.
    public enum Code {
        /// Identifier ordinals, as differences.
        public static let ordinals = 1
        /// Milliseconds since 1970.
        public static let times = 2
        /// 16 bytes of every messageId's key, and which of them are UUIDs.
        public static let keys = 3
        /// Numbers of the rows' shapes in the store's dictionaries.
        public static let shapes = 4
        /// One more than the ordinal of the anonymous identifier beside the user, 0 for none.
        public static let companions = 5
        /// Numbers of event names, where rows of several share the block.
        public static let names = 6
        /// The column of path `p` has code `firstPath + p`.
        public static let firstPath = 16
    }
    /// Codes of one block fit below this; a column's key in a store is `block * codes + code`.
    public static let codes = 65_536
}

/// Appends the plain parts of a column to its bytes.
extension ContiguousArray<UInt8> {
    mutating func appendWord(_ value: UInt32) { Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) } }

    /// A bit for each of `count` flags, lowest first.
    mutating func appendBits(count: Int, _ isSet: (Int) -> Bool) {
        var byte: UInt8 = 0
        for index in 0..<count {
            if isSet(index) { byte |= 1 << UInt8(index & 7) }
            if index & 7 == 7 {
                append(byte)
                byte = 0
            }
        }
        if count & 7 != 0 { append(byte) }
    }

    /// A sequence of integers: packed as they are, or, where most repeat their predecessor, the places of change and the values there.
    mutating func appendSequence(_ values: UnsafeBufferPointer<Int64>) {
        var changes = values.isEmpty ? 0 : 1
        for index in values.indices.dropFirst() where values[index] != values[index - 1] { changes += 1 }
        guard values.count >= 64, changes * 2 <= values.count else {
            append(0)
            PackedIntegers.encode(values, to: &self)
            return
        }
        append(1)
        appendBits(count: values.count) { $0 == 0 || values[$0] != values[$0 - 1] }
        var kept = ContiguousArray<Int64>()
        kept.reserveCapacity(changes)
        for index in values.indices where index == 0 || values[index] != values[index - 1] { kept.append(values[index]) }
        appendWord(UInt32(kept.count))
        kept.withUnsafeBufferPointer { PackedIntegers.encode($0, to: &self) }
    }
}

/// Reads the parts of a column; every read checks that the bytes are there.
struct ColumnReader {
    /// A column that does not hold what its format says.
    struct Damaged: Error {}

    let bytes: UnsafeRawBufferPointer
    private(set) var at = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    mutating func byte() throws(Damaged) -> UInt8 {
        guard at < bytes.count else { throw Damaged() }
        at += 1
        return bytes[at - 1]
    }

    mutating func word() throws(Damaged) -> Int {
        guard at + 4 <= bytes.count else { throw Damaged() }
        at += 4
        return Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: at - 4, as: UInt32.self)))
    }

    mutating func take(_ count: Int) throws(Damaged) -> UnsafeRawBufferPointer {
        guard count >= 0, at + count <= bytes.count else { throw Damaged() }
        at += count
        return UnsafeRawBufferPointer(rebasing: bytes[(at - count)..<at])
    }

    mutating func bits(count: Int) throws(Damaged) -> UnsafeRawBufferPointer { try take((count + 7) / 8) }

    mutating func packed(count: Int) throws(Damaged) -> ContiguousArray<Int64> {
        // No sequence is longer than a block: a damaged count must not ask for memory.
        guard count >= 0, count <= BlockFormat.rows else { throw Damaged() }
        let rest = UnsafeRawBufferPointer(rebasing: bytes[at...])
        var used: Int?
        let values = ContiguousArray<Int64>(unsafeUninitializedCapacity: count) { buffer, filled in
            guard count > 0 else {
                used = 8
                return
            }
            used = PackedIntegers.decode(rest, count: count, into: buffer.baseAddress!)
            filled = used == nil ? 0 : count
        }
        guard let used, used <= rest.count else { throw Damaged() }
        at += used
        return values
    }

    mutating func packed(count: Int, at places: [Int]) throws(Damaged) -> ContiguousArray<Int64> {
        guard count >= 0, count <= BlockFormat.rows else { throw Damaged() }
        let rest = UnsafeRawBufferPointer(rebasing: bytes[at...])
        guard let (values, used) = PackedIntegers.decode(rest, count: count, at: places), used <= rest.count else { throw Damaged() }
        at += used
        return values
    }

    /// The values of a sequence at some places, ascending.
    mutating func sequence(count: Int, at places: [Int]) throws(Damaged) -> ContiguousArray<Int64> {
        guard count >= 0, count <= BlockFormat.rows else { throw Damaged() }
        guard try byte() == 1 else { return try packed(count: count, at: places) }
        let changes = try bits(count: count)
        // Which of the kept values each place has: the last one that came at or before it; before the first it is 0.
        var counter = BitCounter(changes)
        let numbers = places.map { counter.count(before: $0 + 1) - 1 }
        let known = numbers.filter { $0 >= 0 }
        let distinct = known.indices.filter { $0 == 0 || known[$0] != known[$0 - 1] }.map { known[$0] }
        let values = try packed(count: try word(), at: distinct)
        var next = -1
        return ContiguousArray(
            numbers.enumerated().map { index, number in
                guard number >= 0 else { return 0 }
                if index == 0 || numbers[index - 1] != number { next += 1 }
                return values[next]
            })
    }

    mutating func sequence(count: Int) throws(Damaged) -> ContiguousArray<Int64> {
        guard count >= 0, count <= BlockFormat.rows else { throw Damaged() }
        guard try byte() == 1 else { return try packed(count: count) }
        let changes = try bits(count: count)
        let kept = try packed(count: try word())
        var damaged = false
        let values = ContiguousArray<Int64>(unsafeUninitializedCapacity: count) { buffer, filled in
            guard let out = buffer.baseAddress else { return }
            var (done, next) = (0, 0)
            var value: Int64 = 0
            /// Gives every row up to `end` the value at hand.
            func fill(to end: Int) {
                (out + done).initialize(repeating: value, count: end - done)
                done = end
            }
            for start in stride(from: 0, to: count, by: 64) {
                var rest: UInt64 = 0
                if start >> 3 + 8 <= changes.count {
                    rest = UInt64(littleEndian: changes.loadUnaligned(fromByteOffset: start >> 3, as: UInt64.self))
                } else {
                    for place in (start >> 3)..<changes.count { rest |= UInt64(changes[place]) << UInt64(8 * (place - start >> 3)) }
                }
                while rest != 0 {
                    let index = start + rest.trailingZeroBitCount
                    rest &= rest - 1
                    if index >= count { break }
                    fill(to: index)
                    if next >= kept.count {
                        damaged = true
                        break
                    }
                    value = kept[next]
                    next += 1
                }
                if damaged { break }
            }
            if !damaged { fill(to: count) }
            filled = done
        }
        if damaged { throw Damaged() }
        return values
    }
}

/// Counts the bits before places that ascend, each bit once.
struct BitCounter {
    private let bits: UnsafeRawBufferPointer
    private var byte = 0
    private var counted = 0

    /// Bit `i` is bit `i & 7` of byte `i >> 3`.
    init(_ bits: UnsafeRawBufferPointer) { self.bits = bits }

    /// How many bits are set before `place`, which is no less than in the call before.
    mutating func count(before place: Int) -> Int {
        while byte < place >> 3 {
            counted += bits[byte].nonzeroBitCount
            byte += 1
        }
        return place & 7 == 0 ? counted : counted + (bits[byte] & (1 << UInt8(place & 7) - 1)).nonzeroBitCount
    }
}
