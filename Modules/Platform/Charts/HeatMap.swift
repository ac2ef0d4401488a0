/// Numbers in cells, darker where they are larger: the RFM grid, how segments overlap.
public struct HeatMap: Chart {
    public var title: String
    /// Names under the columns.
    public var columns: [String]
    /// Names beside the rows, the first row on top.
    public var rows: [String]
    /// What the columns are; empty: nothing is written.
    public var columnAxis: String
    /// What the rows are; empty: nothing is written.
    public var rowAxis: String
    /// Shape `[rows][columns]`; nil is an empty cell.
    public var values: [[Double?]]
    /// What is written into each cell, the same shape.
    public var captions: [[String]]

    /// A map of the given cells; every row has as many values and captions as there are columns.
    public init(
        title: String, columns: [String], rows: [String], columnAxis: String = "", rowAxis: String = "", values: [[Double?]],
        captions: [[String]]
    ) {
        self.title = title
        self.columns = columns
        self.rows = rows
        self.columnAxis = columnAxis
        self.rowAxis = rowAxis
        self.values = values
        self.captions = captions
    }

    public func drawing(width: Double) -> ChartDrawing {
        let longest = rows.map { min(26, TerminalText.width(of: $0)) }.max() ?? 0
        let axis = rowAxis.isEmpty ? 0.0 : 24
        let left = Double(longest) * 6.8 + 16 + axis
        let cell = max(1, (width - left - 4) / Double(max(1, columns.count)))
        let height = min(max(34, cell * 0.55), 58)
        let slant = columns.contains { Double(TerminalText.width(of: $0)) * 6.8 > cell - 4 }
        let longestColumn = columns.map { min(22, TerminalText.width(of: $0)) }.max() ?? 0
        let names = slant ? Double(longestColumn) * 4.6 + 18 : 22
        let foot = (columnAxis.isEmpty ? 0.0 : 22) + names
        var drawing = SVGDrawing(width: width, height: 4 + height * Double(rows.count) + foot)
        let most = values.joined().compactMap { $0 }.max() ?? 0
        for (r, name) in rows.enumerated() {
            let y = 4 + height * Double(r)
            drawing.text(TerminalText.safe(name, width: 26), x: left - 8, y: y + height / 2 + 4, anchor: .end)
            for c in columns.indices {
                let x = left + cell * Double(c)
                guard let value = values[r][c] else { continue }
                let share = most > 0 ? max(0, value / most) : 0
                let hint = "\(name), \(columns[c]): \(captions[r][c])"
                let opacity = 0.06 + 0.94 * share.squareRoot()
                drawing.rectangle(
                    x: x + 1, y: y + 1, width: cell - 2, height: height - 2, style: "heat", opacity: opacity, hint: hint)
                let fits = Double(captions[r][c].count) * 7 < cell
                if fits {
                    drawing.text(
                        captions[r][c], x: x + cell / 2, y: y + height / 2 + 4, style: opacity > 0.55 ? "over" : "label", anchor: .middle)
                }
            }
        }
        let base = 4 + height * Double(rows.count)
        for (c, name) in columns.enumerated() {
            let middle = left + cell * (Double(c) + 0.5)
            if slant {
                drawing.text(TerminalText.safe(name, width: 22), x: middle + 4, y: base + 14, style: "small", anchor: .end, turned: -40)
            } else {
                drawing.text(name, x: middle, y: base + 17, style: "small", anchor: .middle)
            }
        }
        if !columnAxis.isEmpty {
            drawing.text(columnAxis, x: left + cell * Double(columns.count) / 2, y: base + names + 16, style: "small", anchor: .middle)
        }
        if !rowAxis.isEmpty { drawing.text(rowAxis, x: 14, y: 4 + base / 2, style: "small", anchor: .middle, turned: -90) }
        return ChartDrawing(drawing: drawing, title: title)
    }

    public func characters(on canvas: Canvas) -> String {
        let most = values.joined().compactMap { $0 }.max() ?? 0
        let left = min(24, rows.map { TerminalText.width(of: $0) }.max() ?? 0)
        let wide = max(6, captions.joined().map(\.count).max() ?? 0, columns.map { min(10, TerminalText.width(of: $0)) }.max() ?? 0)
        var text = title + "\n"
        if !rowAxis.isEmpty { text += "\(rowAxis) down, \(columnAxis) across\n" }
        for (r, name) in rows.enumerated() {
            text += TerminalText.padded(TerminalText.safe(name, width: left), to: left, right: false)
            for c in columns.indices {
                let share = most > 0 ? max(0, (values[r][c] ?? 0) / most).squareRoot() : 0
                let shade = String(Self.shades[min(Self.shades.count - 1, Int(share * Double(Self.shades.count - 1) + 0.5))])
                text += "  " + TerminalText.padded(captions[r][c], to: wide, right: true) + shade
            }
            text += "\n"
        }
        text += String(repeating: " ", count: left)
        for name in columns { text += "  " + TerminalText.padded(TerminalText.safe(name, width: wide), to: wide, right: true) + " " }
        while text.last == " " { text.removeLast() }
        return text + "\n"
    }

    private static let shades: [Character] = [" ", "░", "▒", "▓", "█"]
}
