import Connectors
import ConnectorsTesting
import EventModel
import Foundation
import Testing

@testable import FormatCSV

private let mappings = [
    "message: {type: track, event: \"E\", userId: .a, timestamp: .b, properties: {c: .c}}",
    """
    csv: {delimiter: ";", encoding: windows-1252, decimal: ","}
    columns: {b: time, c: {type: number, optional: true}}
    message:
      - {when: .c > 1, type: track, event: "E", userId: .a, timestamp: .b, fold: {by: a, into: rows, each: {c: .c}}, properties: {s: "sum {.a}"}}
      - {type: identify, userId: .a, timestamp: .b, traits: {c: .c}}
    otherwise: skip
    """,
]

@Test(arguments: FormatContract.allCases, UInt64(1)...60)
func `the csv format keeps its promises on random bytes`(promise: FormatContract, seed: UInt64) throws {
    var random = SeededBytes(seed: seed)
    let pieces = ["a", "2026-01-02", "\"", "\"\"", ",", ";", "\n", "\r", "\r\n", "1.5", "1,5", "é", "😀", ",", ";", "\n", "u"]
    var file = Array("a,b,c\n".utf8)
    if seed % 2 == 0 { file = Array("a;b;c\r\n".utf8) }
    for _ in 0..<Int.random(in: 0...120, using: &random) {
        if Int.random(in: 0..<40, using: &random) == 0 { file.append(UInt8.random(in: 0...255, using: &random)) }
        file += Array((pieces.randomElement(using: &random) ?? "").utf8)
    }
    let format = try CSVFormat(settings: mappings[seed % 2 == 0 ? 1 : 0], settingsName: "m.yaml")
    let limits = FormatLimits(longestLine: Int.random(in: 8...200, using: &random), foldBytes: Int.random(in: 0...2_000, using: &random))
    try promise.verify(format, on: file, limits: limits, cuts: [1, 2, 5, 33])
}

@Test(arguments: UInt64(1)...60)
func `every row of random tables is accounted for exactly once`(seed: UInt64) throws {
    var random = SeededBytes(seed: seed)
    var text = "a,b,c\n"
    let rows = Int.random(in: 0...60, using: &random)
    for _ in 0..<rows {
        let cells = (0..<Int.random(in: 2...4, using: &random)).map { _ in
            ["u", "2026-01-02", "", "1.5", "x y"].randomElement(using: &random) ?? ""
        }
        text += cells.joined(separator: ",") + "\n"
    }
    let yaml = """
        columns: {b: {type: time, optional: true}, c: {type: number, optional: true}}
        message:
          when: exists(.a)
          type: track
          event: "E"
          userId: .a
          timestamp: .b
        otherwise: skip
        """
    let file = try read(yaml, text, cut: 10)
    #expect(file.sourceLines == rows)
    #expect(file.lines.count + file.rejects.count + file.skippedLines == rows)
    #expect(Set(file.lines.map(\.number)).isDisjoint(with: file.rejects.map(\.line)))
}

@Test(arguments: FormatContract.allCases)
func `the sample mapping and a table for it keep the promises`(promise: FormatContract) throws {
    let sample = project.appending(path: "Plugins/FormatCSV/sample.yaml")
    let format = try CSVFormat(settings: String(contentsOf: sample, encoding: .utf8), settingsName: "sample.yaml")
    var table = Array("Order;Date;Customer;City;Article;Pieces;Price;Status\n1;2026-07-01 10:00;c1;".utf8) + [0x4C, 0x69, 0x6E, 0x7A]
    table += Array(";A;2;1,50;paid\n1;2026-07-01 10:00;c1;Linz;B;1;;paid\n2;2026-07-02 10:00;c2;K".utf8) + [0xF6]
    table += Array("ln;A;1;x;open\n3;2026-07-03 10:00;c1;Linz;A;4;2,25;sent\n".utf8)
    try promise.verify(format, on: table)
    let file = try ReadFile(format, table)
    #expect(file.lines.count == 4)
    #expect(file.texts.contains { $0.contains("\"greeting\":\"Customer c2 of Köln\"") })
    #expect(file.texts.contains { $0.contains("\"revenue\":3.0,\"lines\":2") && $0.contains("2026-07-01T08:00:00.000Z") })
    #expect((file.sourceLines, file.skippedLines, file.rejects.count) == (4, 0, 0))
}
