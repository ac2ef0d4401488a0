import EventModel
import Records
import Testing

/// Records to messages, by rules as a settings file holds them.
struct RecordMappingTests {
    private static func mapping(_ streams: String, userID: String? = nil) throws -> RecordMapping {
        try RecordMapping(
            streams: #require(try JSONValue(parsing: streams).asObject), userID: userID.map { .string($0) })
    }

    private static func record(_ fields: String, stream: String = "orders", keys: [String] = ["id"]) throws -> Record {
        Record(
            stream: stream, fields: try #require(try JSONValue(parsing: fields).asObject), keys: keys,
            timestamp: Instant(milliseconds: 0), passing: { $0.hasPrefix("_sdc_") })
    }

    /// Without the identifier, which says nothing to a reader.
    private static func texts(_ mapping: RecordMapping, _ record: Record) throws -> [String] {
        try mapping.messages(of: record).map { message in
            JSONObject(message.members.filter { $0.name != "messageId" || $0.value.asString?.utf8.count != 36 }).text
        }
    }

    @Test func `every kind of value is filled in`() throws {
        let mapping = try Self.mapping(
            #"""
            {"orders": {
              "when": ".status == \"paid\"", "event": "Order {.status}", "userId": ".customer.id", "anonymousId": "{lower(.device)}",
              "messageId": "order:{.id}", "timestamp": ".paid_at", "context": {"shop": "Linz", "none": ".nothing"},
              "properties": {"id": ".id", "total": ".price * .pieces", "lines": ".lines", "list": [".id", 7, ".nothing"], "empty": {"a": ".b"}}
            }}
            """#)
        let record = try Self.record(
            #"""
            {"id":9007199254740993,"status":"paid","customer":{"id":42},"device":"ABC","paid_at":"2026-02-03 04:05","price":2.5,"pieces":3,
             "lines":[{"sku":"a"}],"nothing":null}
            """#)
        #expect(
            try Self.texts(mapping, record) == [
                #"{"type":"track","event":"Order paid","userId":"42","anonymousId":"abc","messageId":"order:9007199254740993","#
                    + #""timestamp":"2026-02-03T04:05:00.000Z","context":{"shop":"Linz"},"properties":{"id":9007199254740993,"total":7.5,"#
                    + #""lines":[{"sku":"a"}],"list":[9007199254740993,7]}}"#
            ])
        #expect(try Self.texts(mapping, Self.record(#"{"id":1,"status":"open"}"#)) == [])
    }

    @Test func `streams without rules are told whole, those to be skipped are not`() throws {
        let mapping = try Self.mapping(#"{"logs": "skip"}"#, userID: ".customer")
        #expect(
            try Self.texts(mapping, Self.record(#"{"id":1,"customer":"ada"}"#)) == [
                #"{"type":"track","event":"orders","userId":"ada","timestamp":"1970-01-01T00:00:00.000Z","properties":{"id":1,"customer":"ada"}}"#
            ])
        #expect(try Self.texts(mapping, Self.record("{}", stream: "logs", keys: [])) == [] && mapping.skips("logs"))
        #expect(throws: RecordRefusal.self) { try mapping.messages(of: Self.record(#"{"id":1}"#)) }
    }

    @Test func `several rules make several messages, each with an identifier of its own`() throws {
        let mapping = try Self.mapping(
            #"{"orders": [{"properties": "."}, {"type": "identify", "traits": {"email": ".email"}, "when": "exists(.email)"}]}"#,
            userID: ".customer")
        let both = try mapping.messages(of: Self.record(#"{"id":1,"customer":"ada","email":"a@example.com"}"#))
        #expect(both.map { $0["type"]?.asString } == ["track", "identify"])
        #expect(Set(both.compactMap { $0["messageId"]?.asString }).count == 2)
    }

    @Test func `a record keeps its identifier through readings, and another version has another`() throws {
        let mapping = try Self.mapping("{}", userID: ".id")
        func identifier(_ fields: String, stream: String = "orders", keys: [String] = ["id"]) throws -> String? {
            try mapping.messages(of: Self.record(fields, stream: stream, keys: keys)).first?["messageId"]?.asString
        }
        let first = try identifier(#"{"id":1,"a":{"x":1,"y":[2]},"_sdc_extracted_at":"2026-01-01"}"#)
        #expect(try first == identifier(#"{"_sdc_extracted_at":"2026-01-02","a":{"y":[2],"x":1},"id":1}"#))
        #expect(try first != identifier(#"{"id":1,"a":{"x":2,"y":[2]}}"#))
        #expect(try first != identifier(#"{"id":2,"a":{"x":1,"y":[2]}}"#))
        #expect(try first != identifier(#"{"id":1,"a":{"x":1,"y":[2]}}"#, stream: "orders2"))
        let line = #"{"id":1,"_sdc_line":1}"#
        #expect(try identifier(line, keys: ["_sdc_line"]) != identifier(#"{"id":1,"_sdc_line":2}"#, keys: ["_sdc_line"]))
    }

    @Test(arguments: [
        (#"{"o": {"event": ".a"}}"#, "streams.o: nothing says whose the message is"),
        (#"{"o": {"userId": ".a", "evnt": "x"}}"#, "streams.o.evnt: a rule has no such setting. Did you mean `event`?"),
        (#"{"o": {"userId": ".a", "type": "sale"}}"#, "streams.o.type: this is no kind of message"),
        (#"{"o": {"userId": ".a", "type": "group"}}"#, "streams.o: a group message needs `groupId`"),
        (#"{"o": {"userId": ".a", "traits": "."}}"#, "streams.o.traits: only identify and group messages have traits"),
        (#"{"o": {"userId": ".a", "type": "identify", "properties": "."}}"#, "streams.o.properties: identify messages have no properties"),
        (#"{"o": {"userId": ".a", "groupId": "x"}}"#, "streams.o.groupId: track messages have no `groupId`"),
        (#"{"o": {"userId": ".a", "properties": "x"}}"#, "streams.o.properties: this is no map"),
        (#"{"o": {"userId": "lower(.a)"}}"#, "streams.o.userId: this reads as a value"),
        (#"{"o": {"userId": "{.a"}}"#, "streams.o.userId: a brace is alone. '{' has no '}'"),
        (#"{"o": {"userId": ".a +"}}"#, "streams.o.userId: "), (#"{"o": {"userId": null}}"#, "streams.o.userId: there is no value here"),
        (#"{"o": {"userId": ".a", "when": "now > .b"}}"#, "streams.o.when: "),
        (#"{"o": {"userId": ".a", "when": 3}}"#, "streams.o.when: this is no condition"),
        (#"{"o": [{"userId": ".a"}, 3]}"#, "streams.o.1: this is no rule"), (#"{"o": "skp"}"#, "streams.o: this is no rule"),
    ])
    func `a mistake is named with its place`(streams: String, expected: String) throws {
        do {
            _ = try Self.mapping(streams)
            Issue.record("it was taken")
        } catch let error as SettingsError { #expect(error.description.hasPrefix(expected), "\(error)") }
    }

    @Test(arguments: [
        (#"{"o": {"userId": ".a", "timestamp": ".t"}}"#, #"{"a":1,"t":"soon"}"#, "timestamp is no time"),
        (#"{"o": {"userId": ".a", "timestamp": ".t"}}"#, #"{"a":1}"#, "timestamp is no time"),
        (#"{"o": {"userId": ".a", "type": "group", "groupId": ".g"}}"#, #"{"a":1}"#, "groupId has no value"),
        (#"{"o": {"userId": ".a", "event": ".g"}}"#, #"{"a":1}"#, "event has no value"),
        (#"{"o": {"userId": ".a"}}"#, #"{"a":{"b":1}}"#, "neither userId nor anonymousId"),
        (#"{"o": {"userId": ".a", "properties": ".p"}}"#, #"{"a":1,"p":[1]}"#, "properties is no object"),
    ])
    func `a record that gives no message is refused with the reason`(streams: String, fields: String, expected: String) throws {
        let mapping = try Self.mapping(streams)
        do {
            _ = try mapping.messages(of: Self.record(fields, stream: "o", keys: []))
            Issue.record("it was taken")
        } catch let error as RecordRefusal { #expect(error.reason.hasPrefix(expected), "\(error)") }
    }
}
