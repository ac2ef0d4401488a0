public import EventModel

/// The reference evaluator: walks one timeline at a time, plain and obviously right. The others are held against it.
///
/// Cost: every aggregate walks the whole timeline for every question; a sequence is quadratic in the events it selects. Percentiles are
/// taken once, over the population, when it is made.
public struct Reference<Root: Sendable & Hashable>: Sendable {
    public let tree: Tree<Root>
    public let now: Instant
    /// The bound of each percentile of the tree; absent where nobody is ranked.
    private let thresholds: [Ranking: Value]

    /// A value and the percentile it is asked to be in.
    struct Ranking: Hashable {
        var value: Operand
        var percentile: Percentile
    }

    /// Prepares to answer at `now`.
    ///
    /// - Parameter population: The timelines of every profile of the store, empty ones included; only percentiles look at it.
    public init(_ tree: Tree<Root>, now: Instant, population: [Timeline] = []) {
        (self.tree, self.now) = (tree, now)
        var rankings: [Ranking] = []
        for segment in tree.segments { segment.body.collect(&rankings) }
        if let root = tree.root as? Clause { root.collect(&rankings) }
        var thresholds: [Ranking: Value] = [:]
        if !rankings.isEmpty {
            let profiles = population.map { Profile($0, now: now, tree: tree, thresholds: [:]) }
            for ranking in Set(rankings) {
                let ranked = profiles.compactMap { $0.rank(of: ranking.value, ranking.percentile) }.sorted(by: Value.sortsBefore)
                let k = ranking.percentile.percent.rank(of: ranked.count)
                if k > 0 { thresholds[ranking] = ranking.percentile.side == .top ? ranked[ranked.count - k] : ranked[k - 1] }
            }
        }
        self.thresholds = thresholds
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

extension Clause {
    /// Every percentile asked for, in this clause alone.
    fileprivate func collect<Root>(_ rankings: inout [Reference<Root>.Ranking]) {
        switch self {
        case .all(let clauses), .any(let clauses): for clause in clauses { clause.collect(&rankings) }
        case .not(let clause): clause.collect(&rankings)
        case .percentile(let value, let percentile): rankings.append(.init(value: value, percentile: percentile))
        default: break
        }
    }
}
