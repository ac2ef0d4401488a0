import EventModel
import Storage

/// What one scan reads: which blocks, for which selections and leaves, which columns.
struct ScanPlan {
    /// A leaf to fold into, and where its fields stand.
    struct Fold {
        /// Place among the scan's leaves.
        var place: Int
        var leaf: Int
        var field: FieldSource
        /// Numbers of paths; -1 for none.
        var top = -1
        var expiry = -1
    }
    /// A selection as it applies to one block.
    struct Part {
        var condition: NodeID?
        /// The event name that rows must have, where the block is shared by several.
        var name: Text?
        /// Whether rows must be compared with the selection's times.
        var checksTime: Bool
        var minTime, maxTime: Int64
        var bounds: [SelectionPlan.Bound]
        var folds: [Fold]

        /// Whether nothing but the times decides.
        var isOnlyOfTimes: Bool { checksTime && condition == nil && name == nil && bounds.isEmpty }
    }
    struct Block {
        /// Place among the snapshot's blocks.
        var number: Int
        var summary: BlockSummary
        var parts: [Part]
        var paths: [Int]
        var cost: Int
    }
    /// Where a leaf's field comes from, in messages of one kind.
    enum FieldSource {
        case none
        case path(Int)
        case timestamp
        case word(Text)
    }
    private(set) var blocks: [Block] = []
    /// Leaves of the scan, in the order of their places.
    let leaves: [Int]
    /// Rows of the blocks that each of them reads, by place.
    private(set) var rows: [Int]

    /// Plans a scan for some leaves over the blocks that can hold a row of theirs.
    init(leaves: [Int], graph: QueryGraph, state: QueryState, summaries: [BlockSummary]) {
        self.leaves = leaves
        rows = Array(repeating: 0, count: leaves.count)
        let pathNumbers = Dictionary(uniqueKeysWithValues: graph.paths.enumerated().map { ($0.element.map { Text($0) }, $0.offset) })
        var placesOfSelection: [Int: [Int]] = [:]
        for (place, leaf) in leaves.enumerated() { placesOfSelection[graph.leaves[leaf].selection, default: []].append(place) }
        let selections = placesOfSelection.keys.sorted().map { (plan: graph.selections[$0], places: placesOfSelection[$0] ?? []) }
        let ranges = selections.map { Self.range(of: $0.plan, state) }
        var columnsOfNode: [NodeID: [Int]] = [:]
        let names = Self.numbers(of: selections.map(\.plan.name))
        // What a selection folds, and the columns it reads, by kind of message: the same for every block of that kind.
        var reads = [[Read?]](repeating: Array(repeating: nil, count: selections.count), count: 8)
        for (number, summary) in summaries.enumerated() where summary.rows > 0 {
            let event = summary.event.map { names.numberOfName[Text($0)] ?? -1 }
            let kind = Int(summary.kind.rawValue)
            var parts: [Part] = []
            var paths = Set<Int>()
            for (index, selection) in selections.enumerated() {
                let (plan, range) = (selection.plan, ranges[index])
                guard range.min <= summary.maxTime, range.max >= summary.minTime else { continue }
                var name: Text?
                if let wanted = plan.name {
                    guard summary.kind == .track else { continue }
                    if let event { if event != names.numbers[index] { continue } } else { name = wanted }
                }
                var condition: NodeID?
                switch plan.conditions[kind] {
                case .never: continue
                case .always: break
                case .node(let id): condition = id
                }
                let read: Read
                if let known = reads[kind][index] {
                    read = known
                } else {
                    let columns = condition.map { Self.columns(of: $0, graph, &columnsOfNode) } ?? []
                    read = Read(selection.places.map { Self.fold($0, leaves[$0], graph, summary.kind, pathNumbers) }, columns)
                    reads[kind][index] = read
                }
                for place in selection.places { rows[place] += summary.rows }
                paths.formUnion(read.paths)
                parts.append(
                    Part(
                        condition: condition, name: name, checksTime: plan.minTime > summary.minTime || plan.maxTime < summary.maxTime,
                        minTime: plan.minTime, maxTime: plan.maxTime, bounds: plan.bounds, folds: read.folds))
            }
            guard !parts.isEmpty else { continue }
            if parts.contains(where: { $0.name != nil }), let path = pathNumbers[["event"]] { paths.insert(path) }
            let cost = summary.rows * parts.reduce(1) { $0 + $1.folds.count }
            blocks.append(Block(number: number, summary: summary, parts: parts, paths: paths.sorted(), cost: cost))
        }
        // Blocks of a name lie together, in order of time: neighbours share dictionaries, and threads seldom share leaves.
        blocks.sort { Self.precedes($0.summary, $1.summary) }
    }

    /// What a selection reads of blocks of one kind.
    private struct Read {
        var folds: [Fold]
        var paths: Set<Int>

        init(_ folds: [Fold], _ columns: [Int]) {
            (self.folds, paths) = (folds, Set(columns))
            for fold in folds {
                if case .path(let path) = fold.field { paths.insert(path) }
                if fold.top >= 0 { paths.insert(fold.top) }
                if fold.expiry >= 0 { paths.insert(fold.expiry) }
            }
        }
    }

    /// One number for each distinct name; -2 where there is none.
    private static func numbers(of names: [Text?]) -> (numbers: [Int], numberOfName: [Text: Int]) {
        var numberOfName: [Text: Int] = [:]
        let numbers = names.map { name in
            guard let name else { return -2 }
            let number = numberOfName[name] ?? numberOfName.count
            numberOfName[name] = number
            return number
        }
        return (numbers, numberOfName)
    }

    private static func precedes(_ a: BlockSummary, _ b: BlockSummary) -> Bool {
        if a.kind != b.kind { return a.kind.rawValue < b.kind.rawValue }
        let (x, y) = (a.event ?? "", b.event ?? "")
        if !x.sameScalars(as: y) { return x.precedesByScalars(y) }
        return (a.minTime, a.id) < (b.minTime, b.id)
    }

    /// The times that a selection can take, over all profiles.
    private static func range(of plan: SelectionPlan, _ state: QueryState) -> (min: Int64, max: Int64) {
        var (least, greatest) = (plan.minTime, plan.maxTime)
        for bound in plan.bounds {
            guard let (low, high) = state.vectors[bound.node]?.timeRange() else {
                preconditionFailure("a window's instant is not there yet")
            }
            if low > high { return (.max, .min) }
            if bound.isLower { least = max(least, low + bound.offset) } else { greatest = min(greatest, high + bound.offset) }
        }
        return (least, greatest)
    }

    private static func fold(
        _ place: Int, _ leaf: Int, _ graph: QueryGraph, _ kind: Message.Kind, _ pathNumbers: [[Text]: Int]
    ) -> Fold {
        func path(_ path: [String]) -> Int { pathNumbers[path.map { Text($0) }] ?? -1 }
        switch graph.leaves[leaf].task {
        case .happened, .count, .earliest, .latest, .instants: return Fold(place: place, leaf: leaf, field: .none)
        case .sum(let field), .least(let field), .greatest(let field), .first(let field), .last(let field), .groups(let field):
            switch field {
            case .timestamp: return Fold(place: place, leaf: leaf, field: .timestamp)
            case .type: return Fold(place: place, leaf: leaf, field: .word(Text(kind.word)))
            case .name, .category:
                guard kind == .page || kind == .screen else { return Fold(place: place, leaf: leaf, field: .none) }
                return Fold(place: place, leaf: leaf, field: .path(path([field == .name ? "name" : "category"])))
            case .trait where !kind.setsTraits: return Fold(place: place, leaf: leaf, field: .none)
            case .property, .context, .trait: return Fold(place: place, leaf: leaf, field: .path(path(field.path ?? [])))
            }
        case .trait(let names):
            return Fold(
                place: place, leaf: leaf, field: .path(path(["traits"] + names.map(\.string))), top: path(["traits", names[0].string]),
                expiry: path(QueryCompiler.expiry))
        case .consent(let names):
            return Fold(place: place, leaf: leaf, field: .path(path(QueryCompiler.consent(names))), expiry: path(QueryCompiler.expiry))
        }
    }

    /// The columns that a condition reads.
    private static func columns(of condition: NodeID, _ graph: QueryGraph, _ known: inout [NodeID: [Int]]) -> [Int] {
        if let columns = known[condition] { return columns }
        var seen = Set<NodeID>()
        var waiting = [condition]
        var columns = Set<Int>()
        while let id = waiting.popLast() {
            guard seen.insert(id).inserted, graph.isRow[id] else { continue }
            if case .column(let path) = graph.nodes[id] { columns.insert(path) }
            waiting.append(contentsOf: graph.nodes[id].operands)
        }
        known[condition] = columns.sorted()
        return columns.sorted()
    }
}
