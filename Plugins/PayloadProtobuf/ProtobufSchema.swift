public import Connectors
public import EventModel
import SwiftProtobuf

/// The messages of a set of `.proto` files, as `protoc --include_imports --descriptor_set_out` writes it, and the one that records are.
public struct ProtobufSchema: Sendable {
    typealias Kind = Google_Protobuf_FieldDescriptorProto.TypeEnum

    /// A field of a message.
    struct Field: Sendable {
        var number: Int
        var name: String
        /// In JSON.
        var member: String
        var kind: Kind
        /// Of a message or an enum: its full name.
        var type: String
        var isRepeated: Bool
        var isRequired: Bool
        /// Whether it is told even where it is zero or empty.
        var hasPresence: Bool
        var isPacked: Bool
        /// Place of the oneof that it is in; nil: none that was written.
        var choice: Int?
    }
    /// A message.
    struct Message: Sendable {
        var name: String
        /// By their numbers.
        var fields: [Int: Field] = [:]
        var reserved: [Range<Int>] = []
        var isMapEntry = false
        /// Its place in its file, and those of the messages that it lies in before.
        var path: [Int] = []
    }
    /// An enum: names by numbers, the first of each, and numbers by names.
    struct Enumeration: Sendable {
        var names: [Int: String] = [:]
        var numbers: [String: Int] = [:]
    }
    /// By their full names.
    private(set) var messages: [String: Message] = [:]
    /// By their full names.
    private(set) var enumerations: [String: Enumeration] = [:]
    /// The message that records are.
    let root: Message

    /// Deepest nesting of messages.
    static let mostDepth = 64

    /// Reads a descriptor set.
    ///
    /// - Parameter message: The full name of the message that records are.
    public init(file: [UInt8], message: String?) throws(PayloadError) {
        guard let set = try? Google_Protobuf_FileDescriptorSet(serializedBytes: file), !set.file.isEmpty else {
            throw PayloadError("It is no descriptor set. Write it with `protoc --include_imports --descriptor_set_out=FILE`.")
        }
        var (messages, enumerations): ([String: Message], [String: Enumeration]) = ([:], [:])
        for file in set.file {
            let isExplicit = file.syntax != "proto3"
            let prefix = file.package.isEmpty ? "" : file.package + "."
            for (place, type) in file.messageType.enumerated() {
                try Self.add(type, prefix, [place], isExplicit: isExplicit, &messages, &enumerations)
            }
            for type in file.enumType { enumerations[prefix + type.name] = Enumeration(type) }
        }
        guard let root = messages[message ?? ""] else {
            let names = messages.values.filter { !$0.isMapEntry && !$0.name.hasPrefix("google.protobuf.") }.map(\.name).sorted()
            throw PayloadError("It has no message `\(message ?? "")`. It has: \(listed(names.prefix(20))).")
        }
        for type in messages.values {
            for field in type.fields.values where !field.type.isEmpty {
                let isThere = field.kind == .enum ? enumerations[field.type] != nil : messages[field.type] != nil
                if !isThere {
                    throw PayloadError("It lacks \(field.type). Write it with `protoc --include_imports --descriptor_set_out=FILE`.")
                }
            }
        }
        (self.messages, self.enumerations, self.root) = (messages, enumerations, root)
    }

    private static func add(
        _ type: Google_Protobuf_DescriptorProto, _ prefix: String, _ path: [Int], isExplicit: Bool, _ messages: inout [String: Message],
        _ enumerations: inout [String: Enumeration]
    ) throws(PayloadError) {
        let name = prefix + type.name
        var message = Message(name: name, isMapEntry: type.options.mapEntry, path: path)
        message.reserved = type.reservedRange.map { Int($0.start)..<max(Int($0.start), Int($0.end)) }
        for field in type.field {
            if field.type == .group { throw PayloadError("\(name).\(field.name) is a group, and groups are not read. Make it a message.") }
            let isRepeated = field.label == .repeated
            let isText = [.string, .bytes, .message].contains(field.type)
            message.fields[Int(field.number)] = Field(
                number: Int(field.number), name: field.name, member: field.jsonName.isEmpty ? field.name : field.jsonName,
                kind: field.type, type: String(field.typeName.drop { $0 == "." }), isRepeated: isRepeated,
                isRequired: field.label == .required,
                hasPresence: !isRepeated && (isExplicit || field.proto3Optional || field.hasOneofIndex || field.type == .message),
                isPacked: isRepeated && !isText && (field.options.hasPacked ? field.options.packed : !isExplicit),
                choice: field.hasOneofIndex && !field.proto3Optional ? Int(field.oneofIndex) : nil)
        }
        messages[name] = message
        for (place, inner) in type.nestedType.enumerated() {
            try add(inner, name + ".", path + [place], isExplicit: isExplicit, &messages, &enumerations)
        }
        for inner in type.enumType { enumerations[name + "." + inner.name] = Enumeration(inner) }
    }
}

extension ProtobufSchema.Enumeration {
    fileprivate init(_ type: Google_Protobuf_EnumDescriptorProto) {
        for value in type.value {
            if names[Int(value.number)] == nil { names[Int(value.number)] = value.name }
            numbers[value.name] = Int(value.number)
        }
    }
}

extension ProtobufSchema: RecordSchema {
    public static let language = "protobuf"
    public static let summary = "Protocol Buffers: descriptor sets of protoc, records in its binary encoding."
    public static let fileExtension = "desc"
    public static let framings = ProtobufCodec.Framing.allCases.map(\.rawValue)
    public static let hasSeveralMessages = true
    public static var published: any PayloadCodec { PublishedProtobuf() }

    public static func makeCodec(
        _ versions: SchemaVersions<ProtobufSchema>, framing: SchemaFraming
    ) throws(SettingsError) -> any PayloadCodec {
        guard let own = ProtobufCodec.Framing(rawValue: framing.name) else {
            throw SettingsError(at: ["framing"], "there is no framing `\(framing.name)`", remedy: "There are: \(listed(framings)).")
        }
        return ProtobufCodec(versions, framing: own, ids: framing)
    }
}
