public import EventModel

/// Explains the membership of one profile at a time: the proof of the answer, until when it holds, and the least that would flip it.
///
/// Cost: linear in the timeline for each node that looks at events, and the same again, without looking into the events, for each change
/// that is tried (at most some dozens).
public struct Explainer: Sendable {
    /// So many events at most are listed with a node; the total is given.
    public static let mostEvents = 5

    /// The rule that is explained.
    public let rule: Rule
    /// The instant that membership is asked at.
    public let now: Instant
    let thresholds: @Sendable (Operand, Percentile) -> Value?
    let clocks: @Sendable (Timeline) -> (Clause, Instant) -> Instant?

    /// Prepares to explain a rule at `now`.
    ///
    /// - Parameter thresholds: The bound of a value in a percentile, over the population; nil where nobody is ranked.
    /// - Parameter validUntil: Made once for each timeline: the instant before which a clause of the rule, seen from an instant, keeps its
    ///   answer with no new message; nil where it keeps it for good. It may be too early, never too late. The segments and features that
    ///   the clause mentions are those of the rule.
    public init(
        _ rule: Rule, now: Instant, thresholds: @escaping @Sendable (Operand, Percentile) -> Value? = { _, _ in nil },
        validUntil: @escaping @Sendable (Timeline) -> (Clause, Instant) -> Instant?
    ) {
        (self.rule, self.now, self.thresholds, clocks) = (rule, now, thresholds, validUntil)
    }

    /// The explanation for the profile of a timeline.
    public func explain(_ timeline: Timeline) -> Explanation {
        let reading = ProfileReading(TimelineIndex(timeline), tree: rule, at: now, threshold: thresholds)
        let clock = RuleClock(reading: reading, validUntil: clocks(timeline))
        var nodes = NodeBuilder(reading: reading, clock: clock)
        let tree = nodes.node(rule.root)
        let isMember = rule.root.holds(for: reading)
        let search = ChangeSearch(reading: reading, clock: clock)
        let change = search.smallest(for: rule.root)
        let until = clock.validUntil(rule.root)
        return Explanation(
            isMember: isMember, now: now, validUntil: until,
            summary: Summary(reading: reading, clock: clock, tree: tree, change: change).text, tree: tree,
            smallestChange: change?.changes ?? [])
    }
}
