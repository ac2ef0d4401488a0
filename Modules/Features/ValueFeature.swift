public import EventModel
public import Rules
import Storage

/// A value of the segment language as a feature: numbers as they are, durations and instants in days.
///
/// A trait or property that turns out to be no number is missing. Texts and truths are refused: they have no size.
public struct ValueFeature: FeatureExtractor, Hashable {
    /// The name that was given, else the text of the value.
    public let name: String
    /// The value as it was written.
    public let text: String
    let formula: Tree<Operand>

    /// Milliseconds of a day, the unit that durations and instants are counted in.
    static let day = 86_400_000.0

    /// Parses and checks a value.
    ///
    /// - Parameters:
    ///   - text: A value of the language: `count("Order Completed")`, `now - last(any)`, `trait.age`, `feature.revenue`.
    ///   - name: What to call it; its text where nothing better is known.
    ///   - checker: What is defined, and what was seen.
    /// - Throws: `RuleError` for a mistake in the text, `FeatureError` where the value has no size.
    public init(_ text: String, name: String? = nil, checker: Checker = Checker()) throws {
        try self.init(text, formula: checker.formula(text, source: .other(name.map { "feature '\($0)'" } ?? "feature")).tree, name: name)
    }

    /// Takes a value that is checked already, with the text it was read from.
    public init(_ text: String, formula: Tree<Operand>, name: String? = nil) throws(FeatureError) {
        (self.text, self.formula) = (text, formula)
        self.name = name ?? text
        switch formula.root.kind {
        case .text, .truth:
            throw FeatureError("feature '\(self.name)': \(formula.root.kind.words) has no size. Use a number, a duration or an instant.")
        case .number, .duration, .instant, .dynamic: break
        }
    }

    public var inputs: [Tree<Operand>] { [formula] }

    /// The feature as a number of the segment language, for expressions about it; equal to what `column` gives to the last bit.
    public var numberText: String {
        switch formula.root.kind {
        case .duration: "\(enclosed(text)) / 1d"
        case .instant: "(\(enclosed(text)) - date(\"1970-01-01\")) / 1d"
        // A comment at its end must not reach what comes after it.
        default: text.utf8.contains(UInt8(ascii: "#")) ? enclosed(text) : text
        }
    }

    public func column(from inputs: [ValueColumn], now: Instant) -> ContiguousArray<Double> { Self.numbers(of: inputs[0]) }

    /// A column as numbers, NaN where there is none; durations in days, instants in days since 1970 in UTC.
    static func numbers(of column: ValueColumn) -> ContiguousArray<Double> {
        let inDays = column.kind == .duration || column.kind == .instant
        return ContiguousArray<Double>(unsafeUninitializedCapacity: column.count) { target, count in
            for profile in 0..<column.count {
                let present = column.tags[profile] == ValueTag.number
                target.initializeElement(
                    at: profile, to: !present ? .nan : inDays ? Double(column.times[profile]) / day : column.numbers[profile])
            }
            count = column.count
        }
    }
}
