import Connectors
import EventModel
import Foundation
import Testing

@testable import FormatCSV

/// All records of a text, cells unquoted; nil where one is malformed or unclosed.
func records(_ bytes: [UInt8], delimiter: UInt8 = UInt8(ascii: ",")) -> [[String]]? {
    var scanner = RecordScanner(delimiter: delimiter)
    var place = 0
    var found: [[String]] = []
    while place < bytes.count {
        let outcome = bytes.withUnsafeBufferPointer { all in
            let rest = UnsafeBufferPointer(rebasing: all[place...])
            return rest.baseAddress.map { base -> ([String], RecordScanner.Outcome) in
                let outcome = scanner.scan(base, count: rest.count, atEnd: true)
                return (
                    scanner.cells.map {
                        RecordScanner.undoubled(UnsafeBufferPointer(rebasing: rest[$0.start..<($0.start + $0.count)]), $0)
                    },
                    outcome
                )
            }
        }
        guard case .some((let cells, .record(let length, let consumed))) = outcome else { return nil }
        if length > 0 { found.append(cells) }
        place += consumed
    }
    return found
}

extension RecordScanner {
    fileprivate static func undoubled(_ cell: UnsafeBufferPointer<UInt8>, _ span: CellSpan) -> String {
        span.hasDoubledQuotes ? undoubled(cell) : String(decoding: cell, as: UTF8.self)
    }
}

@Test(arguments: [
    ("a,b\n1,2\n", [["a", "b"], ["1", "2"]]), ("a,b\r\n1,2", [["a", "b"], ["1", "2"]]), ("a\rb", [["a"], ["b"]]),
    ("a,\n,b\n", [["a", ""], ["", "b"]]), ("\"a,b\",\"c\"\"d\"\n", [["a,b", "c\"d"]]), ("\"a\nb\",\"\r\n\"\n", [["a\nb", "\r\n"]]),
    ("a\"b,c\n", [["a\"b", "c"]]), ("\n\na\n\n", [["a"]]), ("\"\"\n", [[""]]), (",", [["", ""]]), ("\"\"\"\"", [["\""]]),
])
func `records are cut as RFC 4180 says`(text: String, cells: [[String]]) {
    #expect(records(Array(text.utf8)) == cells)
}

@Test(arguments: ["\"a", "\"a\"b,c\n", "a,\"b\"\"", "\"a\" ,b"])
func `what is not quoted properly is no record`(text: String) {
    #expect(records(Array(text.utf8)) == nil)
}

@Test(arguments: UInt64(1)...200)
func `what a writer writes a reader reads`(seed: UInt64) {
    var random = SeededBytes(seed: seed)
    let delimiter = [",", ";", "\t", "|"].randomElement(using: &random) ?? ","
    let pieces = ["a", "é", "\"", ",", ";", "\n", "\r", "\r\n", " ", "\t", "|", "😀", "0", ""]
    let width = Int.random(in: 1...5, using: &random)
    let table = (0..<Int.random(in: 1...20, using: &random)).map { _ in
        (0..<width).map { _ in (0..<Int.random(in: 0...4, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
        }
    }
    let end = ["\n", "\r\n"].randomElement(using: &random) ?? "\n"
    let text = table.map { row in
        row.map { cell in
            let special = cell.utf8.contains { [34, 10, 13].contains($0) } || cell.contains(delimiter)
            let quotes = special || width == 1 || Bool.random(using: &random)
            return quotes ? "\"\(cell.replacingOccurrences(of: "\"", with: "\"\""))\"" : cell
        }.joined(separator: delimiter)
    }.joined(separator: end)
    #expect(records(Array(text.utf8), delimiter: Array(delimiter.utf8)[0]) == table)
}

@Test(
    .enabled(if: hasTestData, "needs $TESSERA_TESTDATA"),
    arguments: [
        "comma_in_quotes", "empty", "empty_crlf", "escaped_quotes", "json", "newlines", "newlines_crlf", "quotes_and_newlines", "simple",
        "simple_crlf", "utf8",
    ])
func `csv-spectrum reads as its authors say`(name: String) throws {
    let folder = try #require(testData).appending(path: "vectors/csv-spectrum")
    var bytes = Array(try Data(contentsOf: folder.appending(path: "csvs/\(name).csv")))
    // A copy that went through a checkout which normalises line ends has lost the carriage returns that its name promises.
    if name.hasSuffix("_crlf"), !bytes.contains(13) { bytes = bytes.flatMap { $0 == 10 ? [13, 10] : [$0] } }
    let table = try #require(records(bytes))
    let expected = try JSONValue(parsing: Array(try Data(contentsOf: folder.appending(path: "json/\(name).json"))))
    let header = try #require(table.first)
    let objects = table.dropFirst().map { row in
        JSONValue.object(JSONObject(zip(header, row).map { JSONObject.Member($0, .string($1)) }))
    }
    #expect(JSONValue.array(Array(objects)) == expected)
}
