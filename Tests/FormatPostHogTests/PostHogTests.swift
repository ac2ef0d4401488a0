import Connectors
import ConnectorsTesting
import EventModel
import FormatPostHog
import Foundation
import Testing

private func format() throws -> PostHogFormat { try PostHogFormat(settings: nil, settingsName: "") }

private func read(_ text: String) throws -> ReadFile { try ReadFile(format(), Array(text.utf8)) }

private func sample() throws -> [UInt8] {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Plugins/FormatPostHog/sample.ndjson")
    return Array(try Data(contentsOf: file))
}

@Test(arguments: FormatContract.allCases)
func `the sample keeps the promises, whole and torn`(promise: FormatContract) throws {
    let bytes = try sample()
    try promise.verify(format(), on: bytes)
    try promise.verify(format(), on: Array(bytes.dropLast(7)) + [0xFF, 10, 10] + Array("[1]\r\n{\n".utf8) + bytes)
    try promise.verify(format(), on: bytes, limits: FormatLimits(longestLine: 230))
}

@Test func `a mapping is refused`() {
    #expect(throws: FormatError.self) { try PostHogFormat(settings: "csv: {}", settingsName: "m.yaml") }
}

@Test func `the sample reads as written by hand`() throws {
    let file = try ReadFile(format(), sample())
    #expect(file.rejects.isEmpty && file.lines.map(\.number) == [1, 2, 3, 3, 4, 5, 6, 6])
    #expect(
        file.texts == [
            #"{"type":"page","name":"Home","anonymousId":"d1","messageId":"m-1","timestamp":"2026-01-05T09:00:00.000Z","#
                + #""properties":{"$device_id":"d1","title":"Home","$set_once":{"first":"ad"}},"#
                + #""context":{"page":{"url":"https://shop.example/"}}}"#,
            #"{"type":"identify","traits":{"plan":"plus"},"userId":"u1","anonymousId":"d1","messageId":"m-2","#
                + #""timestamp":"2026-01-05T09:01:00.000000+00:00","properties":{"$device_id":"d1"},"#
                + #""context":{"posthog":{"person_id":"p1","elements_chain":""}}}"#,
            #"{"type":"track","event":"Order Completed","userId":"u1","messageId":"m-3","timestamp":"2026-01-05T09:02:00Z","#
                + #""properties":{"revenue":12.5},"context":{"os":{"name":"Android"},"campaign":{"source":"newsletter"}}}"#,
            #"{"type":"identify","userId":"u1","messageId":"m-3/set","timestamp":"2026-01-05T09:02:00Z","traits":{"buyer":true}}"#,
            #"{"type":"screen","name":"Basket","userId":"u1","messageId":"m-4","timestamp":"2026-01-05T09:03:00Z"}"#,
            #"{"type":"group","groupId":"g1","traits":{"name":"Runners"},"userId":"u1","messageId":"m-5","#
                + #""timestamp":"2026-01-05T09:04:00Z","properties":{"$group_type":"company"}}"#,
            #"{"type":"alias","previousId":"u1","userId":"ada","timestamp":"2026-01-05T09:05:00Z"}"#,
            #"{"type":"track","event":"Seen","userId":"ada","timestamp":"2026-01-05T09:06:00Z"}"#,
        ])
    for text in file.texts { _ = try Message(json: #require(JSONValue(parsing: text).asObject), derivedID: "d") }
}

@Test(arguments: [
    (#""$device_id":"x""#, "anonymousId"), (#""$device_id":"y""#, "userId"), (#""$is_identified":false"#, "anonymousId"),
    (#""$is_identified":true"#, "userId"), (#""$process_person_profile":false"#, "anonymousId"), (#""$device_id":null"#, "userId"),
])
func `who has no name is a device`(property: String, member: String) throws {
    let line = #"{"event":"E","distinct_id":"x","properties":{\#(property)},"timestamp":"2026-01-05T09:00:00Z"}"#
    let message = try JSONValue(parsing: #require(try read(line).texts.first)).asObject
    #expect(message?[member] == .string("x"))
    #expect(message?[member == "userId" ? "anonymousId" : "userId"] == nil)
}

@Test(arguments: [
    (#"{"distinct_id":"u"}"#, "The record has no event. Write its name as a text that is not empty."),
    (#"{"event":"E"}"#, "The event has no distinct_id. Write who it was as a text that is not empty."),
    (#"{"event":"E","distinct_id":"u","$set":7}"#, "$set is not an object. Write an object ({...}) or leave it out."),
    (#"{"batch":[1]}"#, "batch holds something that is no object. Write events: {...}."),
    ("true", "A record is a JSON object ({...}), and this is none. Write one object a line."),
])
func `a bad line is refused with its line and reason`(line: String, reason: String) throws {
    let good = #"{"event":"E","distinct_id":"u","timestamp":"2026-01-05"}"#
    let file = try read("\(good)\n\(line)\n\(good)\n")
    #expect(file.rejects == [Reject(line: 2, reason: reason, text: line)] && file.lines.map(\.number) == [1, 3])
}
