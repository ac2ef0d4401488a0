import Storage

/// Answers nodes for one chunk of profiles, or of rows of a block, after another. Confined to one thread.
final class ChunkEvaluator {
    let graph: QueryGraph
    let state: QueryState
    private var slots: [Slot?]
    private let capacity: Int
    /// Leaves whose counts are compared as they are, by node.
    private var isFused: [Bool]
    private let kit: AccumulatorKit
    private var folders: [LeafFolder?]
    private var walkers: [SequenceWalker?]

    init(graph: QueryGraph, state: QueryState, kit: AccumulatorKit, capacity: Int) {
        (self.graph, self.state, self.kit, self.capacity) = (graph, state, kit, capacity)
        folders = [LeafFolder?](repeating: nil, count: graph.leaves.count)
        walkers = [SequenceWalker?](repeating: nil, count: graph.sequences.count)
        slots = [Slot?](repeating: nil, count: graph.nodes.count)
        isFused = [Bool](repeating: false, count: graph.nodes.count)
    }

    func slot(_ id: NodeID) -> Slot {
        if let slot = slots[id] { return slot }
        let slot = Slot(capacity: capacity)
        slots[id] = slot
        return slot
    }

    // MARK: Programs

    /// The nodes to answer, in order, so that `wanted` are answered; what stands in whole vectors is read, not made again.
    func program(for wanted: [NodeID], overRows: Bool) -> [NodeID] {
        var seen = Set<NodeID>()
        var waiting = wanted
        while let id = waiting.popLast() {
            guard seen.insert(id).inserted else { continue }
            if state.vectors[id] != nil || (overRows && !graph.isRow[id]) { continue }
            waiting.append(contentsOf: graph.nodes[id].operands)
            if case .ranked(let number) = graph.nodes[id] {
                let plan = graph.rankings[number]
                waiting.append(plan.value)
                if let among = plan.among { waiting.append(among) }
            }
        }
        let program = seen.sorted()
        if !overRows { findFused(program, Set(wanted)) }
        return program
    }

    /// Counts that are only ever compared with constants need not become numbers.
    private func findFused(_ program: [NodeID], _ wanted: Set<NodeID>) {
        for id in program { isFused[id] = counted(id) != nil && !wanted.contains(id) }
        for id in program {
            if case .compare(_, _, let b) = graph.nodes[id], case .number? = graph.constant(b) { continue }
            for operand in graph.inputs(of: id) { isFused[operand] = false }
        }
    }

    /// Answers the nodes of a program for the `count` profiles of a chunk.
    func run(_ program: [NodeID], chunk: Int, count: Int) throws {
        let base = chunk << kit.shape.bits
        for id in program {
            let slot = slot(id)
            if let vector = state.vectors[id] {
                if vector.isMask { slot.borrow(mask: UnsafePointer(vector.bytes + base)) } else { slot.lanes = vector.lanes(from: base) }
                continue
            }
            switch graph.nodes[id] {
            case .happened(let leaf):
                guard let flags = try found(leaf, chunk, count).happened else { preconditionFailure("a leaf was not scanned") }
                slot.borrow(mask: UnsafePointer(flags.start))
            case .leaf(let leaf, let output):
                if let column = state.results[leaf]?.column {
                    slot.lanes = Lanes(column, from: base)
                } else if !isFused[id] {
                    state.load(try found(leaf, chunk, count), output, count: count, into: slot)
                }
            case .sequence(let number): try walk(number, chunk, count, slot.makeMask())
            case .ranked(let number): rank(number, count, slot)
            case .column, .timestamp: preconditionFailure("not a question over profiles")
            case .compare(let a, let comparison, let b):
                if case .number(let number)? = graph.constant(b), let counted = counted(a),
                    case .counts(let counts)? = try found(counted.leaf, chunk, count).columns[counted.output]
                {
                    compare(UnsafePointer(counts.start), comparison, number, count, slot.makeMask())
                } else {
                    answer(id, count, slot)
                }
            default: answer(id, count, slot)
            }
        }
    }

    /// What a leaf found for a chunk.
    private func found(_ leaf: Int, _ chunk: Int, _ count: Int) throws -> LeafResult {
        if let folder = folders[leaf] { return try folder.result(of: chunk, count: count, texts: state.texts) }
        guard let parts = state.results[leaf] else { preconditionFailure("a leaf was not scanned") }
        let folder = LeafFolder(parts, kit: kit)
        folders[leaf] = folder
        return try folder.result(of: chunk, count: count, texts: state.texts)
    }

    private func walk(_ number: Int, _ chunk: Int, _ count: Int, _ mask: UnsafeMutablePointer<UInt8>) throws {
        let walker = walkers[number] ?? SequenceWalker(graph.sequences[number], state: state, shape: kit.shape)
        walkers[number] = walker
        walker.walk(chunk, count: count, into: mask)
    }

    /// Answers the nodes of a program for the rows of a block from `base` on.
    ///
    /// - Parameter profiles: The profile of each of these rows.
    func run(_ program: [NodeID], rowsOf block: BlockView, from base: Int, profiles: UnsafePointer<UInt32>, count: Int) {
        for id in program {
            let slot = slot(id)
            switch graph.nodes[id] {
            case .column(let path): slot.lanes = block.lanes(path: path, from: base)
            case .timestamp:
                slot.lanes = Lanes(uniform: ValueTag.number)
                slot.lanes.times = block.times + base
            case .constant, .truth: answer(id, count, slot)
            default:
                if graph.isRow[id] { answer(id, count, slot) } else { gather(id, profiles, count, slot) }
            }
        }
    }

    /// What a profile's node says, for the profile of each row.
    private func gather(_ id: NodeID, _ profiles: UnsafePointer<UInt32>, _ count: Int, _ slot: Slot) {
        guard let vector = state.vectors[id] else { preconditionFailure("a value of profiles is not there yet") }
        if vector.isMask {
            let mask = slot.makeMask()
            for i in 0..<count { mask[i] = vector.bytes[Int(profiles[i])] }
            return
        }
        let tags = slot.makeTags()
        for i in 0..<count { tags[i] = vector.bytes[Int(profiles[i])] }
        var lanes = Lanes(tags: UnsafePointer(tags))
        if let source = vector.numbers {
            let numbers = slot.makeNumbers()
            for i in 0..<count { numbers[i] = source[Int(profiles[i])] }
            lanes.numbers = UnsafePointer(numbers)
        }
        if let source = vector.times {
            let times = slot.makeTimes()
            for i in 0..<count { times[i] = source[Int(profiles[i])] }
            lanes.times = UnsafePointer(times)
        }
        if let source = vector.texts, let dictionary = vector.dictionary {
            let texts = slot.makeTexts()
            for i in 0..<count { texts[i] = source[Int(profiles[i])] }
            lanes.texts = UnsafePointer(texts)
            lanes.dictionary = dictionary
        }
        slot.lanes = lanes
    }

    /// The leaf and what is asked of it, where a node is a leaf's count.
    private func counted(_ id: NodeID) -> (leaf: Int, output: LeafOutput)? {
        guard state.vectors[id] == nil, case .leaf(let leaf, let output) = graph.nodes[id] else { return nil }
        switch graph.leaves[leaf].task {
        case .count: return (leaf, output)
        case .groups: return output == .mostFrequent ? nil : (leaf, output)
        default: return nil
        }
    }

    // MARK: One node

    private func mask(_ id: NodeID) -> UnsafePointer<UInt8> { slot(id).mask }
    private func lanes(_ id: NodeID) -> Lanes { slot(id).lanes }

    private func answer(_ id: NodeID, _ count: Int, _ slot: Slot) {
        switch graph.nodes[id] {
        case .truth(let truth): slot.makeMask().update(repeating: truth ? 1 : 0, count: count)
        case .all(let parts): join(parts, count, slot) { $0 & $1 }
        case .any(let parts): join(parts, count, slot) { $0 | $1 }
        case .not(let part):
            let (own, mask) = (mask(part), slot.makeMask())
            for i in 0..<count { mask[i] = own[i] ^ 1 }
        case .compare(let a, let comparison, let b):
            if let constant = graph.constant(b) {
                compare(lanes(a), comparison, constant, count, slot)
            } else if let constant = graph.constant(a) {
                compare(lanes(b), comparison.flipped, constant, count, slot)
            } else {
                compare(lanes(a), comparison, lanes(b), count, slot.makeMask())
            }
        case .isIn(let value, let literals): isIn(lanes(value), literals, count, slot)
        case .textTest(let value, let test, let wanted):
            let bytes = Array(wanted.string.utf8)
            bytes.withUnsafeBufferPointer { wanted in
                self.test(lanes(value), count, slot) { test.holds(for: $0, wanted: wanted) }
            }
        case .matches(let value, let pattern):
            var matcher = slot.matcher ?? PatternMatcher(pattern)
            test(lanes(value), count, slot) { matcher.isFound(in: $0) }
            slot.matcher = matcher
        case .holds(let value): tagged(lanes(value), count, slot.makeMask()) { $0 == ValueTag.yes }
        case .exists(let value): tagged(lanes(value), count, slot.makeMask()) { Lanes.isPresent($0) }
        case .constant(let value): broadcast(value, slot)
        case .firstPresent(let parts): firstPresent(parts.map { lanes($0) }, count, slot)
        case .arithmetic(let a, let operation, let b):
            apply(lanes(a), operation, lanes(b), kinds: (graph.kinds[a], graph.kinds[b]), count, slot)
        case .negated(let value): negate(lanes(value), count, slot)
        case .time(let value): time(lanes(value), count, slot)
        case .lower(let value): lower(lanes(value), count, slot)
        case .distance(let unit, let a, let b, let c, let d): distance(unit, [lanes(a), lanes(b), lanes(c), lanes(d)], count, slot)
        case .calendar(let part, let value, let zone): calendar(part, lanes(value), zone, count, slot)
        case .happened, .sequence, .ranked, .column, .timestamp, .leaf: preconditionFailure("answered elsewhere")
        }
    }

    @inline(__always)
    private func join(_ parts: [NodeID], _ count: Int, _ slot: Slot, _ operation: (UInt8, UInt8) -> UInt8) {
        let result = slot.makeMask()
        result.update(from: mask(parts[0]), count: count)
        for part in parts.dropFirst() {
            let own = mask(part)
            for i in 0..<count { result[i] = operation(result[i], own[i]) }
        }
    }

    @inline(__always)
    private func tagged(_ lanes: Lanes, _ count: Int, _ mask: UnsafeMutablePointer<UInt8>, _ test: (UInt8) -> Bool) {
        for i in 0..<count { mask[i] = test(lanes.tags[i]) ? 1 : 0 }
    }

    /// A constant for every profile or row: written once, for whole chunks.
    private func broadcast(_ value: Value, _ slot: Slot) {
        guard slot.lanes.uniform == ValueTag.absent else { return }
        switch value {
        case .missing: break
        case .truth(let truth): slot.lanes = Lanes(uniform: truth ? ValueTag.yes : ValueTag.no)
        case .number(let number):
            let numbers = slot.makeNumbers()
            numbers.update(repeating: number, count: capacity)
            slot.lanes = Lanes(uniform: ValueTag.number)
            slot.lanes.numbers = UnsafePointer(numbers)
        case .text(let text):
            slot.lanes = Lanes(uniform: ValueTag.text)
            slot.lanes.texts = UnsafePointer(slot.makeTexts())
            slot.lanes.dictionary = TextDictionary([text.string])
        case .instant(let milliseconds), .duration(let milliseconds):
            let times = slot.makeTimes()
            times.update(repeating: milliseconds, count: capacity)
            slot.lanes = Lanes(uniform: ValueTag.number)
            slot.lanes.times = UnsafePointer(times)
        }
    }

    private func firstPresent(_ parts: [Lanes], _ count: Int, _ slot: Slot) {
        // Only truths are ever chosen among.
        let tags = slot.makeTags()
        tags.update(repeating: ValueTag.absent, count: count)
        for part in parts {
            for i in 0..<count where tags[i] == ValueTag.absent && Lanes.isPresent(part.tags[i]) { tags[i] = part.tags[i] }
        }
        slot.lanes = Lanes(tags: UnsafePointer(tags))
    }

    private func rank(_ number: Int, _ count: Int, _ slot: Slot) {
        let plan = graph.rankings[number]
        let mask = slot.makeMask()
        guard let threshold = state.thresholds[number] else { preconditionFailure("a percentile's bound is not there yet") }
        let comparison: Comparison = plan.percentile.side == .top ? .greaterOrEqual : .lessOrEqual
        switch threshold {
        case .number, .instant, .duration: compare(lanes(plan.value), comparison, threshold, count, slot)
        case .missing, .text, .truth: mask.update(repeating: 0, count: count)
        }
        if let among = plan.among {
            let ranked = self.mask(among)
            for i in 0..<count { mask[i] &= ranked[i] }
        }
    }
}
