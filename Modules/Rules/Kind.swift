/// What a value is. Nothing is ever converted from one kind to another silently.
public enum Kind: UInt8, Sendable, Hashable, CaseIterable {
    /// A row of Unicode scalars, perhaps empty.
    case text
    /// A 64-bit float, always finite.
    case number
    /// True or false; truths have no order.
    case truth
    /// A point in time, in whole milliseconds.
    case instant
    /// A length of time, in whole milliseconds, negative ones included.
    case duration
    /// Known only when it runs: a text, a number or a truth, since traits and properties are never instants or durations.
    case dynamic

    /// The kind in words, with its article: "a number".
    public var words: String {
        switch self {
        case .text: "a text"
        case .number: "a number"
        case .truth: "a truth"
        case .instant: "an instant"
        case .duration: "a duration"
        case .dynamic: "a text, a number or a truth"
        }
    }

    /// Whether a value of this kind and one of the other can ever be equal.
    public func canEqual(_ other: Kind) -> Bool {
        switch (self, other) {
        case (.dynamic, .instant), (.dynamic, .duration), (.instant, .dynamic), (.duration, .dynamic): false
        case (.dynamic, _), (_, .dynamic): true
        default: self == other
        }
    }
}
