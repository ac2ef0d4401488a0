import Foundation

/// One number over another, joined by a line: the elbow, silhouettes by k.
public struct LineChart: Chart {
    public var title: String
    /// What is written under the x axis.
    public var xAxis: String
    /// What is written beside the y axis.
    public var yAxis: String
    /// Ascending in x, finite.
    public var points: [(x: Double, y: Double)]
    /// The x to point at, and what to write there.
    public var marked: Double?
    /// What is written at the marked point.
    public var note: String
    /// The line's colour among the series.
    public var series: Int
    /// The y axis begins at zero.
    public var fromZero: Bool

    /// A line through the points; those that are not finite are left out.
    public init(
        title: String, xAxis: String, yAxis: String, points: [(x: Double, y: Double)], marked: Double? = nil, note: String = "",
        series: Int = 0, fromZero: Bool = true
    ) {
        self.title = title
        self.xAxis = xAxis
        self.yAxis = yAxis
        self.points = points.filter { $0.x.isFinite && $0.y.isFinite }
        self.marked = marked
        self.note = note
        self.series = series
        self.fromZero = fromZero
    }

    public func drawing(width: Double) -> ChartDrawing {
        let height = min(320, width * 0.62)
        let frame = Frame(
            x: Axis(holding: points.map(\.x), steps: max(1, min(10, points.count - 1)), tight: true),
            y: Axis(holding: points.map(\.y), zero: fromZero), width: width, height: height)
        var drawing = SVGDrawing(width: width, height: height)
        frame.draw(on: &drawing, xAxis: xAxis, yAxis: yAxis)
        let places = points.map(frame.place)
        drawing.polyline(places, style: ChartStyle.series(series, "stroke"))
        for (point, place) in zip(points, places) {
            let chosen = point.x == marked
            let hint = "\(xAxis) \(Figures.short(point.x)): \(yAxis) \(Figures.short(point.y))"
            let style = chosen ? ChartStyle.series(series, "fill") : ChartStyle.series(series, "mark")
            drawing.circle(x: place.x, y: place.y, radius: chosen ? 6 : 3.5, style: style, hint: hint)
            if chosen {
                let near = place.x > width * 0.7
                drawing.text(note, x: place.x + (near ? -12 : 12), y: place.y - 10, style: "strong", anchor: near ? .end : .start)
            }
        }
        return ChartDrawing(drawing: drawing, title: title)
    }

    public func characters(on canvas: Canvas) -> String {
        var plot = CharacterPlot(
            x: Axis(holding: points.map(\.x), tight: true), y: Axis(holding: points.map(\.y), zero: fromZero),
            canvas: Canvas(width: min(canvas.width, 90), height: min(canvas.height, 18)))
        for (a, b) in zip(points, points.dropFirst()) { plot.line(from: a, to: b) }
        for point in points { plot.point(point, character: point.x == marked ? "◆" : "•") }
        return "\(title)\n" + plot.text(xAxis: xAxis, yAxis: yAxis) + (marked == nil || note.isEmpty ? "" : "◆ \(note)\n")
    }
}

/// The area between two axes of an SVG picture.
struct Frame {
    let x: Axis
    let y: Axis
    let width: Double
    let height: Double
    private let left = 62.0
    private let right = 16.0
    private let top = 16.0
    private let bottom = 46.0

    init(x: Axis, y: Axis, width: Double, height: Double) { (self.x, self.y, self.width, self.height) = (x, y, width, height) }

    /// Where a point of the data lies.
    func place(_ point: (x: Double, y: Double)) -> (x: Double, y: Double) {
        (x.place(point.x, from: left + 8, to: width - right), y.place(point.y, from: height - bottom, to: top))
    }

    /// Draws grid, axes, numbers and names.
    func draw(on drawing: inout SVGDrawing, xAxis: String, yAxis: String) {
        for tick in y.ticks {
            let (_, level) = place((x.low, tick))
            drawing.line(left, level, width - right, level, style: "grid")
            drawing.text(Figures.short(tick), x: left - 8, y: level + 4, style: "small", anchor: .end)
        }
        for tick in x.ticks {
            let (at, _) = place((tick, y.low))
            drawing.line(at, height - bottom, at, height - bottom + 5, style: "axis")
            drawing.text(Figures.short(tick), x: at, y: height - bottom + 18, style: "small", anchor: .middle)
        }
        drawing.line(left, height - bottom, width - right, height - bottom, style: "axis")
        drawing.text(xAxis, x: (left + width - right) / 2, y: height - 8, style: "small", anchor: .middle)
        drawing.text(yAxis, x: 14, y: (top + height - bottom) / 2, style: "small", anchor: .middle, turned: -90)
    }
}
