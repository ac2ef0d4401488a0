import Rules

/// A definition's text in its parts: the comments at its top with what they set, and what it says.
///
/// In the lines before the expression `# word: value` is a setting, `#` and three spaces go on with the setting above, and any other
/// comment is free. `##` is always free.
struct DefinitionText: Sendable {
    /// What the comments at the top set.
    var head: SegmentHead
    /// The free comments at the top, a line each.
    var comments: [String]
    /// Everything after the top, without the workspace's mark and without spaces around it.
    var expression: String
    /// Settings that are not understood.
    var problems: [RuleError]

    /// The title that was set, else the first free comment.
    var title: String? { head.title ?? comments.first }

    /// Reads a text; what is wrong with its settings is collected.
    ///
    /// - Parameter file: What the places of problems name.
    init(_ text: String, file: String = "") {
        var reader = HeadReader(file: file)
        let lines = Self.lines(of: WorkspaceMark.removed(from: text) ?? text)
        let end = lines.firstIndex { !$0.trimmingSpaces.isEmpty && !$0.trimmingSpaces.hasPrefix("#") } ?? lines.count
        for (index, line) in lines[..<end].enumerated() { reader.read(line, number: index + 1) }
        reader.finish()
        (head, comments, problems) = (reader.head, reader.comments, reader.problems)
        expression = lines[end...].joined(separator: "\n").trimmingSpaces
    }

    /// The lines of a text, whatever ends them.
    static func lines(of text: String) -> [String] {
        text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            String(String.UnicodeScalarView(line.last == "\r" ? line.dropLast() : line))
        }
    }
}

/// The last line of every definition that `apply` saves. It tells them from those saved by hand, and as the last line it leaves the
/// numbers of the others alone.
enum WorkspaceMark {
    static let line = "# from the workspace"

    static func added(to text: String) -> String { text.trimmingSpaces + "\n" + line }

    /// The text without the mark; nil where there is none.
    static func removed(from text: String) -> String? {
        let text = text.trimmingSpaces
        return text.hasSuffix("\n" + line) ? String(text.dropLast(line.count + 1)) : nil
    }
}
