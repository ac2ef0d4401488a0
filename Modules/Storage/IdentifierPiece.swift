/// A run of identifiers as a store keeps it: their kinds, which are UUIDs (16 bytes each), and the other texts.
public enum IdentifierPiece {
    /// Identifiers of one piece at most.
    public static let most = 65_536

    /// The bytes of the identifiers in `range`.
    public static func encode(_ texts: IdentifierTexts, _ range: Range<Int>) -> ContiguousArray<UInt8> {
        var out = ContiguousArray<UInt8>()
        var kinds = ContiguousArray<Int64>()
        let others = TextDictionaryBuilder()
        var numbers = ContiguousArray<Int64>()
        var uuids = ContiguousArray<UInt8>()
        var isUUID: [Bool] = []
        texts.bytes.withUnsafeBufferPointer { bytes in
            for ordinal in range {
                kinds.append(Int64(texts.kinds[ordinal]))
                let text = UnsafeBufferPointer(rebasing: bytes[texts.offsets[ordinal]..<texts.offsets[ordinal + 1]])
                if let uuid = MessageKey(canonicalUUID: text) {
                    isUUID.append(true)
                    withUnsafeBytes(of: uuid.high.bigEndian) { uuids.append(contentsOf: $0) }
                    withUnsafeBytes(of: uuid.low.bigEndian) { uuids.append(contentsOf: $0) }
                } else {
                    isUUID.append(false)
                    numbers.append(Int64(others.number(of: text)))
                }
            }
        }
        kinds.withUnsafeBufferPointer { out.appendSequence($0) }
        out.appendBits(count: range.count) { isUUID[$0] }
        out.append(contentsOf: uuids)
        TextSection.encode(others, to: &out)
        numbers.withUnsafeBufferPointer { out.appendSequence($0) }
        return out
    }

    /// Appends the `count` identifiers that `bytes` hold; false, and `texts` of no use, when they are damaged.
    public static func append(_ bytes: UnsafeRawBufferPointer, count: Int, to texts: inout IdentifierTexts) -> Bool {
        var reader = ColumnReader(bytes)
        do {
            guard count >= 0, count <= most else { return false }
            let kinds = try reader.sequence(count: count)
            let bits = try reader.bits(count: count)
            let uuidCount = bits.reduce(0) { $0 + $1.nonzeroBitCount }
            let uuids = try reader.take(uuidCount * 16)
            let others = try TextSection.decode(&reader)
            let numbers = try reader.sequence(count: count - uuidCount)
            var (uuid, other) = (0, 0)
            for index in 0..<count {
                guard let kind = UInt8(exactly: kinds[index]), IdentifierKind(rawValue: kind) != nil else { return false }
                texts.kinds.append(kind)
                if bits[index >> 3] >> UInt8(index & 7) & 1 == 1 {
                    let high = UInt64(bigEndian: uuids.loadUnaligned(fromByteOffset: uuid * 16, as: UInt64.self))
                    let low = UInt64(bigEndian: uuids.loadUnaligned(fromByteOffset: uuid * 16 + 8, as: UInt64.self))
                    uuid += 1
                    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 36) { buffer in
                        MessageKey.write(MessageKey(high: high, low: low), to: buffer.baseAddress!)
                        texts.bytes.append(contentsOf: buffer)
                    }
                } else {
                    guard other < numbers.count, numbers[other] >= 0, numbers[other] < Int64(others.count) else { return false }
                    let number = Int(numbers[other])
                    other += 1
                    texts.bytes.append(contentsOf: others.bytes[Int(others.offsets[number])..<Int(others.offsets[number + 1])])
                }
                texts.offsets.append(texts.bytes.count)
            }
            return true
        } catch {
            return false
        }
    }
}
