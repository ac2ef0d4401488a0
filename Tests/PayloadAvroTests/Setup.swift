import Connectors
import EventModel
import Foundation
import Testing

@testable import PayloadAvro

/// A codec of schemas, the last of which is the newest.
func codec(_ schemas: [String], framing: AvroCodec.Framing = .none, ids: [UInt32: Int] = [:]) throws -> AvroCodec {
    let versions = try schemas.enumerated().map { (number: $0 + 1, schema: try AvroSchema(parsing: $1.utf8)) }
    return try AvroCodec(SchemaVersions(versions), framing: framing, ids: SchemaFraming(framing.rawValue, ids: ids))
}

extension PayloadCodec {
    func text(_ bytes: [UInt8], longest: Int = 1 << 20) throws -> String {
        let json = try bytes.withUnsafeBytes { try decode($0, longest: longest) }
        return String(decoding: json, as: UTF8.self)
    }

    func bytes(_ json: String) throws -> [UInt8] {
        Array(try encode(try #require(try JSONValue(parsing: json).asObject), .message))
    }
}

/// A record of one field `x`.
func record(_ type: String, name: String = "R", more: String = "") -> String {
    #"{"type":"record","name":"\#(name)","fields":[{"name":"x","type":\#(type)\#(more)}]}"#
}

/// The program whose packages are the field's own tools; nil where there is none.
let python = ProcessInfo.processInfo.environment["TESSERA_SCHEMAS_PYTHON"]

/// Runs a script of this folder.
func run(_ script: String, _ arguments: String...) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(python))
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    process.arguments = [folder.appendingPathComponent(script).path] + arguments
    let errors = Pipe()
    process.standardError = errors
    try process.run()
    let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "\(text)")
}
