import Connectors
import EventModel
import Foundation
import SwiftProtobuf

/// Writes JSON as the bytes of a message. The same JSON gives the same bytes: fields by their numbers, entries of maps in their order.
struct ProtobufEncoder {
    private let schema: ProtobufSchema

    init(_ schema: ProtobufSchema) { self.schema = schema }

    mutating func record(_ object: JSONObject) throws(PayloadError) -> ContiguousArray<UInt8> {
        try message(schema.root, object, "", 0)
    }

    private func wrong(_ path: String, _ what: String) -> PayloadError { PayloadError("The member `\(path)` \(what).") }

    private func message(
        _ type: ProtobufSchema.Message, _ object: JSONObject, _ path: String, _ depth: Int
    ) throws(PayloadError) -> ContiguousArray<UInt8> {
        guard depth <= ProtobufSchema.mostDepth else { throw wrong(path, "lies too deep") }
        var bytes: ContiguousArray<UInt8> = []
        for field in type.fields.values.sorted(by: { $0.number < $1.number }) {
            let own = path.isEmpty ? field.member : path + "." + field.member
            let isNull = field.type == "google.protobuf.Value"
            guard let value = object[field.member] ?? object[field.name], value != .null || isNull else {
                if field.isRequired { throw wrong(own, "is missing, and the schema requires it") }
                continue
            }
            if let entry = schema.messages[field.type], entry.isMapEntry, field.kind == .message {
                guard let map = value.asObject else { throw wrong(own, "is no object") }
                for member in map.members {
                    let entryObject = JSONObject([.init("key", try key(member.name, entry, own)), .init("value", member.value)])
                    bytes.append(part: try message(entry, entryObject, own + "{}", depth + 1), of: field)
                }
            } else if field.isRepeated {
                guard let elements = value.asArray else { throw wrong(own, "is no list") }
                try append(elements, field, own, depth, to: &bytes)
            } else {
                let (wire, written) = try self.value(value, field, own, depth)
                if !field.hasPresence, !type.isMapEntry, written.allSatisfy({ $0 == 0 }), wire != 2 || written.isEmpty { continue }
                bytes.append(wire: wire, written, of: field)
            }
        }
        return bytes
    }

    private func append(
        _ elements: [JSONValue], _ field: ProtobufSchema.Field, _ path: String, _ depth: Int, to bytes: inout ContiguousArray<UInt8>
    ) throws(PayloadError) {
        var packed: ContiguousArray<UInt8> = []
        for element in elements {
            let (wire, written) = try value(element, field, path + "[]", depth)
            if field.isPacked { packed += written } else { bytes.append(wire: wire, written, of: field) }
        }
        if !packed.isEmpty { bytes.append(part: packed, of: field) }
    }

    /// The name of a map's member as its key's kind has it.
    private func key(_ name: String, _ entry: ProtobufSchema.Message, _ path: String) throws(PayloadError) -> JSONValue {
        switch entry.fields[1]?.kind {
        case .string: return .string(name)
        case .bool where name == "true" || name == "false": return .bool(name == "true")
        default:
            if let number = Int64(name) { return .integer(number) }
            if let number = UInt64(name) { return .unsigned(number) }
            throw wrong(path, "has a name that the map's keys cannot be")
        }
    }

    private func value(
        _ value: JSONValue, _ field: ProtobufSchema.Field, _ path: String, _ depth: Int
    ) throws(PayloadError) -> (UInt64, ContiguousArray<UInt8>) {
        var bytes: ContiguousArray<UInt8> = []
        func none() -> PayloadError { wrong(path, "is none of the schema's type \(field.kind.word)") }
        func integer<Number: FixedWidthInteger>(_: Number.Type) throws(PayloadError) -> Number {
            let number: Number? =
                switch value {
                case .integer(let integer): Number(exactly: integer)
                case .unsigned(let integer): Number(exactly: integer)
                default: nil
                }
            guard let number else { throw none() }
            return number
        }
        func double() throws(PayloadError) -> Double {
            guard let number = value.asDouble else { throw none() }
            if case .integer(let integer) = value, Int64(exactly: number) != integer { throw none() }
            if case .unsigned(let integer) = value, UInt64(exactly: number) != integer { throw none() }
            return number
        }
        switch field.kind {
        case .int32: bytes.append(varint: UInt64(bitPattern: Int64(try integer(Int32.self))))
        case .int64: bytes.append(varint: UInt64(bitPattern: try integer(Int64.self)))
        case .uint32: bytes.append(varint: UInt64(try integer(UInt32.self)))
        case .uint64: bytes.append(varint: try integer(UInt64.self))
        case .sint32, .sint64:
            let number = field.kind == .sint32 ? Int64(try integer(Int32.self)) : try integer(Int64.self)
            bytes.append(varint: UInt64(bitPattern: (number << 1) ^ (number >> 63)))
        case .fixed32: bytes.append(fixed: try integer(UInt32.self))
        case .sfixed32: bytes.append(fixed: try integer(Int32.self))
        case .fixed64: bytes.append(fixed: try integer(UInt64.self))
        case .sfixed64: bytes.append(fixed: try integer(Int64.self))
        case .bool:
            guard case .bool(let truth) = value else { throw none() }
            bytes.append(truth ? 1 : 0)
        case .float:
            let number = Float(try double())
            guard number.isFinite else { throw none() }
            bytes.append(fixed: number.bitPattern)
        case .double: bytes.append(fixed: try double().bitPattern)
        case .enum:
            var number: Int?
            if case .string(let name) = value {
                number = schema.enumerations[field.type]?.numbers[name]
            } else {
                number = Int(try integer(Int32.self))
            }
            guard let number else { throw wrong(path, "is no name of the schema's enum") }
            bytes.append(varint: UInt64(bitPattern: Int64(number)))
        case .string:
            guard case .string(let text) = value else { throw none() }
            bytes.append(contentsOf: text.utf8)
        case .bytes:
            guard let data = value.asString.flatMap({ Data(base64Encoded: $0) }) else { throw wrong(path, "is no base64") }
            bytes.append(contentsOf: data)
        case .message:
            guard let type = schema.messages[field.type], let object = WellKnownTypes.members(type.name, value) else { throw none() }
            bytes = try message(type, object, path, depth + 1)
        default: throw none()
        }
        return (field.kind.wire, bytes)
    }
}

extension ContiguousArray<UInt8> {
    fileprivate mutating func append(fixed bits: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: bits.littleEndian) { append(contentsOf: $0) }
    }

    fileprivate mutating func append(part: ContiguousArray<UInt8>, of field: ProtobufSchema.Field) { append(wire: 2, part, of: field) }

    fileprivate mutating func append(wire: UInt64, _ part: ContiguousArray<UInt8>, of field: ProtobufSchema.Field) {
        append(varint: UInt64(field.number) << 3 | wire)
        if wire == 2 { append(varint: UInt64(part.count)) }
        append(contentsOf: part)
    }
}
