/// Gathers the leaves of one path over the rows of a block, then writes them as one column.
final class ColumnBuilder {
    private let rows = FlatBuffer<UInt32>(capacity: 256)
    private let tags = FlatBuffer<UInt8>(capacity: 256)
    private let words = FlatBuffer<UInt64>(capacity: 256)
    private let texts = TextDictionaryBuilder()
    private let arrays = TextDictionaryBuilder()

    /// Adds the leaf of row `row`; rows come ascending. `heap` is where the texts of its batch lie.
    @inline(__always)
    func append(row: Int, tag: UInt8, word: UInt64, heap: UnsafePointer<UInt8>) {
        rows.append(UInt32(row))
        tags.append(tag)
        if tag < LeafTag.text || tag == LeafTag.emptyObject {
            words.append(word)
        } else {
            let range = HeapRange(word: word)
            let text = UnsafeBufferPointer(start: heap + Int(range.start), count: Int(range.count))
            words.append(UInt64(tag == LeafTag.text ? texts.number(of: text) : arrays.number(of: text)))
        }
    }

    /// The column's bytes: presence, tags, then a section each for numbers, words of the vocabulary, other texts, and arrays.
    func encode(rowCount: Int) -> ContiguousArray<UInt8> {
        var out = ContiguousArray<UInt8>()
        let count = rows.count
        out.appendWord(UInt32(rowCount))
        out.appendWord(UInt32(count))
        if count != rowCount {
            var next = 0
            out.appendBits(count: rowCount) { row in
                if next < count, Int(rows[next]) == row {
                    next += 1
                    return true
                }
                return false
            }
        }
        encodeTags(to: &out)
        encodeNumbers(to: &out)
        var kept = values { $0 == LeafTag.word }
        out.appendWord(UInt32(kept.count))
        if !kept.isEmpty { kept.withUnsafeBufferPointer { out.appendSequence($0) } }
        kept = values { $0 == LeafTag.text }
        out.appendWord(UInt32(kept.count))
        if !kept.isEmpty {
            TextSection.encode(texts, to: &out)
            kept.withUnsafeBufferPointer { out.appendSequence($0) }
        }
        kept = values { $0 == LeafTag.array || $0 == LeafTag.whole }
        out.appendWord(UInt32(kept.count))
        if !kept.isEmpty {
            TextSection.encode(arrays, to: &out)
            kept.withUnsafeBufferPointer { out.appendSequence($0) }
        }
        return out
    }

    private func values(_ isWanted: (UInt8) -> Bool) -> ContiguousArray<Int64> {
        var kept = ContiguousArray<Int64>()
        for index in 0..<tags.count where isWanted(tags[index]) { kept.append(Int64(bitPattern: words[index])) }
        return kept
    }

    private func encodeTags(to out: inout ContiguousArray<UInt8>) {
        let first = tags.count > 0 ? tags[0] : LeafTag.null
        var isUniform = true
        for index in 0..<tags.count where tags[index] != first { isUniform = false }
        out.append(isUniform ? first : 255)
        guard !isUniform else { return }
        var values = ContiguousArray<Int64>()
        values.reserveCapacity(tags.count)
        for index in 0..<tags.count { values.append(Int64(tags[index])) }
        values.withUnsafeBufferPointer { out.appendSequence($0) }
    }

    /// Numbers as whole multiples of one power of ten where all are, else as their 64 bits.
    private func encodeNumbers(to out: inout ContiguousArray<UInt8>) {
        var count = 0
        var scale = 0
        var isScaled = true
        for index in 0..<tags.count {
            switch tags[index] {
            case LeafTag.integer: count += 1
            case LeafTag.unsigned:
                count += 1
                isScaled = false
            case LeafTag.double:
                count += 1
                guard isScaled else { continue }
                let value = Double(bitPattern: words[index])
                if ShortDecimal.mantissa(of: value, scale: scale) == nil {
                    if let own = ShortDecimal.scale(of: value) { scale = max(scale, own) } else { isScaled = false }
                }
            default: continue
            }
        }
        out.appendWord(UInt32(count))
        guard count > 0 else { return }
        var values = ContiguousArray<Int64>()
        values.reserveCapacity(count)
        if isScaled, fill(&values, scale: scale) {
            out.append(UInt8(scale))
        } else {
            values.removeAll(keepingCapacity: true)
            for index in 0..<tags.count where tags[index] >= LeafTag.integer && tags[index] <= LeafTag.double {
                values.append(Int64(bitPattern: words[index]))
            }
            out.append(255)
        }
        values.withUnsafeBufferPointer { out.appendSequence($0) }
    }

    /// Puts the mantissas at `scale` into `values`; false where one does not fit.
    private func fill(_ values: inout ContiguousArray<Int64>, scale: Int) -> Bool {
        let power = ShortDecimal.integerPowers[scale]
        for index in 0..<tags.count {
            if tags[index] == LeafTag.integer {
                let (mantissa, overflows) = Int64(bitPattern: words[index]).multipliedReportingOverflow(by: power)
                guard !overflows, scale == 0 || mantissa.magnitude < UInt64(ShortDecimal.limit) else { return false }
                values.append(mantissa)
            } else if tags[index] == LeafTag.double {
                guard let mantissa = ShortDecimal.mantissa(of: Double(bitPattern: words[index]), scale: scale) else { return false }
                values.append(mantissa)
            }
        }
        return true
    }
}
