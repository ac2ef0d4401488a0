/// An index of a trait: which people it was ever said of with which value.
public struct TraitIndex: Sendable, Hashable {
    /// The trait's path below `traits`.
    public var trait: ColumnPath
    /// Pairs of a value and an identifier as they are kept: one that was said again much later may be there twice, and those of the tail
    /// are not counted.
    public var entries: Int

    /// Joins the parts.
    public init(trait: ColumnPath, entries: Int) { (self.trait, self.entries) = (trait, entries) }
}

/// A value that an index finds people by. Texts are equal when their scalars are; numbers are float64.
public enum TraitValue: Sendable, Hashable {
    /// A text.
    case text(String)
    /// A finite number.
    case number(Double)
    /// `true` or `false`.
    case truth(Bool)
}

/// The short marks that indexes keep in place of values: equal values have equal marks, and few others share one.
public struct TraitMarks: Sendable {
    private let seed: UInt64

    /// - Parameter key: The store's secret, so that strangers cannot make values collide.
    public init(key: (UInt64, UInt64)) { seed = key.0 ^ key.1 }

    /// The mark of a value, of 31 bits.
    public func mark(of value: TraitValue) -> UInt32 {
        switch value {
        case .text(let text): text.withUTF8Buffer { mark(UnsafeRawBufferPointer($0), 1) }
        // Minus zero equals zero.
        case .number(let number): withUnsafeBytes(of: (number == 0 ? 0 : number).bitPattern.littleEndian) { mark($0, 2) }
        case .truth(let truth): withUnsafeBytes(of: truth ? UInt8(1) : 0) { mark($0, 3) }
        }
    }

    private func mark(_ bytes: UnsafeRawBufferPointer, _ kind: UInt64) -> UInt32 {
        UInt32(truncatingIfNeeded: ByteHash.checksum(bytes, seed: seed &+ kind) >> 33)
    }

    /// The marks of a trait in the rows of a block of identify messages: each above the ordinal that the row came with, as one word.
    public func words(of trait: ColumnPath, in block: BlockReader) throws -> [UInt64] {
        let column = try block.column(["traits"] + trait)
        if column.uniformTag == ValueTag.absent { return [] }
        let ordinals = try block.ordinals()
        var ofText = [UInt32?](repeating: nil, count: column.dictionary?.count ?? 0)
        var words: [UInt64] = []
        for row in ordinals.indices {
            let mark: UInt32
            switch column.tags[row] {
            case ValueTag.text:
                let number = Int(column.texts[row])
                guard let dictionary = column.dictionary else { continue }
                mark = ofText[number] ?? self.mark(of: .text(dictionary[number]))
                ofText[number] = mark
            case ValueTag.number: mark = self.mark(of: .number(column.numbers[row]))
            case ValueTag.yes, ValueTag.no: mark = self.mark(of: .truth(column.tags[row] == ValueTag.yes))
            default: continue
            }
            words.append(Self.word(mark, ordinal: ordinals[row]))
        }
        return words
    }

    /// A mark above an ordinal: words of one mark stand side by side.
    public static func word(_ mark: UInt32, ordinal: UInt32) -> UInt64 { UInt64(mark) << 32 | UInt64(ordinal) }
}
