/// One word, mark or literal of a text, and where it stands.
struct Token {
    enum Kind: Equatable {
        case word(String)
        case string(String)
        /// As written: digits, a fraction and an exponent by option.
        case number(String)
        /// Milliseconds.
        case duration(Int64)
        case mark(Mark)
        case end
        /// Not a token: reported when the parser gets there, so that the first mistake of a text is the one told.
        case bad(RuleError.Code, String, hint: String?)
    }

    enum Mark: String {
        case open = "("
        case close = ")"
        case comma = ","
        case dot = "."
        case plus = "+"
        case minus = "-"
        case star = "*"
        case slash = "/"
        case percent = "%"
        case equal = "=="
        case notEqual = "!="
        case less = "<"
        case lessOrEqual = "<="
        case greater = ">"
        case greaterOrEqual = ">="
    }

    var kind: Kind
    /// Offsets into the UTF-8 of the text.
    var span: Range<Int>
}

/// A text of the language with a name for it; tells lines and columns of its byte offsets.
struct SourceText {
    let label: String
    let bytes: ContiguousArray<UInt8>

    init(_ text: String, label: String) { (bytes, self.label) = (ContiguousArray(text.utf8), label) }

    /// The place that a range of offsets is, cut at the end of its first line.
    func place(of span: Range<Int>) -> Place {
        let start = min(span.lowerBound, bytes.count)
        var lineStart = start
        while lineStart > 0, bytes[lineStart - 1] != 10 { lineStart -= 1 }
        var lineEnd = start
        while lineEnd < bytes.count, bytes[lineEnd] != 10 { lineEnd += 1 }
        if lineEnd > start, bytes[lineEnd - 1] == 13 { lineEnd -= 1 }
        let line = 1 + bytes[..<lineStart].reduce(0) { $0 + ($1 == 10 ? 1 : 0) }
        return Place(
            source: label, line: line, column: 1 + scalars(in: lineStart..<start),
            length: max(1, scalars(in: start..<max(start, min(span.upperBound, lineEnd)))),
            lineText: slice(lineStart..<lineEnd))
    }

    func slice(_ span: Range<Int>) -> String { String(decoding: bytes[span], as: UTF8.self) }

    private func scalars(in span: Range<Int>) -> Int { bytes[span].reduce(0) { $0 + ($1 & 0xC0 == 0x80 ? 0 : 1) } }
}
