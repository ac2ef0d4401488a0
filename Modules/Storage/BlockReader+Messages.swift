import EventModel

/// Reading what messages were, rather than one column of them.
extension BlockReader {
    /// The numbers of the shapes that rows have, ascending; 0 stands for messages that were kept whole.
    ///
    /// - Parameter event: Only rows of that event name, where the block is shared by several.
    public func shapesUsed(event: String?) throws -> ContiguousArray<Int32> {
        try checked {
            let shapes = try shapes()
            var isUsed = ContiguousArray(repeating: false, count: image.shapes.count)
            if let event {
                let isWanted = try rows(of: event)
                for row in shapes.indices where isWanted[row] { isUsed[Int(shapes[row])] = true }
            } else {
                for shape in shapes { isUsed[Int(shape)] = true }
            }
            return ContiguousArray(isUsed.indices.lazy.filter { isUsed[$0] }.map { Int32($0) })
        }
    }

    /// Every path that a row has a value at, leaves and objects alike.
    ///
    /// - Parameter shapes: What `shapesUsed` found for the same event.
    /// - Parameter event: Only rows of that event name, where the block is shared by several.
    /// - Returns: Numbers of paths, and paths found in messages that were kept whole.
    public func pathsUsed(_ shapes: ContiguousArray<Int32>, event: String?) throws -> (numbers: Set<Int32>, others: [ColumnPath]) {
        var numbers: Set<Int32> = []
        for shape in shapes where shape != 0 {
            numbers.formUnion(image.shapes[Int(shape)].leaves)
            numbers.formUnion(image.shapes[Int(shape)].objects)
        }
        return (
            numbers.filter { !Envelope.holds(image.paths[Int($0)]) },
            shapes.first == 0 ? try checked { try pathsInWhole(event: event) } : []
        )
    }

    /// The same, of the shapes that are found now.
    public func pathsUsed(event: String?) throws -> (numbers: Set<Int32>, others: [ColumnPath]) {
        try pathsUsed(shapesUsed(event: event), event: event)
    }

    /// The paths of messages that were kept whole.
    private func pathsInWhole(event: String?) throws -> [ColumnPath] {
        guard let whole = try raw(path: 0), let texts = whole.arrayDictionary else { return [] }
        let isWanted = try event.map { try rows(of: $0) }
        var found: Set<[[UInt8]]> = []
        var leaf = 0
        for row in 0..<summary.rows {
            if let presence = whole.presence, presence[row >> 3] >> UInt8(row & 7) & 1 == 0 { continue }
            let text = texts[Int(whole.arrays[leaf])]
            leaf += 1
            guard isWanted?[row] ?? true, case .object(let object)? = try? JSONValue(parsing: text) else { continue }
            Self.collect(object, under: [], into: &found)
        }
        return found.map { path in path.map { String(decoding: $0, as: UTF8.self) } }
    }

    /// Which rows are of an event.
    private func rows(of event: String) throws -> ContiguousArray<Bool> {
        guard let numbers = try sequence(BlockFormat.Code.names) else {
            return ContiguousArray(repeating: summary.event?.sameScalars(as: event) ?? false, count: summary.rows)
        }
        let own = image.names.map { $0.sameScalars(as: event) }
        return try ContiguousArray(
            numbers.map { number in
                guard number >= 0, number < Int64(own.count) else { throw ColumnReader.Damaged() }
                return own[Int(number)]
            })
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
        // Many rows are dealt with faster by walking all of them.
        let isWhole = rows.count > summary.rows / 16 || !zip(rows, rows.dropFirst()).allSatisfy { $0 < $1 }
        let batch = try isWhole ? batch() : batch(rows: rows)
        try check(batch, identifiers)
        let writer = MessageWriter(image: image, identifiers: identifiers)
        return rows.enumerated().map { place, row in
            var text = ContiguousArray<UInt8>()
            writer.append(batch, row: isWhole ? row : place, to: &text)
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
