import Rules

/// One file `segments/*.segment`.
struct SegmentFile: Sendable {
    /// The file's stem.
    var name: String
    var file: String
    /// The whole file.
    var body: String
    var text: DefinitionText

    init(_ body: String, name: String, file: String) {
        (self.body, self.name, self.file) = (body, name, file)
        text = DefinitionText(body, file: file)
    }

    /// Whether the expression is `true` as it stands.
    var isEverybody: Bool { text.expression.split(separator: "#", maxSplits: 1).first.map { String($0).trimmingSpaces } == "true" }

    /// A problem with a setting, at its line.
    func problem(_ message: String, at setting: String, hint: String?) -> RuleError {
        let lines = DefinitionText.lines(of: body)
        let index = lines.firstIndex { line in
            let text = line.trimmingSpaces
            return text.hasPrefix("#") && String(text.dropFirst()).trimmingSpaces.hasPrefix(setting + ":")
        }
        let line = index.map { lines[$0] } ?? lines.first ?? ""
        let place = Place(source: file, line: (index ?? 0) + 1, column: 1, length: max(1, line.unicodeScalars.count), lineText: line)
        return RuleError(.name, message, at: place, hint: hint)
    }
}
