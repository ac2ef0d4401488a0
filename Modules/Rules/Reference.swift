public import EventModel

/// The reference evaluator: walks one timeline at a time, plain and obviously right. The others are held against it.
///
/// Cost: every aggregate walks the whole timeline for every question; a sequence is quadratic in the events it selects. Percentiles are
/// taken once, over the population, when it is made.
public struct Reference<Root: Sendable & Hashable>: Sendable {
    /// What is asked of each timeline.
    public let tree: Tree<Root>
    /// The instant that it is asked at.
    public let now: Instant
    /// The bound of each percentile of the tree.
    public let thresholds: PercentileThresholds

    /// Prepares to answer at `now`, with bounds of percentiles that some population gave at some time.
    public init(_ tree: Tree<Root>, now: Instant, thresholds: PercentileThresholds) {
        (self.tree, self.now, self.thresholds) = (tree, now, thresholds)
    }

    /// Prepares to answer at `now`.
    ///
    /// - Parameter population: The timelines of every profile of the store, empty ones included; only percentiles look at it.
    public init(_ tree: Tree<Root>, now: Instant, population: [Timeline] = []) {
        var thresholds = PercentileThresholds()
        let percentiles = tree.percentiles
        if !percentiles.isEmpty {
            let profiles = population.map { Profile($0, now: now, tree: tree, thresholds: .none) }
            for (value, percentile) in percentiles {
                let ranked = profiles.compactMap { $0.rank(of: value, percentile) }.sorted(by: Value.sortsBefore)
                let k = percentile.percent.rank(of: ranked.count)
                if k > 0 { thresholds[value, percentile] = percentile.side == .top ? ranked[ranked.count - k] : ranked[k - 1] }
            }
        }
        self.init(tree, now: now, thresholds: thresholds)
    }

    fileprivate func profile(_ timeline: Timeline) -> Profile<Root> { Profile(timeline, now: now, tree: tree, thresholds: thresholds) }
}

extension Reference where Root == Clause {
    /// Whether the profile of a timeline is a member.
    public func isMember(_ timeline: Timeline) -> Bool { tree.root.holds(for: profile(timeline)) }
}

extension Reference where Root == Operand {
    /// The value for the profile of a timeline.
    public func value(_ timeline: Timeline) -> Value { tree.root.value(for: profile(timeline)) }
}
