/// Points in a plane, coloured by group: profiles on their first two principal components.
public struct ScatterChart: Chart {
    /// One group of points.
    public struct Group: Sendable {
        /// What the legend calls the group.
        public var name: String
        /// In any order; those outside the picture, which holds the middle 99% of each axis, are not drawn.
        public var points: [(x: Double, y: Double)]
        /// Where the group's centre lies, marked when given.
        public var centre: (x: Double, y: Double)?

        /// A group of points.
        public init(_ name: String, points: [(x: Double, y: Double)], centre: (x: Double, y: Double)? = nil) {
            (self.name, self.points, self.centre) = (name, points, centre)
        }
    }

    public var title: String
    /// What is written under the x axis.
    public var xAxis: String
    /// What is written beside the y axis.
    public var yAxis: String
    /// In the order of their colours and numbers.
    public var groups: [Group]

    /// At most so many points are drawn in a picture: every n-th of each group.
    static let mostPoints = 4_000

    /// Groups in the order of their colours.
    public init(title: String, xAxis: String, yAxis: String, groups: [Group]) {
        (self.title, self.xAxis, self.yAxis, self.groups) = (title, xAxis, yAxis, groups)
    }

    public func drawing(width: Double) -> ChartDrawing {
        let legendRows = (groups.count + 2) / 3
        let height = width * 0.62, legend = Double(legendRows) * 20 + 10
        let view = view
        let frame = Frame(x: view.x, y: view.y, width: width, height: height)
        var drawing = SVGDrawing(width: width, height: height + legend)
        frame.draw(on: &drawing, xAxis: xAxis, yAxis: yAxis)
        let every = max(1, groups.reduce(0) { $0 + $1.points.count } / Self.mostPoints)
        for (index, group) in groups.enumerated() {
            let places = stride(from: 0, to: group.points.count, by: every).map { group.points[$0] }.filter(view.holds).map(frame.place)
            drawing.dots(places, style: ChartStyle.series(index, "dots"))
        }
        for (index, group) in groups.enumerated() {
            if let centre = group.centre, view.holds(centre) {
                let place = frame.place(centre)
                drawing.circle(x: place.x, y: place.y, radius: 7, style: ChartStyle.series(index, "mark"), hint: "centre of \(group.name)")
                drawing.text(String(index + 1), x: place.x, y: place.y + 4, style: "small", anchor: .middle)
            }
            let x = 62 + (width - 78) / 3 * Double(index % 3), y = height + 14 + 20 * Double(index / 3)
            drawing.circle(x: x + 5, y: y - 4, radius: 5, style: ChartStyle.series(index, "fill"))
            let room = Int((width - 78) / 3 / 6.4) - 4
            drawing.text("\(index + 1)  " + TerminalText.safe(group.name, width: max(4, room)), x: x + 16, y: y, style: "small")
        }
        return ChartDrawing(drawing: drawing, title: title)
    }

    public func characters(on canvas: Canvas) -> String {
        let view = view
        var plot = CharacterPlot(x: view.x, y: view.y, canvas: Canvas(width: min(canvas.width, 110), height: min(canvas.height, 28)))
        for group in groups { for point in group.points where view.holds(point) { plot.dot(point) } }
        for (index, group) in groups.enumerated() {
            if let centre = group.centre, view.holds(centre) { plot.point(centre, character: Self.letter(index)) }
        }
        let legend = groups.enumerated().map { "\(Self.letter($0.offset)) \(TerminalText.safe($0.element.name, width: 40))" }
        return "\(title)\n" + plot.text(xAxis: xAxis, yAxis: yAxis) + legend.joined(separator: "   ") + "\n"
    }

    /// How many points lie outside the picture, which holds the middle 99% of each axis.
    public var hiddenCount: Int {
        let view = view
        return groups.reduce(0) { $0 + $1.points.reduce(0) { $0 + (view.holds($1) ? 0 : 1) } }
    }

    private struct View {
        let x: Axis
        let y: Axis
        func holds(_ point: (x: Double, y: Double)) -> Bool {
            point.x >= x.low && point.x <= x.high && point.y >= y.low && point.y <= y.high
        }
    }

    private var view: View {
        View(
            x: Axis(holding: Self.middle(groups.flatMap { $0.points.map(\.x) }), steps: 6),
            y: Axis(holding: Self.middle(groups.flatMap { $0.points.map(\.y) }), steps: 5))
    }

    /// The ends of the middle 99%, so that a handful of giants does not squeeze everybody else into a dot.
    private static func middle(_ values: [Double]) -> [Double] {
        let sorted = values.filter(\.isFinite).sorted()
        guard let last = sorted.indices.last else { return [] }
        return [sorted[last / 200], sorted[last - last / 200]]
    }

    private static func letter(_ index: Int) -> Character {
        index < 9 ? Character(String(index + 1)) : Character(Unicode.Scalar(UInt8(97 + (index - 9) % 26)))
    }
}
