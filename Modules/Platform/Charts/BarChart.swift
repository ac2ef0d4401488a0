/// Lengths beside names: how large each segment is.
public struct BarChart: Chart {
    /// One bar.
    public struct Bar: Sendable, Equatable {
        /// What stands before the bar.
        public var name: String
        /// The bar's length, at least 0; the longest fills the room there is.
        public var value: Double
        /// What stands behind the bar: `1,204 (12.5%)`.
        public var caption: String
        /// The bar's colour among the series.
        public var series: Int

        /// A bar of the given length, at least 0.
        public init(_ name: String, _ value: Double, caption: String, series: Int = 0) {
            (self.name, self.value, self.caption, self.series) = (name, value, caption, series)
        }
    }

    public var title: String
    /// From the top down.
    public var bars: [Bar]

    /// Bars in the order given, the first on top.
    public init(title: String, bars: [Bar]) { (self.title, self.bars) = (title, bars) }

    public func drawing(width: Double) -> ChartDrawing {
        let row = 30.0, top = 6.0
        let longest = bars.map { TerminalText.width(of: $0.name) }.max() ?? 0
        let left = min(Double(min(longest, 34)) * 6.9 + 14, width * 0.42)
        let right = Double(bars.map { $0.caption.count }.max() ?? 0) * 6.6 + 12
        let room = max(20, width - left - right)
        let most = max(bars.map(\.value).max() ?? 0, .leastNonzeroMagnitude)
        var drawing = SVGDrawing(width: width, height: top * 2 + row * Double(max(1, bars.count)))
        for (index, bar) in bars.enumerated() {
            let y = top + row * Double(index)
            let length = max(bar.value > 0 ? 1.5 : 0, room * bar.value / most)
            drawing.text(TerminalText.safe(bar.name, width: 34), x: left - 10, y: y + 19, anchor: .end)
            drawing.rectangle(x: left, y: y + 5, width: room, height: row - 10, style: ChartStyle.series(bar.series, "fill"), opacity: 0.08)
            drawing.rectangle(
                x: left, y: y + 5, width: length, height: row - 10, style: ChartStyle.series(bar.series, "fill"),
                hint: "\(bar.name): \(bar.caption)")
            drawing.text(bar.caption, x: left + room + 8, y: y + 19, style: "small")
        }
        if bars.isEmpty { drawing.text("nothing to show", x: width / 2, y: 24, style: "small", anchor: .middle) }
        return ChartDrawing(drawing: drawing, title: title)
    }

    public func characters(on canvas: Canvas) -> String {
        let names = bars.map { TerminalText.safe($0.name, width: max(10, canvas.width / 3)) }
        let left = names.map { TerminalText.width(of: $0) }.max() ?? 0
        let right = bars.map(\.caption.count).max() ?? 0
        let room = max(8, canvas.width - left - right - 3)
        let most = max(bars.map(\.value).max() ?? 0, .leastNonzeroMagnitude)
        var text = title + "\n"
        for (bar, name) in zip(bars, names) {
            let eighths = Int((Double(room * 8) * bar.value / most).rounded())
            let full = String(repeating: "█", count: eighths / 8)
            let rest = eighths % 8 == 0 ? (eighths == 0 && bar.value > 0 ? "▏" : "") : String(Self.parts[eighths % 8])
            text += TerminalText.padded(name, to: left, right: false) + " " + TerminalText.padded(full + rest, to: room, right: false)
            text += " " + bar.caption + "\n"
        }
        return text
    }

    private static let parts: [Character] = [" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
}
