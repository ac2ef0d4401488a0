import Connectors
import EventModel
import Foundation
import Testing

@testable import PayloadAvro

struct PublishedAvroTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Documentation/Schemas/avro")

    @Test(arguments: DeliveryBatch.Kind.allCases)
    func `the published files are what the program has, and each version reads the one before`(
        kind: DeliveryBatch.Kind
    ) throws {
        let files = try #require(PublishedAvro.files[kind])
        for (index, text) in files.enumerated() {
            let file = Self.folder.appendingPathComponent("\(kind.rawValue)/\(index + 1).avsc")
            #expect(try String(contentsOf: file, encoding: .utf8) == text)
        }
        let schemas = try files.map { try AvroSchema(parsing: $0.utf8) }
        for (older, newer) in zip(schemas, schemas.dropFirst()) { #expect(newer.obstacles(reading: older).isEmpty) }
    }

    @Test(arguments: [
        (DeliveryBatch.Kind.message, 0x61BC_51FD_5229_65A8 as UInt64), (.membership, 0xB58D_CEFE_50EB_FE45),
        (.profile, 0x983E_3E4F_97A9_FA7B),
    ]) func `the first versions never change`(kind: DeliveryBatch.Kind, fingerprint: UInt64) throws {
        #expect(try AvroSchema(parsing: try #require(PublishedAvro.files[kind]?.first).utf8).fingerprint == fingerprint)
    }

    @Test(arguments: [
        #"{"type":"track","messageId":"m","timestamp":"2026-06-30T12:00:00.000Z","userId":"u","event":"Sold","properties":{"n":9007199254740993,"u":18446744073709551615}}"#,
        // Times that are written otherwise, nulls, other types and members that nobody knows.
        #"{"type":"identify","messageId":"m","timestamp":"2026-06-30T12:00:00Z","userId":null,"anonymousId":"a","traits":{},"mine":[1,{"a":null}]}"#,
        #"{"type":"nothing","timestamp":1767225600000,"properties":7,"other":{"a":1}}"#, "{}",
    ]) func `messages are the same behind as before`(json: String) throws {
        let read = try PublishedAvro.codec.text(try PublishedAvro.codec.bytes(json))
        #expect(try JSONValue(parsing: read).comparable == JSONValue(parsing: json).comparable)
    }

    @Test func `memberships and profiles have schemas of their own`() throws {
        for (kind, json) in [
            (
                DeliveryBatch.Kind.membership,
                #"{"segment":"s","profile":"p","entered":true,"at":"2026-06-30T12:00:00.000Z","cause":"message","version":9}"#
            ),
            (
                .profile,
                #"{"id":"p","identifiers":[{"namespace":"userId","id":"u"}],"traits":{"a":1},"as_of":{"a":"2026-06-30T12:00:00.000Z"},"messages":3,"first_seen":null,"last_seen":"2026-06-30T12:00:00.000Z","segments":["s"]}"#
            ),
        ] {
            let record = try #require(try JSONValue(parsing: json).asObject)
            let bytes = Array(try PublishedAvro.codec.encode(record, kind))
            let files = try #require(PublishedAvro.files[kind])
            let read = try codec(files, framing: .singleObject).text(bytes)
            #expect(try JSONValue(parsing: read).comparable == JSONValue.object(record).comparable)
        }
    }

    @Test(arguments: UInt64(1)...30) func `any message is the same behind as before`(seed: UInt64) throws {
        var random = SeededNumbers(seed: seed)
        for _ in 0..<200 {
            let message = JSONObject.random(using: &random)
            let bytes = try PublishedAvro.codec.bytes(message.text)
            #expect(try JSONValue(parsing: PublishedAvro.codec.text(bytes)).comparable == JSONValue.object(message).comparable)
        }
    }
}

extension JSONObject {
    /// Members that messages have, with values that they should have and others.
    static func random(using random: inout SeededNumbers) -> JSONObject {
        let names = [
            "type", "messageId", "timestamp", "userId", "anonymousId", "event", "name", "category", "groupId", "previousId", "properties",
            "traits", "context", "other", "é", "", "sentAt",
        ]
        var object = JSONObject()
        for name in names where Bool.random(using: &random) { object.set(name, .random(3, using: &random)) }
        if Bool.random(using: &random) { object.set("type", .string("track")) }
        if Bool.random(using: &random) {
            object.set(
                "timestamp", .string(Instant(milliseconds: .random(in: -10_000_000_000_000...10_000_000_000_000, using: &random)).text))
        }
        return object
    }
}

extension JSONValue {
    static func random(_ depth: Int, using random: inout SeededNumbers) -> JSONValue {
        switch Int.random(in: 0..<(depth > 0 ? 9 : 7), using: &random) {
        case 0: return .null
        case 1: return .bool(.random(using: &random))
        case 2: return .integer(.random(in: .min ... .max, using: &random))
        case 3: return .unsigned(.random(in: (1 << 63) ... .max, using: &random))
        case 4: return .number(Double.random(in: -1e9...1e9, using: &random))
        case 5: return .string(["", "a", "€", "😀\n\"", "2026-06-30", "track"].randomElement(using: &random) ?? "")
        case 6: return .integer(.random(in: -9...9, using: &random))
        case 7: return .array((0..<Int.random(in: 0...3, using: &random)).map { _ in .random(depth - 1, using: &random) })
        default:
            let count = Int.random(in: 0...3, using: &random)
            return .object(JSONObject((0..<count).map { .init("k\($0)", .random(depth - 1, using: &random)) }))
        }
    }
}
