import Connectors
import EventModel
import Foundation
import Testing

@testable import PayloadAvro

struct AvroCodecTests {
    private static let order = #"""
        {"type":"record","name":"Order","fields":[{"name":"id","type":"string"},{"name":"amount","type":["null","double"],"default":null},
         {"name":"tags","type":{"type":"array","items":"string"},"default":[]}]}
        """#

    @Test(arguments: [AvroCodec.Framing.confluent, .singleObject, .none]) func `what is written is read`(framing: AvroCodec.Framing) throws
    {
        let codec = try codec([Self.order], framing: framing, ids: [9: 1])
        let bytes = try codec.bytes(#"{"amount":12.5,"id":"a","unknown":1}"#)
        #expect(try codec.text(bytes) == #"{"id":"a","amount":12.5,"tags":[]}"#)
        switch framing {
        case .confluent: #expect(bytes.prefix(5) == [0, 0, 0, 0, 9])
        case .singleObject: #expect(bytes.prefix(2) == [0xC3, 1])
        case .none: #expect(bytes.first == 2)
        }
    }

    @Test(
        arguments: [
            ([], "It does not begin with the byte 0"), ([1, 0, 0, 0, 1, 2], "It does not begin with the byte 0"),
            ([0, 0, 0, 0, 7, 2], "No version of the schema has the id 7."), ([0, 0, 0, 0, 1], "At byte 0 of 0, it ends within a value."),
            ([0, 0, 0, 0, 1, 4, 97], "At byte 1 of 2, it ends within a value."),
            ([0, 0, 0, 0, 1, 1], "At byte 1 of 1, a length is impossible."),
            ([0, 0, 0, 0, 1, 2, 0xFF, 0, 0], "a text is not UTF-8"), ([0, 0, 0, 0, 1, 2, 97, 4], "a union has no branch 2"),
            ([0, 0, 0, 0, 1, 2, 97, 0, 0, 0], "1 bytes follow the record's end"),
            ([0, 0, 0, 0, 1, 2, 97, 0, 0xFE, 0xFF, 0xFF, 0xFF, 0x0F, 0], "a block says that it has 2147483647 items"),
            ([0, 0, 0, 0, 1] + [UInt8](repeating: 0xFF, count: 11), "a number has more than 64 bits"),
            ([0, 0, 0, 0, 1, 0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], "a length is impossible"),
        ] as [([UInt8], String)]) func `a bad record is refused with its place`(bytes: [UInt8], sentence: String) throws
    {
        let codec = try codec([Self.order], framing: .confluent)
        let error = #expect(throws: PayloadError.self) { _ = try codec.text(bytes) }
        #expect(error?.description.contains(sentence) == true, "\(error?.description ?? "")")
    }

    @Test func `items without bytes, and schemas in themselves, end soon`() throws {
        let nothing = try codec([record(#"{"type":"array","items":"null"}"#)])
        // A block of 2^62 nulls; and one after another of the most that one may have.
        #expect(throws: PayloadError.self) { _ = try nothing.text([0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01]) }
        let block: [UInt8] = [0xC0, 0x84, 0x3D]  // 500 000
        let error = #expect(throws: PayloadError.self) { _ = try nothing.text(Array(repeatElement(block, count: 1_000).joined()) + [0]) }
        #expect(error?.description.contains("becomes longer than records may be") == true)
        let own = try codec([#"{"type":"record","name":"R","fields":[{"name":"next","type":["null","R"]}]}"#])
        let deep = #expect(throws: PayloadError.self) { _ = try own.text([UInt8](repeating: 2, count: 100_000) + [0]) }
        #expect(deep?.description.contains("levels deep") == true)
        // What a newer version does not want costs as much.
        let dropped = try codec(
            [
                #"{"type":"record","name":"R","fields":[{"name":"a","type":{"type":"array","items":"null"}},{"name":"b","type":"int"}]}"#,
                #"{"type":"record","name":"R","fields":[{"name":"b","type":"int"}]}"#,
            ], framing: .confluent)
        #expect(throws: PayloadError.self) {
            _ = try dropped.text([0, 0, 0, 0, 1] + Array(repeatElement(block, count: 1_000).joined()) + [0, 0])
        }
    }

    #if os(Linux)
    @Test func `lengths that are not there cost no memory`() throws {
        func size() throws -> Int {
            let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
            let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmSize:") })
            return try #require(line.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) }) << 10
        }
        let codec = try codec([record(#"{"type":"map","values":"bytes"}"#)])
        // A block of one, its key, and a value of 1 MiB (one of 4 GiB) of which half (nothing) is there.
        let short: [UInt8] = [2, 2, 97, 0x80, 0x80, 0x80, 1] + [UInt8](repeating: 0, count: 1 << 19)
        let none: [UInt8] = [2, 2, 97, 0x80, 0x80, 0x80, 0x80, 0x20]
        let long = short + [UInt8](repeating: 0, count: (1 << 20) - 1)
        let before = try size()
        for _ in 0..<2_000 {
            for bytes in [short, none, long] { #expect(throws: PayloadError.self) { _ = try codec.text(bytes) } }
        }
        #expect(try size() - before < 1 << 30)
    }
    #endif

    @Test func `a record that lies in itself is refused, and one that may end is not`() throws {
        let error = #expect(throws: PayloadError.self) {
            _ = try codec([
                #"{"type":"record","name":"R","fields":[{"name":"a","type":{"type":"record","name":"S","fields":[{"name":"r","type":"R"}]}}]}"#
            ])
        }
        #expect(error?.description.contains("The record R lies in itself") == true)
        let tree = try codec([
            #"{"type":"record","name":"R","fields":[{"name":"n","type":"int"},{"name":"of","type":{"type":"array","items":"R"},"default":[]}]}"#
        ])
        let text = #"{"n":1,"of":[{"n":2,"of":[]},{"n":3,"of":[{"n":4,"of":[]}]}]}"#
        #expect(try tree.text(tree.bytes(text)) == text)
    }

    @Test(arguments: [
        (#"{"id":1}"#, "The member `id` is none of the schema's type string."), ("{}", "The member `id` is missing"),
        (#"{"id":"secret","amount":"secret"}"#, "The member `amount` is none of the schema's types [null, double]."),
        (#"{"id":"secret","amount":9007199254740993}"#, "The member `amount` is none of"),
        (#"{"id":"secret","tags":["a",7]}"#, "The member `tags[]` is none of the schema's type string."),
    ]) func `what the schema cannot say is refused without what it says`(json: String, sentence: String) throws {
        let codec = try codec([Self.order])
        let error = #expect(throws: PayloadError.self) { _ = try codec.bytes(json) }
        #expect(error?.description.contains(sentence) == true, "\(error?.description ?? "")")
        #expect(error?.description.contains("secret") == false)
    }

    @Test(arguments: [
        (#"{"type":"int","logicalType":"date"}"#, #""2026-06-30""#), (#"{"type":"int","logicalType":"date"}"#, #""1969-12-31""#),
        (#"{"type":"long","logicalType":"timestamp-millis"}"#, #""1969-12-31T23:59:59.999Z""#),
        (#"{"type":"long","logicalType":"timestamp-micros"}"#, #""1969-12-31T23:59:59.999999Z""#),
        (#"{"type":"long","logicalType":"local-timestamp-millis"}"#, #""2026-06-30T12:00:00.001""#),
        (#"{"type":"long","logicalType":"local-timestamp-micros"}"#, #""2026-06-30T12:00:00.000001""#),
        (#"{"type":"bytes","logicalType":"decimal","precision":40,"scale":3}"#, #""-1234567890123456789012345678901234567.890""#),
        (#"{"type":"bytes","logicalType":"decimal","precision":4,"scale":2}"#, #""0.00""#),
        (#"{"type":"bytes","logicalType":"decimal","precision":4}"#, #""-128""#),
        (#"{"type":"fixed","name":"F","size":16,"logicalType":"uuid"}"#, #""7f506266-1842-49bb-02ba-c1298d7be830""#),
        (#"{"type":"string","logicalType":"json"}"#, #"{"a":[18446744073709551615,1.5,null]}"#), (#""bytes""#, #""AP8=""#),
        (#"["null","string",{"type":"map","values":["long","double","boolean"]}]"#, #"{"a":1,"b":1.5,"c":true}"#),
        (#"{"type":"enum","name":"E","symbols":["A","B"]}"#, #""B""#), (#""long""#, "-9223372036854775808"), (#""float""#, "1.5"),
        (#"{"type":"fixed","name":"F","size":0}"#, #""""#), (#""bytes""#, #""""#), (#""string""#, #""a\u0000b""#),
        (#"{"type":"record","name":"S","fields":[]}"#, "{}"),
    ]) func `values have the same JSON behind as before`(type: String, value: String) throws {
        let codec = try codec([record(type)])
        #expect(try codec.text(codec.bytes(#"{"x":\#(value)}"#)) == #"{"x":\#(value)}"#)
    }

    @Test(arguments: [
        (#"{"type":"int","logicalType":"date"}"#, #""2026-02-30""#),
        (#"{"type":"bytes","logicalType":"decimal","precision":4,"scale":2}"#, #""1.234""#),
        (#"{"type":"bytes","logicalType":"decimal","precision":4,"scale":2}"#, #""123.45""#), (#""int""#, "2147483648"), (#""int""#, "1.5"),
        (#""bytes""#, #""no base64!""#), (#"{"type":"fixed","name":"F","size":2}"#, #""AP8A""#), (#""long""#, "9223372036854775808"),
        (#"{"type":"enum","name":"E","symbols":["A"]}"#, #""B""#), (#""null""#, "1"),
        (#"{"type":"map","values":"int"}"#, #"{"a\u0000b":1}"#),
    ]) func `values that the type cannot say are refused`(type: String, value: String) throws {
        let codec = try codec([record(type)])
        #expect(throws: PayloadError.self) { _ = try codec.bytes(#"{"x":\#(value)}"#) }
    }

    @Test(arguments: UInt64(1)...40) func `cuts and flips never trap`(seed: UInt64) throws {
        var random = SeededNumbers(seed: seed)
        let types = [
            #"{"type":"array","items":["null","string",{"type":"map","values":"R"},{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}]}"#,
            #"{"type":"map","values":{"type":"long","logicalType":"timestamp-micros"}}"#, #"["null","R","double"]"#,
        ]
        let codec = try codec([record(types[Int(seed % 3)]), record(types[Int(seed % 3)])], framing: .confluent)
        let values = [
            #"{"x":["a",{"b":{"x":[null,"c"]}},"1.25",null]}"#, #"{"x":{"a":"2026-06-30T12:00:00.000001Z"}}"#, #"{"x":{"x":{"x":1.5}}}"#,
        ]
        let whole = try codec.bytes(values[Int(seed % 3)])
        for _ in 0..<2_000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 0...4, using: &random) where !bytes.isEmpty {
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random))
                case 1: bytes[Int.random(in: 0..<bytes.count, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                case 2: bytes.insert(UInt8.random(in: 0...255, using: &random), at: Int.random(in: 0...bytes.count, using: &random))
                default: bytes.append(contentsOf: (0..<8).map { _ in UInt8.random(in: 0...255, using: &random) })
                }
            }
            guard let text = try? codec.text(bytes, longest: 4_096) else { continue }
            #expect(text.utf8.count <= 4_096)
            _ = try JSONValue(parsing: text)
        }
    }
}

/// Numbers that a seed settles: SplitMix64.
struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
