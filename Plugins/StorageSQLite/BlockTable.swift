import EventModel
import Foundation
import GRDB
import Storage

/// A block as the store keeps it.
struct StoredBlock {
    var summary: BlockSummary
    /// Number of the event name; nil for other kinds and for blocks that rare names share.
    var name: Int32?
    var bucket: TimeBucket
}

/// Reads and writes the tables of blocks.
enum BlockTable {
    /// Every block, oldest first; checked, so that whoever reads may believe bounds and counts.
    static func blocks(_ database: Database, names: [String]) throws -> [StoredBlock] {
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT id, kind, name, width, bucket, rows, min_time, max_time, min_ordinal, max_ordinal, columns, seal
                FROM block ORDER BY id
                """)
        var blocks: [StoredBlock] = []
        var total = 0
        while let row = try rows.next() {
            let id: Int64 = try row.decode(atIndex: 0)
            let name: Int32? = try row.decode(atIndex: 2)
            let numbers = try (0..<11).map { try $0 == 2 ? Int64(name ?? -1) : row.decode(Int64.self, atIndex: $0) }
            guard seal(numbers) == (try row.decode(Int64.self, atIndex: 11)),
                let kind = Message.Kind(rawValue: UInt8(clamping: numbers[1])),
                let width = TimeBucket.Width(rawValue: UInt8(clamping: numbers[3])), name.map({ names.indices.contains(Int($0)) }) ?? true,
                let rows = Int(exactly: numbers[5]), rows > 0, rows <= BlockFormat.rows, numbers[6] <= numbers[7],
                let least = UInt32(exactly: numbers[8]), let greatest = UInt32(exactly: numbers[9]), least <= greatest
            else { throw BlockReader.Damaged(block: id) }
            let summary = BlockSummary(
                id: id, kind: kind, event: name.map { names[Int($0)] }, rows: rows, minTime: numbers[6], maxTime: numbers[7],
                minOrdinal: least, maxOrdinal: greatest)
            blocks.append(StoredBlock(summary: summary, name: name, bucket: TimeBucket(width: width, index: numbers[4])))
            total += rows
        }
        guard try Schema.number(.rows, database) == Int64(total) else { throw DamagedTable(name: "block") }
        return blocks
    }

    private static func seal(_ numbers: [Int64]) -> Int64 {
        numbers.withUnsafeBytes { Int64(bitPattern: Sealed.checksum($0, .block, [])) }
    }

    static func insert(_ block: EncodedBlock, name: Int32?, _ database: Database) throws {
        let summary = block.summary
        let id = (try Int64.fetchOne(database, sql: "SELECT max(id) FROM block") ?? 0) + 1
        let numbers: [Int64] = [
            id, Int64(summary.kind.rawValue), Int64(name ?? -1), Int64(block.bucket.width.rawValue), block.bucket.index,
            Int64(summary.rows),
            summary.minTime, summary.maxTime, Int64(summary.minOrdinal), Int64(summary.maxOrdinal), Int64(block.columns.count),
        ]
        try database.execute(
            sql: """
                INSERT INTO block(id, kind, name, width, bucket, rows, min_time, max_time, min_ordinal, max_ordinal, columns, seal)
                VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: StatementArguments(numbers.enumerated().map { $0 == 2 ? name.map(Int64.init) : $1 } + [seal(numbers)]))
        let statement = try database.cachedStatement(sql: "INSERT INTO block_column(id, data) VALUES(?, ?)")
        for column in block.columns.sorted(by: { $0.code < $1.code }) {
            let key = id * Int64(BlockFormat.codes) + Int64(column.code)
            try statement.execute(arguments: [key, Sealed.data(column.bytes, .column, key)])
        }
        try Schema.set(.rows, try Schema.number(.rows, database) + Int64(summary.rows), database)
    }

    static func delete(_ block: BlockSummary, _ database: Database) throws {
        try database.execute(sql: "DELETE FROM block WHERE id = ?", arguments: [block.id])
        try database.execute(
            sql: "DELETE FROM block_column WHERE id BETWEEN ? AND ?",
            arguments: [block.id * Int64(BlockFormat.codes), (block.id + 1) * Int64(BlockFormat.codes) - 1])
        try Schema.set(.rows, try Schema.number(.rows, database) - Int64(block.rows), database)
    }

    /// The bytes of a column, nil where the block has none of that code.
    static func column(_ database: Database, block: Int64, code: Int) throws -> ContiguousArray<UInt8>? {
        let statement = try database.cachedStatement(sql: "SELECT data FROM block_column WHERE id = ?")
        let key = block * Int64(BlockFormat.codes) + Int64(code)
        statement.arguments = [key]
        let rows = try Row.fetchCursor(statement)
        guard let row = try rows.next() else {
            try checkCount(database, block: block)
            return nil
        }
        return try row.withUnsafeData(atIndex: 0) { data in
            try data?.withUnsafeBytes { raw in
                guard let bytes = Sealed.open(raw, .column, key) else { throw BlockReader.Damaged(block: block) }
                return ContiguousArray(bytes)
            } ?? { throw BlockReader.Damaged(block: block) }()
        }
    }

    /// Bytes of all columns of a block.
    static func byteCount(_ database: Database, block: Int64) throws -> Int {
        let (first, last) = (block * Int64(BlockFormat.codes), (block + 1) * Int64(BlockFormat.codes) - 1)
        return try Int.fetchOne(
            database, sql: "SELECT sum(length(data)) FROM block_column WHERE id BETWEEN ? AND ?", arguments: [first, last]) ?? 0
    }

    /// A column that is not there was never written, or was lost: the block knows how many it has.
    private static func checkCount(_ database: Database, block: Int64) throws {
        let statement = try database.cachedStatement(
            sql: "SELECT (SELECT columns FROM block WHERE id = ?) = (SELECT count(*) FROM block_column WHERE id BETWEEN ? AND ?)")
        statement.arguments = [block, block * Int64(BlockFormat.codes), (block + 1) * Int64(BlockFormat.codes) - 1]
        guard try Bool.fetchOne(statement) ?? false else { throw BlockReader.Damaged(block: block) }
    }
}
