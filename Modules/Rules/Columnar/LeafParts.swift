import Storage

/// What the threads of a scan gathered for one leaf; put together chunk of profiles by chunk.
final class LeafParts: @unchecked Sendable {
    // Unchecked: the parts are closed, and nobody writes to what is closed.
    let leaf: Int
    let parts: [Accumulator]
    /// Of a trait: its value for every profile, where that is laid out.
    let column: Column?

    init(leaf: Int, parts: [Accumulator], column: Column? = nil) { (self.leaf, self.parts, self.column) = (leaf, parts, column) }

    /// Lays a trait out by profile; nil when what it says may change with time.
    func laidOut(kit: AccumulatorKit, texts: TextDictionary, threads: Int) throws -> LeafParts? {
        guard parts.allSatisfy({ ($0 as? RowList)?.hasExpiry == false }) else { return nil }
        let (shape, draft) = (kit.shape, ColumnDraft(count: kit.shape.profiles))
        let queue = TaskQueue(costs: [Int](repeating: 1, count: shape.count), workers: threads)
        try onThreads(threads) { worker in
            let folder = LeafFolder(self, kit: kit)
            while let chunk = queue.next(for: worker) {
                let base = chunk << shape.bits
                let count = min(shape.width, shape.profiles - base)
                guard case .boxes(let boxes)? = try folder.result(of: chunk, count: count, texts: texts).columns[.value] else { continue }
                draft.store(UnsafePointer(boxes.start), at: base, count: count)
            }
        }
        return LeafParts(leaf: leaf, parts: [], column: draft.column(texts))
    }
}

/// Puts the parts of one leaf together for one chunk after another. Confined to one thread.
final class LeafFolder {
    /// What a chunk's rows come to.
    private enum Method {
        case accumulator(Accumulator)
        case groups(GroupFolder)
        case edge(EdgeFolder)
    }
    private let method: Method
    private let dense: [Accumulator]
    private let cuts: [CutRows]
    private let scales: [Int?]
    private let contents: RowList.Content
    private let shape: ChunkShape
    /// The chunk that `result` is about.
    private var chunk = -1
    private var result = LeafResult()

    init(_ parts: LeafParts, kit: AccumulatorKit) {
        let lists = parts.parts.compactMap { $0 as? RowList }
        dense = parts.parts.filter { !($0 is RowList) }
        cuts = lists.compactMap(\.cut)
        scales = lists.map(\.scale)
        contents = lists.first?.content ?? .nothing
        shape = kit.shape
        switch kit.tasks[parts.leaf] {
        case .groups(let field):
            method = .groups(
                GroupFolder(capacity: shape.width, outputs: kit.outputs(of: parts.leaf), isOfInstants: field == .timestamp))
        case .first: method = .edge(EdgeFolder(capacity: shape.width, isLast: false, order: kit.order))
        case .last, .trait, .consent: method = .edge(EdgeFolder(capacity: shape.width, isLast: true, order: kit.order))
        case .instants: preconditionFailure("instants are walked by sequences")
        default: method = .accumulator(kit.dense(parts.leaf, profiles: shape.width))
        }
    }

    /// What the leaf found for the `count` profiles of a chunk; valid until the next chunk is asked for.
    func result(of chunk: Int, count: Int, texts: TextDictionary) throws -> LeafResult {
        if chunk == self.chunk { return result }
        switch method {
        case .groups(let folder): result = folder.gather(cuts, chunk, count: count, texts)
        case .edge(let folder): result = try folder.gather(cuts, chunk, count: count)
        case .accumulator(let whole):
            whole.reset()
            for part in dense { whole.absorb(part, from: chunk << shape.bits, count: count) }
            for (cut, scale) in zip(cuts, scales) { try fold(cut.rows(of: chunk), scale, into: whole) }
            result = whole.finish()
        }
        self.chunk = chunk
        return result
    }

    /// Takes rows into an accumulator as if they came from a block.
    private func fold(_ rows: CutRows.Rows, _ scale: Int?, into whole: Accumulator) throws {
        var done = 0
        while done < rows.count {
            let count = min(Chunk.most, rows.count - done)
            let words = UnsafeRawPointer(rows.words + done)
            var fields = LeafFields()
            if case .number = contents {
                fields.value = Lanes(uniform: ValueTag.number)
                fields.value.numbers = words.assumingMemoryBound(to: Double.self)
                if let scale {
                    fields.value.mantissas = words.assumingMemoryBound(to: Int64.self)
                    fields.value.scale = scale
                }
            }
            let owners = rows.owners + done
            try whole.fold(
                SelectedRows(
                    count: count, rows: nil, profiles: owners, times: words.assumingMemoryBound(to: Int64.self), block: 0, base: 0,
                    ordinals: UnsafePointer(owners)), fields)
            done += count
        }
    }
}
