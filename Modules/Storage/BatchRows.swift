import EventModel

/// What a store does to a decoded batch: names owners, drops duplicates, sorts rows into blocks.
extension ColumnarBatch {
    /// An identifier of the batch, by its index.
    public func identifier(_ index: Int) -> (kind: IdentifierKind, text: UnsafeBufferPointer<UInt8>, hash: UInt64) {
        (IdentifierKind(rawValue: identifierKinds[index]) ?? .user, bytes(identifierTexts[index]), identifierHashes[index])
    }

    /// How many distinct identifiers the messages name.
    public var identifierCount: Int { identifierKinds.count }

    /// The hash that `identifier` gives, for any identifier and the key of the store.
    public static func identifierHash(_ text: UnsafeBufferPointer<UInt8>, kind: IdentifierKind, key: (UInt64, UInt64)) -> UInt64 {
        ByteHash.quick(text, seed: key.0 ^ UInt64(kind.rawValue))
    }

    /// Key of message `row`'s id, and whether it is a UUID's bytes.
    @inline(__always)
    public func key(_ row: Int) -> (key: MessageKey, isUUID: Bool) {
        (rows[row].key, rows[row].keyIsUUID == 1)
    }

    /// Index of the user and of the anonymous identifier of message `row` among the batch's, nil for none; before it is settled.
    @inline(__always)
    public func identifiers(of row: Int) -> (user: Int?, anonymous: Int?) {
        let message = rows[row]
        return (
            message.owner == Self.dropped ? nil : Int(message.owner), message.companion == Self.dropped ? nil : Int(message.companion)
        )
    }

    /// Kind, event name's number and time of message `row`.
    @inline(__always)
    public func place(of row: Int) -> (kind: UInt8, name: Int32, time: Int64) { (rows[row].kind, rows[row].name, rows[row].time) }

    /// Place of message `row`'s line in the text it was decoded from; the first line is 0.
    public func line(of row: Int) -> Int { Int(rows[row].line) }

    /// Says whose message `row` is; each is settled once.
    ///
    /// - Parameter owner: Ordinal of the user, else of the anonymous identifier; nil drops the message.
    /// - Parameter companion: Ordinal of the anonymous identifier beside a user.
    @inline(__always)
    public func settle(_ row: Int, owner: UInt32?, companion: UInt32?) {
        rows.start[row].owner = owner ?? Self.dropped
        rows.start[row].companion = companion ?? Self.dropped
    }

    /// Ordinal of the identifier that message `row` counts for; nil for a dropped message.
    public func owner(of row: Int) -> UInt32? { rows[row].owner == Self.dropped ? nil : rows[row].owner }

    /// Ordinal of the anonymous identifier beside the user of message `row`, nil where there is none.
    public func companion(of row: Int) -> UInt32? { rows[row].companion == Self.dropped ? nil : rows[row].companion }

    /// The text at `path` in message `row`, as UTF-8; nil where there is none.
    public func text(of row: Int, at path: ColumnPath, image: ReaderImage) -> [UInt8]? {
        let shape = Int(rows[row].shape)
        if shape == 0 {
            let whole = String(decoding: bytes(HeapRange(word: leafWords[Int(rows[row].leafStart)])), as: UTF8.self)
            return (try? JSONValue(parsing: whole))?.asObject?.value(at: path)?.asString.map { Array($0.utf8) }
        }
        guard let number = image.number(of: path), let place = image.shapes[shape].leaves.firstIndex(of: Int32(number)) else { return nil }
        let leaf = Int(rows[row].leafStart) + place
        switch leafTags[leaf] {
        case LeafTag.text: return Array(bytes(HeapRange(word: leafWords[leaf])))
        case LeafTag.word: return image.vocabulary(of: number).map { Array($0[Int(leafWords[leaf])].utf8) }
        default: return nil
        }
    }

    /// The aliases among the messages: index and the previous id.
    public var aliasMessages: [(message: Int, previous: UnsafeBufferPointer<UInt8>)] { aliases.map { ($0.message, bytes($0.previous)) } }

    /// Whether two messages, of this batch and another, have the same messageId text.
    public func sameMessageID(_ row: Int, as other: ColumnarBatch, _ otherRow: Int) -> Bool {
        let (a, b) = (rows[row], other.rows[otherRow])
        guard a.keyLow == b.keyLow, a.keyHigh == b.keyHigh, a.keyIsUUID == b.keyIsUUID else { return false }
        return a.keyIsUUID == 1 || bytes(a.keyText).elementsEqual(other.bytes(b.keyText))
    }

    /// The messageId of message `row` as text.
    public func messageIDText(_ row: Int) -> String { messageID(row) }

    /// Appends the messageId of message `row` to a buffer, as UTF-8.
    public func appendMessageID(_ row: Int, to buffer: inout [UInt8]) {
        if rows[row].keyIsUUID == 0 { return buffer.append(contentsOf: bytes(rows[row].keyText)) }
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 36) { text in
            guard let start = text.baseAddress else { return }
            MessageKey.write(rows[row].key, to: start)
            buffer.append(contentsOf: UnsafeBufferPointer(start: start, count: 36))
        }
    }
}

/// Sorts the settled rows of batches into blocks and encodes them; the work is divided so that several threads can share it.
public struct BlockPlan: Sendable {
    /// Rows of one event name (or of several rare ones) that become blocks together.
    private struct Group: Sendable {
        var kind: UInt8
        /// nil: the rare names of kind track.
        var name: Int32?
        var rows: ContiguousArray<RowReference>
    }

    private let batches: [ColumnarBatch]
    private let image: StoreDictionaries.Image
    private let groups: [Group]

    /// Rows below which an event name shares its blocks with others.
    public static let rareRows = 4_096

    /// - Parameter ownNames: Numbers of the event names that have blocks of their own already.
    /// - Parameter sharesNames: Keep every other name in shared blocks, however many rows it has.
    public init(batches: [ColumnarBatch], image: StoreDictionaries.Image, ownNames: Set<Int32>, sharesNames: Bool = false) {
        self.batches = batches
        self.image = image
        var counts = ContiguousArray<Int>(repeating: 0, count: image.names.count)
        for batch in batches {
            for row in 0..<batch.messageCount {
                let message = batch.rows[row]
                if message.kind == 1, message.owner != ColumnarBatch.dropped { counts[Int(message.name)] += 1 }
            }
        }
        var groups: [Group] = []
        var groupOfKind = [Int](repeating: -1, count: 256)
        var groupOfName = ContiguousArray<Int32>(repeating: -1, count: image.names.count)
        var shared = -1
        for (index, batch) in batches.enumerated() {
            for row in 0..<batch.messageCount {
                let message = batch.rows[row]
                guard message.owner != ColumnarBatch.dropped else { continue }
                let kind = message.kind
                var group: Int
                if kind == 1 {
                    let name = message.name
                    group = Int(groupOfName[Int(name)])
                    if group < 0 {
                        let isMany = !sharesNames && counts[Int(name)] >= Self.rareRows
                        let isOwn = name > 0 && (ownNames.contains(name) || isMany)
                        if isOwn || shared < 0 {
                            group = groups.count
                            groups.append(Group(kind: kind, name: isOwn ? name : nil, rows: []))
                            if !isOwn { shared = group }
                        } else {
                            group = shared
                        }
                        groupOfName[Int(name)] = Int32(group)
                    }
                } else {
                    group = groupOfKind[Int(kind)]
                    if group < 0 {
                        group = groups.count
                        groups.append(Group(kind: kind, name: nil, rows: []))
                        groupOfKind[Int(kind)] = group
                    }
                }
                groups[group].rows.append(
                    RowReference(time: message.time, batch: UInt32(index), row: UInt32(row), owner: message.owner))
            }
        }
        self.groups = groups.sorted { $0.rows.count > $1.rows.count }
    }

    /// Pieces of work; any thread may take any, largest first.
    public var count: Int { groups.count }

    /// Numbers of the names that get blocks of their own.
    public var ownNames: [Int32] { groups.compactMap(\.name) }

    /// Encodes piece `index`, handing over each block as it is done.
    ///
    /// - Parameter bucket: The partition of time to keep to, for merging; nil chooses by how dense the rows lie.
    public func encode(_ index: Int, bucket fixed: TimeBucket? = nil, _ body: (EncodedBlock) throws -> Void) rethrows {
        let group = groups[index]
        let encoder = BlockEncoder(batches: batches, image: image)
        let order = RowOrder(batches: batches)
        let event = group.name.map { image.names[Int($0)] }
        for (bucket, bucketRows) in fixed.map({ [($0, group.rows)] }) ?? byTime(group.rows) {
            // Blocks are cut by time first, so that windows can skip them, and sorted within.
            for part in cuts(bucketRows) {
                var rows = part
                order.sort(&rows)
                try rows.withUnsafeBufferPointer {
                    try body(encoder.encode($0, kind: .init(rawValue: group.kind) ?? .track, event: event, bucket: bucket))
                }
            }
        }
    }

    private func byTime(_ rows: ContiguousArray<RowReference>) -> [(TimeBucket, ContiguousArray<RowReference>)] {
        var (least, greatest) = (Int64.max, Int64.min)
        for row in rows {
            least = min(least, row.time)
            greatest = max(greatest, row.time)
        }
        let width = TimeBucket.fitting(rows: rows.count, from: least, to: greatest)
        let bucket = TimeBucket(width: width, of: least)
        if bucket == TimeBucket(width: width, of: greatest) { return [(bucket, rows)] }
        var buckets: [TimeBucket: ContiguousArray<RowReference>] = [:]
        for row in rows { buckets[TimeBucket(width: width, of: row.time), default: []].append(row) }
        return buckets.sorted { $0.key.index < $1.key.index }.map { ($0.key, $0.value) }
    }

    /// Parts of at most a block's rows, in order of time.
    private func cuts(_ rows: ContiguousArray<RowReference>) -> [ContiguousArray<RowReference>] {
        guard rows.count > BlockFormat.rows else { return [rows] }
        var sorted = rows
        var isAscending = true
        for index in sorted.indices.dropFirst() where sorted[index].time < sorted[index - 1].time { isAscending = false }
        if !isAscending {
            var keyed = sorted.enumerated().map { (time: $0.element.time, place: $0.offset) }
            keyed.sort { ($0.time, $0.place) < ($1.time, $1.place) }
            sorted = ContiguousArray(keyed.map { rows[$0.place] })
        }
        let parts = (rows.count + BlockFormat.rows - 1) / BlockFormat.rows
        return (0..<parts).map { part in ContiguousArray(sorted[(sorted.count * part / parts)..<(sorted.count * (part + 1) / parts)]) }
    }
}
