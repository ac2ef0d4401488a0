/// The events of a selection at an instant, and how they will come and go as its windows move.
///
/// All events that its conditions let in lie in `reach`, those that have not come into force yet included; of these the windows hold
/// `selected` at `now`.
struct EventView {
    /// A bound on an event's time t: `t >= value + offset` (lower), or `t <= value + offset`; the value is an instant.
    struct Bound {
        var course: Course
        var isLower: Bool
        var offset: Int64

        /// Whether it lets events go that it held, as time goes on.
        var isClosing: Bool { isLower ? course.trend > 0 : course.trend < 0 }
        /// Whether it lets events in, as time goes on.
        var isOpening: Bool { isLower ? course.trend < 0 : course.trend > 0 }

        /// The edge at the instant asked about; nil where the value is missing.
        var edge: Int64? { if case .instant(let instant) = course.value { instant + offset } else { nil } }

        /// When a bound that closes lets go of an event that it holds.
        func release(_ time: Int64, from now: Int64) -> Int64 {
            course.instant(reaching: isLower ? time - offset + 1 : time - offset - 1, from: now)
        }

        /// When a bound that opens takes in an event that it keeps out.
        func admission(_ time: Int64, from now: Int64) -> Int64 { course.instant(reaching: time - offset, from: now) }
    }

    let now: Int64
    /// Milliseconds since the epoch, ascending.
    let times: ContiguousArray<Int64>
    /// The part of `times` that is known to be right.
    let reach: Range<Int>
    private(set) var selected: Range<Int>
    /// Empty where a window's instant is missing: then nothing is in the windows.
    let bounds: [Bound]
    /// When windows or conditions are to be asked anew: what is said here holds before.
    let until: Int64
    /// Whether windows only let old events go and new ones in, which is what nearly all of them do.
    let movesForward: Bool

    init(times: ContiguousArray<Int64>, reach: Range<Int>, bounds: [Bound], until: Int64, now: Int64) {
        (self.times, self.reach, self.bounds, self.until, self.now) = (times, reach, bounds, until, now)
        movesForward = bounds.allSatisfy { $0.course.trend >= 0 }
        var (first, end) = (reach.lowerBound, reach.upperBound)
        for bound in bounds {
            guard let edge = bound.edge else { continue }
            if bound.isLower {
                first = max(first, times.firstIndex(atOrPast: edge, in: reach))
            } else {
                end = min(end, times.firstIndex(atOrPast: edge + 1, in: reach))
            }
        }
        selected = first..<max(first, end)
    }

    /// No events, and none to come before an instant.
    init(nothingUntil until: Int64, now: Int64) { self.init(times: [], reach: 0..<0, bounds: [], until: until, now: now) }

    /// The same windows over some of its events (those that have a property).
    func narrowed(to times: ContiguousArray<Int64>) -> EventView {
        bounds.isEmpty ? self : EventView(times: times, reach: times.indices, bounds: bounds, until: until, now: now)
    }

    // MARK: Coming and going

    /// When the windows let go of an event in them.
    func departure(of index: Int) -> Int64 { departure(ofTime: times[index]) }

    /// When the windows let go of an event of a time in them.
    func departure(ofTime time: Int64) -> Int64 {
        var earliest = Int64.max
        for bound in bounds where bound.isClosing { earliest = min(earliest, bound.release(time, from: now)) }
        return earliest
    }

    /// When an event later than all in the windows comes in; `now` where no window keeps it out, `.max` where it stays out.
    func arrival(of index: Int) -> Int64 {
        var latest = now
        for bound in bounds where !bound.isLower {
            guard let edge = bound.edge, times[index] > edge else { continue }
            latest = max(latest, bound.isOpening ? bound.admission(times[index], from: now) : .max)
        }
        return latest
    }

    /// The first instant after `now` at which other events may be in the windows.
    var nextChange: Int64 {
        var earliest = until
        if !selected.isEmpty {
            for bound in bounds where bound.isClosing {
                earliest = min(earliest, bound.release(times[bound.isLower ? selected.lowerBound : selected.upperBound - 1], from: now))
            }
        }
        if selected.upperBound < reach.upperBound { earliest = min(earliest, arrival(of: selected.upperBound)) }
        if selected.lowerBound > reach.lowerBound {
            let before = times[selected.lowerBound - 1]
            for bound in bounds where bound.isLower && bound.isOpening && bound.edge ?? .min > before {
                earliest = min(earliest, bound.admission(before, from: now))
            }
        }
        return earliest
    }

    /// Until when the first event in the windows stays the first.
    var firstHolds: Int64 {
        guard movesForward else { return nextChange }
        if selected.isEmpty { return nextArrival }
        return min(until, departure(of: selected.lowerBound))
    }

    /// Until when the last event in the windows stays the last.
    var lastHolds: Int64 {
        guard movesForward else { return nextChange }
        return selected.isEmpty ? nextArrival : min(nextArrival, departure(of: selected.upperBound - 1))
    }

    private var nextArrival: Int64 {
        selected.upperBound < reach.upperBound ? min(until, arrival(of: selected.upperBound)) : until
    }

    // MARK: Counts

    /// Jumps from one instant to the next, at most so many times, before a count is asked for anew.
    static let mostJumps = 64

    /// Whether the number of events in the windows is in a range, and until when.
    func counted(_ range: CountRange) -> Course {
        let holds = range.contains(selected.count)
        guard movesForward else { return .truth(holds, until: nextChange) }
        var present = selected
        var instant = now
        for _ in 0..<Self.mostJumps {
            var next = Int64.max
            if let leaves = range.leavesToChange(from: present.count), leaves <= reach.upperBound - present.lowerBound {
                next = departure(of: present.lowerBound + leaves - 1)
            }
            if let entries = range.entriesToChange(from: present.count), entries <= reach.upperBound - present.upperBound {
                next = min(next, arrival(of: present.upperBound + entries - 1))
            }
            if next >= until { return .truth(holds, until: until) }
            instant = next
            let first = firstIndex(in: present.lowerBound..<reach.upperBound) { departure(of: $0) > instant }
            let end = firstIndex(in: present.upperBound..<reach.upperBound) { arrival(of: $0) > instant }
            present = first..<max(first, end)
            if range.contains(present.count) != holds { break }
        }
        return .truth(holds, until: instant)
    }

    private func firstIndex(in range: Range<Int>, where holds: (Int) -> Bool) -> Int {
        var (low, high) = (range.lowerBound, range.upperBound)
        while low < high {
            let middle = low + (high - low) / 2
            if holds(middle) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
