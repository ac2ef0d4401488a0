import Connectors
import EventModel
import Foundation
import TestFolder
import Testing

@testable import PayloadAvro

/// Records of fastavro, which is what the field writes Avro with from Python, and what it makes of ours.
@Suite(
    .enabled(if: python != nil, "TESSERA_SCHEMAS_PYTHON names no Python with fastavro: what other programs write and read was not tried."))
struct AvroInteropTests {
    private static let isLong = ProcessInfo.processInfo.environment["TESSERA_LONG"] != nil

    @Test(arguments: 1...4) func `fastavro and this platform read each other's records, of every version`(seed: Int) throws {
        let folder = try Folder()
        let (families, records) = (Self.isLong ? 400 : 40, Self.isLong ? 150 : 30)
        try run("interop.py", "write", folder.path, "\(seed)", "\(families)", "\(records)")
        var count = 0
        for number in 0..<families {
            let path = "\(folder.path)/\(number)"
            let schemas = try (1...3).map { try String(contentsOfFile: "\(path)/\($0).avsc", encoding: .utf8) }
            let fingerprints = try String(contentsOfFile: "\(path)/fingerprints", encoding: .utf8).split(separator: "\n")
            for (schema, hex) in zip(schemas, fingerprints) {
                let own = try AvroSchema(parsing: schema.utf8).fingerprint
                #expect(withUnsafeBytes(of: own.littleEndian) { $0.map { String(Int($0) + 0x100, radix: 16).suffix(2) } }.joined() == hex)
            }
            let (codec, plain) = (try codec(schemas, framing: .confluent, ids: [70: 1, 80: 2, 4_000_000_000: 3]), try codec([schemas[2]]))
            let ids: [[UInt8]] = [[0, 0, 0, 0, 70], [0, 0, 0, 0, 80], [0, 0xEE, 0x6B, 0x28, 0]]
            var written = ""
            for line in try String(contentsOfFile: "\(path)/records.ndjson", encoding: .utf8).split(separator: "\n") {
                let record = try #require(try JSONValue(parsing: String(line)).asObject)
                guard case .integer(let version) = record["version"], let json = record["json"] else { continue }
                let bytes = Array(try #require(Data(base64Encoded: record["bytes"]?.asString ?? "")))
                let read = try JSONValue(parsing: try codec.text(ids[Int(version) - 1] + bytes))
                #expect(read.comparable == json.comparable, "\(number), version \(version): \(schemas[2])")
                let again = try plain.bytes(read.text)
                #expect(try JSONValue(parsing: plain.text(again)).comparable == read.comparable)
                let told = JSONObject([.init("bytes", .string(Data(again).base64EncodedString())), .init("json", json)])
                written += told.text + "\n"
                count += 1
            }
            try written.write(toFile: "\(path)/written.ndjson", atomically: true, encoding: .utf8)
        }
        #expect(count == families * records)
        try run("interop.py", "read", folder.path)
    }
}

extension JSONValue {
    /// Members by their names, and times without zeros that say nothing: dictionaries of Python and the order of fields differ.
    var comparable: JSONValue {
        switch self {
        case .object(let object):
            .object(
                JSONObject(
                    object.members.sorted { $0.name.precedesByScalars($1.name) }.map { .init($0.name, $0.value.comparable) }))
        case .array(let elements): .array(elements.map(\.comparable))
        case .string(let text) where text.count == 27 && text.hasSuffix("000Z") && text.contains("T"): .string(text.dropLast(4) + "Z")
        default: self
        }
    }
}
