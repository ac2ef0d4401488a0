import CAvro
import Connectors
import EventModel
import Foundation

/// Writes JSON as the bytes of a schema's values, with libavro.
struct AvroEncoder {
    private let type: AvroClass
    private var schema: AvroSchema { type.schema }
    /// Values that may still be tried: branches of unions in each other could otherwise be tried for ever.
    private var tries = 1_000_000
    /// Values of a map.
    private static let mostValues = 10_000

    /// What reads back the types of fields beside one that takes others, by their places.
    private let own: [Int: AvroConsumers]

    /// - Parameter own: `schema.ownConsumers`, made once.
    init(_ type: AvroClass, own: [Int: AvroConsumers] = [:]) { (self.type, self.own) = (type, own) }

    /// The bytes of a record.
    mutating func bytes(of value: JSONValue) throws(PayloadError) -> ContiguousArray<UInt8> {
        try AvroLibrary.alone { () throws(PayloadError) in
            var whole = try type.makeValue()
            defer { avro_value_decref(&whole) }
            try set(&whole, to: value, schema.root, "", 0)
            return try Self.written(&whole)
        }
    }

    private static func written(_ value: inout avro_value_t) throws(PayloadError) -> ContiguousArray<UInt8> {
        var size = 0
        try AvroLibrary.check(avro_value_sizeof(&value, &size))
        var answer: Int32 = 0
        let bytes = ContiguousArray<UInt8>(unsafeUninitializedCapacity: size) { bytes, count in
            bytes.withMemoryRebound(to: CChar.self) { bytes in
                // What has no bytes needs no writer, and libavro makes none for it.
                guard size > 0, let writer = avro_writer_memory(bytes.baseAddress, Int64(size)) else { return }
                answer = avro_value_write(writer, &value)
                count = Int(avro_writer_tell(writer))
                avro_writer_free(writer)
            }
        }
        try AvroLibrary.check(answer)
        guard bytes.count == size else { throw PayloadError("There is no memory for the record.") }
        return bytes
    }

    private func wrong(_ path: String, _ what: String) -> PayloadError {
        PayloadError((path.isEmpty ? "The record" : "The member `\(path)`") + " " + what + ".")
    }

    /// The way to a member, without names that only the record knows: those of maps may be personal.
    private static func within(_ path: String, _ name: String) -> String { path.isEmpty ? name : path + "." + name }

    private mutating func set(
        _ target: inout avro_value_t, to value: JSONValue, _ place: Int, _ path: String, _ depth: Int
    ) throws(PayloadError) {
        tries -= 1
        guard tries > 0, depth <= AvroSchema.mostDepth else { throw wrong(path, "lies too deep, or has too much in it") }
        let node = schema.nodes[place]
        func none() -> PayloadError { wrong(path, "is none of the schema's type \(schema.told(place))") }
        let answer: Int32
        switch (node.shape, value) {
        case (.null, .null): answer = tessera_avro_set_null(&target)
        case (.boolean, .bool(let truth)): answer = tessera_avro_set_boolean(&target, truth ? 1 : 0)
        case (.int, _):
            guard let number = integer(value, node).flatMap({ Int32(exactly: $0) }) else { throw none() }
            answer = tessera_avro_set_int(&target, number)
        case (.long, _):
            guard let number = integer(value, node) else { throw none() }
            answer = tessera_avro_set_long(&target, number)
        case (.float, _):
            guard let number = value.asDouble, Double(Float(number)) == number || value.isFraction, Float(number).isFinite else {
                throw none()
            }
            answer = tessera_avro_set_float(&target, Float(number))
        case (.double, _):
            guard let number = value.asDouble, value.isExact(number) else { throw none() }
            answer = tessera_avro_set_double(&target, number)
        case (.string, _) where node.logical == .json: answer = Self.set(&target, to: value.text)
        case (.string, .string(let text)): answer = Self.set(&target, to: text)
        case (.bytes, _):
            guard let binary = binary(value, node) else { throw none() }
            answer = Self.withStart(of: binary) { tessera_avro_set_bytes(&target, $0, binary.count) }
        case (.fixed(let size), _):
            guard let binary = binary(value, node), binary.count == size else { throw none() }
            answer = size == 0 ? 0 : Self.withStart(of: binary) { tessera_avro_set_fixed(&target, $0, size) }
        case (.enumeration(let symbols, _), .string(let text)):
            guard let number = symbols.firstIndex(where: { $0.sameScalars(as: text) }) else { throw none() }
            answer = tessera_avro_set_enum(&target, Int32(number))
        case (.array(let items), .array(let elements)):
            answer = 0
            for element in elements {
                var inner = avro_value_t()
                try AvroLibrary.check(tessera_avro_append(&target, &inner))
                try set(&inner, to: element, items, path + "[]", depth + 1)
            }
        case (.map(let values), .object(let object)):
            answer = 0
            // Names may be chosen so that libavro's table of them is a list: what it costs is bounded.
            guard object.members.count <= Self.mostValues else { throw wrong(path, "has more than \(Self.mostValues) members") }
            for member in object.members {
                // libavro ends names at a zero.
                if member.name.utf8.contains(0) { throw wrong(path, "has a name with a zero in it, which cannot be written") }
                var inner = avro_value_t()
                try AvroLibrary.check(tessera_avro_add(&target, member.name, &inner))
                try set(&inner, to: member.value, values, path + "{}", depth + 1)
            }
        case (.union(let branches), _): return try set(&target, to: value, branches, place, path, depth)
        // libavro's value of it may be a null.
        case (.record, .object) where schema.isEmpty(place): answer = 0
        case (.record(let fields), .object(let object)): return try set(&target, to: object, fields, path, depth)
        default: throw none()
        }
        try AvroLibrary.check(answer)
    }

    private static func set(_ target: inout avro_value_t, to text: String) -> Int32 {
        var text = text
        let length = text.utf8.count
        return text.withUTF8 { bytes in
            // A zero has to follow, which a text of Swift's need not have.
            withUnsafeTemporaryAllocation(of: CChar.self, capacity: length + 1) { copy in
                for (place, byte) in bytes.enumerated() { copy[place] = CChar(bitPattern: byte) }
                copy[length] = 0
                guard let start = copy.baseAddress else { return ENOMEM }
                return tessera_avro_set_string(&target, start, length)
            }
        }
    }

    /// Works with where bytes begin, also where there are none.
    private static func withStart(of bytes: [UInt8], _ work: (UnsafeRawPointer) -> Int32) -> Int32 {
        bytes.withUnsafeBytes { bytes in
            var nothing: UInt8 = 0
            return bytes.baseAddress.map(work) ?? withUnsafeBytes(of: &nothing) { $0.baseAddress.map(work) ?? ENOMEM }
        }
    }

    /// The first branch that takes the value as it is; a whole number goes to one of whole numbers where there is one.
    private mutating func set(
        _ target: inout avro_value_t, to value: JSONValue, _ branches: [Int], _ place: Int, _ path: String, _ depth: Int
    ) throws(PayloadError) {
        var order = Array(branches.enumerated())
        if case .integer = value { order.sort { isInteger($0.element) && !isInteger($1.element) } }
        var only: PayloadError?
        var tried = 0
        for (number, branch) in order where takes(value, branch) {
            tried += 1
            // What was begun of another branch is given up with it.
            var inner = avro_value_t()
            try AvroLibrary.check(tessera_avro_set_branch(&target, Int32(number), &inner))
            do throws(PayloadError) { return try set(&inner, to: value, branch, path, depth) } catch { only = error }
        }
        // What the one branch that it could have been says is more than that it is none of them.
        if let only, tried == 1 || tries <= 0 { throw only }
        throw wrong(path, "is none of the schema's types \(schema.told(place))")
    }

    private func isInteger(_ place: Int) -> Bool {
        switch schema.nodes[place].shape {
        case .int, .long: true
        default: false
        }
    }

    /// Whether it is worth a try.
    private func takes(_ value: JSONValue, _ place: Int) -> Bool {
        switch (schema.nodes[place].shape, value) {
        case (.null, .null), (.boolean, .bool), (.array, .array), (.map, .object), (.record, .object): true
        case (.int, .integer), (.long, .integer), (.float, .integer), (.double, .integer), (.float, .number), (.double, .number),
            (.double, .unsigned):
            true
        case (.int, .string), (.long, .string): schema.nodes[place].logical != nil
        case (.string, .string), (.bytes, .string), (.enumeration, .string): true
        case (.bytes, .integer): schema.nodes[place].logical != nil
        // libavro makes room for it before it is known to fit.
        case (.fixed(let size), _): binary(value, schema.nodes[place])?.count == size
        case (.string, _): schema.nodes[place].logical == .json && value != .null
        default: false
        }
    }

    private mutating func set(
        _ target: inout avro_value_t, to object: JSONObject, _ fields: [AvroSchema.Field], _ path: String, _ depth: Int
    ) throws(PayloadError) {
        tries -= fields.count
        let hasOthers = fields.contains { $0.takesOthers }
        var others = JSONObject()
        if hasOthers {
            others.members = object.members.filter { member in !fields.contains { !$0.takesOthers && $0.name.sameScalars(as: member.name) }
            }
        }
        for (number, field) in fields.enumerated() where !field.takesOthers {
            var inner = avro_value_t()
            try AvroLibrary.check(tessera_avro_field(&target, number, &inner))
            try set(
                &inner, to: object[field.name], of: field, hasOthers ? { others.members.append(.init(field.name, $0)) } : nil, path, depth)
        }
        // Others are told last, where they are known; their field may stand anywhere.
        for (number, field) in fields.enumerated() where field.takesOthers {
            var inner = avro_value_t()
            try AvroLibrary.check(tessera_avro_field(&target, number, &inner))
            try AvroLibrary.check(Self.set(&inner, to: others.text))
        }
    }

    /// Sets a field.
    ///
    /// - Parameter keep: Takes a value that the field cannot say exactly; nil: there is nobody to take it.
    private mutating func set(
        _ target: inout avro_value_t, to value: JSONValue?, of field: AvroSchema.Field, _ keep: ((JSONValue) -> Void)?, _ path: String,
        _ depth: Int
    ) throws(PayloadError) {
        guard let value else {
            guard let usual = field.usualBytes else {
                throw wrong(Self.within(path, field.name), "is missing, and the schema has no default for it")
            }
            return try Self.set(&target, toWritten: usual)
        }
        do throws(PayloadError) {
            try set(&target, to: value, field.type, Self.within(path, field.name), depth + 1)
            guard let keep else { return }
            let isSaid = try isTold(value, field, &target)
            if value == .null || !isSaid { keep(value) }
        } catch {
            guard let keep, let usual = field.usualBytes else { throw error }
            try Self.set(&target, toWritten: usual)
            keep(value)
        }
    }

    private static func set(_ target: inout avro_value_t, toWritten bytes: ContiguousArray<UInt8>) throws(PayloadError) {
        try AvroLibrary.check(tessera_avro_reset(&target))
        // What has no bytes is what a new value is.
        if bytes.isEmpty { return }
        try AvroLibrary.check(
            bytes.withUnsafeBytes { bytes in
                guard let start = bytes.baseAddress?.assumingMemoryBound(to: CChar.self),
                    let reader = avro_reader_memory(start, Int64(bytes.count))
                else { return ENOMEM }
                defer { avro_reader_free(reader) }
                return avro_value_read(reader, &target)
            })
    }

    /// Whether what was set reads back as the very value.
    private func isTold(_ value: JSONValue, _ field: AvroSchema.Field, _ target: inout avro_value_t) throws(PayloadError) -> Bool {
        guard let own = own[field.type] else { return false }
        let written = try Self.written(&target)
        return written.withUnsafeBytes { (try? AvroDecoder(own, $0, longest: .max).next()) == value }
    }

    private func integer(_ value: JSONValue, _ node: AvroSchema.Node) -> Int64? {
        let integer: Int64? =
            switch value {
            case .integer(let integer): integer
            case .string(let text): node.logical.flatMap { AvroLogical.integer(text, $0) }
            default: nil
            }
        // A time that no text can say would not be read again.
        return integer.flatMap { AvroLogical.value($0, node.logical) == nil ? nil : $0 }
    }

    private func binary(_ value: JSONValue, _ node: AvroSchema.Node) -> [UInt8]? {
        switch (node.logical, value) {
        case (.decimal(let precision, let scale), _):
            var text = value.asString
            if case .integer(let integer) = value { text = "\(integer)" }
            guard let bytes = text.flatMap({ AvroDecimal.bytes($0, precision: precision, scale: scale) }) else { return nil }
            guard case .fixed(let size) = node.shape, size > bytes.count else { return bytes }
            return [UInt8](repeating: bytes[0] & 0x80 == 0 ? 0 : 0xFF, count: size - bytes.count) + bytes
        case (.uuid, .string(let text)):
            return UUID(uuidString: text).map { id in withUnsafeBytes(of: id.uuid) { Array($0) } }
        case (_, .string(let text)): return Data(base64Encoded: text).map { Array($0) }
        default: return nil
        }
    }
}

extension JSONValue {
    /// A number that a float may round, since it is a fraction in decimals already.
    fileprivate var isFraction: Bool { if case .number = self { true } else { false } }

    /// Whether the float64 is the number itself.
    fileprivate func isExact(_ number: Double) -> Bool {
        switch self {
        case .integer(let integer): Int64(exactly: number) == integer
        case .unsigned(let integer): UInt64(exactly: number) == integer
        default: true
        }
    }
}
