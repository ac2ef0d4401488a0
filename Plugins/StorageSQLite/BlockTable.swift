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
    static func blocks(_ database: Database, names: [String]) throws -> [StoredBlock] {
        let rows = try Row.fetchAll(
            database,
            sql: "SELECT id, kind, name, width, bucket, rows, min_time, max_time, min_ordinal, max_ordinal FROM block ORDER BY id")
        return try rows.map { row in
            let name: Int32? = row[2]
            guard let kind = Message.Kind(rawValue: row[1]), let width = TimeBucket.Width(rawValue: row[3]),
                name.map({ names.indices.contains(Int($0)) }) ?? true
            else { throw BlockReader.Damaged(block: row[0]) }
            let summary = BlockSummary(
                id: row[0], kind: kind, event: name.map { names[Int($0)] }, rows: row[5], minTime: row[6], maxTime: row[7],
                minOrdinal: row[8],
                maxOrdinal: row[9])
            return StoredBlock(summary: summary, name: name, bucket: TimeBucket(width: width, index: row[4]))
        }
    }

    static func insert(_ block: EncodedBlock, name: Int32?, _ database: Database) throws {
        let summary = block.summary
        try database.execute(
            sql: """
                INSERT INTO block(kind, name, width, bucket, rows, min_time, max_time, min_ordinal, max_ordinal)
                VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                summary.kind.rawValue, name, block.bucket.width.rawValue, block.bucket.index, summary.rows, summary.minTime,
                summary.maxTime,
                summary.minOrdinal, summary.maxOrdinal,
            ])
        let id = database.lastInsertedRowID
        let statement = try database.cachedStatement(sql: "INSERT INTO block_column(id, data) VALUES(?, ?)")
        for column in block.columns.sorted(by: { $0.code < $1.code }) {
            try statement.execute(arguments: [id * Int64(BlockFormat.codes) + Int64(column.code), Data(column.bytes)])
        }
    }

    static func delete(_ id: Int64, _ database: Database) throws {
        try database.execute(sql: "DELETE FROM block WHERE id = ?", arguments: [id])
        try database.execute(
            sql: "DELETE FROM block_column WHERE id BETWEEN ? AND ?",
            arguments: [id * Int64(BlockFormat.codes), (id + 1) * Int64(BlockFormat.codes) - 1])
    }

    static func column(_ database: Database, block: Int64, code: Int) throws -> ContiguousArray<UInt8>? {
        let statement = try database.cachedStatement(sql: "SELECT data FROM block_column WHERE id = ?")
        statement.arguments = [block * Int64(BlockFormat.codes) + Int64(code)]
        let rows = try Row.fetchCursor(statement)
        guard let row = try rows.next() else { return nil }
        return try row.withUnsafeData(atIndex: 0) { data in data.map { ContiguousArray($0) } ?? [] }
    }

    /// Codes of the columns that each block has.
    static func codes(_ database: Database, blocks: [Int64]) throws -> Set<Int> {
        var codes: Set<Int> = []
        for block in blocks {
            let ids = try Int64.fetchAll(
                database, sql: "SELECT id FROM block_column WHERE id BETWEEN ? AND ?",
                arguments: [block * Int64(BlockFormat.codes), (block + 1) * Int64(BlockFormat.codes) - 1])
            for id in ids { codes.insert(Int(id % Int64(BlockFormat.codes))) }
        }
        return codes
    }
}
