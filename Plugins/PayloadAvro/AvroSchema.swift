import Connectors
import EventModel

/// A schema of Avro: its types, each once, by their places.
///
/// - SeeAlso: Apache Avro 1.11.1 Specification, "Schema Declaration".
public struct AvroSchema: Sendable {
    /// What values of a type are.
    enum Shape: Sendable, Equatable {
        case null, boolean, int, long, float, double, bytes, string
        case record([Field])
        /// Its symbols, and the one that stands for unknown ones.
        case enumeration([String], usual: Int?)
        case array(Int)
        case map(Int)
        case union([Int])
        case fixed(Int)
    }
    /// What values of a type mean beyond that.
    enum Logical: Sendable, Equatable {
        case date, timestampMillis, timestampMicros, localMillis, localMicros, uuid
        case decimal(precision: Int, scale: Int)
        /// Tessera's own: the text is JSON.
        case json
    }
    /// A field of a record.
    struct Field: Sendable, Equatable {
        var name: String
        var aliases: [String]
        /// Place of its type.
        var type: Int
        /// As the schema has it.
        var usual: JSONValue?
        /// Whether it takes all that no other field takes: its type is a JSON text.
        var takesOthers: Bool
        /// The default as it is written.
        var usualBytes: ContiguousArray<UInt8>?
    }
    /// One type.
    struct Node: Sendable, Equatable {
        var shape: Shape
        /// With its namespace; nil where the type has no name.
        var name: String?
        var aliases: [String] = []
        var logical: Logical?

        /// The name without its namespace.
        var shortName: Substring? { name?.split(separator: ".").last }
    }
    /// All types.
    var nodes: [Node] = []
    /// Place of the one that records are of.
    var root = 0
    /// Places of records that have nothing in them.
    var emptyRecords: Set<Int> = []

    /// Deepest nesting of values, and of what default values say.
    static let mostDepth = 64
    /// Types that are looked at to write all defaults down.
    static let mostCost = 1_000_000

    /// A type as sentences call it.
    func told(_ place: Int) -> String {
        let node = nodes[place]
        let word =
            switch node.shape {
            case .null: "null"
            case .boolean: "boolean"
            case .int: "int"
            case .long: "long"
            case .float: "float"
            case .double: "double"
            case .bytes: "bytes"
            case .string: "string"
            case .record: "record"
            case .enumeration: "enum"
            case .array(let items): "array of \(told(items, within: place))"
            case .map(let values): "map of \(told(values, within: place))"
            case .union(let branches): "[\(branches.map { told($0, within: place) }.joined(separator: ", "))]"
            case .fixed(let size): "fixed of \(size) bytes"
            }
        return node.name.map { "\(word) \($0)" } ?? word
    }

    /// Types that have no name cannot contain themselves, so this ends.
    private func told(_ place: Int, within outer: Int) -> String { place == outer ? "itself" : told(place) }
}
