import Connectors
import EventModel
import SwiftProtobuf
import Testing

@testable import PayloadProtobuf

/// What may become of a message type, rule by rule.
struct ProtobufRuleTests {
    /// Fields of two versions, and what is said of reading the older by the newer, and the other way round; empty: nothing.
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var older: [FieldSample], newer: [FieldSample]
        var reserved: [Int32] = []
        var backward = "", forward = ""
        var testDescription: String { name }
    }

    static let cases: [Case] = [
        .init(name: "the same", older: [.init(1, "a", .int32)], newer: [.init(1, "a", .int32)]),
        .init(name: "a field more", older: [.init(1, "a", .int32)], newer: [.init(1, "a", .int32), .init(2, "b", .string)]),
        .init(
            name: "a field less, reserved", older: [.init(1, "a", .int32), .init(2, "b", .string)], newer: [.init(1, "a", .int32)],
            reserved: [2]),
        .init(
            name: "a field less, not reserved", older: [.init(1, "a", .int32), .init(2, "b", .string)], newer: [.init(1, "a", .int32)],
            backward: "Write `reserved 2;`.", forward: "Write `reserved 2;`."),
        .init(name: "another name", older: [.init(1, "a", .int32)], newer: [.init(1, "b", .int32)]),
        .init(
            name: "a number reused", older: [.init(1, "a", .int32)], newer: [.init(1, "b", .string)],
            backward: "int32 was written, which cannot be read as string", forward: "string was written, which cannot be read as int32"),
        .init(
            name: "wider", older: [.init(1, "a", .int32)], newer: [.init(1, "a", .int64)],
            forward: "int64 was written, which cannot be read as int32"),
        .init(
            name: "zigzag", older: [.init(1, "a", .int32)], newer: [.init(1, "a", .sint32)], backward: "cannot be read as sint32",
            forward: "cannot be read as int32"),
        .init(
            name: "of a fixed length", older: [.init(1, "a", .fixed32)], newer: [.init(1, "a", .uint32)], backward: "cannot be read",
            forward: "cannot be read"),
        .init(
            name: "text as bytes", older: [.init(1, "a", .string)], newer: [.init(1, "a", .bytes)],
            forward: "bytes was written, which cannot be read as string"),
        .init(
            name: "one as many", older: [.init(1, "a", .string)], newer: [.init(1, "a", .string, .repeated)],
            forward: "only the last of its values would be read"),
        .init(
            name: "message as number", older: [.init(1, "a", .message, type: ".shop.Inner")], newer: [.init(1, "a", .int32)],
            backward: "cannot be read", forward: "cannot be read"),
        .init(
            name: "a required field more", older: [.init(1, "a", .int32)],
            newer: [.init(1, "a", .int32), .init(2, "b", .int32, .required)],
            backward: "it is required, and the writer may leave it out"),
        .init(
            name: "a required field less", older: [.init(1, "a", .int32, .required)], newer: [.init(2, "b", .int32)], reserved: [1],
            forward: "it is required, and the writer may leave it out"),
        .init(
            name: "into a oneof", older: [.init(1, "a", .int32), .init(2, "b", .int32)],
            newer: [.init(1, "a", .int32, choice: 0), .init(2, "b", .int32, choice: 0)], backward: "they are in one oneof"),
        .init(
            name: "one into a oneof", older: [.init(1, "a", .int32)],
            newer: [.init(1, "a", .int32, choice: 0), .init(2, "b", .int32, choice: 0)]),
    ]

    @Test(arguments: cases) func `a change is told in the directions that it breaks`(_ sample: Case) throws {
        let (older, newer) = (try descriptors(sample.older), try descriptors(sample.newer, reserved: sample.reserved))
        let set = try set([older], .none)
        let comparison = try set.compare(candidate: newer)
        for (obstacles, sentence) in [(comparison.backward, sample.backward), (comparison.forward, sample.forward)] {
            if sentence.isEmpty {
                #expect(obstacles.isEmpty)
            } else {
                #expect(obstacles.count == 1 && obstacles[0].contains(sentence), "\(obstacles)")
            }
        }
    }

    @Test func `enums may have more numbers, and none of another name; messages within are looked at`() throws {
        let fields = [FieldSample(1, "colour", .enum, type: ".shop.Colour"), FieldSample(2, "inner", .message, type: ".shop.Inner")]
        let set = try set([try descriptors(fields)], .none)
        #expect(try set.compare(candidate: descriptors(fields, colours: [("NONE", 0), ("RED", 1), ("BLUE", 2)])).keeps(.full))
        let renamed = try set.compare(candidate: descriptors(fields, colours: [("NONE", 0), ("BLUE", 1)]))
        #expect(renamed.backward == ["The field `shop.Order.colour` (1): the number 1 of its enum was RED, and is BLUE."])
        let inner = try set.compare(candidate: descriptors(fields, x: .string))
        #expect(inner.backward == ["The field `shop.Inner.x` (1): int64 was written, which cannot be read as string."])
    }

    @Test func `versions that break the rule are refused with file, version and field`() throws {
        let (older, newer) = (try descriptors([.init(1, "a", .int32)]), try descriptors([.init(1, "a", .string)]))
        let errors = #expect(throws: SettingsErrors.self) { _ = try set([older, newer], .backward) }
        let expected =
            "2.desc, version 2, breaks the compatibility backward; it cannot read what version 1 wrote: The field `shop.Order.a` (1): int32 was written, which cannot be read as string"
        #expect(errors?.errors.map(\.problem) == [expected])
        _ = try set([older, newer], .none)
    }

    @Test func `what is no descriptor set is refused with a sentence`() throws {
        for (file, message, sentence) in [
            (Array("nothing".utf8), "shop.Order", "It is no descriptor set."), ([], "shop.Order", "It is no descriptor set."),
            (try descriptors([]), "shop.Nothing", "It has no message `shop.Nothing`. It has: 'shop.Inner' or 'shop.Order'."),
            (try descriptors([.init(1, "a", .message, type: ".shop.Gone")]), "shop.Order", "It lacks shop.Gone."),
            (try descriptors([.init(1, "a", .group, type: ".shop.Inner")]), "shop.Order", "groups are not read"),
        ] {
            let error = #expect(throws: PayloadError.self) { _ = try ProtobufSchema(file: file, message: message) }
            #expect(error?.description.contains(sentence) == true, "\(error?.description ?? "")")
        }
    }

    private func set(_ files: [[UInt8]], _ rule: SchemaCompatibility) throws -> SchemaSet {
        try SchemaSet(
            "orders", ProtobufSchema.self,
            files: files.enumerated().map { .init(number: $0 + 1, path: "\($0 + 1).desc", bytes: $1) }, message: "shop.Order",
            compatibility: rule, framing: SchemaFraming("none"))
    }
}
