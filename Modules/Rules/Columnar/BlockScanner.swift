import EventModel
import Storage

/// Reads blocks and folds their selected rows into accumulators of its own. Confined to one thread.
final class BlockScanner {
    private let graph: QueryGraph
    private let state: QueryState
    private let plan: ScanPlan
    private let snapshot: any StoreSnapshot
    private let profileOfIdentifier: ContiguousArray<UInt32>
    private let evaluator: ChunkEvaluator
    private let kit: AccumulatorKit
    /// By place among the scan's leaves; made when the first block of a leaf comes.
    private(set) var accumulators: [Accumulator?]
    private let chunk: Int
    private let pathOfEvent: Int

    private let profiles: UnsafeMutablePointer<UInt32>
    private let mask: UnsafeMutablePointer<UInt8>
    private let rows: UnsafeMutablePointer<UInt32>
    /// Of event names and of words: which text of a dictionary is meant.
    private var names: [Text: Slot] = [:]
    private var words: [Text: TextDictionary] = [:]
    private let zeros: UnsafeMutablePointer<UInt32>

    init(
        graph: QueryGraph, state: QueryState, plan: ScanPlan, snapshot: any StoreSnapshot, profileOfIdentifier: ContiguousArray<UInt32>,
        chunk: Int, kit: AccumulatorKit
    ) {
        (self.graph, self.state, self.plan, self.snapshot) = (graph, state, plan, snapshot)
        (self.profileOfIdentifier, self.chunk, self.kit) = (profileOfIdentifier, chunk, kit)
        evaluator = ChunkEvaluator(graph: graph, state: state, kit: kit, capacity: chunk)
        accumulators = Array(repeating: nil, count: plan.leaves.count)
        pathOfEvent = graph.paths.firstIndex { $0.count == 1 && $0[0].sameScalars(as: "event") } ?? -1
        profiles = .allocate(capacity: chunk)
        mask = .allocate(capacity: chunk)
        rows = .allocate(capacity: chunk)
        zeros = .allocate(capacity: chunk)
        zeros.initialize(repeating: 0, count: chunk)
    }

    deinit {
        profiles.deallocate()
        mask.deallocate()
        rows.deallocate()
        zeros.deallocate()
    }

    /// Reads a block and folds it in.
    func scan(_ block: ScanPlan.Block) throws {
        let read = try snapshot.read(block.summary, paths: block.paths.map { graph.paths[$0] })
        let view = try BlockView(
            read, number: block.number, paths: block.paths, pathCount: graph.paths.count, identifiers: profileOfIdentifier.count)
        let conditions = block.parts.compactMap(\.condition)
        let program = conditions.isEmpty ? [] : evaluator.program(for: conditions, overRows: true)
        for part in block.parts {
            for fold in part.folds where accumulators[fold.place] == nil {
                accumulators[fold.place] = kit.part(fold.leaf, rows: plan.rows[fold.place])
            }
        }
        try withExtendedLifetime(view) {
            try profileOfIdentifier.withUnsafeBufferPointer { identifiers in
                guard let owners = identifiers.baseAddress else { return }
                var base = 0
                while base < view.rows {
                    let count = min(chunk, view.rows - base)
                    let ordinals = view.ordinals + base
                    let early = max(0, count - Ahead.rows)
                    for row in 0..<early {
                        prefetch(owners + Int(ordinals[row + Ahead.rows]))
                        profiles[row] = owners[Int(ordinals[row])]
                    }
                    for row in early..<count { profiles[row] = owners[Int(ordinals[row])] }
                    if !program.isEmpty { evaluator.run(program, rowsOf: view, from: base, profiles: profiles, count: count) }
                    for part in block.parts { try fold(part, view, base, count) }
                    base += count
                }
            }
        }
    }

    private func fold(_ part: ScanPlan.Part, _ view: BlockView, _ base: Int, _ count: Int) throws {
        var selected = SelectedRows(
            count: count, rows: nil, profiles: profiles, times: view.times + base, block: view.number, base: base, ordinals: view.ordinals)
        if part.condition != nil || part.name != nil || part.checksTime || !part.bounds.isEmpty {
            let taken = part.isOnlyOfTimes ? take(part, view.times + base, count) : select(part, view, base, count)
            if taken == 0 { return }
            if taken < count {
                selected.rows = UnsafePointer(rows)
                selected.count = taken
            }
        }
        for fold in part.folds {
            var fields = LeafFields()
            switch fold.field {
            case .none: break
            case .path(let path): fields.value = view.lanes(path: path, from: base)
            case .timestamp:
                fields.value = Lanes(uniform: ValueTag.number)
                fields.value.times = view.times + base
            case .word(let word):
                fields.value = Lanes(
                    tags: Lanes(uniform: ValueTag.text).tags, uniform: ValueTag.text, texts: zeros, dictionary: dictionary(of: word))
            }
            if fold.top >= 0 { fields.top = view.lanes(path: fold.top, from: base) }
            if fold.expiry >= 0 { fields.expiry = view.lanes(path: fold.expiry, from: base) }
            try accumulators[fold.place]?.fold(selected, fields)
        }
    }

    /// Lists the rows that a part takes by nothing but their times; gives how many.
    private func take(_ part: ScanPlan.Part, _ times: UnsafePointer<Int64>, _ count: Int) -> Int {
        // One comparison: times before the first wrap around to beyond the span.
        let (least, span) = (part.minTime, UInt64(bitPattern: part.maxTime &- part.minTime))
        var taken = 0
        for row in 0..<count {
            rows[taken] = UInt32(truncatingIfNeeded: row)
            taken += UInt64(bitPattern: times[row] &- least) <= span ? 1 : 0
        }
        return taken
    }

    /// Lists the rows that a part takes; gives how many.
    private func select(_ part: ScanPlan.Part, _ view: BlockView, _ base: Int, _ count: Int) -> Int {
        mark(part, view, base, count)
        var taken = 0
        for row in 0..<count {
            rows[taken] = UInt32(truncatingIfNeeded: row)
            taken += Int(mask[row])
        }
        return taken
    }

    /// Fills the mask with the rows that a part takes.
    private func mark(_ part: ScanPlan.Part, _ view: BlockView, _ base: Int, _ count: Int) {
        let times = view.times + base
        if let condition = part.condition {
            mask.update(from: evaluator.slot(condition).mask, count: count)
        } else {
            mask.update(repeating: 1, count: count)
        }
        if part.checksTime {
            let (least, greatest) = (part.minTime, part.maxTime)
            for row in 0..<count { mask[row] &= (times[row] >= least ? 1 : 0) & (times[row] <= greatest ? 1 : 0) }
        }
        if let name = part.name {
            let slot = names[name] ?? Slot(capacity: chunk)
            names[name] = slot
            evaluator.compare(view.lanes(path: pathOfEvent, from: base), .equal, .text(name), count, slot)
            let isName = slot.mask
            for row in 0..<count { mask[row] &= isName[row] }
        }
        for bound in part.bounds {
            guard let vector = state.vectors[bound.node], let limits = vector.times else {
                preconditionFailure("a window's instant is not there yet")
            }
            let (tags, offset) = (vector.bytes, bound.offset)
            if bound.isLower {
                for row in 0..<count {
                    let profile = Int(profiles[row])
                    mask[row] &= (tags[profile] == ValueTag.number ? 1 : 0) & (times[row] >= limits[profile] &+ offset ? 1 : 0)
                }
            } else {
                for row in 0..<count {
                    let profile = Int(profiles[row])
                    mask[row] &= (tags[profile] == ValueTag.number ? 1 : 0) & (times[row] <= limits[profile] &+ offset ? 1 : 0)
                }
            }
        }
    }

    private func dictionary(of word: Text) -> TextDictionary {
        if let known = words[word] { return known }
        let made = TextDictionary([word.string])
        words[word] = made
        return made
    }
}
