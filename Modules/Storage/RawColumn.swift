/// One path's column of a block, read but not yet laid out by row.
struct RawColumn {
    /// Rows of the block.
    let rowCount: Int
    /// Rows that have a leaf here.
    let count: Int
    /// A bit for each row; nil when all rows have a leaf.
    let presence: ContiguousArray<UInt8>?
    /// `LeafTag` of each leaf; empty when all have `uniformTag`.
    let tags: ContiguousArray<UInt8>
    let uniformTag: UInt8
    /// Mantissas at `scale`, or bits where `scale` is nil, of the leaves that are numbers.
    let numbers: ContiguousArray<Int64>
    let scale: Int?
    let words: ContiguousArray<Int64>
    let texts: ContiguousArray<Int64>
    let textDictionary: TextDictionary?
    let arrays: ContiguousArray<Int64>
    let arrayDictionary: TextDictionary?

    init(_ bytes: UnsafeRawBufferPointer) throws(ColumnReader.Damaged) {
        var reader = ColumnReader(bytes)
        rowCount = try reader.word()
        count = try reader.word()
        guard rowCount <= BlockFormat.rows, count <= rowCount else { throw ColumnReader.Damaged() }
        presence = count == rowCount ? nil : ContiguousArray(try reader.bits(count: rowCount))
        if let presence, presence.reduce(0, { $0 + $1.nonzeroBitCount }) != count { throw ColumnReader.Damaged() }
        uniformTag = try reader.byte()
        if uniformTag == 255 {
            var tags = ContiguousArray<UInt8>()
            tags.reserveCapacity(count)
            for value in try reader.sequence(count: count) {
                guard value >= 0, value <= Int64(LeafTag.whole) else { throw ColumnReader.Damaged() }
                tags.append(UInt8(value))
            }
            self.tags = tags
        } else {
            guard uniformTag <= LeafTag.whole else { throw ColumnReader.Damaged() }
            tags = []
        }
        let numberCount = try reader.word()
        guard numberCount <= count else { throw ColumnReader.Damaged() }
        if numberCount > 0 {
            let scale = try reader.byte()
            guard scale == 255 || Int(scale) <= ShortDecimal.maximumScale else { throw ColumnReader.Damaged() }
            self.scale = scale == 255 ? nil : Int(scale)
            numbers = try reader.sequence(count: numberCount)
        } else {
            scale = 0
            numbers = []
        }
        let wordCount = try reader.word()
        words = wordCount > 0 ? try reader.sequence(count: wordCount) : []
        (texts, textDictionary) = try Self.section(&reader)
        (arrays, arrayDictionary) = try Self.section(&reader)
        try checkCounts()
    }

    /// The column of some rows only, as if the block held no others: little more than what they have is read.
    ///
    /// - Parameter rows: Ascending, each once.
    init(_ bytes: UnsafeRawBufferPointer, rows: [Int]) throws(ColumnReader.Damaged) {
        var reader = ColumnReader(bytes)
        let (blockRows, leaves) = (try reader.word(), try reader.word())
        guard blockRows <= BlockFormat.rows, leaves <= blockRows, rows.last ?? -1 < blockRows else { throw ColumnReader.Damaged() }
        rowCount = rows.count
        var places = rows
        if leaves == blockRows {
            presence = nil
        } else {
            let bits = try reader.bits(count: blockRows)
            var counter = BitCounter(bits)
            var own = ContiguousArray<UInt8>(repeating: 0, count: (rows.count + 7) / 8)
            places = []
            for (index, row) in rows.enumerated() where bits[row >> 3] >> UInt8(row & 7) & 1 == 1 {
                places.append(counter.count(before: row))
                own[index >> 3] |= 1 << UInt8(index & 7)
            }
            guard places.last ?? -1 < leaves else { throw ColumnReader.Damaged() }
            presence = places.count == rows.count ? nil : own
        }
        count = places.count
        uniformTag = try reader.byte()
        guard uniformTag == 255 || uniformTag <= LeafTag.whole else { throw ColumnReader.Damaged() }
        let kinds = try Kinds(&reader, uniformTag: uniformTag, leaves: leaves, places: places)
        tags = kinds.tags
        let numberCount = try reader.word()
        guard numberCount <= leaves else { throw ColumnReader.Damaged() }
        if numberCount > 0 {
            let scale = try reader.byte()
            guard scale == 255 || Int(scale) <= ShortDecimal.maximumScale else { throw ColumnReader.Damaged() }
            self.scale = scale == 255 ? nil : Int(scale)
            numbers = try reader.sequence(count: numberCount, at: kinds.numbers)
        } else {
            scale = 0
            numbers = []
        }
        let wordCount = try reader.word()
        words = wordCount > 0 ? try reader.sequence(count: wordCount, at: kinds.words) : []
        if kinds.texts.isEmpty && kinds.arrays.isEmpty {
            (texts, textDictionary, arrays, arrayDictionary) = ([], nil, [], nil)
        } else {
            (texts, textDictionary) = try Self.section(&reader, at: kinds.texts)
            (arrays, arrayDictionary) = kinds.arrays.isEmpty ? ([], nil) : try Self.section(&reader, at: kinds.arrays)
        }
        try checkCounts()
    }

    /// The tags of some leaves, and where each stands among the leaves of its kind.
    private struct Kinds {
        var tags: ContiguousArray<UInt8> = []
        var numbers: [Int] = []
        var words: [Int] = []
        var texts: [Int] = []
        var arrays: [Int] = []

        init(_ reader: inout ColumnReader, uniformTag: UInt8, leaves: Int, places: [Int]) throws(ColumnReader.Damaged) {
            guard uniformTag == 255 else {
                for place in places { enter(uniformTag, (place, place, place, place)) }
                return
            }
            var before = (numbers: 0, words: 0, texts: 0, arrays: 0)
            var next = 0
            for (leaf, value) in try reader.sequence(count: leaves).enumerated() where next < places.count {
                guard value >= 0, value <= Int64(LeafTag.whole) else { throw ColumnReader.Damaged() }
                let tag = UInt8(value)
                if places[next] == leaf {
                    tags.append(tag)
                    enter(tag, before)
                    next += 1
                }
                switch tag {
                case LeafTag.integer, LeafTag.unsigned, LeafTag.double: before.numbers += 1
                case LeafTag.word: before.words += 1
                case LeafTag.text: before.texts += 1
                case LeafTag.array, LeafTag.whole: before.arrays += 1
                default: break
                }
            }
        }

        private mutating func enter(_ tag: UInt8, _ place: (numbers: Int, words: Int, texts: Int, arrays: Int)) {
            switch tag {
            case LeafTag.integer, LeafTag.unsigned, LeafTag.double: numbers.append(place.numbers)
            case LeafTag.word: words.append(place.words)
            case LeafTag.text: texts.append(place.texts)
            case LeafTag.array, LeafTag.whole: arrays.append(place.arrays)
            default: break
            }
        }
    }

    private static func section(_ reader: inout ColumnReader, at places: [Int]) throws(ColumnReader.Damaged) -> (
        ContiguousArray<Int64>, TextDictionary?
    ) {
        let count = try reader.word()
        guard count > 0 else { return ([], nil) }
        let dictionary = try TextSection.decode(&reader)
        let numbers = try reader.sequence(count: count, at: places)
        for number in numbers where number < 0 || number >= Int64(dictionary.count) { throw ColumnReader.Damaged() }
        return (numbers, dictionary)
    }

    private static func section(_ reader: inout ColumnReader) throws(ColumnReader.Damaged) -> (ContiguousArray<Int64>, TextDictionary?) {
        let count = try reader.word()
        guard count > 0 else { return ([], nil) }
        let dictionary = try TextSection.decode(&reader)
        let numbers = try reader.sequence(count: count)
        for number in numbers where number < 0 || number >= Int64(dictionary.count) { throw ColumnReader.Damaged() }
        return (numbers, dictionary)
    }

    /// Every section must hold as many values as the tags say, so that no reader runs past an end.
    private func checkCounts() throws(ColumnReader.Damaged) {
        var counts = (numbers: 0, words: 0, texts: 0, arrays: 0)
        func add(_ tag: UInt8, _ by: Int) {
            switch tag {
            case LeafTag.integer, LeafTag.unsigned, LeafTag.double: counts.numbers += by
            case LeafTag.word: counts.words += by
            case LeafTag.text: counts.texts += by
            case LeafTag.array, LeafTag.whole: counts.arrays += by
            default: break
            }
        }
        if uniformTag == 255 { for tag in tags { add(tag, 1) } } else { add(uniformTag, count) }
        guard counts == (numbers.count, words.count, texts.count, arrays.count) else { throw ColumnReader.Damaged() }
    }

    @inline(__always) func tag(_ leaf: Int) -> UInt8 { tags.isEmpty ? uniformTag : tags[leaf] }

    /// Lays the column out by row.
    ///
    /// - Parameter vocabulary: The texts of the path's vocabulary; a word beyond it is damage.
    func column(vocabulary: TextDictionary?) throws(ColumnReader.Damaged) -> Column {
        let dictionary: TextDictionary?
        var wordOffset: Int64 = 0
        if !texts.isEmpty, !words.isEmpty {
            // Both kinds in one block: the block's own texts follow the vocabulary's.
            dictionary = Self.joined(vocabulary, textDictionary)
            wordOffset = Int64(vocabulary?.count ?? 0)
        } else {
            dictionary = texts.isEmpty ? (words.isEmpty ? nil : vocabulary) : textDictionary
        }
        if let greatest = words.max(), greatest >= Int64(vocabulary?.count ?? 0) { throw ColumnReader.Damaged() }
        if let least = words.min(), least < 0 { throw ColumnReader.Damaged() }
        if presence == nil, tags.isEmpty { return uniform(dictionary) }
        var out = Column(tags: ContiguousArray(repeating: ValueTag.absent, count: rowCount))
        let isScaled = scale != nil && numbersAreShort
        if !numbers.isEmpty {
            out.numbers = ContiguousArray(repeating: 0, count: rowCount)
            if isScaled {
                out.mantissas = ContiguousArray(repeating: 0, count: rowCount)
                out.scale = scale ?? 0
            }
        }
        if dictionary != nil {
            out.texts = ContiguousArray(repeating: 0, count: rowCount)
            out.dictionary = dictionary
        }
        var (leaf, number, word, text) = (0, 0, 0, 0)
        for row in 0..<rowCount {
            if let presence, presence[row >> 3] >> UInt8(row & 7) & 1 == 0 { continue }
            let tag = tag(leaf)
            leaf += 1
            switch tag {
            case LeafTag.integer, LeafTag.unsigned, LeafTag.double:
                out.tags[row] = ValueTag.number
                out.numbers[row] = value(number, tag: tag)
                if isScaled { out.mantissas[row] = numbers[number] }
                number += 1
            case LeafTag.word:
                out.tags[row] = ValueTag.text
                out.texts[row] = UInt32(words[word])
                word += 1
            case LeafTag.text:
                out.tags[row] = ValueTag.text
                out.texts[row] = UInt32(texts[text] + wordOffset)
                text += 1
            default: out.tags[row] = Self.valueTag(tag)
            }
        }
        return out
    }

    /// The common case: every row has a leaf of one kind.
    private func uniform(_ dictionary: TextDictionary?) -> Column {
        let tag = Self.valueTag(uniformTag)
        var out = Column(tags: ContiguousArray(repeating: tag, count: rowCount), uniformTag: tag)
        if !numbers.isEmpty {
            out.numbers = ContiguousArray(unsafeUninitializedCapacity: count) { buffer, filled in
                if let scale {
                    let power = ShortDecimal.powers[scale]
                    for index in 0..<count { buffer[index] = Double(numbers[index]) / power }
                } else {
                    for index in 0..<count { buffer[index] = value(index, tag: uniformTag) }
                }
                filled = count
            }
            if scale != nil, numbersAreShort {
                out.mantissas = numbers
                out.scale = scale ?? 0
            }
        }
        if dictionary != nil {
            let source = words.isEmpty ? texts : words
            out.texts = ContiguousArray(unsafeUninitializedCapacity: count) { buffer, filled in
                for index in 0..<count { buffer[index] = UInt32(source[index]) }
                filled = count
            }
            out.dictionary = dictionary
        }
        return out
    }

    /// Whether every mantissa is short enough for `Column.mantissas`.
    private var numbersAreShort: Bool { numbers.allSatisfy { $0.magnitude < UInt64(ShortDecimal.limit) } }

    /// Number `index` as float64.
    @inline(__always)
    private func value(_ index: Int, tag: UInt8) -> Double {
        if let scale { return Double(numbers[index]) / ShortDecimal.powers[scale] }
        switch tag {
        case LeafTag.double: return Double(bitPattern: UInt64(bitPattern: numbers[index]))
        case LeafTag.unsigned: return Double(UInt64(bitPattern: numbers[index]))
        default: return Double(numbers[index])
        }
    }

    static func valueTag(_ tag: UInt8) -> UInt8 {
        switch tag {
        case LeafTag.null: ValueTag.null
        case LeafTag.no: ValueTag.no
        case LeafTag.yes: ValueTag.yes
        case LeafTag.integer, LeafTag.unsigned, LeafTag.double: ValueTag.number
        case LeafTag.word, LeafTag.text: ValueTag.text
        case LeafTag.array: ValueTag.array
        default: ValueTag.object
        }
    }

    private static func joined(_ a: TextDictionary?, _ b: TextDictionary?) -> TextDictionary? {
        guard let a, let b else { return a ?? b }
        var offsets = a.offsets
        offsets.removeLast()
        let base = UInt32(a.bytes.count)
        offsets.append(contentsOf: b.offsets.map { $0 + base })
        return TextDictionary(bytes: a.bytes + b.bytes, offsets: offsets)
    }
}
