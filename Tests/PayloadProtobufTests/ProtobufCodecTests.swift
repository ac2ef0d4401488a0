import Connectors
import EventModel
import Foundation
import SwiftProtobuf
import TestFolder
import Testing

@testable import PayloadProtobuf

struct ProtobufCodecTests {
    private static let isLong = ProcessInfo.processInfo.environment["TESSERA_LONG"] != nil

    @Test(
        .enabled(
            if: python != nil, "TESSERA_SCHEMAS_PYTHON names no Python with protobuf: what other programs write and read was not tried."),
        arguments: 1...3)
    func `Google's package and this platform read each other's records, of every version`(seed: Int) throws {
        let folder = try Folder()
        let records = Self.isLong ? 20_000 : 1_000
        try interop("write", folder.path, "\(seed)", "\(records)")
        let schemas = try (1...2).map {
            try schema(Array(try Data(contentsOf: URL(fileURLWithPath: "\(folder.path)/\($0).desc"))), "shop.v1.Order")
        }
        let (plain, framed) = (codec([schemas[1]]), codec(schemas, framing: .confluent, ids: [300: 1]))
        var (written, count) = ("", 0)
        for line in try String(contentsOfFile: "\(folder.path)/records.ndjson", encoding: .utf8).split(separator: "\n") {
            let record = try #require(try JSONValue(parsing: String(line)).asObject)
            let bytes = Array(try #require(Data(base64Encoded: record["bytes"]?.asString ?? "")))
            let json = try #require(record["json"])
            let read = try JSONValue(parsing: plain.text(bytes))
            #expect(read.comparable == json.comparable)
            // `Order` is the second message of its file.
            let frame: [UInt8] = record["version"] == .integer(1) ? [0, 0, 0, 1, 44, 2, 2] : [0, 0, 0, 0, 2, 2, 2]
            #expect(try JSONValue(parsing: framed.text(frame + bytes)).comparable == json.comparable)
            let again = try plain.bytes(json.text)
            #expect(try framed.bytes(json.text) == [0, 0, 0, 0, 2, 2, 2] + again)
            let told = JSONObject([.init("bytes", .string(Data(again).base64EncodedString())), .init("json", json)])
            written += told.text + "\n"
            count += 1
        }
        #expect(count == records)
        try folder.write(written, as: "written.ndjson")
        try interop("read", folder.path)
    }

    private static let order = [
        FieldSample(1, "id", .string), .init(2, "amount", .double), .init(3, "inner", .message, type: ".shop.Inner"),
        .init(4, "colour", .enum, type: ".shop.Colour"), .init(5, "counts", .int32, .repeated), .init(6, "big", .uint64),
    ]

    @Test(
        arguments: [
            ([0x0A], "At byte 1 of 1, it ends within a number."), ([0x0A, 5, 97], "a part has a length of 5, and 1 bytes are left"),
            ([0x0A, 1, 0xFF], "the field `id` is not UTF-8"), ([0x08, 1], "the field `id` has the wire type 0"),
            ([0x1A, 2, 0x0A, 1], "the field `x` has the wire type 2"), ([0x00, 1], "there is no field of the number 0"),
            ([0x53, 1], "which is not read"), ([0x30, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F], "more than 64 bits"),
            ([0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], "a part has a length of 18446744073709551615"),
            ([0x11, 0, 0], "it ends within a number"),
        ] as [([UInt8], String)]) func `a bad record is refused with its place`(bytes: [UInt8], sentence: String) throws
    {
        let codec = codec([try schema(try descriptors(Self.order))])
        let error = #expect(throws: PayloadError.self) { _ = try codec.text(bytes) }
        #expect(error?.description.contains(sentence) == true, "\(error?.description ?? "")")
    }

    @Test(
        arguments: [
            ([], "It does not begin with the byte 0"), ([1, 0, 0, 0, 1, 0], "It does not begin with the byte 0"),
            ([0, 0, 0, 0, 9, 0], "No version of the schema has the id 9."), ([0, 0, 0, 0, 1, 2, 2], "It is another message"),
            ([0, 0, 0, 0, 1, 0xFE, 0xFF, 3], "the place of a message has"), ([0, 0, 0, 0, 1, 4, 0], "it ends within a number"),
        ] as [([UInt8], String)]) func `a bad frame is refused`(bytes: [UInt8], sentence: String) throws
    {
        let codec = codec([try schema(try descriptors(Self.order))], framing: .confluent)
        let error = #expect(throws: PayloadError.self) { _ = try codec.text(bytes) }
        #expect(error?.description.contains(sentence) == true, "\(error?.description ?? "")")
        #expect(try codec.text([0, 0, 0, 0, 1, 0, 0x0A, 1, 97]) == #"{"id":"a"}"#)
    }

    @Test func `messages in themselves and lists of nothing end soon`() throws {
        let codec = codec([try schema(try descriptors(Self.order))])
        var deep: [UInt8] = []
        for _ in 0..<200 { deep = [0x12] + Array(varint(deep.count)) + deep }
        let error = #expect(throws: PayloadError.self) { _ = try codec.text([0x1A] + varint(deep.count) + deep) }
        #expect(error?.description.contains("levels deep") == true, "\(error?.description ?? "")")
        let many = [UInt8](repeating: 0, count: 900_000)
        #expect(throws: PayloadError.self) { _ = try codec.text([0x2A] + varint(many.count) + many) }
    }

    private func varint(_ number: Int) -> [UInt8] {
        var bytes: ContiguousArray<UInt8> = []
        bytes.append(varint: UInt64(number))
        return Array(bytes)
    }

    @Test(arguments: [
        (#"{"id":1}"#, "The member `id` is none of the schema's type string."),
        (#"{"colour":"secret"}"#, "is no name of the schema's enum"),
        (#"{"counts":[2147483648]}"#, "The member `counts` is none"), (#"{"counts":7}"#, "is no list"),
        (#"{"inner":[]}"#, "The member `inner` is none"),
        (#"{"inner":{"x":"secret"}}"#, "The member `inner.x` is none of the schema's type int64."),
        (#"{"big":-1}"#, "none of the schema's type uint64"),
        (#"{"amount":9007199254740993}"#, "none of the schema's type double"),
    ]) func `what the schema cannot say is refused without what it says`(json: String, sentence: String) throws {
        let codec = codec([try schema(try descriptors(Self.order))])
        let error = #expect(throws: PayloadError.self) { _ = try codec.bytes(json) }
        #expect(
            error?.description.contains(sentence.replacing("counts` is", with: "counts[]` is")) == true
                || error?.description.contains(sentence) == true, "\(error?.description ?? "")")
        #expect(error?.description.contains("secret") == false)
    }

    @Test func `a required field that is missing is told`() throws {
        let codec = codec([try schema(try descriptors([.init(1, "id", .string, .required)], syntax: "proto2"))])
        #expect(throws: PayloadError.self) { _ = try codec.text([]) }
        #expect(throws: PayloadError.self) { _ = try codec.bytes("{}") }
        #expect(try codec.text(try codec.bytes(#"{"id":""}"#)) == #"{"id":""}"#)
    }

    @Test(arguments: UInt64(1)...30) func `cuts and flips never trap`(seed: UInt64) throws {
        var random = SeededNumbers(seed: seed)
        let own = codec([try schema(try descriptors(Self.order))])
        let message =
            #"{"type":"track","messageId":"m","timestamp":"2026-06-30T12:00:00.000Z","userId":"u","properties":{"a":[1,{"b":null}]}}"#
        let whole = [
            try own.bytes(
                #"{"id":"a","amount":1.5,"inner":{"x":1,"deeper":{"x":2}},"colour":"RED","counts":[1,-2,3],"big":18446744073709551615}"#),
            try PublishedProtobuf().bytes(message),
        ]
        for round in 0..<4_000 {
            let bytes = random.damaged(whole[round % 2])
            let text = round % 2 == 0 ? try? own.text(bytes, longest: 4_096) : try? PublishedProtobuf().text(bytes, longest: 4_096)
            guard let text else { continue }
            #expect(text.utf8.count <= 4_096)
            _ = try JSONValue(parsing: text)
        }
    }
}
