import EventModel
import Foundation
import Testing

/// A message with everything it needs, changed by `change`.
private func message(_ kind: String = "track", _ change: (inout JSONObject) -> Void = { _ in }) -> JSONObject {
    var json = JSONObject([
        .init("type", .string(kind)), .init("userId", .string("u")), .init("messageId", .string("m")), .init("timestamp", .integer(0)),
    ])
    switch kind {
    case "track": json.set("event", .string("Seen"))
    case "group": json.set("groupId", .string("g"))
    case "alias": json.set("previousId", .string("p"))
    default: break
    }
    change(&json)
    return json
}

@Suite struct MessageTests {
    @Test(arguments: Message.Kind.allCases)
    func `each kind is accepted with what it needs`(kind: Message.Kind) throws {
        let made = try Message(json: message(kind.word), derivedID: nil)
        #expect(made.kind == kind)
        #expect(made.json == message(kind.word))
        #expect(made.timestamp == Instant(milliseconds: 0))
    }

    @Test(arguments: ["userId", "anonymousId", "messageId"])
    func `an id of the longest length is kept and one longer is refused`(field: String) throws {
        let longest = String(repeating: "\u{e9}", count: MessageLimits.longestID / 2)
        _ = try Message(json: message { $0.set(field, .string(longest)) }, derivedID: nil)
        let error = try #require(throws: MessageError.self) {
            try Message(json: message { $0.set(field, .string(longest + "x")) }, derivedID: nil)
        }
        #expect(error.field == field)
        #expect(error.description == "\(field) has 513 bytes, and an id has at most 512. Shorten it.")
    }

    @Test(arguments: [("track", "event"), ("group", "groupId"), ("alias", "previousId"), ("page", "name"), ("screen", "category")])
    func `a text of a kind's own is bounded`(kind: String, field: String) throws {
        let longest = String(repeating: "x", count: 512)
        _ = try Message(json: message(kind) { $0.set(field, .string(longest)) }, derivedID: nil)
        let error = try #require(throws: MessageError.self) {
            try Message(json: message(kind) { $0.set(field, .string(longest + "x")) }, derivedID: nil)
        }
        #expect(error.field == field)
    }

    @Test(arguments: ["properties", "traits", "context"])
    func `null counts as absent`(field: String) throws {
        let made = try Message(json: message { $0.set(field, .null) }, derivedID: nil)
        #expect(made.json[field] == .null)
        #expect(throws: MessageError.self) { try Message(json: message { $0.set(field, .string("{}")) }, derivedID: nil) }
    }

    @Test(arguments: [JSONValue.integer(1), .number(1.5), .bool(true), .array([]), .object(JSONObject())])
    func `ids are texts`(value: JSONValue) {
        for field in ["userId", "anonymousId", "messageId"] {
            let error = #expect(throws: MessageError.self) { try Message(json: message { $0.set(field, value) }, derivedID: "d") }
            #expect(error?.field == field)
        }
    }

    @Test func `a derived id takes the place of a null, or the end`() throws {
        let null = try Message(json: message { $0.set("messageId", .null) }, derivedID: "d")
        #expect(null.json.text == #"{"type":"track","userId":"u","messageId":"d","timestamp":0,"event":"Seen"}"#)
        let absent = try Message(json: message { $0.members.remove(at: 2) }, derivedID: "d")
        #expect(absent.json.text == #"{"type":"track","userId":"u","timestamp":0,"event":"Seen","messageId":"d"}"#)
        #expect(absent.messageID == "d")
        #expect(throws: MessageError.self) { try Message(json: message { $0.members.remove(at: 2) }, derivedID: nil) }
    }

    @Test func `a message's own id wins over a derived one`() throws {
        #expect(try Message(json: message(), derivedID: "d").messageID == "m")
    }

    @Test(arguments: [
        (JSONValue.string("2026-03-14"), true), (.integer(0), true), (.integer(MessageLimits.latest.milliseconds), true),
        (.integer(MessageLimits.earliest.milliseconds), true), (.integer(MessageLimits.latest.milliseconds + 1), false),
        (.integer(.max), false), (.integer(.min), false), (.number(1.5), false), (.unsigned(.max), false), (.bool(true), false),
        (.string(""), false), (.string("now"), false), (.string("2026-02-30"), false), (.string("0000-01-01T00:00+01:00"), false),
    ])
    func `a time is a readable text or whole milliseconds of the years 0 to 9999`(value: JSONValue, isRead: Bool) {
        let made = try? Message(json: message { $0.set("timestamp", value) }, derivedID: nil)
        #expect((made != nil) == isRead)
    }

    @Test func `the first readable time counts`() throws {
        let made = try Message(
            json: message {
                $0.set("timestamp", .string("soon"))
                $0.set("receivedAt", .integer(3))
                $0.set("originalTimestamp", .integer(2))
            }, derivedID: nil)
        #expect(made.timestamp == Instant(milliseconds: 2))
    }

    @Test func `a long text is quoted by its beginning`() throws {
        let error = try #require(throws: MessageError.self) {
            try Message(json: message { $0.set("type", .string(String(repeating: "t", count: 500))) }, derivedID: nil)
        }
        #expect(
            error.description
                == "type is the text \"\(String(repeating: "t", count: 59))…. Write track, identify, page, screen, group or alias.")
    }

    /// The examples of Segment's own specification; those that give no time or id get them here.
    @Test(.enabled(if: testData != nil, "TESSERA_TESTDATA is not set, so Segment's examples did not run."))
    func `the examples of the specification are accepted`() throws {
        let page = try JSONValue(parsing: vectorBytes("vectors/segment-spec", "examples.json"))
        let examples = try #require(page.asObject?["examples"]?.asArray)
        #expect(examples.count > 20)
        for example in examples {
            guard var json = example.asObject?["payload"]?.asObject, let type = json["type"]?.asString, Message.Kind(word: type) != nil
            else {
                continue
            }
            if json["userId"] == nil && json["anonymousId"] == nil { json.set("anonymousId", .string("a")) }
            if json["timestamp"] == nil { json.set("timestamp", .integer(0)) }
            do throws(MessageError) { _ = try Message(json: json, derivedID: "d") } catch {
                Issue.record("\(error) in \(json.text)")
            }
        }
    }
}
