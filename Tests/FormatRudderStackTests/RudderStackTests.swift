import Connectors
import ConnectorsTesting
import EventModel
import FormatRudderStack
import Foundation
import Testing

private func format() throws -> RudderStackFormat { try RudderStackFormat(settings: nil, settingsName: "") }

private func read(_ text: String) throws -> ReadFile { try ReadFile(format(), Array(text.utf8)) }

private func sample() throws -> [UInt8] {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Plugins/FormatRudderStack/sample.ndjson")
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
    #expect(throws: FormatError.self) { try RudderStackFormat(settings: "csv: {}", settingsName: "m.yaml") }
}

@Test func `the sample reads as written by hand`() throws {
    let file = try ReadFile(format(), sample())
    #expect(file.rejects.isEmpty && file.lines.map(\.number) == [1, 2, 3, 4])
    #expect(
        file.texts == [
            #"{"type":"identify","channel":"web","messageId":"m-1","userId":"u1","anonymousId":"a1","#
                + #""context":{"library":{"name":"RudderLabs JavaScript SDK","version":"2.48.0"},"ip":"203.0.113.9"},"#
                + #""originalTimestamp":"2026-01-05T09:00:00.000Z","sentAt":"2026-01-05T09:00:00.100Z","#
                + #""traits":{"email":"ada@example.com","plan":"plus"}}"#,
            #"{"type":"page","channel":"web","messageId":"m-2","userId":"","anonymousId":"a1","name":"Home","properties":{"path":"/"},"#
                + #""context":{"traits":{"plan":"plus"}},"originalTimestamp":"2026-01-05T09:01:00.000Z"}"#,
            #"{"type":"track","channel":"server","messageId":"m-3","userId":"u1","event":"Order Completed","#
                + #""properties":{"revenue":12.5},"originalTimestamp":"2026-01-05T09:02:00.000Z","timestamp":"2026-01-05T09:02:00.050Z"}"#,
            #"{"type":"group","channel":"server","messageId":"m-4","userId":"u1","groupId":"g1","traits":{"plan":"team"},"#
                + #""originalTimestamp":"2026-01-05T09:03:00.000Z"}"#,
        ])
    for text in file.texts { _ = try Message(json: #require(JSONValue(parsing: text).asObject), derivedID: nil) }
}

@Test(arguments: [
    (
        #"{"type":"identify","userId":"u","traits":{"a":1},"context":{"traits":{"a":2,"b":3}}}"#,
        #"{"type":"identify","userId":"u","traits":{"a":1,"b":3}}"#
    ), (#"{"type":"track","request_ip":"b","context":{"ip":"a"}}"#, #"{"type":"track","context":{"ip":"a"}}"#),
    (#"{"type":"track","request_ip":"b","context":null}"#, #"{"type":"track","context":{"ip":"b"}}"#),
    (#"{"type":"track","context":7}"#, #"{"type":"track","context":7}"#),
])
func `traits and addresses find their place`(line: String, expected: String) throws { #expect(try read(line).texts == [expected]) }

@Test func `bad lines are refused with line and reason`() throws {
    let file = try read("{}\n\n7\n{\"request_ip\":{}}\n{}")
    #expect(file.lines.map(\.number) == [1, 5] && file.rejects.map(\.line) == [3, 4])
    #expect(
        file.rejects.map(\.reason) == [
            "A record is a JSON object ({...}), and this is none. Write one object a line.",
            "request_ip is neither a text nor a whole number. Write it as a text in double quotes.",
        ])
}
