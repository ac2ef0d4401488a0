public import EventModel
import Foundation

/// Rows and named columns: what `table` and `csv` print of a result.
public struct ResultTable: Sendable, Equatable {
    /// One column. Its name is CSV's header and, with spaces for underscores, the table's.
    public struct Column: Sendable, Equatable {
        /// In lower case with underscores for spaces.
        public var name: String
        /// Numbers stand on the right.
        public var isNumeric: Bool
        /// Whether people see the name as it is.
        public var isVerbatim: Bool

        /// A column called `name`.
        public init(_ name: String, numeric: Bool = false, verbatim: Bool = false) {
            (self.name, isNumeric, isVerbatim) = (name, numeric, verbatim)
        }
    }

    /// One value. The kind decides how people and programs see it.
    public enum Cell: Sendable, Equatable {
        /// A short text: cut with `…` where the terminal is too narrow.
        case text(String)
        /// Prose or an expression: never cut, whatever the terminal's width.
        case prose(String)
        /// A whole number; people see its thousands set apart.
        case count(Int)
        /// A number and how many digits after the point people see; programs get all of it.
        case number(Double, digits: Int)
        /// A share of one; people see a percentage.
        case share(Double)
        /// Shown in UTC with milliseconds (RFC 3339).
        case instant(Instant)
        /// No value: `–` for people, empty in CSV.
        case missing
    }

    /// From left to right.
    public var columns: [Column]
    /// Shape `[rows][columns.count]`.
    public var rows: [[Cell]]

    /// A table of the given rows.
    public init(_ columns: [Column], rows: [[Cell]] = []) { (self.columns, self.rows) = (columns, rows) }
}

extension ResultTable.Cell {
    /// As people see it.
    var shown: String {
        switch self {
        case .text(let text), .prose(let text): text
        case .count(let value): Figures.grouped(value)
        case .number(let value, let digits): Figures.fixed(value, digits: digits)
        case .share(let share): Figures.percent(share)
        case .instant(let instant): instant.text
        case .missing: "–"
        }
    }

    /// As programs read it in CSV; missing is empty.
    var raw: String {
        switch self {
        case .text(let text), .prose(let text): text
        case .count(let value): String(value)
        case .number(let value, _), .share(let value): value.isFinite ? JSONValue.number(value).text : ""
        case .instant(let instant): instant.text
        case .missing: ""
        }
    }
}

extension ResultTable {
    /// The table for a terminal: a header, a rule, one line a row, no wider than `width` as far as names can be cut.
    public func text(width: Int = 100) -> String {
        guard !columns.isEmpty else { return "" }
        let shown = rows.map { row in row.map { TerminalText.safe($0.shown) } }
        var widths = columns.map { TerminalText.width(of: $0.title) }
        for row in shown { for (index, text) in row.enumerated() { widths[index] = max(widths[index], TerminalText.width(of: text)) } }
        fit(&widths, into: width)
        var lines = [
            line(columns.map(\.title), widths),
            widths.map { String(repeating: "─", count: $0) }.joined(separator: "  "),
        ]
        for row in shown { lines.append(line(row, widths)) }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The rows as CSV with a header line.
    public func csv() -> String {
        var text = columns.map { Self.quoted($0.name) }.joined(separator: ",") + "\n"
        for row in rows { text += row.map { Self.quoted($0.raw) }.joined(separator: ",") + "\n" }
        return text
    }

    private func line(_ cells: [String], _ widths: [Int]) -> String {
        var parts: [String] = []
        for (index, text) in cells.enumerated() {
            let cut = TerminalText.safe(text, width: widths[index])
            let last = index == cells.count - 1 && !columns[index].isNumeric
            parts.append(last ? cut : TerminalText.padded(cut, to: widths[index], right: columns[index].isNumeric))
        }
        return parts.joined(separator: "  ")
    }

    /// Takes from the widest text column, again and again, until the line fits; numbers and prose keep their width.
    private func fit(_ widths: inout [Int], into width: Int) {
        let least = 12
        let cuttable = columns.indices.filter { index in
            !columns[index].isNumeric && !rows.contains { if case .prose = $0[index] { true } else { false } }
        }
        var over = widths.reduce(0, +) + 2 * (widths.count - 1) - width
        while over > 0, let widest = cuttable.max(by: { widths[$0] < widths[$1] }), widths[widest] > least {
            widths[widest] -= 1
            over -= 1
        }
    }

    /// RFC 4180: quotes where a quote, a comma or a line end asks for them.
    static func quoted(_ text: String) -> String {
        let special = text.utf8.contains { $0 == 0x22 || $0 == 0x2C || $0 == 0x0A || $0 == 0x0D }
        return special ? "\"" + text.replacingOccurrences(of: "\"", with: "\"\"") + "\"" : text
    }
}

extension ResultTable.Column {
    /// The header that people see.
    var title: String { isVerbatim ? TerminalText.safe(name) : name.replacingOccurrences(of: "_", with: " ") }
}
