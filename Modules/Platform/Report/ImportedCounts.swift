import EventModel
import Foundation

/// What `tessera-archive import --format json` printed, as the page shows it.
struct ImportedCounts {
    private let json: JSONObject

    /// - Throws: `CommandError` where the file is not there or holds something else.
    init(file: String) throws(CommandError) {
        guard let data = FileManager.default.contents(atPath: file) else {
            throw CommandError(.missing, "\(file) cannot be read. Name the file that holds what `tessera-archive import` printed.")
        }
        guard let object = (try? JSONValue(parsing: Array(data)))?.asObject, object["accepted"] != nil else {
            throw CommandError(.damaged, "\(file) does not hold what `tessera-archive import --format json` printed.")
        }
        json = object
    }

    private func number(_ name: String) -> Double { json[name]?.asDouble ?? 0 }
    private func count(_ name: String) -> String { Figures.grouped(Int(number(name))) }
    private var rate: Double { number("seconds") > 0 ? number("messages") / number("seconds") : 0 }

    var facts: [Page.Fact] {
        [
            Page.Fact(count("rows"), "rows read"), Page.Fact(count("rejected"), "rejected"),
            Page.Fact(Figures.seconds(number("seconds")), "to import"),
        ]
    }

    var section: Page.Section {
        let rows: [[ResultTable.Cell]] = [
            [.text("Rows read"), .count(Int(number("rows")))],
            [.text("Messages made of them"), .count(Int(number("messages")))],
            [.text("Accepted"), .count(Int(number("accepted")))],
            [.text("Duplicates of messages already there"), .count(Int(number("duplicates")))],
            [.text("Rejected, each with its reason"), .count(Int(number("rejected")))],
            [.text("Bytes read"), .text(Figures.bytes(number("bytes_in")))],
            [.text("Time"), .text("\(Figures.seconds(number("seconds"))), \(Figures.short(rate)) messages/s")],
        ]
        let rejects = json["rejects"]?.asArray?.compactMap(\.asString) ?? []
        let kept = rejects.isEmpty ? "" : " Refused records are kept in " + rejects.joined(separator: ", ") + "."
        return Page.Section(
            "Import", lead: "What was read, and what became of it." + kept,
            blocks: [.table(ResultTable([.init("what"), .init("how_many", numeric: true)], rows: rows), caption: "", shown: rows.count)])
    }
}
