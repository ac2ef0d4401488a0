extension Place {
    /// The three lines a person sees: where and what; the line; carets under the word at fault with the hint behind them.
    ///
    /// A long line is cut around the word. Tabs stay tabs, so that the carets stand below the word.
    func render(_ message: String, hint: String?) -> String {
        let scalars = Array(lineText.unicodeScalars)
        let start = min(max(column - 1, 0), scalars.count)
        var first = 0
        var last = scalars.count
        if scalars.count > Self.longestLine {
            first = max(0, min(start - 60, scalars.count - Self.longestLine))
            last = min(scalars.count, first + Self.longestLine)
        }
        var shown = String.UnicodeScalarView()
        shown.append(contentsOf: scalars[first..<last].map { $0.value < 32 && $0 != "\t" ? " " : $0 })
        var under = String.UnicodeScalarView()
        under.append(contentsOf: scalars[first..<start].map { $0 == "\t" ? "\t" : " " })
        let carets = String(repeating: "^", count: max(1, min(length, max(1, last - start))))
        let (before, after) = (first > 0 ? "…" : "", last < scalars.count ? "…" : "")
        let indent = first > 0 ? " " : ""
        return """
            \(source), line \(line), column \(column): \(message).
              \(before)\(String(shown))\(after)
              \(indent)\(String(under))\(carets)\(hint.map { " " + $0 } ?? "")
            """
    }

    /// Scalars of a line that are shown.
    static let longestLine = 160
}
