/// Text made safe and measurable for a terminal.
///
/// People's names and properties come from outside: a control character among them could move the cursor or set colours, so every
/// one is shown as `�` instead.
public enum TerminalText {
    /// `text` on one line, without control characters, cut with `…` after `width` columns.
    public static func safe(_ text: String, width: Int = .max) -> String {
        var result = ""
        var columns = 0
        for scalar in text.unicodeScalars {
            let shown = isControl(scalar) ? "\u{FFFD}" : scalar
            let size = columnsOf(shown)
            if columns + size > width {
                while columns + 1 > width, let last = result.unicodeScalars.popLast() { columns -= columnsOf(last) }
                return result + "…"
            }
            result.unicodeScalars.append(shown)
            columns += size
        }
        return result
    }

    /// How many columns `text` takes.
    public static func width(of text: String) -> Int { text.unicodeScalars.reduce(0) { $0 + columnsOf($1) } }

    /// `text` filled with spaces up to `width` columns, on its left or its right.
    static func padded(_ text: String, to width: Int, right: Bool) -> String {
        let room = String(repeating: " ", count: max(0, width - self.width(of: text)))
        return right ? room + text : text + room
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: true
        default: false
        }
    }

    /// Marks take no column, the wide scripts two (the ranges of Unicode's East Asian Width that fonts draw wide).
    private static func columnsOf(_ scalar: Unicode.Scalar) -> Int {
        if scalar.value < 0x300 { return 1 }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark: return 0
        default: break
        }
        switch scalar.value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
            0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1F9FF, 0x20000...0x3FFFD:
            return 2
        default: return 1
        }
    }
}
