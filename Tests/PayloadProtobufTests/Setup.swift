import Connectors
import EventModel
import Foundation
import SwiftProtobuf
import Testing

@testable import PayloadProtobuf

typealias FieldKind = Google_Protobuf_FieldDescriptorProto.TypeEnum
typealias FieldLabel = Google_Protobuf_FieldDescriptorProto.Label

/// A field of the message `shop.Order`.
struct FieldSample: Sendable {
    var number: Int32, name: String, kind: FieldKind
    var label = FieldLabel.optional
    var type = "", choice: Int32?

    init(_ number: Int32, _ name: String, _ kind: FieldKind, _ label: FieldLabel = .optional, type: String = "", choice: Int32? = nil) {
        (self.number, self.name, self.kind, self.label, self.type, self.choice) = (number, name, kind, label, type, choice)
    }
}

/// A descriptor set with the message `shop.Order` of these fields; an enum `shop.Colour`, and a message `shop.Inner` of a field `x`.
func descriptors(
    _ fields: [FieldSample], reserved: [Int32] = [], colours: [(String, Int32)] = [("NONE", 0), ("RED", 1)], x: FieldKind = .int64,
    syntax: String = "proto3"
) throws -> [UInt8] {
    func field(_ sample: FieldSample) -> Google_Protobuf_FieldDescriptorProto {
        var field = Google_Protobuf_FieldDescriptorProto()
        (field.number, field.name, field.type, field.label) = (sample.number, sample.name, sample.kind, sample.label)
        if !sample.type.isEmpty { field.typeName = sample.type }
        if let choice = sample.choice { field.oneofIndex = choice }
        return field
    }
    var file = Google_Protobuf_FileDescriptorProto()
    (file.name, file.package, file.syntax) = ("shop.proto", "shop", syntax)
    var order = Google_Protobuf_DescriptorProto()
    order.name = "Order"
    order.field = fields.map(field)
    order.reservedRange = reserved.map { number in
        var range = Google_Protobuf_DescriptorProto.ReservedRange()
        (range.start, range.end) = (number, number + 1)
        return range
    }
    if fields.contains(where: { $0.choice != nil }) {
        var choice = Google_Protobuf_OneofDescriptorProto()
        choice.name = "choice"
        order.oneofDecl = [choice]
    }
    var inner = Google_Protobuf_DescriptorProto()
    inner.name = "Inner"
    inner.field = [field(FieldSample(1, "x", x)), field(FieldSample(2, "deeper", .message, type: ".shop.Inner"))]
    file.messageType = [order, inner]
    var colour = Google_Protobuf_EnumDescriptorProto()
    colour.name = "Colour"
    colour.value = colours.map { name, number in
        var value = Google_Protobuf_EnumValueDescriptorProto()
        (value.name, value.number) = (name, number)
        return value
    }
    file.enumType = [colour]
    var set = Google_Protobuf_FileDescriptorSet()
    set.file = [file]
    return try set.serializedBytes()
}

func schema(_ file: [UInt8], _ message: String = "shop.Order") throws -> ProtobufSchema { try ProtobufSchema(file: file, message: message) }

func codec(_ schemas: [ProtobufSchema], framing: ProtobufCodec.Framing = .none, ids: [UInt32: Int] = [:]) -> ProtobufCodec {
    ProtobufCodec(
        SchemaVersions(schemas.enumerated().map { (number: $0 + 1, schema: $1) }), framing: framing,
        ids: SchemaFraming(framing.rawValue, ids: ids))
}

extension PayloadCodec {
    func text(_ bytes: [UInt8], longest: Int = 1 << 20) throws -> String {
        let json = try bytes.withUnsafeBytes { try decode($0, longest: longest) }
        return String(decoding: json, as: UTF8.self)
    }

    func bytes(_ json: String) throws -> [UInt8] { Array(try encode(try #require(try JSONValue(parsing: json).asObject), .message)) }
}

extension JSONValue {
    /// Members by their names: dictionaries of Python and the order of fields differ.
    var comparable: JSONValue {
        switch self {
        case .object(let object):
            .object(
                JSONObject(object.members.sorted { $0.name.precedesByScalars($1.name) }.map { .init($0.name, $0.value.comparable) }))
        case .array(let elements): .array(elements.map(\.comparable))
        default: self
        }
    }
}

/// The folder of the published schema.
let published = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Documentation/Schemas/protobuf").path

/// The program whose packages are the field's own tools; nil where there is none.
let python = ProcessInfo.processInfo.environment["TESSERA_SCHEMAS_PYTHON"]

/// Runs a program to its end.
@discardableResult
func run(_ program: String, _ arguments: [String]) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [program] + arguments
    let (output, errors) = (Pipe(), Pipe())
    (process.standardOutput, process.standardError) = (output, errors)
    try process.run()
    let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "\(text)")
    return String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
}

/// Runs the script of this folder.
func interop(_ arguments: String...) throws {
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("interop.py").path
    try run(try #require(python), [script] + arguments)
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

    /// Some bytes with a few cut, flipped, added.
    mutating func damaged(_ whole: [UInt8]) -> [UInt8] {
        var bytes = whole
        for _ in 0..<Int.random(in: 0...4, using: &self) where !bytes.isEmpty {
            switch Int.random(in: 0..<4, using: &self) {
            case 0: bytes.removeLast(Int.random(in: 0..<bytes.count, using: &self))
            case 1: bytes[Int.random(in: 0..<bytes.count, using: &self)] ^= 1 << UInt8.random(in: 0..<8, using: &self)
            case 2: bytes.insert(.random(in: 0...255, using: &self), at: .random(in: 0...bytes.count, using: &self))
            default: bytes.append(contentsOf: (0..<8).map { _ in UInt8.random(in: 0...255, using: &self) })
            }
        }
        return bytes
    }
}
