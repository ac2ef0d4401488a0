extension ProfileSession {
    /// Whether a profile has a chain that fits, and until when.
    ///
    /// Every chain holds for a span of time: from when its last event is in force (or nothing more can spoil it) until the windows let go
    /// of its first event. Future events that are stored already take part, so that one search gives the spans of all chains; among those
    /// that end with the same event the one that begins last holds longest.
    mutating func sequence(_ sequence: ProfilePlan.Sequence) -> Course {
        if sequence.steps.contains(where: { profile.isEmpty($0.selection) }) { return .truth(false) }
        let steps = sequence.steps.map { view($0.selection) }
        let absent = sequence.absent.map { view($0) }
        let movesForward = steps.allSatisfy(\.movesForward)
        var until = absent?.until ?? .max
        for step in steps { until = min(until, movesForward ? step.until : step.nextChange) }
        let ranges = steps.map { movesForward ? $0.selected.lowerBound..<$0.reach.upperBound : $0.selected }
        if ranges.contains(where: \.isEmpty) { return .truth(false, until: until) }

        var search = ChainSearch(steps[0].times[ranges[0]])
        work += ranges[0].count
        for (place, step) in sequence.steps.enumerated().dropFirst() {
            work += ranges[place].count
            guard search.advance(to: steps[place].times[ranges[place]], within: step.within) else { return .truth(false, until: until) }
        }

        // Chains come in the order of their last events, so their spans come in the order of their starts.
        let last = steps[steps.count - 1]
        var (holds, end) = (false, until)
        var spoiler = absent?.reach.lowerBound ?? 0
        for (place, begin) in search.begins.enumerated() where begin != ChainSearch.none {
            let index = ranges[steps.count - 1].lowerBound + place
            let time = last.times[index]
            if let spanning = sequence.spanning, time - begin > spanning { continue }
            var start = index < last.selected.upperBound ? now : last.arrival(of: index)
            if let length = sequence.absentWithin, let absent {
                while spoiler < absent.reach.upperBound, absent.times[spoiler] <= time { spoiler += 1 }
                if spoiler < absent.reach.upperBound, absent.times[spoiler] <= time + length { continue }
                start = max(start, time + length)
            }
            if holds && start > end || start >= until { break }
            let release = movesForward ? steps[0].departure(ofTime: begin) : until
            if release <= start { continue }
            if start > now && !holds { return .truth(false, until: start) }
            end = holds ? max(end, release) : release
            holds = true
            if end >= until { break }
        }
        return .truth(holds, until: min(end, until))
    }
}

/// The latest beginning of a chain of events that ends with each event of a step, step after step.
///
/// A later beginning fits every `spanning` that an earlier one fits, so it is all that matters of a chain. It is the greatest among the
/// events of the step before that are earlier and near enough: a maximum over a sliding window, kept as a queue of falling maxima (as in
/// `SequenceMatcher`), so a step costs time linear in its events and those of the step before.
private struct ChainSearch {
    /// Of a chain that ends with each event of the step at hand; `none` where no chain does.
    private(set) var begins: ContiguousArray<Int64>
    private var ends: ContiguousArray<Int64>.SubSequence
    private var queue: ContiguousArray<Int> = []

    static let none = Int64.min

    /// Starts with the instants of the first step's events, ascending.
    init(_ times: ContiguousArray<Int64>.SubSequence) { (begins, ends) = (ContiguousArray(times), times) }

    /// Goes on to the events of the next step; false when no chain gets there.
    mutating func advance(to times: ContiguousArray<Int64>.SubSequence, within: Int64?) -> Bool {
        var reached = ContiguousArray<Int64>()
        reached.reserveCapacity(times.count)
        queue.removeAll(keepingCapacity: true)
        var (first, next) = (0, 0)  // Where the queue starts, and the next earlier event to enter.
        var isReached = false
        let base = ends.startIndex
        for time in times {
            while next < begins.count, ends[base + next] < time {
                if begins[next] != Self.none {
                    while queue.count > first, begins[queue[queue.count - 1]] <= begins[next] { queue.removeLast() }
                    queue.append(next)
                }
                next += 1
            }
            if let within { while first < queue.count, time - ends[base + queue[first]] > within { first += 1 } }
            reached.append(first < queue.count ? begins[queue[first]] : Self.none)
            if first < queue.count { isReached = true }
        }
        (begins, ends) = (reached, times)
        return isReached
    }
}
