import CMemory
import EventModel

/// A block on its way into a store.
public struct EncodedBlock: Sendable {
    /// Its id is the store's to give.
    public var summary: BlockSummary
    /// Each column's code and bytes.
    public var columns: [(code: Int, bytes: ContiguousArray<UInt8>)]
    /// Least and greatest 28-day bucket are in `summary`'s times; this says in which partition of time the block may be merged.
    public var bucket: TimeBucket
}

/// Which message of which batch, with what rows are ordered by: sorting touches nothing else.
struct RowReference: BitwiseCopyable {
    var time: Int64
    var batch: UInt32
    var row: UInt32
    var owner: UInt32
}

/// Writes rows of batches as one block.
struct BlockEncoder {
    let batches: [ColumnarBatch]
    private let shapes: ShapeIndex

    init(batches: [ColumnarBatch], image: StoreDictionaries.Image) {
        self.batches = batches
        shapes = ShapeIndex(image)
    }

    /// Encodes `rows`, which must be in block order (`RowOrder.sort`).
    ///
    /// - Parameter event: Name of all rows, nil for a block whose rows keep the numbers of their own names.
    func encode(_ rows: UnsafeBufferPointer<RowReference>, kind: Message.Kind, event: String?, bucket: TimeBucket) -> EncodedBlock {
        let count = rows.count
        var ordinals = ContiguousArray<Int64>()
        var times = ContiguousArray<Int64>()
        var shapeNumbers = ContiguousArray<Int64>()
        var companions = ContiguousArray<Int64>()
        var names = ContiguousArray<Int64>()
        ordinals.reserveCapacity(count)
        times.reserveCapacity(count)
        shapeNumbers.reserveCapacity(count)
        companions.reserveCapacity(count)
        var builders: [ColumnBuilder] = []
        let builderReferences = FlatBuffer<Unmanaged<ColumnBuilder>>(capacity: 64)
        var codes: [Int] = []
        var builderOfPath = ContiguousArray<Int32>(repeating: -1, count: shapes.pathCount)
        var last: Int64 = 0
        var keys = ContiguousArray<MessageKey>()
        keys.reserveCapacity(count)
        var allUUIDs = true
        let sources = batches.map { BatchPointers($0) }
        for index in 0..<count {
            // Rows lie scattered over the batches: their fields are fetched sixteen rows ahead, their leaves eight.
            if index + 16 < count {
                let ahead = rows[index + 16]
                tessera_prefetch(sources[Int(ahead.batch)].rows + Int(ahead.row))
            }
            if index + 8 < count {
                let ahead = sources[Int(rows[index + 8].batch)]
                let leaf = Int(ahead.rows[Int(rows[index + 8].row)].leafStart)
                tessera_prefetch(ahead.leafWords + leaf)
                tessera_prefetch(ahead.leafWords + leaf + 8)
                tessera_prefetch(ahead.leafTags + leaf)
            }
            let source = sources[Int(rows[index].batch)]
            let message = source.rows[Int(rows[index].row)]
            let ordinal = Int64(message.owner)
            ordinals.append(index == 0 ? ordinal : ordinal - last)
            last = ordinal
            times.append(message.time)
            let shape = Int(message.shape)
            shapeNumbers.append(Int64(shape))
            companions.append(message.companion == ColumnarBatch.dropped ? 0 : Int64(message.companion) + 1)
            if event == nil { names.append(Int64(message.name)) }
            keys.append(message.key)
            allUUIDs = allUUIDs && message.keyIsUUID == 1
            var leaf = Int(message.leafStart)
            for place in shapes.starts[shape]..<shapes.starts[shape + 1] {
                let path = Int(shapes.paths[place])
                var builder = Int(builderOfPath[path])
                if builder < 0 {
                    builder = builders.count
                    builderOfPath[path] = Int32(builder)
                    builders.append(ColumnBuilder())
                    builderReferences.append(.passUnretained(builders[builder]))
                    codes.append(BlockFormat.Code.firstPath + path)
                }
                builderReferences[builder]._withUnsafeGuaranteedRef {
                    $0.append(row: index, tag: source.leafTags[leaf], word: source.leafWords[leaf], heap: source.heap)
                }
                leaf += 1
            }
        }
        var columns: [(code: Int, bytes: ContiguousArray<UInt8>)] = [
            (BlockFormat.Code.ordinals, Self.sequence(ordinals)),
            (BlockFormat.Code.times, Self.sequence(times)),
            (
                BlockFormat.Code.keys,
                Self.bytes(of: keys, allUUIDs: allUUIDs) { sources[Int(rows[$0].batch)].rows[Int(rows[$0].row)].keyIsUUID == 1 }
            ),
            (BlockFormat.Code.shapes, Self.sequence(shapeNumbers)),
        ]
        if companions.contains(where: { $0 != 0 }) { columns.append((BlockFormat.Code.companions, Self.sequence(companions))) }
        if names.contains(where: { $0 != 0 }) { columns.append((BlockFormat.Code.names, Self.sequence(names))) }
        for (code, builder) in zip(codes, builders) { columns.append((code, builder.encode(rowCount: count))) }
        let first = sources[Int(rows[0].batch)].rows[Int(rows[0].row)].owner
        let summary = BlockSummary(
            id: 0, kind: kind, event: event, rows: count, minTime: times.min()!, maxTime: times.max()!, minOrdinal: first,
            maxOrdinal: UInt32(last))
        return EncodedBlock(summary: summary, columns: columns, bucket: bucket)
    }

    private static func sequence(_ values: ContiguousArray<Int64>) -> ContiguousArray<UInt8> {
        var out = ContiguousArray<UInt8>()
        values.withUnsafeBufferPointer { out.appendSequence($0) }
        return out
    }

    private static func bytes(
        of keys: ContiguousArray<MessageKey>, allUUIDs: Bool, isUUID: (Int) -> Bool
    ) -> ContiguousArray<UInt8> {
        var out = ContiguousArray<UInt8>()
        out.reserveCapacity(keys.count * 17 + 16)
        out.append(allUUIDs ? 1 : 0)
        if !allUUIDs { out.appendBits(count: keys.count, isUUID) }
        let head = out.count
        out.append(contentsOf: repeatElement(0, count: keys.count * 16))
        out.withUnsafeMutableBytes { raw in
            for (index, key) in keys.enumerated() {
                raw.storeBytes(of: key.high.bigEndian, toByteOffset: head + index * 16, as: UInt64.self)
                raw.storeBytes(of: key.low.bigEndian, toByteOffset: head + index * 16 + 8, as: UInt64.self)
            }
        }
        return out
    }
}

/// Where the arrays of a batch lie: read without touching the object.
struct BatchPointers {
    let rows: UnsafePointer<MessageRow>
    let leafTags: UnsafePointer<UInt8>
    let leafWords: UnsafePointer<UInt64>
    let heap: UnsafePointer<UInt8>

    init(_ batch: ColumnarBatch) {
        rows = UnsafePointer(batch.rows.start)
        leafTags = UnsafePointer(batch.leafTags.start)
        leafWords = UnsafePointer(batch.leafWords.start)
        heap = UnsafePointer(batch.heap.start)
    }
}

/// The leaves' paths of every shape, end to end.
struct ShapeIndex {
    /// Where the paths of a shape start; shape `[shapes + 1]`.
    let starts: ContiguousArray<Int>
    let paths: ContiguousArray<Int32>
    let pathCount: Int

    init(_ image: StoreDictionaries.Image) {
        var starts: ContiguousArray<Int> = [0]
        var paths = ContiguousArray<Int32>()
        for shape in image.shapes {
            paths.append(contentsOf: shape.leaves)
            starts.append(paths.count)
        }
        (self.starts, self.paths, pathCount) = (starts, paths, image.paths.count)
    }
}
