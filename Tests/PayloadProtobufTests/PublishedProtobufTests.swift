import Connectors
import EventModel
import Foundation
import SwiftProtobuf
import TestFolder
import Testing

@testable import PayloadProtobuf

struct PublishedProtobufTests {
    private static let first = Result { Array(try Data(contentsOf: URL(fileURLWithPath: published + "/1.desc"))) }

    @Test(arguments: ["Message", "Membership", "Profile"]) func `the published files break nothing that their first version promised`(
        message: String
    ) throws {
        guard (try? run("protoc", ["--version"])) != nil else {
            print("protoc is not installed: the published files were not held against their first version.")
            return
        }
        let folder = try Folder()
        let files = ["value", "message", "membership", "profile"].map { "tessera/v1/\($0).proto" }
        try run("protoc", ["-I", published, "--include_imports", "--descriptor_set_out=\(folder.path)/now.desc"] + files)
        let now = try schema(Array(try Data(contentsOf: URL(fileURLWithPath: folder.path + "/now.desc"))), "tessera.v1." + message)
        let then = try schema(Self.first.get(), "tessera.v1." + message)
        #expect(now.obstacles(reading: then) + then.obstacles(reading: now) + now.lapses(after: then) == [])
    }

    /// The generated code and the first descriptors are two ways to the same bytes.
    @Test func `what the program writes is read by the first version of the schema`() throws {
        let message =
            #"{"type":"track","messageId":"m","timestamp":"2026-06-30T12:00:00.250Z","userId":"u","event":"Sold","properties":{"n":9007199254740993,"l":[true,null,1.5,{}]},"mine":18446744073709551615}"#
        let codec = codec([try schema(Self.first.get(), "tessera.v1.Message")])
        let read = try codec.text(try PublishedProtobuf().bytes(message))
        #expect(
            read
                == #"{"type":"TYPE_TRACK","messageId":"m","timestamp":"2026-06-30T12:00:00.250Z","userId":"u","event":"Sold","properties":{"members":[{"name":"n","value":{"integer":9007199254740993}},{"name":"l","value":{"list":{"elements":[{"boolean":true},{"null":true},{"number":1.5},{"object":{}}]}}}]},"other":{"members":[{"name":"mine","value":{"unsigned":18446744073709551615}}]}}"#
        )
        #expect(try PublishedProtobuf().text(try codec.bytes(read)) == message)
    }

    @Test(arguments: [
        (
            DeliveryBatch.Kind.membership, "Membership",
            #"{"segment":"s","profile":"p","entered":true,"at":"2026-06-30T12:00:00.000Z","cause":"message","version":9}"#
        ),
        (
            .profile, "Profile",
            #"{"id":"p","identifiers":[{"namespace":"userId","id":"u"}],"traits":{"a":1},"as_of":{"a":"2026-06-30T12:00:00.000Z"},"messages":3,"first_seen":null,"last_seen":"2026-06-30T12:00:00.000Z","segments":["s"]}"#
        ),
    ]) func `memberships and profiles are the same behind as before`(kind: DeliveryBatch.Kind, name: String, json: String) throws {
        let record = try #require(try JSONValue(parsing: json).asObject)
        let bytes = try PublishedProtobuf().encode(record, kind)
        let read =
            kind == .membership
            ? try Tessera_V1_Membership(serializedBytes: Array(bytes)).json() : try Tessera_V1_Profile(serializedBytes: Array(bytes)).json()
        #expect(JSONValue.object(read).comparable == JSONValue.object(record).comparable)
        // And by descriptors.
        let told = try JSONValue(parsing: codec([try schema(Self.first.get(), "tessera.v1." + name)]).text(Array(bytes))).asObject
        #expect(told?.members.first?.value == record.members.first?.value)
    }

    @Test(arguments: UInt64(1)...20) func `any message is the same behind as before`(seed: UInt64) throws {
        var random = SeededNumbers(seed: seed)
        var lines = ""
        for _ in 0..<200 {
            let message = Self.message(using: &random)
            let bytes = try PublishedProtobuf().bytes(message.text)
            #expect(try JSONValue(parsing: PublishedProtobuf().text(bytes)).comparable == JSONValue.object(message).comparable)
            #expect(try PublishedProtobuf().bytes(message.text) == bytes)
            lines += JSONObject([.init("bytes", .string(Data(bytes).base64EncodedString())), .init("json", .object(message))]).text + "\n"
        }
        guard python != nil, seed <= 2 else { return }
        let folder = try Folder()
        try folder.write(lines, as: "published.ndjson")
        try interop("published", published + "/1.desc", folder.path)
    }

    @Test func `what lies deep is JSON, and read all the same`() throws {
        let deep = String(repeating: "[", count: 100) + "1" + String(repeating: "]", count: 100)
        let message = #"{"type":"track","properties":{"a":\#(deep)}}"#
        let bytes = try PublishedProtobuf().bytes(message)
        #expect(try PublishedProtobuf().text(bytes) == message)
        #expect(bytes.count < 1_000)
    }

    @Test(
        arguments: [
            ([0xFF], "It is no tessera.v1.Message"), ([0x12, 5, 97], "it ends within a field"), ([0x12, 1, 0xFF], "a text is not UTF-8"),
            ([0x1A, 10, 0x08, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F], "outside of the years"),
            ([0x5A, 8, 0x0A, 6, 0x12, 4, 0x4A, 2, 0x7B, 0x7B], "A text that should be JSON is none"),
        ] as [([UInt8], String)]) func `a bad record is refused with a sentence`(bytes: [UInt8], sentence: String)
    {
        let error = #expect(throws: PayloadError.self) { _ = try PublishedProtobuf().text(bytes) }
        #expect(error?.description.contains(sentence) == true, "\(error?.description ?? "")")
    }

    private static func message(using random: inout SeededNumbers) -> JSONObject {
        let names = [
            "type", "messageId", "timestamp", "userId", "anonymousId", "event", "name", "category", "groupId", "previousId", "properties",
            "traits", "context", "other", "é", "", "sentAt",
        ]
        var object = JSONObject()
        for name in names where Bool.random(using: &random) { object.set(name, value(3, using: &random)) }
        if Bool.random(using: &random) { object.set("type", .string("track")) }
        if Bool.random(using: &random) {
            object.set(
                "timestamp", .string(Instant(milliseconds: .random(in: -10_000_000_000_000...10_000_000_000_000, using: &random)).text))
        }
        return object
    }

    private static func value(_ depth: Int, using random: inout SeededNumbers) -> JSONValue {
        switch Int.random(in: 0..<(depth > 0 ? 9 : 7), using: &random) {
        case 0: return .null
        case 1: return .bool(.random(using: &random))
        case 2: return .integer(.random(in: .min ... .max, using: &random))
        case 3: return .unsigned(.random(in: (1 << 63) ... .max, using: &random))
        case 4: return .number(Double.random(in: -1e9...1e9, using: &random))
        case 5: return .string(["", "a", "€", "😀\n\"", "2026-06-30", "track"].randomElement(using: &random) ?? "")
        case 6: return .integer(.random(in: -9...9, using: &random))
        case 7: return .array((0..<Int.random(in: 0...3, using: &random)).map { _ in value(depth - 1, using: &random) })
        default:
            let count = Int.random(in: 0...3, using: &random)
            return .object(JSONObject((0..<count).map { .init("k\($0)", value(depth - 1, using: &random)) }))
        }
    }
}
