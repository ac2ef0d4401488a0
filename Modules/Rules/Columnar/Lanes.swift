import Storage

/// Values side by side: of the profiles, or of the rows, of one chunk. Pointers into somebody's memory, valid while that chunk is worked on.
///
/// Tags are `ValueTag`s; only no, yes, number and text are there, all others are missing. A present instant or duration has the tag `number`.
struct Lanes {
    var tags: UnsafePointer<UInt8>
    /// The tag that all have, when it is known that all have the same.
    var uniform: UInt8?
    /// nil: none is a number. Undefined where the tag is another.
    var numbers: UnsafePointer<Double>?
    /// Numbers as exact decimals, where the column has them.
    var mantissas: UnsafePointer<Int64>?
    var scale = 0
    /// Milliseconds; not nil exactly for instants and durations.
    var times: UnsafePointer<Int64>?
    /// nil: none is a text. Undefined where the tag is another.
    var texts: UnsafePointer<UInt32>?
    /// What `texts` number.
    var dictionary: TextDictionary?

    init(
        tags: UnsafePointer<UInt8>, uniform: UInt8? = nil, numbers: UnsafePointer<Double>? = nil, times: UnsafePointer<Int64>? = nil,
        texts: UnsafePointer<UInt32>? = nil, dictionary: TextDictionary? = nil
    ) {
        (self.tags, self.uniform, self.numbers, self.times) = (tags, uniform, numbers, times)
        (self.texts, self.dictionary) = (texts, dictionary)
    }

    /// Lanes of one tag, from an array of constants.
    init(uniform tag: UInt8) { self.init(tags: Self.constantTags[Int(tag)], uniform: tag) }

    /// A full chunk of each tag, never written again.
    private nonisolated(unsafe) static let constantTags: [UnsafePointer<UInt8>] = (0...UInt8(7)).map { tag in
        let tags = UnsafeMutablePointer<UInt8>.allocate(capacity: Chunk.most)
        tags.initialize(repeating: tag, count: Chunk.most)
        return UnsafePointer(tags)
    }

    /// Of a column from one of its rows on. The column must outlive the lanes.
    init(_ column: borrowing Column, from row: Int) {
        // The block that holds the column is kept, unchanged, for as long as its rows are worked on: its arrays stay where they are.
        tags = column.tags.withUnsafeBufferPointer { $0.baseAddress! } + row
        uniform = column.uniformTag
        if !column.numbers.isEmpty { numbers = column.numbers.withUnsafeBufferPointer { $0.baseAddress! } + row }
        if !column.mantissas.isEmpty {
            mantissas = column.mantissas.withUnsafeBufferPointer { $0.baseAddress! } + row
            scale = column.scale
        }
        if !column.texts.isEmpty, column.dictionary != nil {
            texts = column.texts.withUnsafeBufferPointer { $0.baseAddress! } + row
            dictionary = column.dictionary
        }
    }

    @inline(__always) static func isPresent(_ tag: UInt8) -> Bool { tag &- 1 < 4 }
}

/// How much is worked on at a time.
enum Chunk {
    /// Rows or profiles of a chunk: small enough that a dozen lanes stay in the second-level cache, large enough that deciding what to do
    /// costs nothing beside doing it. (1 024 to 16 384 measured alike within a tenth.)
    static let most = 4_096
}
