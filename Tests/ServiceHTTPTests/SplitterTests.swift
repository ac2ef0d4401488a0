import EventModel
import Foundation
import Statistics
import Testing

@testable import ServiceHTTP

func collecting(_ call: Collecting.Call = .batch, longestMessage: Int = 32 << 10, mostMessages: Int = 5_000) -> Collecting {
    let counter = Counter()
    return Collecting(
        call: call, receivedAt: noon, longestMessage: longestMessage, mostMessages: mostMessages, makeID: { "made-\(counter.next())" })
}

func split(_ text: String, _ collecting: Collecting = collecting()) throws -> SplitBody {
    var bytes = ContiguousArray(text.utf8)
    let count = bytes.count
    bytes.append(contentsOf: repeatElement(0, count: MessageBatch.padding))
    return try BatchSplitter().split(bytes, count: count, collecting)
}

func plain(_ text: String, _ collecting: Collecting = collecting()) throws -> SplitBody {
    try ContiguousArray(text.utf8).withUnsafeBufferPointer { try PlainSplitter.split($0, collecting) }
}

struct SplitterTests {
    @Test func `a message alone gets its type, an id and its times, and keeps the rest to the byte`() throws {
        let body = #"{"userId":"u","event":"A\u0042","properties":{"price":1.50,"n":12345678901234567890}}"#
        let lines = lineTexts(try split(body, collecting(.single(.track))).batch)
        #expect(
            lines == [
                #"{"userId":"u","event":"A\u0042","properties":{"price":1.50,"n":12345678901234567890},"type":"track","messageId":"made-1","#
                    + #""timestamp":"2026-06-30T12:00:00.000Z","receivedAt":"2026-06-30T12:00:00.000Z"}"#
            ])
    }

    @Test func `the client's clock is corrected by how far it was off when it sent`() throws {
        let body =
            #"{"batch":[{"messageId":"1","timestamp":"2026-06-30T09:59:00+00:00"}],"sentAt":"2026-06-30T10:00:00.000Z"}"#
        #expect(
            lineTexts(try split(body).batch) == [
                #"{"messageId":"1","timestamp":"2026-06-30T11:59:00.000Z","sentAt":"2026-06-30T10:00:00.000Z","#
                    + #""originalTimestamp":"2026-06-30T09:59:00+00:00","receivedAt":"2026-06-30T12:00:00.000Z"}"#
            ])
    }

    @Test(
        arguments: [
            (#"{"timestamp":"2026-06-30T09:00:00Z"}"#, "2026-06-30T09:00:00Z", nil),
            (#"{"timestamp":"2026-06-30T09:00:00Z","sentAt":"yesterday"}"#, "2026-06-30T09:00:00Z", nil),
            (#"{"timestamp":"noon","sentAt":"2026-06-30T10:00:00Z"}"#, "noon", nil),
            (#"{"sentAt":"2026-06-30T10:00:00Z"}"#, "2026-06-30T12:00:00.000Z", nil),
            (#"{"timestamp":null,"sentAt":null}"#, "2026-06-30T12:00:00.000Z", nil),
            // RudderStack's way: only originalTimestamp and sentAt.
            (
                #"{"originalTimestamp":"2026-06-30T09:00:00Z","sentAt":"2026-06-30T10:00:00Z"}"#, "2026-06-30T11:00:00.000Z",
                "2026-06-30T09:00:00Z"
            ),
            // Both are there: another collector has corrected it already.
            (
                #"{"timestamp":"2026-06-30T08:00:00Z","originalTimestamp":"2026-06-30T09:00:00Z","sentAt":"2026-06-30T10:00:00Z"}"#,
                "2026-06-30T08:00:00Z", "2026-06-30T09:00:00Z"
            ),
        ] as [(String, String, String?)])
    func `a time is corrected only where both clocks told theirs`(message: String, timestamp: String, original: String?) throws {
        let line = try #require(lineTexts(try split(message, collecting(.single(.track))).batch).first)
        let json = try #require(try JSONValue(parsing: line).asObject)
        #expect(json["timestamp"]?.asString == timestamp)
        #expect(json["originalTimestamp"]?.asString == original)
        #expect(json["receivedAt"]?.asString == noon.text)
    }

    @Test func `what a batch shares goes to the messages that lack it, member by member`() throws {
        let body = """
            {"context":{"ip":"1","app":{"name":"x"}},"integrations":{"All":true},"batch":[
              {"messageId":"1","context":{"ip":"2"}},
              {"messageId":"2","context":null,"integrations":{}},
              {"messageId":"3"}]}
            """
        let lines = try lineTexts(split(body).batch).map { try #require(try JSONValue(parsing: $0).asObject) }
        #expect(
            lines.map { $0["context"]?.asObject?.text } == [
                #"{"ip":"2","app":{"name":"x"}}"#, #"{"ip":"1","app":{"name":"x"}}"#, #"{"ip":"1","app":{"name":"x"}}"#,
            ])
        #expect(lines.map { $0["integrations"]?.asObject?.text } == Array(repeating: #"{"All":true}"#, count: 3))
    }

    @Test func `a write key is read and never kept`() throws {
        for body in [
            #"{"writeKey":"secret","batch":[{"writeKey":"secret","messageId":"1"},{"writeKey":"secret"},{"a":1,"writeKey":"secret","b":2}]}"#,
            #"{"writeKey":"secret"}"#, #"{"a":1,"writeKey":"secret"}"#, #"{"writeKey":"secret","writeKey":"secret","a":2}"#,
        ] {
            let split = try split(body, collecting(body.contains("batch") ? .batch : .single(.track)))
            #expect(split.writeKey == "secret")
            let lines = lineTexts(split.batch)
            #expect(!lines.joined().contains("secret"))
            for line in lines { #expect(throws: Never.self) { try JSONValue(parsing: line) } }
        }
    }

    @Test func `a message that is too long is put aside and the others go on`() throws {
        let body = #"{"batch":[{"messageId":"1"},{"messageId":"2","pad":"\#(String(repeating: "x", count: 300))"},{"messageId":"3"}]}"#
        let batch = try split(body, collecting(longestMessage: 256)).batch
        #expect(lineTexts(batch).map(\.isEmpty) == [false, true, false])
        #expect(batch.sourceLines == 3)
        #expect(batch.rejects.map(\.line) == [2])
        #expect(batch.rejects[0].reason.contains("256 are allowed"))
        #expect(batch.rejects[0].text.hasPrefix(#"{"messageId":"2","pad":"xxx"#))
    }

    @Test func `lines hold no line breaks, whatever the body looks like`() throws {
        let body = "{\r\n \"batch\" : [ {\r\n\t\"messageId\" : \"1\" ,\n \"a\" : [ 1 ,\n 2 ] } , 7 , \"x\\ny\" ] }\r\n"
        let lines = lineTexts(try split(body).batch)
        #expect(lines.count == 3)
        #expect(lines[1] == "7" && lines[2] == #""x\ny""#)
        #expect(lines.allSatisfy { !$0.contains("\r") })
    }

    @Test(arguments: [
        ("[]", "not_an_object"), ("7", "not_an_object"), ("{}", "no_batch"), (#"{"batch":{}}"#, "no_batch"),
        (#"{"batch":[],"context":7}"#, "not_an_object"),
        ("{", "not_json"), ("", "not_json"), ("\u{FEFF}{}", "not_json"), (#"{"batch":[1,2,3,4]}"#, "too_many_messages"),
    ])
    func `a body that is no batch is refused`(body: String, code: String) throws {
        for way in [split, plain] as [(String, Collecting) throws -> SplitBody] {
            #expect(try #require(throws: HTTPFailure.self) { _ = try way(body, collecting(mostMessages: 3)) }.code == code)
        }
    }

    @Test func `what a batch shares may not grow without measure`() throws {
        let body = #"{"batch":[1,2,3],"context":{"x":"\#(String(repeating: "x", count: 3 << 20))"}}"#
        for way in [split, plain] as [(String, Collecting) throws -> SplitBody] {
            #expect(try #require(throws: HTTPFailure.self) { _ = try way(body, collecting()) }.code == "shared_too_large")
        }
    }

    @Test(arguments: UInt64(1)...200)
    func `the fast way and the plain way make the same lines`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<20 {
            let isBatch = Bool.random(using: &random)
            let body = isBatch ? Made.batch(&random) : Made.message(&random)
            let call = isBatch ? Collecting.Call.batch : .single(.identify)
            let (a, b) = (try split(body, collecting(call)), try plain(body, collecting(call)))
            let (fast, slow) = (lineTexts(a.batch), lineTexts(b.batch))
            #expect(fast.count == slow.count, "\(body)")
            for (x, y) in zip(fast, slow) { #expect(try JSONValue(parsing: x) == JSONValue(parsing: y), "\(body)") }
            #expect(a.writeKey == b.writeKey, "\(body)")
            #expect(a.batch.sourceLines == b.batch.sourceLines)
        }
    }
}

/// Bodies made up of everything a splitter looks at, in any order and spelling.
private enum Made {
    static func pick(_ choices: [String], _ random: inout SeededGenerator) -> String { choices.randomElement(using: &random) ?? "" }

    static func value(_ random: inout SeededGenerator) -> String {
        pick(
            [
                "null", "1", "-0", "1.5e3", "true", "\"x\"", #""q\"\\""#, "[]", "{}", "[1, {\"a\":\"]}\"}]", #"{"a":{"b":[]}}"#,
                "12345678901234567890",
                "\"2026-06-30T09:00:00Z\"", "1782813600000", "\"é\u{1F600}\"", "1e400", #""2026-06-30T09:00:00\u005a""#,
            ], &random)
    }

    static func context(_ random: inout SeededGenerator) -> String {
        pick(
            [
                "null", "{}", #"{"ip":"1"}"#, #"{ "ip" : 2 , "app":{"ip":3}}"#, #"{"\u0069p":4,"z":[]}"#, "7",
                #"{"locale":"de","ip":null}"#, #"{"ip":"\\"}"#,
            ], &random)
    }

    static func object(_ members: [String], _ random: inout SeededGenerator) -> String {
        let space = pick(["", " ", "\n", "\r\n\t"], &random)
        return "{" + members.shuffled(using: &random).map { space + $0 }.joined(separator: ",") + space + "}"
    }

    static func message(_ random: inout SeededGenerator) -> String {
        var members: [String] = []
        let names = [
            "type", "messageId", "timestamp", "originalTimestamp", "sentAt", "receivedAt", "writeKey", "userId", "properties", "é", "",
            "tim\\u0065stamp",
        ]
        for name in names where Int.random(in: 0..<(name.contains("\\") ? 20 : 2), using: &random) == 0 {
            let colon = pick([":", " : ", ":\n"], &random)
            members.append("\"\(name)\"\(colon)\(value(&random))")
            if Int.random(in: 0..<30, using: &random) == 0 { members.append("\"\(name)\":\(value(&random))") }
        }
        if Bool.random(using: &random) { members.append("\"context\":\(context(&random))") }
        if Bool.random(using: &random) { members.append("\"integrations\":\(context(&random))") }
        return object(members, &random)
    }

    static func batch(_ random: inout SeededGenerator) -> String {
        let messages = (0..<Int.random(in: 0..<5, using: &random)).map { _ in
            Int.random(in: 0..<10, using: &random) == 0 ? value(&random) : message(&random)
        }
        var members = ["\"batch\":[\(messages.joined(separator: pick([",", " ,\n"], &random)))]"]
        for name in ["context", "integrations"] where Bool.random(using: &random) {
            members.append("\"\(name)\":\(pick(["null", "{}", #"{"ip":"9","more":[1]}"#, #"{"locale":"\"","ip":{}}"#], &random))")
        }
        if Bool.random(using: &random) { members.append("\"sentAt\":\(value(&random))") }
        if Bool.random(using: &random) { members.append("\"writeKey\":\(value(&random))") }
        if Bool.random(using: &random) { members.append("\"other\":\(value(&random))") }
        if Int.random(in: 0..<20, using: &random) == 0 { members.append("\"sentAt\":\(value(&random))") }
        return object(members, &random)
    }
}
