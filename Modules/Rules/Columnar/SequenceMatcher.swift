/// Finds whether a profile has a chain of events that fits a sequence.
///
/// For every event that can stand as step k, the latest instant at which a chain ending there may have begun is all that matters, since
/// a later beginning fits every `spanning` that an earlier one fits. It is the greatest such instant among the events of step k - 1 that
/// are earlier and near enough: a maximum over a sliding window (a deque of falling maxima), so a profile costs time linear in its events.
struct SequenceMatcher {
    private let plan: SequencePlan
    private let now: Int64
    /// For the step before and the step at hand: the latest beginning of a chain that ends at each instant; `.min` for none.
    private var before: ContiguousArray<Int64> = []
    private var here: ContiguousArray<Int64> = []
    private var deque: ContiguousArray<Int> = []

    init(_ plan: SequencePlan, now: Int64) { (self.plan, self.now) = (plan, now) }

    /// - Parameter lists: The instants of each step, then of what must be absent.
    mutating func holds(for profile: Int, in lists: [InstantLists]) -> Bool {
        var ends = lists[0].times(of: profile)
        before.removeAll(keepingCapacity: true)
        before.append(contentsOf: ends)
        for index in plan.steps.indices.dropFirst() {
            let times = lists[index].times(of: profile)
            guard advance(from: ends, to: times, within: plan.steps[index].within) else { return false }
            swap(&before, &here)
            ends = times
        }
        var spoiler = 0
        var known: UnsafeBufferPointer<Int64>?
        for (index, end) in ends.enumerated() {
            let begin = before[index]
            guard begin != .min, plan.spanning.map({ end - begin <= $0 }) ?? true else { continue }
            guard let length = plan.absentWithin else { return true }
            guard now >= end + length else { return false }
            guard plan.absent != nil else { return true }
            let spoilers = known ?? lists[plan.steps.count].times(of: profile)
            known = spoilers
            while spoiler < spoilers.count, spoilers[spoiler] <= end { spoiler += 1 }
            if spoiler == spoilers.count || spoilers[spoiler] > end + length { return true }
        }
        return false
    }

    /// Fills `here` for the instants of the next step; false when no chain gets there.
    private mutating func advance(from ends: UnsafeBufferPointer<Int64>, to times: UnsafeBufferPointer<Int64>, within: Int64?) -> Bool {
        here.removeAll(keepingCapacity: true)
        deque.removeAll(keepingCapacity: true)
        var (first, next) = (0, 0)  // Where the deque starts, and the next earlier event to enter.
        var isReached = false
        for time in times {
            while next < ends.count, ends[next] < time {
                if before[next] != .min {
                    while deque.count > first, before[deque[deque.count - 1]] <= before[next] { deque.removeLast() }
                    deque.append(next)
                }
                next += 1
            }
            if let within { while first < deque.count, time - ends[deque[first]] > within { first += 1 } }
            here.append(first < deque.count ? before[deque[first]] : .min)
            if first < deque.count { isReached = true }
        }
        return isReached
    }
}
