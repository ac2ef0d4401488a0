/// A piece of a text with values of the language in it, as mappings write them: `invoice:{.Number}`.
public enum TextPiece: Sendable, Hashable {
    /// Characters that stand for themselves.
    case text(String)
    /// What stands between two braces: a value of the language, not yet read.
    case value(String)

    /// A brace without its other.
    public struct Unpaired: Error, Sendable, Hashable {
        /// Two sentences: what is wrong, and what to write.
        public let sentences: String
    }

    /// Splits a text: `{` begins a value and `}` ends it, braces in the value's own texts passed over; two of either stand for one.
    public static func split(_ text: String) throws(Unpaired) -> [TextPiece] {
        var pieces: [TextPiece] = []
        var literal = ""
        var rest = Substring(text)
        while let next = rest.unicodeScalars.first {
            rest = Substring(rest.unicodeScalars.dropFirst())
            if next == "{" || next == "}", rest.unicodeScalars.first == next {
                literal.unicodeScalars.append(next)
                rest = Substring(rest.unicodeScalars.dropFirst())
            } else if next == "{" {
                guard let end = endOfValue(rest) else {
                    throw Unpaired(sentences: "'{' has no '}'. Write {{ for the character itself.")
                }
                if !literal.isEmpty { pieces.append(.text(literal)) }
                literal = ""
                pieces.append(.value(String(rest[..<end])))
                rest = rest[rest.unicodeScalars.index(after: end)...]
            } else if next == "}" {
                throw Unpaired(sentences: "'}' has no '{'. Write }} for the character itself.")
            } else {
                literal.unicodeScalars.append(next)
            }
        }
        if !literal.isEmpty { pieces.append(.text(literal)) }
        return pieces
    }

    /// The `}` that ends a value, those inside its texts passed over.
    private static func endOfValue(_ text: Substring) -> Substring.Index? {
        var (inText, escaped) = (false, false)
        for index in text.unicodeScalars.indices {
            let scalar = text.unicodeScalars[index]
            if escaped {
                escaped = false
            } else if inText, scalar == "\\" {
                escaped = true
            } else if scalar == "\"" {
                inText.toggle()
            } else if scalar == "}", !inText {
                return index
            }
        }
        return nil
    }
}
