import CZlib

/// Texts of a column: their lengths, then their bytes, deflated where that saves a tenth.
enum TextSection {
    /// Shorter sections are kept as they are.
    private static let leastDeflated = 512

    static func encode(_ texts: TextDictionaryBuilder, to out: inout ContiguousArray<UInt8>) {
        out.appendWord(UInt32(texts.count))
        var lengths = ContiguousArray<Int64>()
        lengths.reserveCapacity(texts.count)
        for index in 0..<texts.count { lengths.append(Int64(texts.length(index))) }
        lengths.withUnsafeBufferPointer { out.appendSequence($0) }
        let plain = texts.bytes
        if plain.count >= leastDeflated {
            var packed = [UInt8](repeating: 0, count: Int(compressBound(uLong(plain.count))))
            var size = uLongf(packed.count)
            let status = compress2(&packed, &size, plain.baseAddress, uLong(plain.count), 1)
            if status == Z_OK, Int(size) * 10 < plain.count * 9 {
                out.append(1)
                out.appendWord(UInt32(plain.count))
                out.appendWord(UInt32(size))
                out.append(contentsOf: packed[..<Int(size)])
                return
            }
        }
        out.append(0)
        out.appendWord(UInt32(plain.count))
        out.append(contentsOf: plain)
    }

    static func decode(_ reader: inout ColumnReader) throws(ColumnReader.Damaged) -> TextDictionary {
        let count = try reader.word()
        let lengths = try reader.sequence(count: count)
        let isDeflated = try reader.byte() == 1
        let size = try reader.word()
        var offsets: ContiguousArray<UInt32> = [0]
        offsets.reserveCapacity(count + 1)
        var end: Int64 = 0
        for length in lengths {
            guard length >= 0, length <= Int64(size) else { throw ColumnReader.Damaged() }
            end += length
            guard end <= Int64(size) else { throw ColumnReader.Damaged() }
            offsets.append(UInt32(end))
        }
        guard Int(end) == size else { throw ColumnReader.Damaged() }
        guard isDeflated else { return TextDictionary(bytes: ContiguousArray(try reader.take(size)), offsets: offsets) }
        let packed = try reader.take(try reader.word())
        // A damaged size must not ask for more than deflate can ever give.
        guard size <= packed.count * 1_100 else { throw ColumnReader.Damaged() }
        var bytes = ContiguousArray<UInt8>(repeating: 0, count: size)
        var inflated = uLongf(size)
        let status = bytes.withUnsafeMutableBufferPointer {
            uncompress($0.baseAddress, &inflated, packed.baseAddress?.assumingMemoryBound(to: UInt8.self), uLong(packed.count))
        }
        guard status == Z_OK, Int(inflated) == size else { throw ColumnReader.Damaged() }
        return TextDictionary(bytes: bytes, offsets: offsets)
    }
}

/// Distinct texts in the order of their first appearance.
final class TextDictionaryBuilder {
    private let table = TextTable(slots: 64)
    private let heap = FlatBuffer<UInt8>(capacity: 64)
    private let ends = FlatBuffer<UInt32>(capacity: 16)

    var count: Int { ends.count }
    /// The texts' UTF-8, end to end.
    var bytes: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: heap.start, count: heap.count) }

    /// Bytes of text `index`.
    func length(_ index: Int) -> Int { Int(ends[index]) - (index == 0 ? 0 : Int(ends[index - 1])) }

    /// The number of `text`, entering it where it is new.
    func number(of text: UnsafeBufferPointer<UInt8>) -> Int32 {
        let hash = ByteHash.quick(text, seed: 0x7465_7874)
        let known = table.find(text, hash: hash)
        if known >= 0 { return known }
        let number = Int32(count)
        table.insert(text, hash: hash, value: number)
        heap.append(contentsOf: text)
        ends.append(UInt32(heap.count))
        return number
    }
}
