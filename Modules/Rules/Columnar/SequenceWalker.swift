import Storage

/// Finds who has a sequence, chunk of profiles by chunk. Confined to one thread.
final class SequenceWalker {
    /// What gathers the instants of each step, and at last of what must be absent.
    private let folders: [InstantFolder]
    private let cuts: [[CutRows]]
    private var matcher: SequenceMatcher
    private let steps: Int
    /// Profiles that have every step so far.
    private let wanted: FlatArray<UInt8>

    init(_ plan: SequencePlan, state: QueryState, shape: ChunkShape) {
        let leaves = plan.steps.map(\.leaf) + (plan.absent.map { [$0] } ?? [])
        cuts = leaves.map { leaf in state.results[leaf]?.parts.compactMap { ($0 as? RowList)?.cut } ?? [] }
        folders = leaves.map { _ in InstantFolder(capacity: shape.width) }
        steps = plan.steps.count
        wanted = FlatArray(room: shape.width)
        matcher = SequenceMatcher(plan, now: state.now)
    }

    /// Writes 1 for those of a chunk's `count` profiles that have the sequence, 0 for the others.
    func walk(_ chunk: Int, count: Int, into mask: UnsafeMutablePointer<UInt8>) {
        let wanted = wanted.start
        wanted.update(repeating: 1, count: count)
        // The rarest step first: whoever lacks it needs no other.
        let order = (0..<steps).sorted { rows(of: $0, chunk) < rows(of: $1, chunk) }
        var lists = [InstantLists?](repeating: nil, count: folders.count)
        for place in order + Array(steps..<folders.count) {
            let found = folders[place].gather(cuts[place], chunk, count: count, wanted: place == order[0] ? nil : UnsafePointer(wanted))
            lists[place] = found
            if place < steps { for profile in 0..<count { wanted[profile] &= found.isEmpty(profile) ? 0 : 1 } }
        }
        lists.compactMap { $0 }.withUnsafeBufferPointer { found in
            guard let found = found.baseAddress else { return }
            for profile in 0..<count { mask[profile] = wanted[profile] == 1 && matcher.holds(for: profile, in: found) ? 1 : 0 }
        }
    }

    private func rows(of place: Int, _ chunk: Int) -> Int { cuts[place].reduce(0) { $0 + $1.rows(of: chunk).count } }
}
