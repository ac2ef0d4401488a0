import CAvro
import Connectors

/// A schema as libavro has it, which writes values of it.
///
/// Built of the types, not of their JSON, of which libavro takes less: fields are called by their places, and types by theirs.
final class AvroClass: @unchecked Sendable {  // Nothing of it changes once it is made.
    let schema: AvroSchema
    /// How often a type was built of libavro's: one that is used twice counts twice.
    let size: Int
    private let root: avro_schema_t
    private let values: UnsafeMutablePointer<avro_value_iface_t>

    /// - Throws: Where its types lie too deep in each other, and where memory is short.
    init(_ schema: AvroSchema) throws(PayloadError) {
        self.schema = schema
        var building = Building(schema: schema)
        (root, values) = try AvroLibrary.alone { () throws(PayloadError) in
            let root = try building.make(schema.root)
            guard let values = avro_generic_class_from_schema(root) else { throw Building.refused }
            return (root, values)
        }
        size = building.size
    }

    deinit {
        if let free = values.pointee.decref_iface { free(values) }
        avro_schema_decref(root)
    }

    /// Makes a value of it, which is the caller's, who is alone with the library.
    func makeValue() throws(PayloadError) -> avro_value_t {
        var value = avro_value_t()
        try AvroLibrary.check(avro_generic_value_new(values, &value))
        return value
    }

    private struct Building {
        let schema: AvroSchema
        var size = 0
        private var records: [Int: avro_schema_t] = [:]
        private var depth = 0

        static let refused = PayloadError("libavro does not take the schema.")

        init(schema: AvroSchema) { self.schema = schema }

        /// - Returns: It is the caller's.
        mutating func make(_ place: Int) throws(PayloadError) -> avro_schema_t {
            size += 1
            depth += 1
            defer { depth -= 1 }
            guard depth <= AvroSchema.mostTypeDepth else { throw AvroSchema.isTooDeep }
            let made: avro_schema_t?
            switch schema.nodes[place].shape {
            // libavro cannot allocate what has no bytes.
            case .null, .fixed(0): made = avro_schema_null()
            case .boolean: made = avro_schema_boolean()
            case .int: made = avro_schema_int()
            case .long: made = avro_schema_long()
            case .float: made = avro_schema_float()
            case .double: made = avro_schema_double()
            case .bytes: made = avro_schema_bytes()
            case .string: made = avro_schema_string()
            case .fixed(let size): made = avro_schema_fixed("t\(place)", Int64(size))
            // Only numbers of symbols are written.
            case .enumeration: made = avro_schema_enum("t\(place)")
            case .array(let items): made = try containing(items) { avro_schema_array($0) }
            case .map(let values): made = try containing(values) { avro_schema_map($0) }
            case .union(let branches):
                made = avro_schema_union()
                for branch in branches {
                    let type = try make(branch)
                    defer { avro_schema_decref(type) }
                    guard avro_schema_union_append(made, type) == 0 else { throw Self.refused }
                }
            case .record(let fields): made = try record(fields, place)
            }
            guard let made else { throw Self.refused }
            return made
        }

        /// Makes a type that lies in another; what has no bytes can stand in none, but for a null.
        private mutating func containing<Made>(_ place: Int, _ work: (avro_schema_t) -> Made) throws(PayloadError) -> Made {
            guard let inner = try schema.isEmpty(place) ? avro_schema_null() : make(place) else { throw Self.refused }
            defer { avro_schema_decref(inner) }
            return work(inner)
        }

        private mutating func record(_ fields: [AvroSchema.Field], _ place: Int) throws(PayloadError) -> avro_schema_t? {
            if let made = records[place] { return avro_schema_link(made) }
            let made = avro_schema_record("t\(place)", nil)
            records[place] = made
            for (number, field) in fields.enumerated() {
                let type = try make(field.type)
                defer { avro_schema_decref(type) }
                guard avro_schema_record_field_append(made, "f\(number)", type) == 0 else { throw Self.refused }
            }
            return made
        }
    }
}
