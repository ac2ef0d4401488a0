import EventModel

/// Reading what messages were, rather than one column of them.
extension BlockReader {
    /// Every path that a row has a value at, leaves and objects alike.
    ///
    /// - Parameter event: Only rows of that event name, where the block is shared by several.
    /// - Returns: Numbers of paths, and paths found in messages that were kept whole.
    public func pathsUsed(event: String?) throws -> (numbers: Set<Int32>, others: [ColumnPath]) {
        let batch = try batch()
        var shapes: Set<Int32> = []
        var others: Set<[[UInt8]]> = []
        for row in 0..<batch.messageCount {
            if let event, !image.names[Int(batch.rows[row].name)].sameScalars(as: event) { continue }
            shapes.insert(batch.rows[row].shape)
            if batch.rows[row].shape == 0 {
                let text = String(decoding: batch.bytes(HeapRange(word: batch.leafWords[Int(batch.rows[row].leafStart)])), as: UTF8.self)
                if case .object(let object)? = try? JSONValue(parsing: text) { Self.collect(object, under: [], into: &others) }
            }
        }
        var numbers: Set<Int32> = []
        for shape in shapes where shape != 0 {
            numbers.formUnion(image.shapes[Int(shape)].leaves)
            numbers.formUnion(image.shapes[Int(shape)].objects)
        }
        return (
            numbers.filter { !Envelope.holds(image.paths[Int($0)]) },
            others.map { path in path.map { String(decoding: $0, as: UTF8.self) } }
        )
    }

    private static func collect(_ object: JSONObject, under path: [[UInt8]], into found: inout Set<[[UInt8]]>) {
        for member in object.members {
            if path.isEmpty, Envelope.holds([member.name]) { continue }
            let here = path + [Array(member.name.utf8)]
            found.insert(here)
            if case .object(let inner) = member.value { collect(inner, under: here, into: &found) }
        }
    }

    /// The messageId of each row.
    public func messageIDs() throws -> [String] {
        let (keys, isUUID) = try keys()
        if isUUID.allSatisfy({ $0 }) { return keys.map(\.uuidText) }
        let batch = try batch()
        return (0..<batch.messageCount).map { batch.messageID($0) }
    }

    /// The JSON of the messages at `rows`, each on one line.
    public func messages(rows: [Int], identifiers: IdentifierTexts) throws -> [ContiguousArray<UInt8>] {
        let batch = try batch()
        try check(batch, identifiers)
        let writer = MessageWriter(image: image, identifiers: identifiers)
        return rows.map { row in
            var text = ContiguousArray<UInt8>()
            writer.append(batch, row: row, to: &text)
            return text
        }
    }

    /// Hands over every row in order; see `MessageScanning.eachMessage`.
    public func eachMessage(
        identifiers: IdentifierTexts,
        _ body: (
            _ row: Int, _ ordinal: UInt32, _ time: Int64, _ messageID: UnsafeBufferPointer<UInt8>, _ json: UnsafeBufferPointer<UInt8>
        ) throws -> Void
    ) throws {
        let batch = try batch()
        try check(batch, identifiers)
        let writer = MessageWriter(image: image, identifiers: identifiers)
        var text = ContiguousArray<UInt8>()
        var uuid = ContiguousArray<UInt8>(repeating: 0, count: 36)
        for row in 0..<batch.messageCount {
            text.removeAll(keepingCapacity: true)
            writer.append(batch, row: row, to: &text)
            try text.withUnsafeBufferPointer { json in
                if batch.rows[row].keyIsUUID == 1 {
                    uuid.withUnsafeMutableBufferPointer {
                        MessageKey.write(batch.rows[row].key, to: $0.baseAddress!)
                    }
                    try uuid.withUnsafeBufferPointer { try body(row, batch.rows[row].owner, batch.rows[row].time, $0, json) }
                } else {
                    try body(row, batch.rows[row].owner, batch.rows[row].time, batch.bytes(batch.rows[row].keyText), json)
                }
            }
        }
    }

    /// Ordinals and names must be within their tables before anything is written from them.
    private func check(_ batch: ColumnarBatch, _ identifiers: IdentifierTexts) throws {
        for row in 0..<batch.messageCount {
            let companion = batch.rows[row].companion
            guard Int(batch.rows[row].owner) < identifiers.count, companion == ColumnarBatch.dropped || Int(companion) < identifiers.count,
                batch.rows[row].name >= 0, Int(batch.rows[row].name) < image.names.count
            else { throw Damaged(block: summary.id) }
            let shape = image.shapes[Int(batch.rows[row].shape)]
            if shape.hasUser, shape.hasAnonymous, companion == ColumnarBatch.dropped { throw Damaged(block: summary.id) }
        }
    }
}
