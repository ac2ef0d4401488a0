import Connectors
import ConnectorsTesting
import EventModel
import Foundation
import Testing

@testable import FormatCSV

/// One cell `x` of a type, and what property it becomes.
@Test(arguments: [
    ("text", "00123", "{\"x\":\"00123\"}"), ("text", "", "none"), ("number", "12.50", "{\"x\":12.5}"), ("number", "12", "{\"x\":12.0}"),
    ("number", " 7.25 ", "{\"x\":7.25}"), ("integer", "17850.0", "{\"x\":17850}"), ("integer", "-5", "{\"x\":-5}"),
    ("integer", "1e3", "{\"x\":1000}"),
    ("truth", "Yes", "{\"x\":true}"), ("truth", "0", "{\"x\":false}"), ("time", "2011-12-09 12:50", "{\"x\":\"2011-12-09T12:50:00.000Z\"}"),
    ("time", "2011-12-09T12:50:01.5+02:00", "{\"x\":\"2011-12-09T10:50:01.500Z\"}"),
    ("epoch seconds", "1.5", "{\"x\":\"1970-01-01T00:00:01.500Z\"}"),
    ("epoch milliseconds", "-1", "{\"x\":\"1969-12-31T23:59:59.999Z\"}"),
])
func `a cell becomes what its column says`(type: String, cell: String, json: String) throws {
    #expect(try properties("x: .x", columns: "x: \(type)", header: "x", row: cell) == json)
}

@Test(arguments: [
    ("number", "1,50", "'1,50' is not a number. Write digits with '.'"), ("number", "NaN", "'NaN' is not a number"),
    ("integer", "1.5", "'1.5' is not a whole number"), ("integer", "9223372036854775808", "is not a whole number of 64 bits"),
    ("truth", "maybe", "'maybe' is not a truth. Write true or false"),
    ("time", "09/12/2011", "'09/12/2011' is not a time. Write YYYY-MM-DD"),
    ("time", "2011-08-29T06:50:23+518:00", "'2011-08-29T06:50:23+518:00' is not a time"), ("epoch seconds", "x", "Write seconds since"),
])
func `an unreadable cell rejects its row with column, text and remedy`(type: String, cell: String, sentence: String) throws {
    let file = try read(mapping("x: .x", columns: "x: \(type)"), "id,at,x\nu,2026-01-02,\"\(cell)\"\nv,2026-01-02,\n")
    #expect(file.lines.map(\.number) == [3])
    #expect(file.rejects.map(\.line) == [2])
    #expect(file.rejects[0].reason.hasPrefix("row 1: column 'x': "))
    #expect(file.rejects[0].reason.contains(sentence), "\(file.rejects[0].reason)")
    #expect(file.rejects[0].text == "u,2026-01-02,\"\(cell)\"")
    let lenient = try read(mapping("x: .x", columns: "x: {type: \(type), optional: true}"), "id,at,x\nu,2026-01-02,\"\(cell)\"\n")
    #expect(lenient.lines.count == 1 && lenient.rejects.isEmpty)
}

/// Values of the language over columns a = 2.50 (number), b = 3 (integer), t = "Tea" (text), w = 2026-03-29 01:30 (time), e empty.
@Test(arguments: [
    (".a * .b", "7.5"), (".a + .b", "5.5"), (".b * .b", "9"), (".a - .b", "-0.5"), (".b / .a", "1.2"), ("-.b", "-3"), (".b + 1", "4"),
    (".b * 1.5", "4.5"),
    ("lower(.t)", "\"tea\""), ("hour(time(.w))", "1"), ("weekday(time(.w), \"Europe/Vienna\")", "7"),
    ("startOfDay(time(.w), \"UTC\")", "\"2026-03-29T00:00:00.000Z\""), ("time(.w) - date(\"2026-03-29\")", "5400000"), (".e", nil),
    (".e + 1", nil),
    (".t + 1", nil), (".b / 0", nil), ("5", "5"), ("true", "true"), ("\"x\"", "\"x\""), ("'text {.t}!'", "\"text Tea!\""),
    ("\"{.a}/{.b}\"", "\"2.5/3\""),
    ("\"{{.a}}\"", "\"{.a}\""), ("\"{.e}!\"", nil), ("\"a\\\"b\"", "\"a\\\"b\""), ("[.a, .e, \"z\"]", "[2.5,\"z\"]"),
    ("{p: .a, q: .e}", "{\"p\":2.5}"),
    ("{p: {q: .e}}", nil), ("[]", nil), (">-\n    .a *\n    .b", "7.5"),
])
func `a value is the language's, with numbers as decimals`(value: String, json: String?) throws {
    let text = try properties(
        "x: \(value)\nend: 1", columns: "a: number\nb: integer\nw: time", header: "a,b,t,w,e", row: "2.50,3,Tea,2026-03-29 01:30,")
    #expect(text == (json.map { "{\"x\":\($0),\"end\":1}" } ?? "{\"end\":1}"))
}

@Test func `a computed column may use columns and computed columns above it`() throws {
    let columns = "net: {value: .price * .pieces}\ngross: {value: .net * 1.2}\nprice: number\npieces: integer"
    #expect(
        try properties("net: .net\ngross: .gross", columns: columns, header: "price,pieces", row: "0.1,3") == "{\"net\":0.3,\"gross\":0.36}"
    )
}

@Test(arguments: [
    ("UTC", "2026-07-01 12:00", "2026-07-01T12:00:00.000Z"), ("Europe/Vienna", "2026-07-01 12:00", "2026-07-01T10:00:00.000Z"),
    ("Europe/Vienna", "2026-01-01 12:00", "2026-01-01T11:00:00.000Z"), ("Europe/Vienna", "2026-01-01 12:00Z", "2026-01-01T12:00:00.000Z"),
    ("Europe/Vienna", "2026-03-29 02:30", "2026-03-29T01:30:00.000Z"), ("Europe/Vienna", "2026-10-25 02:30", "2026-10-25T00:30:00.000Z"),
    ("Europe/Vienna", "2026-10-25 03:00", "2026-10-25T02:00:00.000Z"), ("+05:30", "2026-01-01 00:00", "2025-12-31T18:30:00.000Z"),
    ("-08:00", "2026-01-01", "2026-01-01T08:00:00.000Z"), ("America/New_York", "2026-01-01", "2026-01-01T05:00:00.000Z"),
])
func `times without a zone are in the mapping's`(zone: String, cell: String, instant: String) throws {
    #expect(try properties("x: .x", columns: "x: time", csv: "zone: \"\(zone)\"", header: "x", row: cell) == "{\"x\":\"\(instant)\"}")
}

@Test(arguments: [
    ("windows-1252", [0xE9, 0x80, 0x93], "é€“"), ("latin1", [0xE9, 0xFC, 0x80], "éü\u{80}"), ("utf-8", [0xC3, 0xA9], "é"),
])
func `text is read in the mapping's encoding`(encoding: String, bytes: [UInt8], text: String) throws {
    let table = Array("id,at,x\nu,2026-01-02,".utf8) + bytes + [10]
    let format = try CSVFormat(settings: mapping("x: .x", csv: "encoding: \(encoding)"), settingsName: "m.yaml")
    let file = try ReadFile(format, table)
    #expect(
        try #require(JSONValue(parsing: file.texts[0].utf8).asObject)["properties"]?.asObject?["x"]?.asString?.utf8.elementsEqual(text.utf8)
            == true)
}

@Test func `a decimal comma and a semicolon make a table of the continent`() throws {
    let found = try messages(
        mapping("x: .x * 2", columns: "x: number", csv: "delimiter: \";\", decimal: \",\""), "id;at;x\nu;2026-01-02;1234,25\n")
    #expect(found[0]["properties"]?.text == "{\"x\":2468.5}")
}

@Test func `texts are escaped as JSON asks`() throws {
    let found = try messages(mapping("x: .x"), "id,at,x\nu,2026-01-02,\"a\"\"b\\c\n\t\u{1}é😀\"\n")
    #expect(found[0]["properties"]?.asObject?["x"]?.asString == "a\"b\\c\n\t\u{1}é😀")
}

@Test func `identifiers are text, whatever the column`() throws {
    let yaml = """
        columns: {at: time, n: integer}
        message:
          type: identify
          userId: .n
          anonymousId: "visit {.n}"
          messageId: .id
          timestamp: .at
          traits: {n: .n}
        """
    let found = try messages(yaml, "id,at,n\nm1,2026-01-02,17850.0\n")
    #expect(
        found[0].text
            == "{\"type\":\"identify\",\"userId\":\"17850\",\"anonymousId\":\"visit 17850\",\"timestamp\":\"2026-01-02T00:00:00.000Z\",\"traits\":{\"n\":17850},\"messageId\":\"m1\"}"
    )
}

@Test func `a timestamp may be text, epoch milliseconds or a constant`() throws {
    for (value, cell) in [
        (".x", "2026-01-02 03:04"), ("time(.x)", "2026-01-02T03:04Z"), (".n", ""), ("\"2026-01-02 03:04\"", ""),
        ("date(\"2026-01-02T03:04\")", ""),
    ] {
        let yaml =
            "columns: {n: integer}\nmessage: {type: track, event: \"E\", userId: \"u\", timestamp: \(value), properties: {n: .n, x: .x}}"
        let found = try messages(yaml, "n,x\n1767323040000,\(cell)\n")
        #expect(found.map { $0["timestamp"]?.asString } == ["2026-01-02T03:04:00.000Z"])
    }
}
