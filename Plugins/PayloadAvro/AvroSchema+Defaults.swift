import Connectors
import EventModel

extension AvroSchema {
    /// The bytes of a field's default.
    ///
    /// - Parameter cost: Types and values that it took are added to it.
    /// - Throws: Where it has none, or one that is none of its type.
    func usualBytes(of field: Field, _ cost: inout Int) throws(PayloadError) -> ContiguousArray<UInt8> {
        guard let usual = field.usual else { throw PayloadError("There is none.") }
        let value = try plain(usual, field.type, 0, &cost)
        var own = self
        var number: [UInt8] = []
        if case .union(let branches) = nodes[field.type].shape {
            let branch = usualBranch(usual, branches)
            own.root = branches[branch]
            number = branch < 64 ? [UInt8(branch) << 1] : []
        } else {
            own.root = field.type
        }
        let type = try AvroClass(own)
        cost += type.size
        var encoder = AvroEncoder(type)
        return number + (try encoder.bytes(of: value))
    }

    /// A field's default as records tell it; nil where it has none.
    func usualValue(of field: Field) -> JSONValue? {
        guard let bytes = field.usualBytes else { return nil }
        return bytes.withUnsafeBytes { try? AvroDecoder(AvroConsumers(ownResolution(of: field.type)), $0, longest: .max).value() }
    }

    /// Reads what the schema itself wrote of one of its types.
    private func ownResolution(of place: Int) -> AvroResolution {
        var own = self
        own.root = place
        return AvroResolution(of: own, as: own)
    }

    /// Of the types of all fields that stand beside one that takes others.
    var ownConsumers: [Int: AvroConsumers] {
        var own: [Int: AvroConsumers] = [:]
        for node in nodes {
            guard case .record(let fields) = node.shape, fields.contains(where: \.takesOthers) else { continue }
            for field in fields where !field.takesOthers { own[field.type] = AvroConsumers(ownResolution(of: field.type)) }
        }
        return own
    }

    /// A null is one of the branch null, and anything else of the first other one.
    private func usualBranch(_ usual: JSONValue, _ branches: [Int]) -> Int {
        branches.prefix(64).firstIndex { (nodes[$0].shape == .null) == (usual == .null) } ?? 0
    }

    /// A default with its own defaults filled in, in the shape that records have: bytes in base64, not in letters of their own number.
    private func plain(_ value: JSONValue, _ place: Int, _ depth: Int, _ cost: inout Int) throws(PayloadError) -> JSONValue {
        cost += 1
        guard cost <= Self.mostCost else { throw PayloadError("Its defaults have too much in them.") }
        guard depth <= Self.mostDepth else { throw PayloadError("It lies too deep.") }
        let node = nodes[place]
        switch (node.shape, value) {
        case (.union(let branches), _): return try plain(value, branches[usualBranch(value, branches)], depth, &cost)
        case (.bytes, .string(let text)), (.fixed, .string(let text)):
            var bytes: [UInt8] = []
            for scalar in text.unicodeScalars {
                guard let byte = UInt8(exactly: scalar.value) else { throw PayloadError("Its bytes are letters above \\u00FF.") }
                bytes.append(byte)
            }
            return bytes.withUnsafeBytes { AvroLogical.value($0, node.logical) }
        case (.array(let items), .array(let elements)):
            var read: [JSONValue] = []
            for element in elements { read.append(try plain(element, items, depth + 1, &cost)) }
            return .array(read)
        case (.map(let values), .object(let object)):
            var read = JSONObject()
            for member in object.members { read.members.append(.init(member.name, try plain(member.value, values, depth + 1, &cost))) }
            return .object(read)
        case (.record(let fields), .object(let object)):
            var read = JSONObject()
            for field in fields {
                guard let value = object[field.name] ?? field.usual else { throw PayloadError("It lacks \(field.name).") }
                read.members.append(.init(field.name, try plain(value, field.type, depth + 1, &cost)))
            }
            return .object(read)
        case (.string, .string(let text)) where node.logical == .json:
            return (try? JSONValue(parsing: text)) ?? value
        default: return value
        }
    }
}
