/// A place in a text of the language: the word at fault, and where it stands.
public struct Place: Sendable, Hashable {
    /// What the text is, as a sentence begins: `expression`, `segment 'cart-abandoners'`, `feature 'ltv'`.
    public var source: String
    /// From 1.
    public var line: Int
    /// From 1, in Unicode scalars.
    public var column: Int
    /// How many scalars the word at fault has on that line; at least 1.
    public var length: Int
    /// The line itself, without its end.
    public var lineText: String

    /// Takes a place that is already worked out, unchecked.
    public init(source: String, line: Int, column: Int, length: Int, lineText: String) {
        (self.source, self.line, self.column, self.length, self.lineText) = (source, line, column, length, lineText)
    }
}

/// Why a text of the language was refused, before anything ran.
public struct RuleError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The class of the mistake; raw values are the words programs see.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// The text does not follow the grammar.
        case syntax
        /// Something of the wrong kind stands where it stands.
        case kind
        /// Too deep, too long or too many.
        case limit
        /// A segment, feature or zone that is not known, or a circle of them.
        case name
    }
    /// The class of the mistake.
    public var code: Code
    /// What is wrong, in one sentence without its full stop.
    public var message: String
    /// The word at fault.
    public var place: Place
    /// What to write instead, under the carets; nil where nothing better is known than the message.
    public var hint: String?

    /// Joins the parts; `message` has no full stop, since `description` sets one.
    public init(_ code: Code, _ message: String, at place: Place, hint: String? = nil) {
        (self.code, self.message, self.place, self.hint) = (code, message, place, hint)
    }

    /// Line of the place, from 1.
    public var line: Int { place.line }
    /// Column of the place, from 1, in Unicode scalars.
    public var column: Int { place.column }
    /// Where, what happened, and the line with carets under the word at fault.
    public var description: String { place.render(message, hint: hint) }
}

/// Something that may well be a mistake, though the text runs: a name never seen so far, or a trait of messages that set none.
public struct RuleWarning: Sendable, Hashable, CustomStringConvertible {
    /// What may be wrong, in one sentence without its full stop.
    public var message: String
    /// The word it is about.
    public var place: Place
    /// What may have been meant, under the carets; nil where nothing near is known.
    public var hint: String?

    /// Joins the parts; `message` has no full stop, since `description` sets one.
    public init(_ message: String, at place: Place, hint: String? = nil) {
        (self.message, self.place, self.hint) = (message, place, hint)
    }

    /// Where, what, and the line with carets under the word.
    public var description: String { place.render(message, hint: hint) }
}
