public import EventModel

/// Explains the membership of one profile at a time: the proof of the answer, until when it holds, and the least that would flip it.
///
/// Cost: linear in the timeline for each node that looks at events, and the same again, without looking into the events, for each change
/// that is tried (at most some dozens).
public struct Explainer: Sendable {
    /// So many events at most are listed with a node; the total is given.
    public static let mostEvents = 5

    public let rule: Rule
    public let now: Instant
    let thresholds: @Sendable (Operand, Percentile) -> Value?
    let validUntil: @Sendable (Clause, Timeline, Instant) -> Instant?

    /// Prepares to explain a rule at `now`.
    ///
    /// - Parameter thresholds: The bound of a value in a percentile, over the population; nil where nobody is ranked.
    /// - Parameter validUntil: The instant before which a clause of the rule keeps its answer for a timeline, seen from an instant, with no
    ///   new message; nil where it keeps it for good. It may be too early, never too late. The segments and features that the clause
    ///   mentions are those of the rule.
    public init(
        _ rule: Rule, now: Instant, thresholds: @escaping @Sendable (Operand, Percentile) -> Value? = { _, _ in nil },
        validUntil: @escaping @Sendable (Clause, Timeline, Instant) -> Instant?
    ) {
        (self.rule, self.now, self.thresholds, self.validUntil) = (rule, now, thresholds, validUntil)
    }

    /// The explanation for the profile of a timeline.
    public func explain(_ timeline: Timeline) -> Explanation {
        let reading = ProfileReading(TimelineIndex(timeline), tree: rule, at: now, threshold: thresholds)
        let clock = RuleClock(timeline: timeline, reading: reading, validUntil: validUntil)
        let tree = NodeBuilder(reading: reading, clock: clock).node(rule.root)
        let isMember = rule.root.holds(for: reading)
        let search = ChangeSearch(reading: reading, clock: clock)
        let change = search.smallest(for: rule.root)
        let until = clock.validUntil(rule.root)
        return Explanation(
            isMember: isMember, now: now, validUntil: until,
            summary: Summary(reading: reading, clock: clock, isMember: isMember, change: change).text, tree: tree,
            smallestChange: change?.changes ?? [])
    }
}

/// What the passing of time alone does to the clauses of a rule, for one timeline.
final class RuleClock {
    private let timeline: Timeline
    private let reading: ProfileReading
    private let ask: (Clause, Timeline, Instant) -> Instant?
    private var known: [Clause: Instant?] = [:]
    private var flips: [Clause: Instant?] = [:]

    init(timeline: Timeline, reading: ProfileReading, validUntil: @escaping (Clause, Timeline, Instant) -> Instant?) {
        (self.timeline, self.reading, ask) = (timeline, reading, validUntil)
    }

    /// The instant before which a clause keeps its answer; nil where it keeps it until something new comes.
    func validUntil(_ clause: Clause) -> Instant? {
        if let instant = known[clause] { return instant }
        let instant = ask(clause, timeline, reading.instant)
        known[clause] = .some(instant)
        return instant
    }

    /// An instant at which a clause has the opposite answer, by waiting; nil where none was found.
    func flip(of clause: Clause) -> Instant? {
        if let instant = flips[clause] { return instant }
        let present = clause.holds(for: reading)
        var found: Instant?
        var next = validUntil(clause)
        // An early instant may not change the answer: a few steps further are looked at.
        for _ in 0..<8 {
            guard let instant = next, instant > reading.instant else { break }
            if clause.holds(for: reading.reading(at: instant)) != present {
                found = instant
                break
            }
            next = ask(clause, timeline, instant)
        }
        flips[clause] = .some(found)
        return found
    }
}
