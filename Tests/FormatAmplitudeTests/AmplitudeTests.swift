import Connectors
import ConnectorsTesting
import EventModel
import FormatAmplitude
import Foundation
import Testing

private func format() throws -> AmplitudeFormat { try AmplitudeFormat(settings: nil, settingsName: "") }

private func read(_ text: String) throws -> ReadFile { try ReadFile(format(), Array(text.utf8)) }

private func sample() throws -> [UInt8] {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Plugins/FormatAmplitude/sample.ndjson")
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
    #expect(throws: FormatError.self) { try AmplitudeFormat(settings: "csv: {}", settingsName: "m.yaml") }
}

@Test func `the sample reads as written by hand`() throws {
    let file = try ReadFile(format(), sample())
    #expect(file.rejects.isEmpty && file.lines.map(\.number) == [1, 2, 3])
    #expect(
        file.texts == [
            #"{"type":"identify","userId":"u1","anonymousId":"d1","messageId":"m-1","timestamp":"2026-01-05T09:00:00.000Z","#
                + #""traits":{"plan":"plus"},"context":{"amplitude":{"uuid":"0b7c9f4e-6b3e-4d39-8a55-2f9b0e3a4c11","groups":{}}}}"#,
            #"{"type":"track","event":"Product Viewed","anonymousId":"d1","messageId":"0b7c9f4e-6b3e-4d39-8a55-2f9b0e3a4c12","#
                + #""timestamp":"2026-01-05T09:01:00.250Z","properties":{"product_id":"p-7","price":12.5},"#
                + #""context":{"os":{"name":"ios","version":"17.2"},"location":{"country":"Austria"},"#
                + #""amplitude":{"device_family":"Apple iPhone","session_id":-1,"groups":{}}}}"#,
            #"{"type":"track","event":"Order Completed","userId":"u1","anonymousId":"d1","messageId":"m-3","#
                + #""timestamp":"2026-01-05T09:02:00.000Z","properties":{"revenue":12.5},"context":{"ip":"203.0.113.9","#
                + #""traits":{"plan":"plus"},"amplitude":{"amplitude_id":123456789012}}}"#,
        ])
    for text in file.texts { _ = try Message(json: #require(JSONValue(parsing: text).asObject), derivedID: nil) }
}

@Test(arguments: [
    (#"{"user_id":"u"}"#, "The record has no event_type. Write the event's name as a text that is not empty."),
    (#"{"event_type":"E"}"#, "The event has no event_time. Write it as 2026-06-30 12:00:00.000000, in UTC."),
    (#"{"event_type":"E","event_time":"soon"}"#, "event_time is not a time. Write it as 2026-06-30 12:00:00.000000, in UTC."),
    (
        #"{"event_type":"E","event_time":"2026-01-05","user_properties":[1]}"#,
        "user_properties is not an object. Write an object ({...}) or leave it out."
    ), ("7", "A record is a JSON object ({...}), and this is none. Write one object a line."),
])
func `a bad line is refused with its line and reason`(line: String, reason: String) throws {
    let good = #"{"event_type":"E","device_id":"d","event_time":"2026-01-05"}"#
    let file = try read("\(good)\n\(line)\n\(good)\n")
    #expect(file.rejects == [Reject(line: 2, reason: reason, text: line)] && file.lines.map(\.number) == [1, 3])
}
