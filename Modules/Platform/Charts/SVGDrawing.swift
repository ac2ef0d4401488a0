import Foundation

/// A drawing under construction: shapes with classes that `ChartStyle` colours. All text is escaped.
///
/// Coordinates are in user units (pixels at natural size), y downwards.
struct SVGDrawing {
    let width: Double
    let height: Double
    private(set) var body = ""

    init(width: Double, height: Double) { (self.width, self.height) = (width, height) }

    /// Where a text stands relative to its point.
    enum Anchor: String { case start, middle, end }

    mutating func rectangle(x: Double, y: Double, width: Double, height: Double, style: String, opacity: Double? = nil, hint: String? = nil)
    {
        let fill = opacity.map { " fill-opacity=\"\(Self.number($0))\"" } ?? ""
        let open = "<rect class=\"\(style)\" x=\"\(Self.number(x))\" y=\"\(Self.number(y))\" width=\"\(Self.number(max(0, width)))\" "
        body += open + "height=\"\(Self.number(max(0, height)))\" rx=\"2\"\(fill)"
        close("rect", hint: hint)
    }

    mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, style: String) {
        body += "<path class=\"\(style)\" d=\"M\(Self.number(x1)) \(Self.number(y1))L\(Self.number(x2)) \(Self.number(y2))\"/>"
    }

    mutating func polyline(_ points: [(x: Double, y: Double)], style: String) {
        let path = points.enumerated().map { ($0.offset == 0 ? "M" : "L") + Self.number($0.element.x) + " " + Self.number($0.element.y) }
        body += "<path class=\"\(style)\" d=\"\(path.joined())\"/>"
    }

    /// Many round dots in one element; their size is the style's stroke width.
    mutating func dots(_ points: [(x: Double, y: Double)], style: String) {
        guard !points.isEmpty else { return }
        body += "<path class=\"\(style)\" d=\"" + points.map { "M\(Self.number($0.x)) \(Self.number($0.y))h0" }.joined() + "\"/>"
    }

    mutating func circle(x: Double, y: Double, radius: Double, style: String, hint: String? = nil) {
        body += "<circle class=\"\(style)\" cx=\"\(Self.number(x))\" cy=\"\(Self.number(y))\" r=\"\(Self.number(radius))\""
        close("circle", hint: hint)
    }

    mutating func text(
        _ text: String, x: Double, y: Double, style: String = "label", anchor: Anchor = .start, turned degrees: Double = 0
    ) {
        let turn = degrees == 0 ? "" : " transform=\"rotate(\(Self.number(degrees)) \(Self.number(x)) \(Self.number(y)))\""
        let open = "<text class=\"\(style)\" x=\"\(Self.number(x))\" y=\"\(Self.number(y))\" text-anchor=\"\(anchor.rawValue)\"\(turn)>"
        body += open + Markup.escaped(text) + "</text>"
    }

    private mutating func close(_ element: String, hint: String?) {
        body += hint.map { "><title>\(Markup.escaped($0))</title></\(element)>" } ?? "/>"
    }

    /// The drawing as an element of an HTML page, coloured by the page's style sheet.
    func inline(title: String) -> String { element(title: title, attributes: "", style: "") }

    /// The drawing as a file of its own.
    func standalone(title: String) -> String {
        let attributes = " xmlns=\"http://www.w3.org/2000/svg\" width=\"\(Self.number(width))\" height=\"\(Self.number(height))\""
        let paper = "<rect class=\"paper\" width=\"100%\" height=\"100%\"/>"
        return element(title: title, attributes: attributes, style: "<style>\(ChartStyle.css)</style>" + paper) + "\n"
    }

    private func element(title: String, attributes: String, style: String) -> String {
        let box = "0 0 \(Self.number(width)) \(Self.number(height))"
        let name = Markup.escaped(title)
        return "<svg class=\"chart\"\(attributes) viewBox=\"\(box)\" role=\"img\" aria-label=\"\(name)\">\(style)\(body)</svg>"
    }

    /// At most two digits after the point, none where they are zeros.
    static func number(_ value: Double) -> String {
        guard value.isFinite else { return "0" }
        let rounded = (value * 100).rounded() / 100
        if rounded == rounded.rounded(), rounded.magnitude < 1e15 { return String(Int(rounded)) }
        var text = String(format: "%.2f", rounded)
        while text.hasSuffix("0") { text.removeLast() }
        return text
    }
}

/// Text inside HTML and SVG.
enum Markup {
    /// `text` with `&`, `<`, `>` and both quotes escaped, and without the control characters that neither format allows.
    static func escaped(_ text: String) -> String {
        var result = ""
        result.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            case "\n", "\t": result.unicodeScalars.append(scalar)
            case _ where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) || (0xFFFE...0xFFFF).contains(scalar.value):
                result += "\u{FFFD}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
