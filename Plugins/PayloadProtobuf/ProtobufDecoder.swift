import Connectors
import EventModel
import Foundation
import SwiftProtobuf

/// Reads a message's bytes as JSON, by its schema. It trusts no length.
struct ProtobufDecoder {
    /// What was read of a message so far.
    private final class State {
        var values: [Int: JSONValue] = [:]
        var lists: [Int: [JSONValue]] = [:]
        var messages: [Int: State] = [:]
    }
    private let schema: ProtobufSchema
    private let bytes: UnsafeRawBufferPointer
    private var budget: Int

    /// - Parameter longest: Bytes of JSON, at most.
    init(_ schema: ProtobufSchema, _ bytes: UnsafeRawBufferPointer, longest: Int) {
        (self.schema, self.bytes, budget) = (schema, bytes, longest)
    }

    mutating func record() throws(PayloadError) -> JSONValue {
        let state = State()
        try read(schema.root, bytes, into: state, 0)
        return try told(schema.root, state)
    }

    private mutating func read(
        _ message: ProtobufSchema.Message, _ part: UnsafeRawBufferPointer, into state: State, _ depth: Int
    ) throws(PayloadError) {
        var reader = ProtobufBytes(part)
        guard depth <= ProtobufSchema.mostDepth else {
            throw reader.wrong("messages lie more than \(ProtobufSchema.mostDepth) levels deep in each other")
        }
        while !reader.isAtEnd {
            let tag = try reader.varint()
            guard tag >> 3 > 0, tag >> 3 <= 536_870_911 else { throw reader.wrong("there is no field of the number \(tag >> 3)") }
            guard let field = message.fields[Int(tag >> 3)] else {
                try reader.skip(wire: tag & 7)
                continue
            }
            try read(field, tag & 7, &reader, message, state, depth)
        }
    }

    private mutating func spend(_ count: Int, _ reader: ProtobufBytes) throws(PayloadError) {
        budget -= count
        if budget < 0 { throw reader.wrong("the record becomes longer than records may be") }
    }

    private mutating func read(
        _ field: ProtobufSchema.Field, _ wire: UInt64, _ reader: inout ProtobufBytes, _ message: ProtobufSchema.Message, _ state: State,
        _ depth: Int
    ) throws(PayloadError) {
        // Of those in a oneof the last one holds.
        if let choice = field.choice {
            for other in message.fields.values where other.choice == choice && other.number != field.number {
                state.values[other.number] = nil
                state.messages[other.number] = nil
            }
        }
        try spend(2 + (field.isRepeated ? 0 : field.member.utf8.count + 3), reader)
        if field.kind == .message {
            guard wire == 2, let type = schema.messages[field.type] else { throw reader.wrong("the field `\(field.name)` is no message") }
            let part = try reader.part()
            let inner = field.isRepeated ? State() : state.messages[field.number] ?? State()
            try read(type, part, into: inner, depth + 1)
            if field.isRepeated {
                state.lists[field.number, default: []].append(try told(type, inner))
            } else {
                state.messages[field.number] = inner
            }
        } else if wire == 2, field.isRepeated, field.kind.wire != 2 {
            var packed = ProtobufBytes(try reader.part())
            while !packed.isAtEnd {
                try spend(2, packed)
                state.lists[field.number, default: []].append(try value(field, &packed))
            }
        } else {
            guard wire == field.kind.wire else { throw reader.wrong("the field `\(field.name)` has the wire type \(wire)") }
            let value = try value(field, &reader)
            if field.isRepeated { state.lists[field.number, default: []].append(value) } else { state.values[field.number] = value }
        }
    }

    private mutating func value(_ field: ProtobufSchema.Field, _ reader: inout ProtobufBytes) throws(PayloadError) -> JSONValue {
        switch field.kind {
        case .int32: return .integer(Int64(Int32(truncatingIfNeeded: try reader.varint())))
        case .int64: return .integer(Int64(bitPattern: try reader.varint()))
        case .uint32: return .integer(Int64(UInt32(truncatingIfNeeded: try reader.varint())))
        case .uint64: return Self.unsigned(try reader.varint())
        case .sint32, .sint64:
            let raw = try reader.varint()
            let number = Int64(bitPattern: raw >> 1) ^ -Int64(raw & 1)
            return .integer(field.kind == .sint64 ? number : Int64(Int32(truncatingIfNeeded: number)))
        case .fixed32: return .integer(Int64(try reader.fixed(UInt32.self)))
        case .sfixed32: return .integer(Int64(Int32(bitPattern: try reader.fixed(UInt32.self))))
        case .fixed64: return Self.unsigned(try reader.fixed(UInt64.self))
        case .sfixed64: return .integer(Int64(bitPattern: try reader.fixed(UInt64.self)))
        case .bool: return .bool(try reader.varint() != 0)
        case .float: return Self.number(Double(Float(bitPattern: try reader.fixed(UInt32.self))))
        case .double: return Self.number(Double(bitPattern: try reader.fixed(UInt64.self)))
        case .enum:
            let number = Int(Int32(truncatingIfNeeded: try reader.varint()))
            guard let name = schema.enumerations[field.type]?.names[number] else { return .integer(Int64(number)) }
            try spend(name.utf8.count, reader)
            return field.type == "google.protobuf.NullValue" ? .null : .string(name)
        case .string:
            let part = try reader.part()
            try spend(part.count, reader)
            guard let text = String(validating: part, as: UTF8.self) else { throw reader.wrong("the field `\(field.name)` is not UTF-8") }
            return .string(text)
        case .bytes:
            let part = try reader.part()
            try spend(part.count / 3 * 4, reader)
            return .string(Data(part).base64EncodedString())
        default: throw reader.wrong("the field `\(field.name)` is of a kind that is not read")
        }
    }

    private static func unsigned(_ number: UInt64) -> JSONValue { Int64(exactly: number).map { .integer($0) } ?? .unsigned(number) }
    private static func number(_ number: Double) -> JSONValue { number.isFinite ? .number(number) : .null }

    // MARK: - JSON

    private func told(_ message: ProtobufSchema.Message, _ state: State) throws(PayloadError) -> JSONValue {
        var object = JSONObject()
        for field in message.fields.values.sorted(by: { $0.number < $1.number }) {
            if let type = schema.messages[field.type], field.kind == .message {
                if let list = state.lists[field.number] {
                    object.members.append(.init(field.member, type.isMapEntry ? Self.map(list) : .array(list)))
                } else if let inner = state.messages[field.number] {
                    object.members.append(.init(field.member, try told(type, inner)))
                }
            } else if let list = state.lists[field.number] {
                object.members.append(.init(field.member, .array(list)))
            } else if let value = state.values[field.number] {
                object.members.append(.init(field.member, value))
            } else if message.isMapEntry {
                object.members.append(.init(field.member, schema.zero(of: field)))
            } else if field.isRequired {
                throw PayloadError("The required field `\(message.name).\(field.name)` is missing.")
            }
        }
        return try WellKnownTypes.told(message.name, object)
    }

    /// The entries of a map; the last one of a name holds.
    private static func map(_ entries: [JSONValue]) -> JSONValue {
        var members: [JSONObject.Member] = []
        var places: [[UInt8]: Int] = [:]
        for entry in entries {
            guard let entry = entry.asObject else { continue }
            let key = entry["key"] ?? .string("")
            let name = key.asString ?? key.text
            if let place = places[Array(name.utf8)] {
                members[place].value = entry["value"] ?? .null
            } else {
                places[Array(name.utf8)] = members.count
                members.append(.init(name, entry["value"] ?? .null))
            }
        }
        return .object(JSONObject(members))
    }
}

extension ProtobufSchema {
    /// What a field is that was not written.
    fileprivate func zero(of field: Field) -> JSONValue {
        switch field.kind {
        case .string, .bytes: .string("")
        case .bool: .bool(false)
        case .float, .double: .number(0)
        case .enum: (enumerations[field.type]?.names[0]).map { .string($0) } ?? .integer(0)
        case .message: (try? WellKnownTypes.told(field.type, JSONObject())) ?? .object(JSONObject())
        default: .integer(0)
        }
    }
}

extension ProtobufSchema.Kind {
    /// How values lie in the bytes: 0 a number of any length, 1 of eight bytes, 5 of four, 2 a length and as many bytes.
    var wire: UInt64 {
        switch self {
        case .double, .fixed64, .sfixed64: 1
        case .float, .fixed32, .sfixed32: 5
        case .string, .bytes, .message: 2
        default: 0
        }
    }
}
