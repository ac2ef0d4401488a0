import Connectors
import EventModel
import Testing

@testable import PayloadAvro

/// Schema resolution, rule by rule of the specification.
struct AvroRuleTests {
    /// A writer's type, a reader's, and whether what the one wrote is readable as the other; `more` of the reader's field.
    struct Case: Sendable, CustomTestStringConvertible {
        var writer: String, reader: String, isReadable: Bool
        var testDescription: String { "\(writer) as \(reader)" }
    }

    static let primitives = ["null", "boolean", "int", "long", "float", "double", "bytes", "string"]
    static let promotions: Set<[String]> = [
        ["int", "long"], ["int", "float"], ["int", "double"], ["long", "float"], ["long", "double"], ["float", "double"],
        ["string", "bytes"], ["bytes", "string"],
    ]
    static let pairs = primitives.flatMap { writer in
        primitives.map {
            Case(writer: "\"\(writer)\"", reader: "\"\($0)\"", isReadable: writer == $0 || promotions.contains([writer, $0]))
        }
    }
    static let others: [Case] = [
        .init(writer: #"{"type":"array","items":"int"}"#, reader: #"{"type":"array","items":"long"}"#, isReadable: true),
        .init(writer: #"{"type":"array","items":"long"}"#, reader: #"{"type":"array","items":"int"}"#, isReadable: false),
        .init(writer: #"{"type":"map","values":"int"}"#, reader: #"{"type":"map","values":"double"}"#, isReadable: true),
        .init(writer: #"{"type":"map","values":"int"}"#, reader: #"{"type":"map","values":"string"}"#, isReadable: false),
        .init(writer: #"{"type":"map","values":"int"}"#, reader: #"{"type":"array","items":"int"}"#, isReadable: false),
        .init(writer: #"{"type":"fixed","name":"F","size":4}"#, reader: #"{"type":"fixed","name":"F","size":4}"#, isReadable: true),
        .init(writer: #"{"type":"fixed","name":"F","size":4}"#, reader: #"{"type":"fixed","name":"F","size":5}"#, isReadable: false),
        .init(writer: #"{"type":"fixed","name":"F","size":4}"#, reader: #"{"type":"fixed","name":"G","size":4}"#, isReadable: false),
        .init(
            writer: #"{"type":"fixed","name":"F","size":4}"#, reader: #"{"type":"fixed","name":"G","size":4,"aliases":["F"]}"#,
            isReadable: true),
        // Names match without their namespaces.
        .init(writer: #"{"type":"fixed","name":"a.F","size":4}"#, reader: #"{"type":"fixed","name":"b.F","size":4}"#, isReadable: true),
        .init(
            writer: #"{"type":"enum","name":"E","symbols":["A","B"]}"#, reader: #"{"type":"enum","name":"E","symbols":["B","A","C"]}"#,
            isReadable: true),
        .init(
            writer: #"{"type":"enum","name":"E","symbols":["A","B"]}"#, reader: #"{"type":"enum","name":"E","symbols":["A"]}"#,
            isReadable: false),
        .init(
            writer: #"{"type":"enum","name":"E","symbols":["A","B"]}"#,
            reader: #"{"type":"enum","name":"E","symbols":["A","C"],"default":"C"}"#, isReadable: true),
        .init(writer: #"["null","int"]"#, reader: #"["int","null"]"#, isReadable: true),
        .init(writer: #"["null","int"]"#, reader: #""int""#, isReadable: false),
        .init(writer: #""int""#, reader: #"["null","long"]"#, isReadable: true),
        .init(writer: #"["int","long"]"#, reader: #""double""#, isReadable: true),
        .init(writer: #""string""#, reader: #"["null","long"]"#, isReadable: false),
        .init(writer: #"["int","string"]"#, reader: #"["int","null"]"#, isReadable: false),
        .init(
            writer: #"{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}"#,
            reader: #"{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}"#, isReadable: true),
        .init(
            writer: #"{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}"#,
            reader: #"{"type":"bytes","logicalType":"decimal","precision":9,"scale":3}"#, isReadable: false),
        .init(
            writer: #"{"type":"record","name":"S","fields":[{"name":"a","type":"int"},{"name":"b","type":"int"}]}"#,
            reader: #"{"type":"record","name":"S","fields":[{"name":"b","type":"long"}]}"#, isReadable: true),
        .init(
            writer: #"{"type":"record","name":"S","fields":[{"name":"a","type":"int"}]}"#,
            reader: #"{"type":"record","name":"S","fields":[{"name":"a","type":"int"},{"name":"b","type":"int"}]}"#, isReadable: false),
        .init(
            writer: #"{"type":"record","name":"S","fields":[{"name":"a","type":"int"}]}"#,
            reader: #"{"type":"record","name":"S","fields":[{"name":"a","type":"int"},{"name":"b","type":"int","default":7}]}"#,
            isReadable: true),
        .init(
            writer: #"{"type":"record","name":"S","fields":[{"name":"a","type":"int"}]}"#,
            reader: #"{"type":"record","name":"S","fields":[{"name":"b","type":"int","aliases":["a"]}]}"#, isReadable: true),
        .init(
            writer: #"{"type":"record","name":"S","fields":[]}"#, reader: #"{"type":"record","name":"T","fields":[]}"#, isReadable: false),
        .init(
            writer: #"{"type":"record","name":"S","fields":[]}"#,
            reader: #"{"type":"record","name":"T","aliases":["S"],"fields":[]}"#, isReadable: true),
    ]

    @Test(arguments: pairs + others) func `a type reads what the specification says that it reads`(_ sample: Case) throws {
        let (writer, reader) = (try AvroSchema(parsing: record(sample.writer).utf8), try AvroSchema(parsing: record(sample.reader).utf8))
        #expect(reader.obstacles(reading: writer).isEmpty == sample.isReadable, "\(reader.obstacles(reading: writer))")
        for obstacle in reader.obstacles(reading: writer) { #expect(obstacle.contains("`x")) }
    }

    @Test func `a recursive schema reads itself, and obstacles in it are told once`() throws {
        let tree =
            #"{"type":"record","name":"Tree","fields":[{"name":"value","type":"%"},{"name":"children","type":{"type":"array","items":"Tree"}}]}"#
        let (int, text) = (
            try AvroSchema(parsing: tree.replacing("%", with: "int").utf8),
            try AvroSchema(parsing: tree.replacing("%", with: "string").utf8)
        )
        #expect(int.obstacles(reading: int).isEmpty)
        #expect(text.obstacles(reading: int) == ["The field `value`: int cannot be read as string."])
    }

    @Test(arguments: [
        (#"{"type":"fixed","name":"F"}"#, "the size of F is no whole number"), (#""nothing""#, "there is no type `nothing`"),
        (#"["int","int"]"#, "a union has the branch int twice"), (#"[["int"]]"#, "a union lies in a union"),
        ("[]", "a union has no branch"),
        (#"{"type":"enum","name":"E","symbols":["A","A"]}"#, "no list of distinct names"),
        (#"{"type":"enum","name":"E","symbols":["A"],"default":"B"}"#, "none of its symbols"), (#"{"items":"int"}"#, "`type` is missing"),
        (#"{"type":"array"}"#, "`items` is missing"), ("7", "there is no type"),
        (#"{"type":"record","name":"1","fields":[]}"#, "has no name"),
        (#"{"type":"record","name":"R","fields":[]}"#, "the name R is taken"),
        (#"{"type":"record","name":"S"}"#, "has no `fields`"), (#""int","default":"x""#, "The default of R.x is none of its type"),
        (#"["null","int"],"default":"x""#, "The default of R.x is none of its type"), (#""string","tessera":"others""#, "logicalType json"),
    ]) func `what is no schema is refused with a sentence`(type: String, sentence: String) throws {
        let error = #expect(throws: PayloadError.self) { _ = try AvroSchema(parsing: record(type).utf8) }
        #expect(error?.description.contains(sentence) == true, "\(error?.description ?? "")")
    }

    // Values of `avro.schema.fingerprint` of the reference implementation, and of the test suite of the specification.
    @Test(arguments: [
        (#""null""#, 7_195_948_357_588_979_594 as Int64), (#""int""#, 8_247_732_601_305_521_295),
        (#""string""#, -8_142_146_995_180_207_161),
    ])
    func `fingerprints are those of the reference implementation`(schema: String, fingerprint: Int64) throws {
        #expect(Int64(bitPattern: try AvroSchema(parsing: schema.utf8).fingerprint) == fingerprint)
    }

    @Test func `the canonical form has what values depend on, in its order`() throws {
        let schema = #"""
            {"namespace":"a.b", "doc":"x", "name":"R", "type":"record", "aliases":["Q"], "fields":[
              {"default":1, "type":{"type":"int","logicalType":"date"}, "name":"d"},
              {"name":"e","type":{"symbols":["A"],"type":"enum","name":"E"}}, {"name":"f","type":["null","E",{"type":"map","values":"R"}]},
              {"name":"g","type":{"size":3,"type":"fixed","name":"c.F"}}]}
            """#
        let canonical =
            #"{"name":"a.b.R","type":"record","fields":[{"name":"d","type":"int"},{"name":"e","type":{"name":"a.b.E","type":"enum","symbols":["A"]}},{"name":"f","type":["null","a.b.E",{"type":"map","values":"a.b.R"}]},{"name":"g","type":{"name":"c.F","type":"fixed","size":3}}]}"#
        #expect(try AvroSchema(parsing: schema.utf8).canonicalForm == canonical)
    }
}
