import Connectors
import ConnectorsTesting
import EventModel
import Testing

@testable import PayloadAvro

/// Schemas and records that somebody made to do harm: each is refused in a moment, or does as well as others.
@Suite(.timeLimit(.minutes(2))) struct AvroBoundsTests {
    private static func refusal(_ schema: String) -> String {
        do throws(PayloadError) {
            _ = try AvroSchema(parsing: schema.utf8)
            return "taken"
        } catch { return error.description }
    }

    /// Records, each of which holds the one before twice.
    private static func doubling(_ levels: Int, usual: String) -> String {
        let first = #"{"type":"record","name":"R0","fields":[{"name":"x","type":"int"}]}"#
        let types = (1...levels).reduce(first) { inner, level in
            #"{"type":"record","name":"R\#(level)","fields":[{"name":"a","type":\#(inner)},{"name":"b","type":"R\#(level - 1)"}]}"#
        }
        return #"{"type":"record","name":"Top","fields":[{"name":"t","type":\#(types),"default":\#(usual)}]}"#
    }

    @Test func `records that have no end or too many parts are refused`() {
        // The first way to the inner record leads through a union, the second one does not.
        let hidden = #"""
            {"type":"record","name":"C","fields":[
             {"name":"x","type":["null",{"type":"record","name":"D","fields":[{"name":"c","type":"C"}]}]},{"name":"y","type":"D"}]}
            """#
        #expect(Self.refusal(hidden).contains("lies in itself"))
        let around = #"{"type":"record","name":"Top","fields":[{"name":"m","type":{"type":"map","values":\#(hidden)},"default":{"a":5}}]}"#
        #expect(Self.refusal(around).contains("lies in itself"))
        for usual in ["5", "{}"] { #expect(Self.refusal(Self.doubling(40, usual: usual)).contains("has more than 200000 parts")) }
        #expect(Self.refusal(Self.doubling(12, usual: "{}")).contains("none of its type"))
        let large = (0..<200).map { #"{"name":"f\#($0)","type":"F"}"# }.joined(separator: ",")
        let fixed = #"{"type":"record","name":"R","fields":[{"name":"f","type":{"type":"fixed","name":"F","size":1048576}},\#(large)]}"#
        #expect(Self.refusal(fixed).contains("parts"))
    }

    @Test func `schemas of many names, branches and levels end soon`() throws {
        let symbols = (0..<10_001).map { "\"s\($0)\"" }.joined(separator: ",")
        #expect(Self.refusal(#"{"type":"enum","name":"E","symbols":[\#(symbols)]}"#).contains("10000 at most"))
        let fields = (0..<10_001).map { #"{"name":"f\#($0)","type":"int"}"# }.joined(separator: ",")
        #expect(Self.refusal(#"{"type":"record","name":"R","fields":[\#(fields)]}"#).contains("more than 10000 fields"))
        // Types in each other by their names, each declared beside the one that it holds: the reader leads past all of them to the last.
        let chain = (1..<3_000).map { level in
            #"{"name":"f\#(level)","type":{"type":"record","name":"R\#(level)","fields":[{"name":"x","type":["null","R\#(level - 1)"]}]}}"#
        }
        let first = #"{"name":"f0","type":{"type":"record","name":"R0","fields":[]}}"#
        let holder = #"{"type":"record","name":"Holder","fields":[\#(([first] + chain).joined(separator: ","))]}"#
        let deep = try AvroSchema(
            parsing: #"{"type":"record","name":"W","fields":[{"name":"w","type":\#(holder)},{"name":"z","type":"R2999"}]}"#.utf8)
        #expect(AvroResolution(of: deep, as: deep).obstacles.isEmpty)
        let shallow = try AvroSchema(parsing: #"{"type":"record","name":"W","fields":[{"name":"w","type":"int"}]}"#.utf8)
        #expect(AvroResolution(of: deep, as: shallow).obstacles.contains { $0.contains("lie too deep in each other") })
        // Each field of a writer is looked for in a union of the reader, whose branches are many.
        let branches = (0..<4_000).map { #"{"type":"fixed","name":"F\#($0)","size":1}"# }.joined(separator: ",")
        let many = (0..<3_000).map { #"{"name":"f\#($0)","type":"int"}"# }.joined(separator: ",")
        let wide = (0..<3_000).map { #"{"name":"f\#($0)","type":\#($0 == 0 ? "[\(branches),\"int\"]" : "\"int\"")}"# }.joined(
            separator: ",")
        let writer = try AvroSchema(parsing: #"{"type":"record","name":"R","fields":[\#(many)]}"#.utf8)
        let reader = try AvroSchema(parsing: #"{"type":"record","name":"R","fields":[\#(wide)]}"#.utf8)
        #expect(AvroResolution(of: writer, as: reader).obstacles.isEmpty)
    }

    @Test func `a union lies in no union, however it is written`() {
        #expect(Self.refusal(record(#"["null",{"type":["int","string"]}]"#)).contains("a union lies in a union"))
        #expect(Self.refusal(record(#"["null",["int"]]"#)).contains("a union lies in a union"))
    }

    @Test(arguments: [Int64.min, .min + 191, .min + 192, -1, .max])
    func `any number of microseconds is a time or refused`(microseconds: Int64) throws {
        let plain = try codec([record(#""long""#)])
        let times = try codec([record(#"{"type":"long","logicalType":"timestamp-micros"}"#)])
        let bytes = try plain.bytes(#"{"x":\#(microseconds)}"#)
        if microseconds == -1 {
            #expect(try times.text(bytes) == #"{"x":"1969-12-31T23:59:59.999999Z"}"#)
        } else {
            #expect(throws: PayloadError.self) { _ = try times.text(bytes) }
            #expect(throws: PayloadError.self) { _ = try times.bytes(#"{"x":\#(microseconds)}"#) }
        }
    }

    @Test(arguments: ["0000-01-01T00:00:00+23:00", "9999-12-31T23:59:59-01:00"])
    func `a time that no text can say is not written`(time: String) throws {
        let codec = try codec([record(#"{"type":"long","logicalType":"timestamp-millis"}"#)])
        #expect(throws: PayloadError.self) { _ = try codec.bytes(#"{"x":"\#(time)"}"#) }
        let message = #"{"type":"track","timestamp":"\#(time)"}"#
        let read = try PublishedAvro.codec.text(try PublishedAvro.codec.bytes(message))
        #expect(try JSONValue(parsing: read).comparable == JSONValue(parsing: message).comparable)
    }

    @Test(arguments: [
        (#"{"type":"array","items":{"type":"record","name":"S","fields":[]}}"#, "[{},{}]"),
        (#"{"type":"map","values":{"type":"record","name":"S","fields":[]}}"#, #"{"a":{}}"#),
        (#"["null",{"type":"record","name":"S","fields":[]}]"#, "{}"),
        (#"{"type":"fixed","name":"F","size":65,"logicalType":"decimal","precision":9}"#, "\"\(String(repeating: "A", count: 87))=\""),
    ]) func `values without bytes, and large fixed ones, have the same JSON behind as before`(type: String, value: String) throws {
        let codec = try codec([record(type)])
        #expect(try codec.text(codec.bytes(#"{"x":\#(value)}"#)) == #"{"x":\#(value)}"#)
    }

    @Test func `a default without bytes is filled in`() throws {
        let versions = [
            record(#""int""#),
            #"{"type":"record","name":"R","fields":[{"name":"x","type":"int"},{"name":"n","type":"null","default":null}]}"#,
        ]
        let codec = try codec(versions, framing: .confluent)
        #expect(try codec.text([0, 0, 0, 0, 1, 2]) == #"{"x":1,"n":null}"#)
        #expect(try codec.bytes(#"{"x":1}"#) == [0, 0, 0, 0, 2, 2])
    }

    @Test func `a map is written with as many members as end soon`() throws {
        let codec = try codec([record(#"{"type":"map","values":"int"}"#)])
        func text(_ count: Int) -> String { #"{"x":{\#((0..<count).map { "\"k\($0)\":1" }.joined(separator: ","))}}"# }
        #expect(try codec.text(codec.bytes(text(10_000))) == text(10_000))
        let error = #expect(throws: PayloadError.self) { _ = try codec.bytes(text(10_001)) }
        #expect(error?.description.contains("`x` has more than 10000 members") == true)
    }
}
