/// The bound of each percentile that a rule asks for, as a population once gave it.
///
/// Bounds belong to a value of a tree with its tables of features; a copy of the tree with another root has the same.
public struct PercentileThresholds: Sendable, Hashable {
    /// A value and the percentile it is asked to be in.
    struct Key: Hashable {
        var value: Operand
        var percentile: Percentile
    }
    private var bounds: [Key: Value] = [:]

    /// Nothing is known, so nobody is in any percentile.
    public init() {}

    /// Nothing is known, so nobody is in any percentile.
    public static let none = PercentileThresholds()

    /// The value at the edge of a percentile, which is in: a number, an instant or a duration. nil where nobody is ranked.
    public subscript(value: Operand, percentile: Percentile) -> Value? {
        get { bounds[Key(value: value, percentile: percentile)] }
        set { bounds[Key(value: value, percentile: percentile)] = newValue }
    }
}

extension Tree {
    /// Every percentile that the tree asks for, each once.
    public var percentiles: [(value: Operand, percentile: Percentile)] {
        var keys: Set<PercentileThresholds.Key> = []
        for segment in segments { segment.body.collect(&keys) }
        if let root = root as? Clause { root.collect(&keys) }
        return keys.map { ($0.value, $0.percentile) }
    }
}

extension Clause {
    /// Every percentile asked for, in this clause alone.
    fileprivate func collect(_ keys: inout Set<PercentileThresholds.Key>) {
        switch self {
        case .all(let clauses), .any(let clauses): for clause in clauses { clause.collect(&keys) }
        case .not(let clause): clause.collect(&keys)
        case .percentile(let value, let percentile): keys.insert(.init(value: value, percentile: percentile))
        default: break
        }
    }
}
