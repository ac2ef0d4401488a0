/// A value while an expression runs.
///
/// Equality and hashing are the language's `==` for values that are there: 5 and 5.0 are one, 5 and "5" are two, texts go by scalars.
/// `missing` equals only itself here; the language's operators treat it apart (see `Value.compare`).
public enum Value: Sendable, Hashable {
    /// Absent, null, an array, an object, a number that is not finite, or the outcome of an operation that has none.
    case missing
    /// Compared by Unicode scalars.
    case text(Text)
    /// Always finite.
    case number(Double)
    /// True or false.
    case truth(Bool)
    /// Milliseconds since the epoch.
    case instant(Int64)
    /// Milliseconds.
    case duration(Int64)

    /// Whether it is missing.
    public var isMissing: Bool { if case .missing = self { true } else { false } }

    /// The kind of a value that is there; nil for missing.
    public var kind: Kind? {
        switch self {
        case .missing: nil
        case .text: .text
        case .number: .number
        case .truth: .truth
        case .instant: .instant
        case .duration: .duration
        }
    }

    /// Whether percentiles rank it: a number, an instant or a duration.
    var isRanked: Bool {
        switch self {
        case .number, .instant, .duration: true
        case .missing, .text, .truth: false
        }
    }
}
