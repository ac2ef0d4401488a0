import EventModel
import Foundation
import Platform
import TestFolder
import Testing

#if canImport(FoundationXML)
import FoundationXML
#endif

@Suite struct PictureTests {
    static let hostile = #"<script>alert("x&y")</script>' onload='z"#

    static var charts: [any Chart] {
        [
            BarChart(title: hostile, bars: [.init(hostile, 3, caption: hostile), .init("empty", 0, caption: "0")]),
            BarChart(title: "nothing", bars: []),
            HeatMap(title: hostile, columns: [hostile, "b"], rows: ["r"], values: [[1, nil]], captions: [[hostile, ""]]),
            LineChart(title: hostile, xAxis: hostile, yAxis: "y", points: [(1, 5), (2, .nan), (3, 2)], marked: 3, note: hostile),
            LineChart(title: "one", xAxis: "x", yAxis: "y", points: [(1, 5)]),
            ScatterChart(title: hostile, xAxis: "x", yAxis: "y", groups: [.init(hostile, points: [(0, 0), (1, 2)], centre: (0.5, 1))]),
            ScatterChart(title: "nothing", xAxis: "x", yAxis: "y", groups: []),
        ]
    }

    @Test(arguments: charts.indices)
    func `every picture is well-formed, and names from outside stay text`(index: Int) {
        let drawing = Self.charts[index].drawing(width: 640)
        let parser = XMLParser(data: Data(drawing.file.utf8))
        #expect(parser.parse(), "\(drawing.file)")
        #expect(!drawing.file.contains("<script") && !drawing.inline.contains("xmlns"))
        #expect(!drawing.file.contains("nan") && !drawing.file.contains("inf"))
    }

    @Test(arguments: charts.indices)
    func `every picture fits a terminal`(index: Int) {
        let text = Self.charts[index].characters(on: Canvas(width: 60, height: 20))
        let lines: [Substring] = text.split(separator: "\n" as Character)
        #expect(lines.dropFirst().allSatisfy { $0.count <= 110 })
    }

    @Test func `bars in a terminal are as long as their values`() {
        let chart = BarChart(title: "t", bars: [.init("a", 4, caption: "4"), .init("b", 2, caption: "2"), .init("c", 0, caption: "0")])
        let lines = chart.characters(on: Canvas(width: 40)).split(separator: Character("\n"))
        #expect(lines[1].filter { $0 == "█" }.count == 35 && lines[2].filter { $0 == "█" }.count == 17 && lines[2].contains("▌"))
        #expect(!lines[3].contains("█"))
    }

    @Test func `the page needs nothing from outside and escapes what comes from there`() throws {
        var lines = ""
        for person in 0..<40 {
            lines += order("o\(person)", by: "<b>\(person)", at: "2026-05-\(10 + person % 20)T00:00:00Z", revenue: Double(person))
            lines += order("q\(person)", by: "<b>\(person)", at: "2026-06-\(10 + person % 20)T00:00:00Z", revenue: Double(person % 7))
        }
        let shop = try Shop(lines)
        _ = try shop.answer(#"segment "<img src=x>" = did "Order Completed""#)
        _ = try shop.answer(#"segment big = sum("Order Completed", .revenue) > 20"#)
        let counts = try shop.folder.write(
            #"{"files":1,"rows":80,"messages":80,"accepted":80,"duplicates":0,"rejected":0,"profiles":40,"bytes_in":9,"seconds":0.5}"#,
            as: "import.json")
        let file = shop.folder.path + "/report.html"
        _ = try shop.answer("report to \(file) title \"A & B <i>\" import \(counts)")
        let page = try String(contentsOfFile: file, encoding: .utf8)
        for word in ["<img", "<i>", "<b>", "http:", "https:", " src=\"", "url(", "@import", "<link", "<script", "NaN"] {
            let found = page.contains(word)
            #expect(!found, "\(word)")
        }
        for word in [
            "A &amp; B &lt;i&gt;", "&lt;img src=x&gt;", "Overlap", "Recency", "Micro-segments", "Elbow", "Silhouette",
            "prefers-color-scheme",
        ] {
            let found = page.contains(word)
            #expect(found, "\(word)")
        }
        #expect(page.components(separatedBy: "<svg").count >= 7)
    }
}
