import EventModel

/// A command's text cut into words, so that a clause after an expression is found without understanding the expression.
///
/// Strings, parentheses and comments are respected; everything else is left to the segment language.
struct CommandText {
    /// One piece of the text.
    struct Token: Equatable {
        enum Kind { case word, string, symbol }
        var kind: Kind
        /// The text; of a string, what it says.
        var text: String
        /// Where it stands, in UTF-8 bytes.
        var range: Range<Int>
        /// How many parentheses are open around it.
        var depth: Int
    }

    let bytes: [UInt8]
    private(set) var tokens: [Token] = []
    /// A parenthesis or a string is still open at the end.
    private(set) var isOpen = false

    init(_ text: String) {
        bytes = Array(text.utf8)
        scan()
    }

    /// The text of a range of bytes, without spaces around it.
    func slice(_ range: Range<Int>) -> String {
        var range = range
        while let first = range.first, Self.isSpace(bytes[first]) { range = first + 1..<range.upperBound }
        while let last = range.last, Self.isSpace(bytes[last]) { range = range.lowerBound..<last }
        return String(decoding: bytes[range], as: UTF8.self)
    }

    /// The raw text from the start of token `first` up to the start of token `end` (or to the end of the text).
    func text(from first: Int, to end: Int? = nil) -> String {
        guard first < tokens.count else { return "" }
        let stop = end.map { $0 < tokens.count ? tokens[$0].range.lowerBound : bytes.count } ?? bytes.count
        return slice(tokens[first].range.lowerBound..<max(stop, tokens[first].range.lowerBound))
    }

    /// Whether token `index` is the bare word `word` outside all parentheses.
    func isWord(_ word: String, at index: Int) -> Bool {
        guard tokens.indices.contains(index) else { return false }
        let token = tokens[index]
        return token.kind == .word && token.depth == 0 && token.text.utf8.elementsEqual(word.utf8)
    }

    /// Whether an option begins at token `index`: a word, then one `=`.
    func isOption(at index: Int) -> Bool {
        guard index + 1 < tokens.count, tokens[index].kind == .word, tokens[index].depth == 0 else { return false }
        return isLoneEquals(at: index + 1)
    }

    /// A single `=`, which the segment language never uses.
    func isLoneEquals(at index: Int) -> Bool {
        guard tokens.indices.contains(index), tokens[index].kind == .symbol, tokens[index].text == "=", tokens[index].depth == 0 else {
            return false
        }
        let at = tokens[index].range.lowerBound
        let before = at > 0 ? bytes[at - 1] : 0, after = at + 1 < bytes.count ? bytes[at + 1] : 0
        return after != UInt8(ascii: "=") && !"=<>!".utf8.contains(before)
    }

    private mutating func scan() {
        var at = 0, depth = 0
        while at < bytes.count {
            let byte = bytes[at]
            if Self.isSpace(byte) {
                at += 1
            } else if byte == UInt8(ascii: "#") {
                while at < bytes.count, bytes[at] != 10 { at += 1 }
            } else if byte == UInt8(ascii: "\"") {
                at = string(from: at, depth: depth)
            } else if Self.symbols.contains(byte) {
                if byte == UInt8(ascii: ")") { depth = max(0, depth - 1) }
                add(.symbol, at..<at + 1, depth: depth)
                if byte == UInt8(ascii: "(") { depth += 1 }
                at += 1
            } else {
                let start = at
                while at < bytes.count, !Self.isSpace(bytes[at]), !Self.symbols.contains(bytes[at]), bytes[at] != UInt8(ascii: "\"") {
                    at += 1
                }
                add(.word, start..<at, depth: depth)
            }
        }
        if depth > 0 { isOpen = true }
    }

    private mutating func string(from start: Int, depth: Int) -> Int {
        var at = start + 1
        while at < bytes.count, bytes[at] != UInt8(ascii: "\"") { at += bytes[at] == UInt8(ascii: "\\") ? 2 : 1 }
        if at >= bytes.count { isOpen = true }
        let end = min(at + 1, bytes.count)
        let raw = String(decoding: bytes[start..<end], as: UTF8.self)
        tokens.append(Token(kind: .string, text: Self.unquoted(raw), range: start..<end, depth: depth))
        return end
    }

    private mutating func add(_ kind: Token.Kind, _ range: Range<Int>, depth: Int) {
        tokens.append(Token(kind: kind, text: String(decoding: bytes[range], as: UTF8.self), range: range, depth: depth))
    }

    private static let symbols = Set("(),=<>!+*".utf8)
    private static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }
}

extension CommandText {
    /// What a quoted string says; an escape that JSON does not know stands for itself.
    static func unquoted(_ raw: String) -> String {
        if case .string(let text)? = try? JSONValue(parsing: Array(raw.utf8)) { return text }
        var text = raw.dropFirst()
        if text.hasSuffix("\"") { text = text.dropLast() }
        return String(text)
    }
}
