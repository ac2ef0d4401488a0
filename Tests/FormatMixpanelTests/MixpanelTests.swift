import Connectors
import ConnectorsTesting
import EventModel
import FormatMixpanel
import Foundation
import Testing

private func format() throws -> MixpanelFormat { try MixpanelFormat(settings: nil, settingsName: "") }

private func read(_ text: String) throws -> ReadFile { try ReadFile(format(), Array(text.utf8)) }

/// One event, read.
private func message(_ event: String, _ properties: String) throws -> String {
    let file = try read(#"{"event":"\#(event)","properties":{\#(properties)}}"# + "\n")
    return try #require(file.texts.first, "\(file.rejects)")
}

/// One message, written; nil where it was left out.
private func written(_ message: String) throws -> String? {
    let writer = try #require(MixpanelFormat.writer)
    var text = ContiguousArray("before".utf8)
    let isWritten = Array(message.utf8).withUnsafeBufferPointer { writer.append($0, to: &text) }
    #expect(text.starts(with: "before".utf8) && (isWritten || text.count == 6))
    return isWritten ? String(decoding: text.dropFirst(6), as: UTF8.self) : nil
}

private let noon = #""time":1767614400,"$insert_id":"m""#
private let tail = #""messageId":"m","timestamp":"2026-01-05T12:00:00.000Z""#

@Test(arguments: FormatContract.allCases)
func `the sample reads as written by hand, and keeps the promises`(promise: FormatContract) throws {
    let sample = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Plugins/FormatMixpanel/sample.ndjson")
    let bytes = Array(try Data(contentsOf: sample))
    try promise.verify(format(), on: bytes)
    let file = try ReadFile(format(), bytes)
    #expect(file.rejects.isEmpty && file.lines.map(\.number) == [1, 2, 3, 4, 5])
    #expect(
        file.texts == [
            #"{"type":"identify","userId":"u1","anonymousId":"a1","messageId":"m-1","timestamp":"2026-01-05T09:00:00.000Z"}"#,
            #"{"type":"page","name":"Home","anonymousId":"a1","messageId":"m-2","timestamp":"2026-01-05T09:01:00.000Z","#
                + #""properties":{"current_page_title":"Home"},"context":{"page":{"url":"https://shop.example/"}}}"#,
            #"{"type":"track","event":"Product Viewed","userId":"u1","anonymousId":"a1","messageId":"m-3","#
                + #""timestamp":"2026-01-05T09:02:00.000Z","properties":{"product_id":"p-7","price":12.5,"#
                + #""mp_processing_time_ms":1767603721000},"context":{"os":{"name":"Android","version":"14"},"#
                + #""location":{"country":"GB"},"campaign":{"source":"newsletter"}}}"#,
            #"{"type":"alias","previousId":"u1","userId":"ada","messageId":"m-4","timestamp":"2026-01-05T09:03:00.000Z"}"#,
            #"{"type":"track","event":"Order Completed","userId":"ada","messageId":"m-6","timestamp":"2026-01-05T09:05:00.000Z","#
                + #""properties":{"order_id":"o-1","revenue":12.5,"currency":"GBP"}}"#,
        ])
}

@Test(
    arguments: [
        #""$anon_distinct_id":"$device:x1""#, #""$anon_id":"$device:x1""#, #""$anon_distinct_id":"x1","$device_id":"x1""#,
    ])
func `identify links whichever way the libraries name the device`(device: String) throws {
    let file = try ReadFile(format(), Array(#"{"event":"$identify","properties":{\#(noon),"distinct_id":"u1",\#(device)}}"#.utf8))
    #expect(file.texts == [#"{"type":"identify","userId":"u1","anonymousId":"x1",\#(tail)}"#])
}

@Test(arguments: FormatContract.allCases, UInt64(1)...8)
func `the mixpanel format keeps its promises on any bytes`(promise: FormatContract, seed: UInt64) throws {
    var state = seed
    let parts = [
        #"{"event":"E","properties":{"time":1767614400,"distinct_id":"u"}}"#, "\n", "\r\n", "{", "\u{FEFF}", "[1]", "\"x\"\n", "7",
    ]
    var file: [UInt8] = []
    for _ in 0..<40 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        file += Array(parts[Int(state >> 40) % parts.count].utf8)
        if state >> 60 == 0 { file.append(0xFF) }
    }
    try promise.verify(format(), on: file, limits: FormatLimits(longestLine: 200))
}

@Test(arguments: [
    (#""$user_id":"u","$device_id":"d","distinct_id":"u""#, #""userId":"u","anonymousId":"d""#),
    (#""distinct_id":"u""#, #""userId":"u""#), (#""distinct_id":"$device:d""#, #""anonymousId":"d""#),
    (#""$device_id":"d","distinct_id":"$device:d""#, #""anonymousId":"d""#),
    (#""$device_id":"d","distinct_id":"d""#, #""anonymousId":"d""#),
    (#""$device_id":"d","distinct_id":"u""#, #""userId":"u","anonymousId":"d""#),
    (#""$user_id":"u","distinct_id":"$device:d""#, #""userId":"u","anonymousId":"d""#), (#""distinct_id":1017"#, #""userId":"1017""#),
    (#""$user_id":null,"distinct_id":"u""#, #""userId":"u""#),
])
func `ids say who it was`(ids: String, expected: String) throws {
    #expect(try message("E", noon + "," + ids) == #"{"type":"track","event":"E",\#(expected),\#(tail)}"#)
}

@Test func `an id that is neither user nor device is kept`() throws {
    let text = try message("E", noon + #","$user_id":"u","$device_id":"d","distinct_id":"x""#)
    #expect(text == #"{"type":"track","event":"E","userId":"u","anonymousId":"d",\#(tail),"properties":{"distinct_id":"x"}}"#)
}

@Test(arguments: [
    ("1767614400", "2026-01-05T12:00:00.000Z"), ("1767614400250", "2026-01-05T12:00:00.250Z"),
    ("1767614400.25", "2026-01-05T12:00:00.250Z"), ("31536000000", "1971-01-01T00:00:00.000Z"),
    ("31535999999", "2969-05-02T23:59:59.000Z"),
])
func `time is seconds or milliseconds`(time: String, expected: String) throws {
    let text = try message("E", #""distinct_id":"u","time":\#(time)"#)
    #expect(text == #"{"type":"track","event":"E","userId":"u","timestamp":"\#(expected)"}"#)
}

@Test func `two merged ids are an alias`() throws {
    let text = try message("$merge", noon + #","distinct_id":"a","$distinct_ids":["a","$device:b"]"#)
    #expect(text == #"{"type":"alias","userId":"a","previousId":"b",\#(tail)}"#)
}

@Test(arguments: [
    (#"{"properties":{}}"#, "The record has no event. Write its name as a text that is not empty."),
    (#"{"event":"E"}"#, "The event has no time. Write properties.time as seconds or milliseconds since 1970."),
    (#"{"event":"E","properties":{"time":"soon"}}"#, "The event has no time. Write properties.time as seconds or milliseconds since 1970."),
    (#"{"event":"E","properties":{"time":1e300}}"#, "properties.time is not a time. Write it as seconds or milliseconds since 1970."),
    (#"{"event":"E","properties":[]}"#, "properties is not an object. Write an object ({...}) or leave it out."),
    (#"{"event":true,"properties":{}}"#, "event is neither a text nor a whole number. Write it as a text in double quotes."),
    (
        #"{"event":"$merge","properties":{"time":1767614400,"$distinct_ids":["a"]}}"#,
        "$merge names two ids in $distinct_ids. Write them as texts: [\"a\", \"b\"]."
    ), ("[]", "A record is a JSON object ({...}), and this is none. Write one object a line."),
    ("{]", "The record is not JSON: line 1, column 2 (byte 1): ']' stands where a name in double quotes belongs."),
])
func `a bad line is refused with its line and reason, and its neighbours live`(line: String, reason: String) throws {
    let good = #"{"event":"E","properties":{"time":1767614400,"distinct_id":"u"}}"#
    let file = try read("\(good)\n\n\(line)\r\n\(good)")
    #expect(file.rejects == [Reject(line: 3, reason: reason, text: line)])
    #expect(file.lines.map(\.number) == [1, 4] && file.sourceLines == 4)
}

@Test(arguments: [
    (
        #"{"type":"track","event":"Bought","userId":"u","anonymousId":"a",\#(tail),"properties":{"price":5.0,"time":"late","#
            + #""properties.time":1,"list":[1,{"x":null}]},"context":{"os":{"name":"iOS"},"page":{"url":"https://a.example/"}}}"#,
        #"{"event":"Bought","properties":{"time":1767614400000,"distinct_id":"u","$device_id":"a","$user_id":"u","$insert_id":"m","#
            + #""$os":"iOS","$current_url":"https://a.example/","price":5.0,"properties.time":"late","properties.properties.time":1,"#
            + #""list":[1,{"x":null}]}}"#
    ),
    (
        #"{"type":"page","name":"Home","category":"Shop","anonymousId":"a",\#(tail),"properties":{"path":"/"}}"#,
        #"{"event":"Loaded a Page","properties":{"time":1767614400000,"page_name":"Home","page_category":"Shop","distinct_id":"a","#
            + #""$device_id":"a","$insert_id":"m","path":"/"}}"#
    ),
    (
        #"{"type":"screen","name":"Basket","userId":"u",\#(tail)}"#,
        #"{"event":"Loaded a Screen","properties":{"time":1767614400000,"page_name":"Basket","distinct_id":"u","$user_id":"u","#
            + #""$insert_id":"m"}}"#
    ),
    (
        #"{"type":"identify","userId":"u","anonymousId":"a",\#(tail)}"#,
        #"{"event":"$identify","properties":{"time":1767614400000,"$identified_id":"u","$anon_id":"a","distinct_id":"u","#
            + #""$device_id":"a","$user_id":"u","$insert_id":"m"}}"#
    ),
    (
        #"{"type":"alias","previousId":"p","userId":"u",\#(tail)}"#,
        #"{"event":"$create_alias","properties":{"time":1767614400000,"distinct_id":"p","alias":"u","$insert_id":"m"}}"#
    ),
])
func `a message is written, and comes back as it was`(text: String, expected: String) throws {
    let line = try #require(try written(text))
    #expect(line == expected)
    let (back, original) = (try JSONValue(parsing: read(line).texts[0]).asObject, try JSONValue(parsing: text).asObject)
    let (members, others) = (back?.members.sorted { $0.name < $1.name }, original?.members.sorted { $0.name < $1.name })
    #expect(members == others, "\(back?.text ?? "") from \(text)")
}

@Test(arguments: [
    "0", "-1", "a b", "é", "a_b", "ajs-next-1767614400000-0123456789abcdef0123456789abcdef", "6f1c9b7e-0d7f-4a54-9c3e-3a2e7d9f0b11",
])
func `ids that Mixpanel does not take come back whole`(id: String) throws {
    let text = #"{"type":"track","event":"E","userId":"u","messageId":"\#(id)","timestamp":"2026-01-05T12:00:00.000Z"}"#
    let line = try #require(try written(text))
    let insertID = try JSONValue(parsing: line).asObject?.value(at: ["properties", "$insert_id"])?.asString ?? ""
    #expect(insertID.utf8.count <= 36 && insertID.utf8.count >= 36 && insertID.utf8.allSatisfy { $0 < 128 && $0 != 95 && $0 != 32 })
    #expect(try read(line).texts == [text])
}

@Test(arguments: [
    #"{"type":"group","groupId":"g","userId":"u",\#(tail)}"#, #"{"type":"identify","userId":"u",\#(tail),"traits":{"age":3}}"#,
    #"{"type":"alias","previousId":"p","anonymousId":"a",\#(tail)}"#,
    #"{"type":"track","event":"E","userId":"u","messageId":"m","timestamp":"1970-12-31T23:59:59.999Z"}"#,
])
func `what Mixpanel has no event for is left out`(text: String) throws { #expect(try written(text) == nil) }

@Test func `a mapping is refused`() {
    #expect(throws: FormatError.self) { try MixpanelFormat(settings: "csv: {}", settingsName: "m.yaml") }
}
