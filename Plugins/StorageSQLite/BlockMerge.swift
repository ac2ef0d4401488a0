import EventModel
import GRDB
import Storage

/// Joins small blocks of the same event name and partition of time, each group in a transaction of its own.
enum BlockMerge {
    /// Blocks with fewer rows are small.
    static let smallRows = BlockFormat.rows / 4

    /// Stored bytes of the blocks that are merged at once: they are decoded together, and a column must stay far below what SQLite keeps in one
    /// row (1 GB).
    static let mostBytes = 32 << 20

    private struct Partition: Hashable {
        var kind: Message.Kind
        var name: Int32?
        var bucket: TimeBucket
    }

    /// - Parameter mostBytes: Stored bytes of the blocks of one merge.
    static func mergeSmallBlocks(_ database: Database, mostBytes: Int = mostBytes) throws {
        let image = try DictionaryTables.image(database)
        var small: [Partition: [StoredBlock]] = [:]
        for block in try BlockTable.blocks(database, names: image.names) where block.summary.rows < smallRows {
            small[Partition(kind: block.summary.kind, name: block.name, bucket: block.bucket), default: []].append(block)
        }
        guard small.values.contains(where: { $0.count > 1 }) else { return }
        let reader = ReaderImage(image)
        for (partition, blocks) in small.sorted(by: { $0.value[0].summary.id < $1.value[0].summary.id }) where blocks.count > 1 {
            // Neighbours first, a block's worth of rows at a time.
            var group: [StoredBlock] = []
            var (rows, bytes) = (0, 0)
            for block in blocks {
                let size = try BlockTable.byteCount(database, block: block.summary.id)
                if rows + block.summary.rows > BlockFormat.rows || bytes + size > mostBytes {
                    try merge(group, partition, image, reader, database)
                    (group, rows, bytes) = ([], 0, 0)
                }
                group.append(block)
                rows += block.summary.rows
                bytes += size
            }
            try merge(group, partition, image, reader, database)
        }
    }

    private static func merge(
        _ group: [StoredBlock], _ partition: Partition, _ image: StoreDictionaries.Image, _ reader: ReaderImage, _ database: Database
    ) throws {
        guard group.count > 1 else { return }
        let batches = try group.map { block in
            try BlockReader(image: reader, summary: block.summary) { code in
                try BlockTable.column(database, block: block.summary.id, code: code)
            }.batch()
        }
        // Rare names stay together here even where there are many rows by now: their blocks are still small.
        let plan = BlockPlan(
            batches: batches, image: image, ownNames: partition.name.map { [$0] } ?? [], sharesNames: partition.name == nil)
        try database.inTransaction(.immediate) {
            for index in 0..<plan.count {
                try plan.encode(index, bucket: partition.bucket) { try BlockTable.insert($0, name: partition.name, database) }
            }
            for block in group { try BlockTable.delete(block.summary, database) }
            try Schema.bumpVersion(database)
            return .commit
        }
    }
}
