import Connectors
import EventModel
import Foundation

/// Reads a CSV file whose first record names the columns.
struct DelimitedTable {
    let delimiter: UInt8
    /// Bytes of a file, at most.
    private static let longest = 1 << 30

    func rows(_ path: String, _ layout: TableLayout) throws(TableFault) -> TableRows {
        guard let data = FileManager.default.contents(atPath: path) else { throw TableFault("it cannot be read", "Check its permissions.") }
        guard data.count <= Self.longest else { throw TableFault("it is larger than 1 GiB", "Use a SQLite file, or split it.") }
        let bytes = ContiguousArray(data.starts(with: [0xEF, 0xBB, 0xBF]) ? data.dropFirst(3) : data)
        guard String(validating: bytes, as: UTF8.self) != nil else { throw TableFault("it is not UTF-8", "Save it as UTF-8.") }
        var fault: TableFault?
        let rows = bytes.withUnsafeBufferPointer { bytes -> TableRows in
            do throws(TableFault) { return try read(bytes, layout) } catch {
                fault = error
                return TableRows()
            }
        }
        if let fault { throw fault }
        return rows
    }

    private func read(_ bytes: UnsafeBufferPointer<UInt8>, _ layout: TableLayout) throws(TableFault) -> TableRows {
        var scanner = RecordScanner(delimiter: delimiter)
        var (start, number) = (0, 0)
        var columns: Columns?
        var rows = TableRows()
        while start < bytes.count {
            number += 1
            let record = UnsafeBufferPointer(rebasing: bytes[start...])
            guard let base = record.baseAddress else { break }
            let place = ", record \(number)"
            switch scanner.scan(base, count: record.count, atEnd: true) {
            case .unclosed, .incomplete: throw TableFault("a quote is not closed", "Close it; two quotes inside mean one.").at(place)
            case .malformed: throw TableFault("text follows a closing quote", "Quote the whole cell.").at(place)
            case .record(let length, let consumed):
                start += consumed
                if length == 0 { continue }
                let cells = scanner.cells
                func text(_ place: Int) -> String {
                    let span = cells[place]
                    let cell = UnsafeBufferPointer(rebasing: record[span.start..<(span.start + span.count)])
                    return span.hasDoubledQuotes ? RecordScanner.undoubled(cell) : String(decoding: cell, as: UTF8.self)
                }
                guard let found = columns else {
                    columns = try Columns(cells.indices.map(text), layout)
                    continue
                }
                guard cells.count == found.count else {
                    throw TableFault("there are \(cells.count) cells, and \(found.count) columns", "Mend the record.").at(place)
                }
                do throws(TableFault) {
                    guard let key = layout.key(text(found.key)) else { continue }
                    var values: [JSONValue?] = []
                    for (column, place) in zip(layout.columns, found.places) { values.append(try column.value(text(place))) }
                    try rows.add(key, values)
                } catch { throw error.at(place) }
            }
        }
        if columns == nil { throw TableFault("it is empty", "The first record names the columns.") }
        return rows
    }

    /// Where the columns stand.
    private struct Columns {
        let count: Int
        let key: Int
        let places: [Int]

        init(_ names: [String], _ layout: TableLayout) throws(TableFault) {
            count = names.count
            key = try Self.place(layout.keyColumn, in: names, setting: "keyColumn")
            var places: [Int] = []
            for column in layout.columns { places.append(try Self.place(column.column, in: names, setting: "columns")) }
            self.places = places
        }

        private static func place(_ name: String, in names: [String], setting: String) throws(TableFault) -> Int {
            if let place = names.firstIndex(where: { $0.sameScalars(as: name) }) { return place }
            let near = nearMatch(to: name, among: names).map { "Did you mean `\($0)`? " } ?? ""
            throw TableFault("it has no column `\(name)`", near + "It has: \(listed(names.prefix(30))).", setting: setting)
        }
    }
}
