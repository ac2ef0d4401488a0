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

    /// The messages of all rows, with the identifiers that they came with, in block order.
    public func decodedMessages() throws -> [(ordinal: UInt32, message: DecodedMessage)] {
        let batch = try batch()
        return (0..<batch.messageCount).map { (batch.rows[$0].owner, DecodedMessage(batch, row: $0, dictionaries: image)) }
    }

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
            let cursors = LeafCursors(image: image, out: out, copiesWhole: rows == nil)
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
