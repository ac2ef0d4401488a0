/// A plot of braille dots in a terminal: each character holds two columns and four rows of dots.
struct CharacterPlot {
    private let x: Axis
    private let y: Axis
    private let columns: Int
    private let rows: Int
    private let left: Int
    private var dots: [UInt8]
    private var characters: [Character?]

    /// An empty plot between two axes, with room for their numbers.
    init(x: Axis, y: Axis, canvas: Canvas) {
        (self.x, self.y) = (x, y)
        left = max(4, y.ticks.map { Figures.short($0).count }.max() ?? 4)
        columns = max(10, canvas.width - left - 2)
        rows = max(5, canvas.height - 4)
        dots = Array(repeating: 0, count: columns * rows)
        characters = Array(repeating: nil, count: columns * rows)
    }

    /// Sets one dot. Groups are told apart by the numbers at their centres, since a terminal may have no colours.
    mutating func dot(_ point: (x: Double, y: Double)) {
        guard let place = place(of: point) else { return }
        dots[place.row / 4 * columns + place.column / 2] |= Self.bits[place.row % 4][place.column % 2]
    }

    /// Puts a character where the point lies, over any dots.
    mutating func point(_ point: (x: Double, y: Double), character: Character) {
        guard let place = place(of: point) else { return }
        characters[place.row / 4 * columns + place.column / 2] = character
    }

    /// The point's dot, counted from the left and from the top; nil outside.
    private func place(of point: (x: Double, y: Double)) -> (row: Int, column: Int)? {
        let column = x.place(point.x, from: 0, to: Double(columns * 2 - 1)).rounded()
        let row = y.place(point.y, from: Double(rows * 4 - 1), to: 0).rounded()
        guard column >= 0, column < Double(columns * 2), row >= 0, row < Double(rows * 4) else { return nil }
        return (Int(row), Int(column))
    }

    /// Sets the dots of a straight line.
    mutating func line(from a: (x: Double, y: Double), to b: (x: Double, y: Double)) {
        let steps = columns * 2
        for step in 0...steps {
            let t = Double(step) / Double(steps)
            dot((a.x + (b.x - a.x) * t, a.y + (b.y - a.y) * t))
        }
    }

    /// The lines of the plot, with the numbers of the axes.
    func text(xAxis: String, yAxis: String) -> String {
        var text = yAxis + "\n"
        let labels = Dictionary(
            y.ticks.map { (Int(y.place($0, from: Double(rows - 1), to: 0).rounded()), Figures.short($0)) },
            uniquingKeysWith: { first, _ in first })
        for row in 0..<rows {
            text += TerminalText.padded(labels[row] ?? "", to: left, right: true) + (labels[row] == nil ? " │" : " ┤")
            var line = ""
            for column in 0..<columns {
                let place = row * columns + column
                line.append(characters[place] ?? (dots[place] == 0 ? " " : Self.braille(dots[place])))
            }
            while line.last == " " { line.removeLast() }
            text += line + "\n"
        }
        text += String(repeating: " ", count: left) + " └" + String(repeating: "─", count: columns) + "\n"
        var foot = Array(repeating: Character(" "), count: columns + 8)
        for tick in x.ticks {
            let label = Figures.short(tick)
            let start = max(0, Int(x.place(tick, from: 0, to: Double(columns - 1)).rounded()) - label.count / 2)
            guard start + label.count <= foot.count, foot[max(0, start - 1)..<start + label.count].allSatisfy({ $0 == " " }) else {
                continue
            }
            foot.replaceSubrange(start..<start + label.count, with: Array(label))
        }
        var numbers = String(foot)
        while numbers.last == " " { numbers.removeLast() }
        return text + String(repeating: " ", count: left + 2) + numbers + "   " + xAxis + "\n"
    }

    private static func braille(_ bits: UInt8) -> Character { Character(Unicode.Scalar(0x2800 + UInt32(bits)) ?? " ") }
    private static let bits: [[UInt8]] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]]
}
