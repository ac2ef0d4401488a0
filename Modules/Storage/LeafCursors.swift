import EventModel

/// Hands out the leaves of each path in the order of the rows; texts are copied to a batch's heap.
final class LeafCursors {
    private struct Cursor {
        var column: RawColumn
        var leaf = 0
        var number = 0
        var word = 0
        var text = 0
        var array = 0
        /// Where the column's texts start in the heap.
        var textBase = 0
        var arrayBase = 0
        var wordRanges: [HeapRange] = []
    }
    private let image: ReaderImage
    private let out: ColumnarBatch
    /// Whether all texts of a column are copied at once; else each when its leaf is handed out.
    private let copiesWhole: Bool
    private var cursorOfPath: ContiguousArray<Int32>
    private var cursors: ContiguousArray<Cursor> = []

    init(image: ReaderImage, out: ColumnarBatch, copiesWhole: Bool) {
        self.image = image
        self.out = out
        self.copiesWhole = copiesWhole
        cursorOfPath = ContiguousArray(repeating: -1, count: image.paths.count)
    }

    private func cursor(_ path: Int, _ load: () throws -> RawColumn?) throws -> Int {
        if cursorOfPath[path] >= 0 { return Int(cursorOfPath[path]) }
        guard let column = try load() else { throw ColumnReader.Damaged() }
        var cursor = Cursor(column: column)
        if copiesWhole, let texts = column.textDictionary {
            cursor.textBase = texts.bytes.withUnsafeBufferPointer { out.heap.append(contentsOf: $0) }
        }
        if copiesWhole, let arrays = column.arrayDictionary {
            cursor.arrayBase = arrays.bytes.withUnsafeBufferPointer { out.heap.append(contentsOf: $0) }
        }
        if !column.words.isEmpty {
            // Words stay words for merging; their texts lie in the heap too, for a messageId that is one.
            let isMessageID = image.paths[path].count == 1 && image.paths[path][0].sameScalars(as: "messageId")
            guard let vocabulary = image.vocabulary(of: path) else { throw ColumnReader.Damaged() }
            for word in column.words where word < 0 || word >= Int64(vocabulary.count) { throw ColumnReader.Damaged() }
            if isMessageID {
                cursor.wordRanges = (0..<vocabulary.count).map { index in
                    vocabulary[index].withUTF8Buffer { HeapRange(start: out.heap.append(contentsOf: $0), count: $0.count) }
                }
            }
        }
        cursors.append(cursor)
        cursorOfPath[path] = Int32(cursors.count - 1)
        return cursors.count - 1
    }

    /// Appends the next leaf of `path` to the batch; gives where its text lies, where it is one.
    @inline(__always)
    func addLeaf(path: Int, load: () throws -> RawColumn?) throws -> HeapRange? {
        let index = try cursor(path, load)
        guard cursors[index].leaf < cursors[index].column.count else { throw ColumnReader.Damaged() }
        let tag = cursors[index].column.tag(cursors[index].leaf)
        cursors[index].leaf += 1
        var word: UInt64 = 0
        var range: HeapRange?
        switch tag {
        case LeafTag.integer, LeafTag.unsigned, LeafTag.double:
            let stored = cursors[index].column.numbers[cursors[index].number]
            cursors[index].number += 1
            if let scale = cursors[index].column.scale {
                word =
                    tag == LeafTag.double
                    ? (Double(stored) / ShortDecimal.powers[scale]).bitPattern
                    : UInt64(bitPattern: stored / ShortDecimal.integerPowers[scale])
            } else {
                word = UInt64(bitPattern: stored)
            }
        case LeafTag.word:
            let stored = cursors[index].column.words[cursors[index].word]
            cursors[index].word += 1
            word = UInt64(bitPattern: stored)
            if !cursors[index].wordRanges.isEmpty { range = cursors[index].wordRanges[Int(stored)] }
        case LeafTag.text:
            let stored = Int(cursors[index].column.texts[cursors[index].text])
            cursors[index].text += 1
            range = self.range(stored, cursors[index].column.textDictionary, base: cursors[index].textBase)
        case LeafTag.array, LeafTag.whole:
            let stored = Int(cursors[index].column.arrays[cursors[index].array])
            cursors[index].array += 1
            range = self.range(stored, cursors[index].column.arrayDictionary, base: cursors[index].arrayBase)
        default: break
        }
        if let range, tag != LeafTag.word { word = range.word }
        out.leafTags.append(tag)
        out.leafWords.append(word)
        return range
    }

    @inline(__always)
    private func range(_ number: Int, _ dictionary: TextDictionary?, base: Int) -> HeapRange? {
        guard let dictionary else { return nil }
        let (start, end) = (Int(dictionary.offsets[number]), Int(dictionary.offsets[number + 1]))
        if copiesWhole { return HeapRange(start: base + start, count: end - start) }
        return dictionary.bytes.withUnsafeBufferPointer { bytes in
            HeapRange(start: out.heap.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[start..<end])), count: end - start)
        }
    }
}
