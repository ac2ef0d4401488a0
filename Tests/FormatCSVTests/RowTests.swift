import Connectors
import ConnectorsTesting
import EventModel
import Foundation
import Testing

@testable import FormatCSV

private let plain = "message: {type: track, event: \"E\", userId: .id, timestamp: .at, properties: {x: .x}}"

@Test func `ragged rows are rejected one by one, with what was expected`() throws {
    let file = try read(plain, "id,at,x\nu,2026-01-02,1\nv,2026-01-02\nw,2026-01-02,1,2\n\n\"a\nb\",2026-01-02,\"c\nd\"\nz,2026-01-03\n")
    #expect(file.lines.map(\.number) == [2, 6])
    #expect(file.rejects.map(\.line) == [3, 4, 9])
    #expect(
        file.rejects.map(\.reason) == [
            "row 2 has 2 cells where 3 are expected. Quote cells that hold the delimiter (,) or a line end.",
            "row 3 has 4 cells where 3 are expected. Quote cells that hold the delimiter (,) or a line end.",
            "row 5 has 2 cells where 3 are expected. Quote cells that hold the delimiter (,) or a line end.",
        ])
    #expect(file.sourceLines == 5)
}

@Test(arguments: [
    ("id,at,x\nu,2026-01-02,1\nv,\"2026-01-02,1\nw,2026-01-02,2\n", 3, "a quote that opens on or after line 3 is never closed"),
    ("id,at,x\nu,2026-01-02,1\nv,\"2026\"-01-02,1\n", 3, "row 2, cell 2: text follows a closing quote"),
    ("id,at,x\nu,2026-01-02,1\n,2026-01-02,1\n", 3, "neither userId nor anonymousId has a value"),
    ("id,at,x\nu,2026-01-02,1\nu,,1\n", 3, "column 'at': the message has no time"),
    ("id,at,x\nu,2026-01-02,1\nu,yesterday,1\n", 3, "column 'at': 'yesterday' is not a time. Write YYYY-MM-DD"),
])
func `a bad row is rejected by its line and a reason, and the rest goes on`(table: String, line: Int, reason: String) throws {
    let file = try read(plain, table)
    #expect(file.lines.map(\.number) == [2])
    #expect(file.rejects.map(\.line) == [line])
    #expect(file.rejects[0].reason.contains(reason), "\(file.rejects[0].reason)")
    #expect(file.sourceLines == 2)
}

@Test func `a row that is not UTF-8 is rejected, and says what to set`() throws {
    let bytes = Array("id,at,x\nu,2026-01-02,".utf8) + [0xE9, 10] + Array("v,2026-01-02,1\n".utf8)
    let file = try ReadFile(CSVFormat(settings: plain, settingsName: "m.yaml"), bytes)
    #expect(file.lines.map(\.number) == [3])
    #expect(
        file.rejects.map(\.reason) == [
            "row 1 is not UTF-8. If the file is in another encoding, say csv: encoding: windows-1252 (or latin1)."
        ])
}

@Test(arguments: [1, 5, 100, 1 << 20])
func `an over-long row is rejected and its bytes are let go`(cut: Int) throws {
    let long = String(repeating: "x", count: 300)
    let table = "id,at,x\nu,2026-01-02,\(long)\r\nv,2026-01-02,\"\(long)\n\(long)\"\nw,2026-01-02,1\n"
    let file = try read(plain, table, limits: FormatLimits(longestLine: 100), cut: cut)
    #expect(file.lines.map(\.number) == [5])
    #expect(file.rejects.map(\.line) == [2, 3])
    #expect(file.rejects.map(\.reason)[0].hasPrefix("row 1 is 313 bytes long, and 100 are allowed."))
    #expect(file.rejects.map(\.reason)[1].hasPrefix("row 2 is 616 bytes long, and 100 are allowed."))
}

@Test func `every row is in a message, rejected or passed over, and counted once`() throws {
    let rules = """
        message:
          - {when: .k == "a", type: track, event: "A", userId: .id, timestamp: .at}
          - when: .k in ("a", "b")
            type: identify
            userId: .id
            timestamp: .at
            traits: {k: .k}
        """
    let table = "id,at,k\nu,2026-01-02,a\nv,2026-01-02,b\nw,2026-01-02,c\n"
    let strict = try read(rules, table)
    #expect(strict.lines.map(\.number) == [2, 2, 3])
    #expect(strict.rejects.map(\.line) == [4])
    #expect(strict.rejects[0].reason.contains("no message of the mapping takes it"))
    #expect((strict.sourceLines, strict.skippedLines) == (3, 0))
    let lenient = try read(rules + "\notherwise: skip", table)
    #expect(lenient.rejects.isEmpty)
    #expect((lenient.sourceLines, lenient.skippedLines) == (3, 1))
}

@Test func `a row that one of its messages refuses gives none of them`() throws {
    let rules = """
        message:
          - {type: track, event: "A", userId: .id, timestamp: .at}
          - {type: track, event: .k, userId: .id, timestamp: .at}
        """
    let file = try read(rules, "id,at,k\nu,2026-01-02,\nv,2026-01-02,b\n")
    #expect(file.lines.map(\.number) == [3, 3])
    #expect(file.rejects.map(\.reason) == ["row 1: the message has no event: column 'k' is empty."])
}

@Test func `equal rows are different facts, the same in every reading`() throws {
    let table = "id,at,x\nu,2026-01-02,1\nu,2026-01-02,1\nv,2026-01-02,1\nu,2026-01-02,1\n"
    let ids = try messages(plain, table).compactMap { $0["messageId"]?.asString }
    #expect(Set(ids).count == 4)
    #expect(try messages(plain, table).compactMap { $0["messageId"]?.asString } == ids)
    // SHA-256 of the row's bytes, and for the second time of those and "\n1,0", with the bits of a UUID of version 8.
    #expect(ids[0] == "2dd29fc7-895a-81ef-be5d-1c352558c0ff")
    #expect(ids[1] == "637e2b43-f8a9-899c-9554-870264a05bec")
    #expect(try messages(plain, "id,at,x\nu,2026-01-02,1\n")[0]["messageId"]?.asString == ids[0])
}

@Test func `messages of equal rows differ, also where the first of each row has an identifier of its own`() throws {
    let yaml = """
        message:
          - {type: track, event: "A", userId: .id, timestamp: .at, messageId: .x}
          - {type: track, event: "B", userId: .id, timestamp: .at}
          - {type: track, event: "C", userId: .id, timestamp: .at}
        """
    let ids = try messages(yaml, "id,at,x\nu,2026-01-02,\nu,2026-01-02,\nu,2026-01-02,m\nv,2026-01-02,n\nv,2026-01-02,n\n").compactMap {
        $0["messageId"]?.asString
    }
    #expect(ids.count == 15)
    #expect(Set(ids).count == 14, "only the identifier given twice occurs twice")
}

@Test func `a file without a header row takes the mapping's columns in their order`() throws {
    let yaml =
        "csv: {header: false}\ncolumns: {id: text, at: time, double: {value: .x * 2}, x: integer}\n"
        + plain.replacingOccurrences(of: "x: .x", with: "x: .double")
    let file = try read(yaml, "u,2026-01-02,4\nv,2026-01-03\n")
    #expect(file.lines.map(\.number) == [1])
    #expect(file.texts[0].contains("\"x\":8"))
    #expect(file.rejects.map(\.line) == [2])
}

@Test(arguments: [
    ("id;at;x\nu;2026-01-02;1\n", "say csv: delimiter: \";\""), ("ID,at,x\n", "the file has no column 'id'. Did you mean 'ID'?"),
    ("id,at,x,x\n", "column 'x' stands 2 times in the header row"), ("id,when,x\n", "the file has no column 'at'."),
    ("id,\"at,x\n", "a quote is never closed"),
])
func `a header row that does not fit refuses the file`(table: String, sentence: String) {
    let error = #expect(throws: FormatError.self) { try read(plain, table) }
    #expect(error?.description.contains(sentence) == true, "\(error?.description ?? "")")
}

@Test func `a file in UTF-16 is refused with what to do`() {
    let error = #expect(throws: FormatError.self) {
        try ReadFile(CSVFormat(settings: plain, settingsName: "m.yaml"), [0xFF, 0xFE, 0x69, 0])
    }
    #expect(error?.description.contains("iconv") == true)
}

@Test(arguments: ["", "id,at,x", "id,at,x\n", "\u{FEFF}id,at,x\r\n\r\n"])
func `a table without rows is no message`(table: String) throws {
    let file = try read(plain, table)
    #expect(file.lines.isEmpty && file.rejects.isEmpty && file.sourceLines == 0)
}
