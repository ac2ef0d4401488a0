/// A regular expression of `matches`, compiled: ECMAScript's `u` rules without flags, run in time linear in the text.
public struct Pattern: Sendable, Hashable {
    /// The pattern as written.
    public let text: Text

    public init(_ text: String) throws(PatternError) { self.text = Text(text) }

    public static func == (a: Pattern, b: Pattern) -> Bool { a.text == b.text }
    public func hash(into hasher: inout Hasher) { hasher.combine(text) }
}
