/// Finds whether a profile has a chain of events that fits a sequence.
///
/// For every event that can stand as step k, the latest instant at which a chain ending there may have begun is all that matters, since
/// a later beginning fits every `spanning` that an earlier one fits. It is the greatest such instant among the events of step k - 1 that
/// are earlier and near enough: a maximum over a sliding window (a deque of falling maxima), so a profile costs time linear in its events.
/// Where no step says how near, the latest earlier event is always the best, and one place in each step's instants is all there is to keep.
struct SequenceMatcher {
    private let plan: SequencePlan
    private let now: Int64
    private let hasDistances: Bool
    /// For the step before and the step at hand: the latest beginning of a chain that ends at each instant; `.min` for none.
    private var before = FlatArray<Int64>(room: 64)
    private var here = FlatArray<Int64>(room: 64)
    private var deque = FlatArray<Int>(room: 64)
    /// How many instants of each step lie before what follows them.
    private let places: FlatArray<Int>

    init(_ plan: SequencePlan, now: Int64) {
        (self.plan, self.now) = (plan, now)
        hasDistances = plan.steps.contains { $0.within != nil }
        places = FlatArray(room: plan.steps.count)
    }

    /// - Parameter lists: The instants of each step, then of what must be absent.
    mutating func holds(for profile: Int, in lists: UnsafePointer<InstantLists>) -> Bool {
        hasDistances ? holdsWithDistances(profile, lists) : holdsInOrder(profile, lists)
    }

    // MARK: Steps in order

    private func holdsInOrder(_ profile: Int, _ lists: UnsafePointer<InstantLists>) -> Bool {
        let (last, places) = (plan.steps.count - 1, places.start)
        for step in 0...last {
            lists[step].sort(profile)
            places[step] = 0
        }
        var spoilers = Spoilers(plan, profile, lists)
        for end in lists[last].times(of: profile) {
            var begin = end
            var step = last - 1
            while step >= 0 {
                // What it must precede only ever moves on, so the place does too.
                let times = lists[step].times(of: profile)
                var place = places[step]
                while place < times.count, times[place] < begin { place += 1 }
                places[step] = place
                if place == 0 { break }
                begin = times[place - 1]
                step -= 1
            }
            if step < 0, let verdict = spoilers.verdict(begin, end, now) { return verdict }
        }
        return false
    }

    // MARK: Steps at distances

    private mutating func holdsWithDistances(_ profile: Int, _ lists: UnsafePointer<InstantLists>) -> Bool {
        for step in plan.steps.indices {
            lists[step].sort(profile)
            makeRoom(lists[step].times(of: profile).count)
        }
        var ends = lists[0].times(of: profile)
        for index in 0..<ends.count { before[index] = ends[index] }
        for index in plan.steps.indices.dropFirst() {
            let times = lists[index].times(of: profile)
            guard advance(from: ends, to: times, within: plan.steps[index].within) else { return false }
            swap(&before, &here)
            ends = times
        }
        var spoilers = Spoilers(plan, profile, lists)
        for index in 0..<ends.count where before[index] != .min {
            if let verdict = spoilers.verdict(before[index], ends[index], now) { return verdict }
        }
        return false
    }

    private mutating func makeRoom(_ count: Int) {
        guard count > deque.count else { return }
        before = FlatArray(room: count * 2)
        here = FlatArray(room: count * 2)
        deque = FlatArray(room: count * 2)
    }

    /// Fills `here` for the instants of the next step; false when no chain gets there.
    private func advance(from ends: UnsafeBufferPointer<Int64>, to times: UnsafeBufferPointer<Int64>, within: Int64?) -> Bool {
        let (before, here, deque) = (before.start, here.start, deque.start)
        var (first, past, next) = (0, 0, 0)  // Where the deque starts and ends, and the next earlier event to enter.
        var isReached = false
        for (place, time) in times.enumerated() {
            while next < ends.count, ends[next] < time {
                if before[next] != .min {
                    while past > first, before[deque[past - 1]] <= before[next] { past -= 1 }
                    deque[past] = next
                    past += 1
                }
                next += 1
            }
            if let within { while first < past, time - ends[deque[first]] > within { first += 1 } }
            here[place] = first < past ? before[deque[first]] : .min
            if first < past { isReached = true }
        }
        return isReached
    }
}

/// What is asked of a chain that is complete: how long it took, and what must not have followed it.
private struct Spoilers {
    private let plan: SequencePlan
    private let profile: Int
    private let lists: UnsafePointer<InstantLists>
    private var times: UnsafeBufferPointer<Int64>?
    private var place = 0

    init(_ plan: SequencePlan, _ profile: Int, _ lists: UnsafePointer<InstantLists>) {
        (self.plan, self.profile, self.lists) = (plan, profile, lists)
    }

    /// Whether the sequence holds by a chain from `begin` to `end`, or by none from here on; nil: a later chain may tell. Ends ascend.
    mutating func verdict(_ begin: Int64, _ end: Int64, _ now: Int64) -> Bool? {
        if let spanning = plan.spanning, end - begin > spanning { return nil }
        guard let length = plan.absentWithin else { return true }
        guard now >= end + length else { return false }
        guard plan.absent != nil else { return true }
        let times = times ?? sorted()
        self.times = times
        while place < times.count, times[place] <= end { place += 1 }
        return place == times.count || times[place] > end + length ? true : nil
    }

    private func sorted() -> UnsafeBufferPointer<Int64> {
        let absent = lists[plan.steps.count]
        absent.sort(profile)
        return absent.times(of: profile)
    }
}
