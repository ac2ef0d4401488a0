import EventModel
import GRDB
import Storage

/// Fills the indexes of traits with blocks that a transaction writes or reads again.
struct Indexing {
    private let database: Database
    private let indexes: [TraitIndexTables.Index]
    private let image: ReaderImage?
    private let marks: TraitMarks
    private var words: [[UInt64]]
    /// Words of all indexes that are held before they are written.
    private static let most = 4 << 20

    /// - Parameter image: The dictionaries that blocks are read with; only asked for where there are indexes.
    init(_ database: Database, image: () throws -> ReaderImage) throws {
        try self.init(database, TraitIndexTables.all(database), image: image)
    }

    /// Fills some of the indexes only.
    init(_ database: Database, _ indexes: [TraitIndexTables.Index], image: () throws -> ReaderImage) throws {
        (self.database, self.indexes) = (database, indexes)
        self.image = indexes.isEmpty ? nil : try image()
        marks = TraitMarks(key: try Schema.key(database))
        words = Array(repeating: [], count: indexes.count)
    }

    /// Takes a block's pairs; those of other kinds than identify have none.
    mutating func take(_ summary: BlockSummary, load: @escaping BlockReader.Load) throws {
        guard let image, summary.kind == .identify else { return }
        let reader = BlockReader(image: image, summary: summary, load: load)
        for (place, index) in indexes.enumerated() { words[place] += try marks.words(of: index.index.trait, in: reader) }
        if words.reduce(0, { $0 + $1.count }) >= Self.most { try finish() }
    }

    /// Writes what was taken.
    mutating func finish() throws {
        for (place, index) in indexes.enumerated() {
            try TraitIndexTables.add(words[place], to: index.number, database)
            words[place] = []
        }
    }

    /// Takes all blocks that are stored, and writes what they have.
    mutating func takeStored(_ blocks: [StoredBlock]) throws {
        let database = database
        for block in blocks {
            try take(block.summary) { try BlockTable.column(database, block: block.summary.id, code: $0) }
        }
        try finish()
    }
}
