import Storage

/// A block in hand, its arrays as pointers. Holds the block, so the pointers stay valid as long as the view lives.
final class BlockView {
    let block: ColumnarBlock
    /// Place of the block among the snapshot's.
    let number: Int
    let rows: Int
    let ordinals: UnsafePointer<UInt32>
    let times: UnsafePointer<Int64>
    /// Which column is at a path, by the path's number; -1 where it was not asked for.
    private let columnOfPath: [Int]

    /// - Throws: `StoreError` when the block is not what its summary says.
    init(_ block: ColumnarBlock, number: Int, paths: [Int], pathCount: Int, identifiers: Int) throws {
        let rows = block.ordinals.count
        guard rows > 0, rows == block.summary.rows, block.times.count == rows, Int(block.summary.maxOrdinal) < identifiers,
            block.columns.count == paths.count, block.columns.allSatisfy({ Self.fits($0, rows) })
        else {
            throw StoreError(.damaged, "Block \(block.summary.id) of the store does not hold what its summary says. Rebuild the store.")
        }
        self.rows = rows
        self.block = block
        self.number = number
        // The arrays belong to a constant of this object, so they stay where they are.
        ordinals = block.ordinals.withUnsafeBufferPointer { $0.baseAddress! }
        times = block.times.withUnsafeBufferPointer { $0.baseAddress! }
        var columnOfPath = [Int](repeating: -1, count: pathCount)
        for (column, path) in paths.enumerated() { columnOfPath[path] = column }
        self.columnOfPath = columnOfPath
    }

    private static func fits(_ column: Column, _ rows: Int) -> Bool {
        column.tags.count == rows && (column.numbers.isEmpty || column.numbers.count == rows)
            && (column.mantissas.isEmpty || column.mantissas.count == rows) && (column.texts.isEmpty || column.texts.count == rows)
    }

    /// The column at a path, from a row on; all absent where it was not read.
    func lanes(path: Int, from row: Int) -> Lanes {
        let column = columnOfPath[path]
        return column < 0 ? Lanes(uniform: ValueTag.absent) : Lanes(block.columns[column], from: row)
    }
}
