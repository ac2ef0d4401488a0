/// The colours and letters of every drawing, for light and dark surroundings; no `var()`, so that plain SVG renderers understand it.
enum ChartStyle {
    /// How many series have a colour of their own; later ones start over.
    static let seriesCount = 10

    /// The class of series number `index`, by the kind of shape: `fill` or `stroke` or `dots`.
    static func series(_ index: Int, _ kind: String) -> String { "\(kind) s\(index % seriesCount)" }

    /// Colours that stay apart for most kinds of colour blindness too, on white and on near-black.
    static let light = ["#2f6fde", "#e0701a", "#1b9e77", "#c2378f", "#7a5cd0", "#b08800", "#0f93b8", "#d0393b", "#6b7a2a", "#7d6b60"]
    static let dark = ["#6ea1ff", "#ff9d4d", "#4fd1a5", "#f277c2", "#b39dff", "#e3bd3f", "#52c7e8", "#ff7f7a", "#b5c46a", "#bfada2"]

    /// The style sheet, for a page or for a drawing of its own.
    static let css: String = {
        let letters = "system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif"
        let shape = """
            .chart{font-family:\(letters);font-variant-numeric:tabular-nums}
            .chart .label{font-size:12px}.chart .small{font-size:11px}.chart .strong{font-size:13px;font-weight:600}
            .chart .axis,.chart .grid{fill:none;stroke-width:1}
            .chart .stroke{fill:none;stroke-width:2.25;stroke-linejoin:round;stroke-linecap:round}
            .chart .dots{fill:none;stroke-width:4.5;stroke-linecap:round;stroke-opacity:.55}
            .chart .mark{stroke-width:2}
            """
        return shape + colours(light, paper: "#ffffff", ink: "#1d2530", quiet: "#5d6876", grid: "#e6e9ee", axis: "#b4bcc8", heat: "#2458c7")
            + "@media (prefers-color-scheme:dark){"
            + colours(dark, paper: "#12161c", ink: "#e8ecf2", quiet: "#9aa6b5", grid: "#262d37", axis: "#4a5563", heat: "#5b93ff") + "}"
    }()

    private static func colours(
        _ series: [String], paper: String, ink: String, quiet: String, grid: String, axis: String, heat: String
    ) -> String {
        var css = ".chart .paper{fill:\(paper)}.chart .label,.chart .strong{fill:\(ink)}.chart .small{fill:\(quiet)}"
        css += ".chart .over{fill:#fff;font-size:12px}"
        css += ".chart .grid{stroke:\(grid)}.chart .axis{stroke:\(axis)}.chart .heat{fill:\(heat)}.chart .mark{fill:\(paper)}"
        for (index, colour) in series.enumerated() {
            css +=
                ".chart .fill.s\(index){fill:\(colour)}.chart .stroke.s\(index),.chart .dots.s\(index),.chart .mark.s\(index){stroke:\(colour)}"
        }
        return css
    }
}
