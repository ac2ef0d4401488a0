import Connectors
import EventModel

extension AvroSchema {
    /// Reads a schema's JSON.
    ///
    /// - Throws: At the first rule of the specification that it breaks, with the way to the place.
    init(parsing text: some Sequence<UInt8>) throws(PayloadError) {
        let value: JSONValue
        do throws(JSONError) { value = try JSONValue(parsing: text) } catch {
            throw PayloadError("It is not JSON: \(error.description)")
        }
        try self.init(value)
    }

    init(_ value: JSONValue) throws(PayloadError) {
        var parser = AvroSchemaParser()
        root = try parser.type(value, namespace: "", path: "")
        nodes = parser.nodes
        try measureRecords()
        try writeDefaults()
    }

    /// Writes every default down: each is one of its field's type.
    private mutating func writeDefaults() throws(PayloadError) {
        var cost = 0
        for place in nodes.indices {
            guard case .record(var fields) = nodes[place].shape else { continue }
            for index in fields.indices where fields[index].usual != nil {
                do throws(PayloadError) { fields[index].usualBytes = try usualBytes(of: fields[index], &cost) } catch {
                    let name = "\(nodes[place].name ?? "").\(fields[index].name)"
                    throw PayloadError("The default of \(name) is none of its type. \(error.description)")
                }
                guard cost <= Self.mostCost else { throw PayloadError("Its defaults are of types too large to write them all down.") }
            }
            nodes[place].shape = .record(fields)
        }
    }
}

/// Reads the types of a schema, outer ones first.
private struct AvroSchemaParser {
    var nodes: [AvroSchema.Node] = []
    private var named: [String: Int] = [:]

    private static let primitives: [(String, AvroSchema.Shape)] = [
        ("null", .null), ("boolean", .boolean), ("int", .int), ("long", .long), ("float", .float), ("double", .double),
        ("bytes", .bytes), ("string", .string),
    ]
    private static let mostNodes = 20_000
    /// Fields of a record, and symbols of an enum.
    private static let mostParts = 10_000

    private func wrong(_ path: String, _ what: String) -> PayloadError {
        PayloadError("\(path.isEmpty ? "At its root" : "At \(path)"), \(what)")
    }

    private mutating func add(_ node: AvroSchema.Node, _ path: String) throws(PayloadError) -> Int {
        guard nodes.count < Self.mostNodes else { throw wrong(path, "it has more than \(Self.mostNodes) types.") }
        nodes.append(node)
        return nodes.count - 1
    }

    /// - Returns: The type's place.
    mutating func type(_ value: JSONValue, namespace: String, path: String) throws(PayloadError) -> Int {
        switch value {
        case .string(let word):
            if let primitive = Self.primitives.first(where: { $0.0 == word }) { return try add(.init(shape: primitive.1), path) }
            let full = word.contains(".") || namespace.isEmpty ? word : namespace + "." + word
            if let place = named[full] ?? named[word] { return place }
            throw wrong(path, "there is no type `\(word)`. Write a primitive type, or the name of one that was declared before.")
        case .array(let branches):
            let place = try add(.init(shape: .union([])), path)
            var read: [Int] = []
            for (index, branch) in branches.enumerated() {
                read.append(try type(branch, namespace: namespace, path: path + "[\(index)]"))
                if case .union = nodes[read[index]].shape { throw wrong(path, "a union lies in a union. Write all branches in one.") }
            }
            if read.isEmpty { throw wrong(path, "a union has no branch.") }
            try checkBranches(read, path)
            nodes[place].shape = .union(read)
            return place
        case .object(let object): return try declared(object, namespace: namespace, path: path)
        default: throw wrong(path, "there is no type. Write a name, {\"type\": ...} or [branches].")
        }
    }

    /// A union has each unnamed type once, and each name once.
    private func checkBranches(_ branches: [Int], _ path: String) throws(PayloadError) {
        var seen: Set<String> = []
        for branch in branches {
            let node = nodes[branch]
            let word =
                switch node.shape {
                case .array: "array"
                case .map: "map"
                default: node.name ?? "\(node.shape)"
                }
            if !seen.insert(word).inserted { throw wrong(path, "a union has the branch \(word) twice.") }
        }
    }

    private mutating func declared(_ object: JSONObject, namespace: String, path: String) throws(PayloadError) -> Int {
        guard let type = object["type"] else { throw wrong(path, "`type` is missing.") }
        guard let word = type.asString else { return try self.type(type, namespace: namespace, path: path) }
        switch word {
        case "record", "error", "enum", "fixed": return try self.named(word, object, namespace: namespace, path: path)
        case "array", "map":
            let member = word == "array" ? "items" : "values"
            guard let inner = object[member] else { throw wrong(path, "`\(member)` is missing.") }
            let place = try add(.init(shape: .null), path)
            let read = try self.type(inner, namespace: namespace, path: path + "." + member)
            nodes[place].shape = word == "array" ? .array(read) : .map(read)
            return place
        default:
            let place = try self.type(type, namespace: namespace, path: path)
            if nodes[place].name == nil { nodes[place].logical = logical(of: object, nodes[place].shape) }
            return place
        }
    }

    private mutating func named(
        _ word: String, _ object: JSONObject, namespace outer: String, path: String
    ) throws(PayloadError) -> Int {
        guard let written = object["name"]?.asString, Self.isName(written, dots: true) else {
            throw wrong(path, "the \(word) has no name. Write letters, digits and _, a digit not first.")
        }
        let own = object["namespace"]?.asString ?? outer
        let full = written.contains(".") || own.isEmpty ? written : own + "." + written
        let namespace = full.lastIndex(of: ".").map { String(full[..<$0]) } ?? ""
        if named[full] != nil || Self.primitives.contains(where: { $0.0 == full }) { throw wrong(path, "the name \(full) is taken.") }
        let aliases = (object["aliases"]?.asArray ?? []).compactMap(\.asString).map { alias in
            alias.contains(".") || namespace.isEmpty ? alias : namespace + "." + alias
        }
        let place = try add(.init(shape: .null, name: full, aliases: aliases), path)
        named[full] = place
        let shape: AvroSchema.Shape
        switch word {
        case "enum":
            let symbols = (object["symbols"]?.asArray ?? []).compactMap(\.asString)
            guard symbols.count == object["symbols"]?.asArray?.count, symbols.allSatisfy({ Self.isName($0, dots: false) }),
                Set(symbols).count == symbols.count, symbols.count <= Self.mostParts
            else { throw wrong(path, "the symbols of \(full) are no list of distinct names, \(Self.mostParts) at most.") }
            var usual: Int?
            if let word = object["default"] {
                usual = symbols.firstIndex { $0 == word.asString }
                if usual == nil { throw wrong(path, "the default of \(full) is none of its symbols.") }
            }
            shape = .enumeration(symbols, usual: usual)
        case "fixed":
            guard case .integer(let size) = object["size"], (0...1 << 20).contains(size) else {
                throw wrong(path, "the size of \(full) is no whole number from 0 to 1048576.")
            }
            shape = .fixed(Int(size))
        default: shape = .record(try fields(of: object, full, namespace: namespace, path: path))
        }
        nodes[place].shape = shape
        nodes[place].logical = logical(of: object, shape)
        return place
    }

    private mutating func fields(
        of object: JSONObject, _ record: String, namespace: String, path: String
    ) throws(PayloadError) -> [AvroSchema.Field] {
        guard let written = object["fields"]?.asArray else { throw wrong(path, "the record \(record) has no `fields`.") }
        var fields: [AvroSchema.Field] = []
        var names: Set<String> = []
        guard written.count <= Self.mostParts else { throw wrong(path, "the record \(record) has more than \(Self.mostParts) fields.") }
        for value in written {
            guard let field = value.asObject, let name = field["name"]?.asString, Self.isName(name, dots: false) else {
                throw wrong(path, "a field of \(record) has no name. Write letters, digits and _, a digit not first.")
            }
            if !names.insert(name).inserted { throw wrong(path, "the record \(record) has the field \(name) twice.") }
            guard let type = field["type"] else { throw wrong(path, "the field \(record).\(name) has no `type`.") }
            let place = try self.type(type, namespace: namespace, path: path.isEmpty ? name : path + "." + name)
            let takesOthers = field["tessera"]?.asString == "others"
            if takesOthers, nodes[place].logical != .json {
                throw wrong(path, "the field \(record).\(name) takes all other members. Give it the type string with the logicalType json.")
            }
            fields.append(
                .init(
                    name: name, aliases: (field["aliases"]?.asArray ?? []).compactMap(\.asString), type: place, usual: field["default"],
                    takesOthers: takesOthers))
        }
        return fields
    }

    /// One that is unknown, or does not go with the type, is none, as the specification has it.
    private func logical(of object: JSONObject, _ shape: AvroSchema.Shape) -> AvroSchema.Logical? {
        switch (object["logicalType"]?.asString, shape) {
        case ("date", .int): return .date
        case ("timestamp-millis", .long): return .timestampMillis
        case ("timestamp-micros", .long): return .timestampMicros
        case ("local-timestamp-millis", .long): return .localMillis
        case ("local-timestamp-micros", .long): return .localMicros
        case ("uuid", .string), ("uuid", .fixed(16)): return .uuid
        case ("json", .string): return .json
        case ("decimal", .fixed(let size)) where size > AvroLogical.longestDecimal: return nil
        case ("decimal", .bytes), ("decimal", .fixed):
            guard case .integer(let precision) = object["precision"], (1...150).contains(precision) else { return nil }
            var scale = 0
            if let written = object["scale"] {
                guard case .integer(let number) = written, (0...precision).contains(number) else { return nil }
                scale = Int(number)
            }
            return .decimal(precision: Int(precision), scale: scale)
        default: return nil
        }
    }

    private static func isName(_ text: String, dots: Bool) -> Bool {
        if dots { return text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { isName(String($0), dots: false) } }
        let isPlain = text.utf8.allSatisfy { (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 95 }
        return isPlain && text.utf8.first.map { !(48...57).contains($0) } ?? false
    }
}
