/// Windows whose edges stand still or move with the clock alone, as one: they let events in and go in the order of their times.
struct StandingWindow: Hashable {
    /// An event is in while `t + length > now`, in milliseconds; `.max`: for ever.
    private(set) var length = Int64.max
    /// An event comes in when `t + delay <= now`.
    private(set) var delay: Int64 = 0
    /// Only events of `from...through` come in.
    private(set) var from = Int64.min
    private(set) var through = Int64.max

    /// Holds every event.
    init() {}

    /// nil where a window is of another kind, or reaches so far that its edge may be no instant any more.
    init?(_ bounds: [ProfilePlan.Bound], in plan: ProfilePlan) {
        for bound in bounds where !narrow(by: bound, in: plan) { return nil }
        let farthest = Value.largestTime / 2
        if length < .max, length > farthest || delay > farthest { return nil }
    }

    /// Whether a bound could be taken in.
    mutating func narrow(by bound: ProfilePlan.Bound, in plan: ProfilePlan) -> Bool {
        switch plan.nodes[bound.node] {
        case .constant(.instant(let instant)):
            if bound.isLower { from = max(from, instant + bound.offset) } else { through = min(through, instant + bound.offset) }
            return true
        case .arithmetic(plan.clock, .subtract, let node):
            guard case .constant(.duration(let span)) = plan.nodes[node] else { return false }
            // t >= now - span + offset: the first instant at which it is not so is t + span - offset + 1.
            if bound.isLower { length = min(length, span - bound.offset + 1) } else { delay = max(delay, span - bound.offset) }
            return true
        default: return false
        }
    }

    func arrival(of time: Int64) -> Int64 { time + delay }

    func departure(of time: Int64) -> Int64 { length == .max ? .max : time + length }
}
