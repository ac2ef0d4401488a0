/// A picture of figures: as SVG, and as characters in a terminal.
public protocol Chart: Sendable {
    /// What it shows, in a few words; also what a screen reader says.
    var title: String { get }
    /// Draws it `width` units wide; the height follows.
    func drawing(width: Double) -> ChartDrawing
    /// Draws it with characters, no wider than the canvas.
    func characters(on canvas: Canvas) -> String
}

/// A drawn picture, ready to be put into a page or a file.
public struct ChartDrawing: Sendable {
    let drawing: SVGDrawing
    let title: String

    /// The picture as an element of an HTML page that carries the charts' style sheet.
    public var inline: String { drawing.inline(title: title) }
    /// The picture as the text of an SVG file of its own, light or dark as the viewer prefers.
    public var file: String { drawing.standalone(title: title) }
}
