/// A checked yes-or-no question of the segment language: over a profile at `now`, or (inside `where`) over one event.
///
/// The tree is plain data that any evaluator may walk. Kinds have been checked: no evaluator meets a comparison of kinds that can never
/// be equal, a window that is not an instant, or events inside a condition. Parentheses are gone; `and` and `or` keep the nesting they
/// were written with, so nesting is at most 200 deep (`Limits.depth`).
public indirect enum Clause: Sendable, Hashable {
    /// `true` or `false`.
    case constant(Bool)
    /// `a and b and ...`: every one holds. At least two.
    case all([Clause])
    /// `a or b or ...`: at least one holds. At least two.
    case any([Clause])
    /// `not a`: the clause does not hold.
    case not(Clause)
    /// `segment "x"`: what that segment's clause says at the same `now`; an index into `Tree.segments`.
    case segment(Int)
    /// `did e`, with or without a quantifier; without one it asks for at least one event.
    case did(Selection, Quantifier?)
    /// `sequence(a then b ...)`: some chain of events fits.
    case sequence(EventSequence)
    /// `exists(v)`: whether the value is not missing. Of a consent it asks whether one was ever set (and has not expired).
    case exists(Operand)
    /// `v == w` and its like; see `Comparison` for missing values and differing kinds.
    case compare(Operand, Comparison, Operand)
    /// `v in (a, b, ...)`: whether the value equals one of the literals. At least one.
    case isIn(Operand, [Literal])
    /// `v in top p%` or `v in bottom p%`.
    case percentile(Operand, Percentile)
    /// `v contains "x"`, `v startsWith "x"`, `v endsWith "x"`, by Unicode scalars.
    case textTest(Operand, TextTest, Text)
    /// `v matches "pattern"`: the pattern is found somewhere in the text.
    case matches(Operand, Pattern)
    /// A value on its own: only the truth true counts. Its kind is truth or dynamic.
    case holds(Operand)
}

/// `at least`, `at most` or `exactly` so many times.
public struct Quantifier: Sendable, Hashable {
    /// Which counts satisfy: so many or more, so many or fewer, or just so many.
    public enum Bound: Sendable, Hashable { case atLeast, atMost, exactly }
    /// Which side of `times` counts may lie on.
    public var bound: Bound
    /// Not negative.
    public var times: Int64

    /// Takes the words and the number; `times` is not negative.
    public init(_ bound: Bound, _ times: Int64) { (self.bound, self.times) = (bound, times) }

    /// Whether so many events satisfy it.
    public func holds(for count: Int64) -> Bool {
        switch bound {
        case .atLeast: count >= times
        case .atMost: count <= times
        case .exactly: count == times
        }
    }
}

/// The six comparisons. Every one of them is false when a side is missing, `!=` included.
public enum Comparison: String, Sendable, Hashable, CaseIterable {
    /// Values of one kind are the same; false where the kinds differ.
    case equal = "=="
    /// Values differ, or their kinds do.
    case notEqual = "!="
    /// Texts go by Unicode scalars; false for truths and where the kinds differ, as in the three below.
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="

    /// Whether it asks for an order, which truths do not have.
    public var isOrder: Bool { self != .equal && self != .notEqual }

    /// What holds for (b, a) exactly when this holds for (a, b).
    var flipped: Comparison {
        switch self {
        case .equal, .notEqual: self
        case .less: .greater
        case .lessOrEqual: .greaterOrEqual
        case .greater: .less
        case .greaterOrEqual: .lessOrEqual
        }
    }
}

/// The text tests that need no pattern.
public enum TextTest: String, Sendable, Hashable, CaseIterable { case contains, startsWith, endsWith }

/// `top p%` or `bottom p%`.
public struct Percentile: Sendable, Hashable {
    /// Which end of the ranking: the greatest values or the least.
    public enum Side: String, Sendable, Hashable { case top, bottom }
    /// Which end of the ranking.
    public var side: Side
    /// 0 < percent <= 100, exactly as written.
    public var percent: Percent
    /// Whether the value is one aggregate (through a feature too): then only profiles with at least one matching event are ranked.
    /// The aggregate itself is found by `Tree.soleAggregate(of:)`.
    public var ranksAggregate: Bool

    /// Joins the parts; `ranksAggregate` must agree with the value that is ranked.
    public init(_ side: Side, _ percent: Percent, ranksAggregate: Bool) {
        (self.side, self.percent, self.ranksAggregate) = (side, percent, ranksAggregate)
    }
}

extension Percentile {
    /// Whether a ranked value is in, held against the value at the edge.
    func takes(_ value: Value, edge: Value) -> Bool { Value.compare(value, side == .top ? .greaterOrEqual : .lessOrEqual, edge) }
}
