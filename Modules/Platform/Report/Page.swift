/// One self-contained HTML page: headings, figures, pictures, tables. Everything that is text is escaped; nothing is loaded from outside.
public struct Page: Sendable {
    /// A number that stands at the top, and what it counts.
    public struct Fact: Sendable, Equatable {
        /// The number as it is printed.
        public var value: String
        /// What it counts.
        public var label: String
        /// A number and what it counts; both are escaped when the page is written.
        public init(_ value: String, _ label: String) { (self.value, self.label) = (value, label) }
    }

    /// A description of one group of people.
    public struct Card: Sendable, Equatable {
        /// The group's name.
        public var title: String
        /// The line under the name: how large the group is.
        public var figure: String
        /// The colour among the series, as in the pictures.
        public var series: Int
        /// What is worth knowing of the group, one thought a line.
        public var lines: [String]
        /// A card in the colour of its series; all text is escaped when the page is written.
        public init(_ title: String, figure: String, series: Int, lines: [String]) {
            (self.title, self.figure, self.series, self.lines) = (title, figure, series, lines)
        }
    }

    /// A piece of a section.
    public indirect enum Block: Sendable {
        /// A paragraph.
        case prose(String)
        /// A picture with its caption.
        case picture(any Chart, caption: String)
        /// A table; at most `shown` rows are printed, and the page says how many there are.
        case table(ResultTable, caption: String, shown: Int)
        /// Cards side by side, as many as fit.
        case cards([Card])
        /// Lines to type.
        case commands([String])
        /// Side by side where there is room.
        case row([Block])
    }

    /// A heading and what stands under it.
    public struct Section: Sendable {
        /// The heading; where a page has more than two sections, they are linked from its top.
        public var title: String
        /// What the section shows and how to read it.
        public var lead: String
        /// From the top down.
        public var blocks: [Block]
        /// A section; an empty lead is left out.
        public init(_ title: String, lead: String, blocks: [Block]) { (self.title, self.lead, self.blocks) = (title, lead, blocks) }
    }

    /// The page's heading and its name in the browser.
    public var title: String
    /// The line under the heading.
    public var subtitle: String
    /// The numbers at the top; none: their place is left out.
    public var facts: [Fact]
    /// From the top down.
    public var sections: [Section]
    /// Small print at the end.
    public var footer: String

    /// A page of the given parts; nothing is escaped before `html`.
    public init(title: String, subtitle: String, facts: [Fact] = [], sections: [Section] = [], footer: String = "") {
        self.title = title
        self.subtitle = subtitle
        self.facts = facts
        self.sections = sections
        self.footer = footer
    }
}

extension Page {
    /// The page as one HTML document.
    public var html: String {
        var html = """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
            <meta name="color-scheme" content="light dark"><title>\(Markup.escaped(title))</title>
            <style>\(PageStyle.css)\(ChartStyle.css)</style></head><body>
            <header><h1>\(Markup.escaped(title))</h1><p class="subtitle">\(Markup.escaped(subtitle))</p>

            """
        if !facts.isEmpty {
            let items = facts.map { "<div><dt>\(Markup.escaped($0.label))</dt><dd>\(Markup.escaped($0.value))</dd></div>" }
            html += "<dl class=\"facts\">\(items.joined())</dl>\n"
        }
        if sections.count > 2 {
            let links = sections.enumerated().map { "<a href=\"#s\($0.offset + 1)\">\(Markup.escaped($0.element.title))</a>" }
            html += "<nav>\(links.joined())</nav>\n"
        }
        html += "</header><main>\n"
        for (index, section) in sections.enumerated() {
            html += "<section id=\"s\(index + 1)\"><h2>\(Markup.escaped(section.title))</h2>"
            if !section.lead.isEmpty { html += "<p class=\"lead\">\(Markup.escaped(section.lead))</p>" }
            html += section.blocks.map(\.html).joined() + "</section>\n"
        }
        return html + "</main><footer>\(Markup.escaped(footer))</footer></body></html>\n"
    }
}

extension Page.Block {
    /// Natural width of a picture, in pixels; the page scales it to the room there is.
    private static let pictureWidth = 860.0

    fileprivate var html: String { html(narrow: false) }

    private func html(narrow: Bool) -> String {
        switch self {
        case .prose(let text): return "<p>\(Markup.escaped(text))</p>"
        case .picture(let chart, let caption):
            let drawing = chart.drawing(width: narrow ? 520 : Self.pictureWidth)
            return "<figure><h3>\(Markup.escaped(chart.title))</h3>\(drawing.inline)\(Self.caption(caption, "figcaption"))</figure>"
        case .table(let table, let caption, let shown): return Self.table(table, caption: caption, shown: shown)
        case .cards(let cards): return "<div class=\"cards\">\(cards.map(Self.card).joined())</div>"
        case .commands(let lines): return "<pre><code>\(lines.map(Markup.escaped).joined(separator: "\n"))</code></pre>"
        case .row(let blocks): return "<div class=\"row\">\(blocks.map { $0.html(narrow: true) }.joined())</div>"
        }
    }

    private static func card(_ card: Page.Card) -> String {
        let lines = card.lines.map { "<li>\(Markup.escaped($0))</li>" }.joined()
        return "<article class=\"card k\(card.series % ChartStyle.seriesCount)\"><h4>\(Markup.escaped(card.title))</h4>"
            + "<p class=\"figure\">\(Markup.escaped(card.figure))</p><ul>\(lines)</ul></article>"
    }

    private static func table(_ table: ResultTable, caption: String, shown: Int) -> String {
        let classes = table.columns.map { $0.isNumeric ? " class=\"n\"" : "" }
        let head = zip(table.columns, classes).map { "<th scope=\"col\"\($1)>\(Markup.escaped($0.title))</th>" }.joined()
        let rows = table.rows.prefix(shown).map { row in
            "<tr>" + zip(row, classes).map { "<td\($1)>\(cell($0))</td>" }.joined() + "</tr>"
        }
        let more = table.rows.count > shown ? " The first \(Figures.grouped(shown)) of \(Figures.grouped(table.rows.count))." : ""
        return "<div class=\"scroll\"><table>\(Self.caption(caption + more, "caption"))<thead><tr>\(head)</tr></thead>"
            + "<tbody>\(rows.joined())</tbody></table></div>"
    }

    private static func cell(_ cell: ResultTable.Cell) -> String {
        if case .prose(let text) = cell { return "<code>\(Markup.escaped(text))</code>" }
        return Markup.escaped(cell.shown)
    }

    private static func caption(_ text: String, _ element: String) -> String {
        text.isEmpty ? "" : "<\(element)>\(Markup.escaped(text.trimmingSpaces))</\(element)>"
    }
}

extension String {
    /// The text without spaces and line ends around it.
    var trimmingSpaces: String {
        let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\n" || $0 == "\t" || $0 == "\r" || $0 == "\r\n" }
        return String(drop(while: isSpace).reversed().drop(while: isSpace).reversed())
    }
}
