import Connectors
import EventModel
import Foundation

/// Writes JSON as the bytes of a schema's values.
struct AvroEncoder {
    private let schema: AvroSchema
    private(set) var bytes: ContiguousArray<UInt8> = []
    /// Values that may still be tried: branches of unions in each other could otherwise be tried for ever.
    private var tries = 1_000_000

    /// What reads back the types of fields beside one that takes others, by their places.
    private let own: [Int: AvroResolution]

    /// - Parameter own: `schema.ownResolutions`, made once.
    init(_ schema: AvroSchema, own: [Int: AvroResolution] = [:]) { (self.schema, self.own) = (schema, own) }

    /// Appends a record.
    mutating func append(_ value: JSONValue) throws(PayloadError) { try append(value, schema.root, "", 0) }

    private func wrong(_ path: String, _ what: String) -> PayloadError {
        PayloadError((path.isEmpty ? "The record" : "The member `\(path)`") + " " + what + ".")
    }

    /// The way to a member, without names that only the record knows: those of maps may be personal.
    private static func within(_ path: String, _ name: String) -> String { path.isEmpty ? name : path + "." + name }

    private mutating func append(_ value: JSONValue, _ place: Int, _ path: String, _ depth: Int) throws(PayloadError) {
        tries -= 1
        guard tries > 0, depth <= AvroSchema.mostDepth else { throw wrong(path, "lies too deep, or has too much in it") }
        let node = schema.nodes[place]
        func none() -> PayloadError { wrong(path, "is none of the schema's type \(schema.told(place))") }
        switch (node.shape, value) {
        case (.null, .null): break
        case (.boolean, .bool(let truth)): bytes.append(truth ? 1 : 0)
        case (.int, _), (.long, _):
            guard let integer = integer(value, node), node.shape == .long || Int32(exactly: integer) != nil else { throw none() }
            append(integer)
        case (.float, _):
            guard let number = value.asDouble, Double(Float(number)) == number || value.isFraction, Float(number).isFinite else {
                throw none()
            }
            append(Float(number).bitPattern)
        case (.double, _):
            guard let number = value.asDouble, value.isExact(number) else { throw none() }
            append(number.bitPattern)
        case (.string, _) where node.logical == .json: append(Array(value.text.utf8))
        case (.string, .string(let text)): append(Array(text.utf8))
        case (.bytes, _):
            guard let binary = binary(value, node) else { throw none() }
            append(binary)
        case (.fixed(let size), _):
            guard let binary = binary(value, node), binary.count == size else { throw none() }
            bytes.append(contentsOf: binary)
        case (.enumeration(let symbols, _), .string(let text)):
            guard let number = symbols.firstIndex(where: { $0.sameScalars(as: text) }) else { throw none() }
            append(Int64(number))
        case (.array(let items), .array(let elements)):
            if !elements.isEmpty { append(Int64(elements.count)) }
            for element in elements { try append(element, items, path + "[]", depth + 1) }
            append(0 as Int64)
        case (.map(let values), .object(let object)):
            if !object.members.isEmpty { append(Int64(object.members.count)) }
            for member in object.members {
                append(Array(member.name.utf8))
                try append(member.value, values, path + "{}", depth + 1)
            }
            append(0 as Int64)
        case (.union(let branches), _): try append(value, branches, place, path, depth)
        case (.record(let fields), .object(let object)): try append(object, fields, path, depth)
        default: throw none()
        }
    }

    /// The first branch that takes the value as it is; a whole number goes to one of whole numbers where there is one.
    private mutating func append(
        _ value: JSONValue, _ branches: [Int], _ place: Int, _ path: String, _ depth: Int
    ) throws(PayloadError) {
        let start = bytes.count
        var order = Array(branches.enumerated())
        if case .integer = value { order.sort { isInteger($0.element) && !isInteger($1.element) } }
        var only: PayloadError?
        var tried = 0
        for (number, branch) in order where takes(value, branch) {
            append(Int64(number))
            tried += 1
            do throws(PayloadError) { return try append(value, branch, path, depth) } catch {
                only = error
                bytes.removeLast(bytes.count - start)
            }
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
        case (.string, .string), (.bytes, .string), (.fixed, .string), (.enumeration, .string): true
        case (.bytes, .integer), (.fixed, .integer): schema.nodes[place].logical != nil
        case (.string, _): schema.nodes[place].logical == .json && value != .null
        default: false
        }
    }

    private mutating func append(
        _ object: JSONObject, _ fields: [AvroSchema.Field], _ path: String, _ depth: Int
    ) throws(PayloadError) {
        let hasOthers = fields.contains { $0.takesOthers }
        var others = JSONObject()
        if hasOthers {
            others.members = object.members.filter { member in !fields.contains { !$0.takesOthers && $0.name.sameScalars(as: member.name) }
            }
        }
        // Others are told last, where they are known; their field may stand anywhere.
        var parts: [ContiguousArray<UInt8>] = []
        let start = bytes.count
        for field in fields where !field.takesOthers {
            try append(object[field.name], of: field, hasOthers ? { others.members.append(.init(field.name, $0)) } : nil, path, depth)
            if hasOthers {
                parts.append(ContiguousArray(bytes[start...]))
                bytes.removeLast(bytes.count - start)
            }
        }
        guard hasOthers else { return }
        var rest = parts[...]
        for field in fields {
            if field.takesOthers { append(Array(others.text.utf8)) } else { bytes.append(contentsOf: rest.removeFirst()) }
        }
    }

    /// Appends a field.
    ///
    /// - Parameter keep: Takes a value that the field cannot say exactly; nil: there is nobody to take it.
    private mutating func append(
        _ value: JSONValue?, of field: AvroSchema.Field, _ keep: ((JSONValue) -> Void)?, _ path: String, _ depth: Int
    ) throws(PayloadError) {
        let start = bytes.count
        guard let value else {
            guard let usual = field.usualBytes else {
                throw wrong(Self.within(path, field.name), "is missing, and the schema has no default for it")
            }
            bytes.append(contentsOf: usual)
            return
        }
        do throws(PayloadError) {
            try append(value, field.type, Self.within(path, field.name), depth + 1)
            guard let keep, value == .null || !isTold(value, field, start) else { return }
            keep(value)
        } catch {
            guard let keep, let usual = field.usualBytes else { throw error }
            bytes.removeLast(bytes.count - start)
            bytes.append(contentsOf: usual)
            keep(value)
        }
    }

    /// Whether what was appended reads back as the very value.
    private func isTold(_ value: JSONValue, _ field: AvroSchema.Field, _ start: Int) -> Bool {
        guard let resolution = own[field.type] else { return false }
        return bytes[start...].withUnsafeBytes { written in
            var decoder = AvroDecoder(resolution, written, longest: .max)
            return (try? decoder.value()) == value
        }
    }

    private func integer(_ value: JSONValue, _ node: AvroSchema.Node) -> Int64? {
        switch value {
        // A time that no text can say would not be read again.
        case .integer(let integer): AvroLogical.value(integer, node.logical) == nil ? nil : integer
        case .string(let text): node.logical.flatMap { AvroLogical.integer(text, $0) }
        default: nil
        }
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

    // MARK: - parts

    private mutating func append(_ integer: Int64) {
        var raw = UInt64(bitPattern: (integer << 1) ^ (integer >> 63))
        while raw >= 0x80 {
            bytes.append(UInt8(raw & 0x7F) | 0x80)
            raw >>= 7
        }
        bytes.append(UInt8(raw))
    }

    private mutating func append(_ part: [UInt8]) {
        append(Int64(part.count))
        bytes.append(contentsOf: part)
    }

    private mutating func append(_ bits: some FixedWidthInteger) {
        withUnsafeBytes(of: bits.littleEndian) { bytes.append(contentsOf: $0) }
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
