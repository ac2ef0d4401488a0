import EventModel

/// Reads the columns of one block. Every byte is checked before it is believed.
///
/// `load` gives the bytes of the column with a code, nil where the block has none; the reader keeps nothing.
public struct BlockReader {
    /// The block does not hold what its format says.
    public struct Damaged: Error, CustomStringConvertible {
        /// `BlockSummary.id` of the block at fault.
        public let block: Int64
        /// Names the block at fault.
        public init(block: Int64) { self.block = block }
        public var description: String { "block \(block) of the store is damaged. Restore the file, or rebuild it from its archives." }
    }
    /// Gives the bytes of the column with code `code` (`BlockFormat.Code`), nil where the block has none. What it throws comes out of the
    /// reader's own calls.
    public typealias Load = (_ code: Int) throws -> ContiguousArray<UInt8>?

    let image: ReaderImage
    let summary: BlockSummary
    let load: Load

    /// Prepares to read the block that `summary` describes; nothing is loaded or checked yet.
    /// - Parameter image: The dictionaries of the store as they were when the block was written, or later.
    public init(image: ReaderImage, summary: BlockSummary, load: @escaping Load) {
        (self.image, self.summary, self.load) = (image, summary, load)
    }

    func checked<Result>(_ body: () throws -> Result) throws -> Result {
        do { return try body() } catch is ColumnReader.Damaged { throw Damaged(block: summary.id) }
    }

    /// A column of one value a row; nil where the block has none.
    ///
    /// - Parameter rows: Only those, ascending; nil: all.
    func sequence(_ code: Int, at rows: [Int]? = nil) throws -> ContiguousArray<Int64>? {
        guard let bytes = try load(code) else { return nil }
        return try bytes.withUnsafeBytes { raw in
            var reader = ColumnReader(raw)
            guard let rows else { return try reader.sequence(count: summary.rows) }
            return try reader.sequence(count: summary.rows, at: rows)
        }
    }

    private func required(_ code: Int, at rows: [Int]? = nil) throws -> ContiguousArray<Int64> {
        guard let values = try sequence(code, at: rows) else { throw ColumnReader.Damaged() }
        return values
    }

    /// Identifier ordinal of each row, ascending.
    public func ordinals() throws -> ContiguousArray<UInt32> {
        try checked {
            var ordinal: Int64 = 0
            var isDamaged = false
            let differences = try required(BlockFormat.Code.ordinals)
            let ordinals = ContiguousArray<UInt32>(unsafeUninitializedCapacity: differences.count) { buffer, filled in
                for (row, difference) in differences.enumerated() {
                    ordinal &+= difference
                    if difference < 0 || ordinal < 0 || ordinal > Int64(summary.maxOrdinal) { isDamaged = true }
                    buffer[row] = UInt32(truncatingIfNeeded: ordinal)
                }
                filled = differences.count
            }
            if isDamaged { throw ColumnReader.Damaged() }
            return ordinals
        }
    }

    /// Event time of each row in milliseconds.
    public func times() throws -> ContiguousArray<Int64> {
        try checked {
            let times = try required(BlockFormat.Code.times)
            for time in times where time < summary.minTime || time > summary.maxTime { throw ColumnReader.Damaged() }
            return times
        }
    }

    /// Key of each row's messageId, and whether it is a UUID's bytes.
    ///
    /// - Parameter rows: Only of those; nil: of all.
    public func keys(at rows: [Int]? = nil) throws -> (keys: ContiguousArray<MessageKey>, isUUID: ContiguousArray<Bool>) {
        try checked {
            guard let bytes = try load(BlockFormat.Code.keys) else { throw ColumnReader.Damaged() }
            return try bytes.withUnsafeBytes { raw in
                var reader = ColumnReader(raw)
                let wanted = rows.map { ContiguousArray($0) } ?? ContiguousArray(0..<summary.rows)
                var isUUID = ContiguousArray(repeating: true, count: wanted.count)
                if try reader.byte() == 0 {
                    let bits = try reader.bits(count: summary.rows)
                    for (place, row) in wanted.enumerated() { isUUID[place] = bits[row >> 3] >> UInt8(row & 7) & 1 == 1 }
                }
                let words = try reader.take(summary.rows * 16)
                var keys = ContiguousArray<MessageKey>()
                keys.reserveCapacity(wanted.count)
                for row in wanted {
                    let high = UInt64(bigEndian: words.loadUnaligned(fromByteOffset: row * 16, as: UInt64.self))
                    let low = UInt64(bigEndian: words.loadUnaligned(fromByteOffset: row * 16 + 8, as: UInt64.self))
                    keys.append(MessageKey(high: high, low: low))
                }
                return (keys, isUUID)
            }
        }
    }

    func shapes(at rows: [Int]? = nil) throws -> ContiguousArray<Int64> {
        let shapes = try required(BlockFormat.Code.shapes, at: rows)
        for shape in shapes where shape < 0 || shape >= Int64(image.shapes.count) { throw ColumnReader.Damaged() }
        return shapes
    }

    func raw(path: Int, at rows: [Int]? = nil) throws -> RawColumn? {
        guard let bytes = try load(BlockFormat.Code.firstPath + path) else { return nil }
        let column = try bytes.withUnsafeBytes { raw in
            if let rows { try RawColumn(raw, rows: rows) } else { try RawColumn(raw) }
        }
        guard column.rowCount == rows?.count ?? summary.rows else { throw ColumnReader.Damaged() }
        // Path 0 is the messages that were kept whole, and nothing else.
        if path == 0, column.count > 0, column.uniformTag != LeafTag.whole { throw ColumnReader.Damaged() }
        return column
    }

    // MARK: Columns by path

    /// The column at `path`, absent where no row has it.
    public func column(_ path: ColumnPath) throws -> Column {
        try checked {
            let isEvent = path.count == 1 && path[0].sameScalars(as: "event")
            if !isEvent, Envelope.holds(path) { return .absent(rows: summary.rows) }
            var column = try isEvent ? eventColumn() : storedColumn(path)
            if let whole = try raw(path: 0) { try addWhole(whole, path: path, to: &column) }
            return column
        }
    }

    private func storedColumn(_ path: ColumnPath) throws -> Column {
        guard let number = image.number(of: path) else { return .absent(rows: summary.rows) }
        let raw = try raw(path: number)
        var column = try raw?.column(vocabulary: image.vocabulary(of: number)) ?? .absent(rows: summary.rows)
        if let shapesWithObject = image.shapes(withObjectAt: number), column.uniformTag == nil || raw == nil {
            var found = false
            for (row, shape) in try shapes().enumerated() where shapesWithObject.contains(Int32(shape)) {
                column.tags[row] = ValueTag.object
                found = true
            }
            if found { column.uniformTag = nil }
        }
        return column
    }

    private func eventColumn() throws -> Column {
        if let event = summary.event {
            return Column(
                tags: ContiguousArray(repeating: ValueTag.text, count: summary.rows),
                texts: ContiguousArray(repeating: 0, count: summary.rows), dictionary: TextDictionary([event]), uniformTag: ValueTag.text)
        }
        var column = try storedColumn(["event"])
        guard let numbers = try sequence(BlockFormat.Code.names) else { return column }
        var texts = (0..<(column.dictionary?.count ?? 0)).map { column.dictionary![$0] }
        let own = texts.count
        texts.append(contentsOf: image.names)
        if column.texts.isEmpty { column.texts = ContiguousArray(repeating: 0, count: summary.rows) }
        for (row, number) in numbers.enumerated() where number != 0 {
            guard number > 0, number < Int64(image.names.count) else { throw ColumnReader.Damaged() }
            column.tags[row] = ValueTag.text
            column.texts[row] = UInt32(own + Int(number))
        }
        column.uniformTag = nil
        column.dictionary = TextDictionary(texts)
        return column
    }

    /// Reads the path out of messages that were kept whole.
    private func addWhole(_ whole: RawColumn, path: ColumnPath, to column: inout Column) throws {
        guard let texts = whole.arrayDictionary else { return }
        var added: [String] = []
        let known = column.dictionary?.count ?? 0
        var leaf = 0
        for row in 0..<summary.rows {
            if let presence = whole.presence, presence[row >> 3] >> UInt8(row & 7) & 1 == 0 { continue }
            let text = texts[Int(whole.arrays[leaf])]
            leaf += 1
            guard let value = (try? JSONValue(parsing: text))?.asObject?.value(at: path) else { continue }
            column.uniformTag = nil
            column.mantissas = []
            switch value {
            case .null: column.tags[row] = ValueTag.null
            case .bool(let truth): column.tags[row] = truth ? ValueTag.yes : ValueTag.no
            case .array: column.tags[row] = ValueTag.array
            case .object: column.tags[row] = ValueTag.object
            case .string(let text):
                if column.texts.isEmpty { column.texts = ContiguousArray(repeating: 0, count: summary.rows) }
                column.tags[row] = ValueTag.text
                column.texts[row] = UInt32(known + added.count)
                added.append(text)
            case .integer, .unsigned, .number:
                if column.numbers.isEmpty { column.numbers = ContiguousArray(repeating: 0, count: summary.rows) }
                column.tags[row] = ValueTag.number
                column.numbers[row] = value.asDouble ?? 0
            }
        }
        if !added.isEmpty { column.dictionary = TextDictionary((0..<known).map { column.dictionary![$0] } + added) }
    }

    // MARK: Whole rows

    /// All rows with all their leaves, in block order: what merging and export need.
    public func batch() throws -> ColumnarBatch { try batch(of: nil) }

    /// Some rows with all their leaves, without reading much of the others: what showing needs.
    ///
    /// - Parameter rows: Ascending, each once.
    public func batch(rows: [Int]) throws -> ColumnarBatch { try batch(of: rows) }

    private func batch(of rows: [Int]?) throws -> ColumnarBatch {
        try checked {
            let out = ColumnarBatch()
            if let last = rows?.last, last >= summary.rows { throw ColumnReader.Damaged() }
            let allOrdinals = try ordinals()
            let ordinals = rows.map { ContiguousArray($0.map { allOrdinals[$0] }) } ?? allOrdinals
            let times = try required(BlockFormat.Code.times, at: rows)
            for time in times where time < summary.minTime || time > summary.maxTime { throw ColumnReader.Damaged() }
            let (keys, isUUID) = try keys(at: rows)
            let shapes = try shapes(at: rows)
            let companions = try sequence(BlockFormat.Code.companions, at: rows)
            let names = try sequence(BlockFormat.Code.names, at: rows)
            for companion in companions ?? [] where companion < 0 || companion > Int64(UInt32.max) { throw ColumnReader.Damaged() }
            for name in names ?? [] where name < 0 || name >= Int64(image.names.count) { throw ColumnReader.Damaged() }
            let ownName = summary.event.flatMap { name in image.names.firstIndex { $0.sameScalars(as: name) } } ?? 0
            let cursors = Cursors(image: image, out: out, copiesWhole: rows == nil)
            for row in ordinals.indices {
                let shape = Int(shapes[row])
                let leafStart = UInt32(out.leafTags.count)
                var idText = HeapRange(start: 0, count: 0)
                for place in image.shapeIndex.starts[shape]..<image.shapeIndex.starts[shape + 1] {
                    let path = Int(image.shapeIndex.paths[place])
                    guard let range = try cursors.addLeaf(path: path, load: { try raw(path: path, at: rows) }) else { continue }
                    if !isUUID[row] { idText = try messageIDText(range, path: path, in: out) ?? idText }
                }
                let companion = companions?[row] ?? 0
                out.rows.append(
                    MessageRow(
                        time: times[row], keyHigh: keys[row].high, keyLow: keys[row].low, keyText: idText, owner: ordinals[row],
                        companion: companion == 0 ? ColumnarBatch.dropped : UInt32(truncatingIfNeeded: companion - 1), shape: Int32(shape),
                        name: Int32(truncatingIfNeeded: names?[row] ?? Int64(ownName)), leafStart: leafStart, kind: summary.kind.rawValue,
                        keyIsUUID: isUUID[row] ? 1 : 0))
            }
            return out
        }
    }

    /// Where the text of a messageId lies that is no UUID: in its own leaf, or within the message that was kept whole.
    private func messageIDText(_ range: HeapRange, path: Int, in out: ColumnarBatch) throws -> HeapRange? {
        if path == 0 {
            let text = String(decoding: out.bytes(range), as: UTF8.self)
            guard let id = (try? JSONValue(parsing: text))?.asObject?["messageId"]?.asString else { throw ColumnReader.Damaged() }
            return id.withUTF8Buffer { HeapRange(start: out.heap.append(contentsOf: $0), count: $0.count) }
        }
        return image.paths[path].count == 1 && image.paths[path][0].sameScalars(as: "messageId") ? range : nil
    }
}

/// Hands out the leaves of each path in the order of the rows; texts are copied to a batch's heap.
private final class Cursors {
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
