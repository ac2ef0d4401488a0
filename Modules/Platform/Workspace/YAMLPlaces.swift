import EventModel
import Rules
import Yams

/// Finds the place in a YAML file of a place in one of its texts.
///
/// Folding, indentation and continued lines change nothing but space, so the places are matched by counting what is not space; escapes
/// of quoted texts count as what they stand for.
struct YAMLPlaces: Sendable {
    private let file: String
    private let lines: [String]
    /// The text as YAML reads it, by lines.
    private let value: [[Unicode.Scalar]]
    /// How the text is written.
    private enum Style: Sendable { case plain, singleQuoted, doubleQuoted, block }
    private let style: Style
    /// Where the text begins in the file, from 1.
    private let line: Int
    private let column: Int

    init(file: String, text: String, scalar: Node.Scalar) {
        self.file = file
        lines = DefinitionText.lines(of: text)
        value = DefinitionText.lines(of: scalar.string).map { Array($0.unicodeScalars) }
        style =
            switch scalar.style {
            case .singleQuoted: .singleQuoted
            case .doubleQuoted: .doubleQuoted
            case .literal, .folded: .block
            case .any, .plain: .plain
            }
        (line, column) = (scalar.mark?.line ?? 1, scalar.mark?.column ?? 1)
    }

    /// The place in the file.
    ///
    /// - Parameter place: A place in the text, its line counted in the text.
    func place(of place: Place) -> Place {
        let above = value.prefix(max(0, place.line - 1)).reduce(0) { $0 + Self.size($1) }
        let beside = value.indices.contains(place.line - 1) ? Self.size(Array(value[place.line - 1].prefix(place.column - 1))) : 0
        let units = units.prefix(value.reduce(0) { $0 + Self.size($1) })
        if units.indices.contains(above + beside) {
            let unit = units[above + beside]
            return Place(source: file, line: unit.line, column: unit.column, length: place.length, lineText: lineText(unit.line))
        }
        // Behind the text, where something is missing.
        let (line, column) = units.last.map { ($0.line, $0.column + $0.length) } ?? (line, column)
        return Place(source: file, line: line, column: column, length: 1, lineText: lineText(line))
    }

    /// How many scalars are not space.
    private static func size(_ scalars: [Unicode.Scalar]) -> Int { scalars.reduce(0) { $0 + ($1.properties.isWhitespace ? 0 : 1) } }

    private func lineText(_ line: Int) -> String { lines.indices.contains(line - 1) ? lines[line - 1] : "" }

    /// One scalar of the text that is not space: where it is written, and in how many scalars.
    private struct Unit {
        var line: Int
        var column: Int
        var length: Int
    }

    private var units: [Unit] {
        var units: [Unit] = []
        for number in (style == .block ? line + 1 : line)..<max(lines.count + 1, line + 1) {
            let scalars = Array(lineText(number).unicodeScalars)
            var at = number == line ? column - 1 + (style == .singleQuoted || style == .doubleQuoted ? 1 : 0) : 0
            while at < scalars.count {
                var length = 1
                if style == .doubleQuoted, scalars[at] == "\\", at + 1 < scalars.count {
                    length = ["x": 4, "u": 6, "U": 10][scalars[at + 1]] ?? 2
                    // Escapes for space are space; a backslash at the end of a line joins it with the next.
                    if "nrt _NLP\t".unicodeScalars.contains(scalars[at + 1]) {
                        at += length
                        continue
                    }
                } else if style == .singleQuoted, scalars[at] == "'" {
                    length = 2
                }
                if !scalars[at].properties.isWhitespace { units.append(Unit(line: number, column: at + 1, length: length)) }
                at += length
            }
        }
        return units
    }
}
