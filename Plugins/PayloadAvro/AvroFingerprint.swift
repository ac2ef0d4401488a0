import EventModel

extension AvroSchema {
    /// The schema without all that does not change how values are written.
    ///
    /// - SeeAlso: Apache Avro 1.11.1 Specification, "Parsing Canonical Form for Schemas".
    var canonicalForm: String {
        var declared: Set<Int> = []
        return canonical(root, &declared)
    }

    private func canonical(_ place: Int, _ declared: inout Set<Int>) -> String {
        let node = nodes[place]
        if let name = node.name, !declared.insert(place).inserted { return quoted(name) }
        let name = quoted(node.name ?? "")
        switch node.shape {
        case .null, .boolean, .int, .long, .float, .double, .bytes, .string: return quoted(told(place))
        case .array(let items): return "{\"type\":\"array\",\"items\":\(canonical(items, &declared))}"
        case .map(let values): return "{\"type\":\"map\",\"values\":\(canonical(values, &declared))}"
        case .union(let branches): return "[" + branches.map { canonical($0, &declared) }.joined(separator: ",") + "]"
        case .fixed(let size): return "{\"name\":\(name),\"type\":\"fixed\",\"size\":\(size)}"
        case .enumeration(let symbols, _):
            return "{\"name\":\(name),\"type\":\"enum\",\"symbols\":[\(symbols.map { quoted($0) }.joined(separator: ","))]}"
        case .record(let fields):
            let written = fields.map { "{\"name\":\(quoted($0.name)),\"type\":\(canonical($0.type, &declared))}" }
            return "{\"name\":\(name),\"type\":\"record\",\"fields\":[\(written.joined(separator: ","))]}"
        }
    }

    private func quoted(_ text: String) -> String { JSONValue.string(text).text }

    /// CRC-64-AVRO of the canonical form.
    var fingerprint: UInt64 {
        var fingerprint = Self.empty
        for byte in canonicalForm.utf8 {
            fingerprint = (fingerprint >> 8) ^ Self.table[Int(UInt8(truncatingIfNeeded: fingerprint) ^ byte)]
        }
        return fingerprint
    }

    private static let empty: UInt64 = 0xC15D_213A_A4D7_A795
    private static let table: [UInt64] = (0..<256).map { byte in
        (0..<8).reduce(UInt64(byte)) { word, _ in (word >> 1) ^ (word & 1 == 1 ? empty : 0) }
    }
}
