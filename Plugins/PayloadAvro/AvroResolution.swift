import Connectors
import EventModel

/// How what one schema wrote is read as another: what to do with the bytes of each of the writer's types.
///
/// - SeeAlso: Apache Avro 1.11.1 Specification, "Schema Resolution".
struct AvroResolution: Sendable {
    /// What a number of the writer's becomes.
    enum Number: Sendable { case integer, float, double }
    /// Where the value of a member comes from.
    enum Origin: Sendable {
        /// Read from the bytes: the place among the fields that are kept.
        case read(Int)
        /// The default, and how many bytes it has in JSON.
        case usual(JSONValue, Int)
    }
    /// A member of what a record becomes.
    struct Member: Sendable {
        var name: String
        var origin: Origin
    }
    /// What a record becomes.
    struct Record: Sendable {
        /// What to do with each of the writer's fields, and the place where it is kept; nil: passed over.
        var steps: [(action: Int, keptAt: Int?)] = []
        /// The reader's fields, but the one that takes others.
        var members: [Member] = []
        /// Where the object of all other members is.
        var others: Origin?
        /// How many fields are kept.
        var kept = 0
    }
    /// What to do with the bytes of a value.
    enum Action: Sendable {
        case null, boolean
        case integer(isInt: Bool, Number, AvroSchema.Logical?)
        case float, double
        case text(AvroSchema.Logical?)
        case bytes(AvroSchema.Logical?)
        case fixed(Int, AvroSchema.Logical?)
        /// By the writer's symbols; nil: the reader knows none for it.
        case symbol([String?])
        case array(Int)
        case map(Int)
        /// By the writer's branches.
        case branch([Int])
        case record(Record)
        /// It cannot be read: why.
        case refused(String)
    }
    /// All of them, each at its place.
    private(set) var actions: [Action] = []
    /// That of whole records.
    private(set) var root = 0
    /// What keeps some of what the writer can write from being read.
    private(set) var obstacles: [String] = []

    private struct Pair: Hashable {
        var writer: Int
        /// Nil: it is read as the writer has it, and passed over.
        var reader: Int?
    }
    private var places: [Pair: Int] = [:]
    /// What was looked at so far, and how many types lie around the one that is being looked at.
    private var (steps, depth) = (0, 0)
    private let writer, reader: AvroSchema

    /// Types, branches and fields that are looked at.
    private static let mostSteps = 2_000_000
    private static let mostObstacles = 50

    init(of writer: AvroSchema, as reader: AvroSchema) {
        (self.writer, self.reader) = (writer, reader)
        root = resolve(Pair(writer: writer.root, reader: reader.root), "")
        places = [:]
    }

    private mutating func refuse(_ path: String, _ reason: String) -> Action {
        let whole = path.isEmpty ? "The record: \(reason)." : "The field `\(path)`: \(reason)."
        if obstacles.count < Self.mostObstacles, !obstacles.contains(whole) { obstacles.append(whole) }
        return .refused(whole)
    }

    private mutating func resolve(_ wanted: Pair, _ path: String) -> Int {
        let pair = branched(wanted)
        if let place = places[pair] { return place }
        let place = actions.count
        places[pair] = place
        actions.append(.null)
        depth += 1
        defer { depth -= 1 }
        if steps > Self.mostSteps {
            actions[place] = refuse(path, "its schemas are too large")
        } else if depth > AvroSchema.mostTypeDepth {
            actions[place] = refuse(path, "its types lie too deep in each other")
        } else {
            actions[place] = action(pair, path)
        }
        return place
    }

    /// The same with the branch of the reader's union that takes the writer's type, where there is one.
    private mutating func branched(_ pair: Pair) -> Pair {
        steps += 1
        guard let target = pair.reader, case .union(let branches) = reader.nodes[target].shape else { return pair }
        let written = writer.nodes[pair.writer]
        if case .union = written.shape { return pair }
        steps += branches.count
        let exact = branches.first { isSame(written, reader.nodes[$0]) }
        guard let branch = exact ?? branches.first(where: { matches(written, reader.nodes[$0]) }) else { return pair }
        return Pair(writer: pair.writer, reader: branch)
    }

    private mutating func action(_ pair: Pair, _ path: String) -> Action {
        let written = writer.nodes[pair.writer]
        if case .union(let branches) = written.shape {
            return .branch(branches.map { resolve(Pair(writer: $0, reader: pair.reader), path) })
        }
        guard let target = pair.reader else { return same(pair, written, written.logical, path) }
        if case .union = reader.nodes[target].shape {
            return refuse(path, "\(writer.told(pair.writer)) is none of \(reader.told(target))")
        }
        let wanted = reader.nodes[target]
        guard matches(written, wanted) else {
            return refuse(path, "\(writer.told(pair.writer)) cannot be read as \(reader.told(target))")
        }
        if case .decimal = written.logical, case .decimal = wanted.logical, written.logical != wanted.logical {
            return refuse(path, "its decimals have another precision or scale")
        }
        return same(pair, wanted, wanted.logical, path)
    }

    /// The action of two types that match.
    ///
    /// - Parameter wanted: The reader's type; the writer's where it is passed over.
    private mutating func same(
        _ pair: Pair, _ wanted: AvroSchema.Node, _ logical: AvroSchema.Logical?, _ path: String
    ) -> Action {
        func integer(isInt: Bool) -> Action {
            switch wanted.shape {
            case .float: .integer(isInt: isInt, .float, nil)
            case .double: .integer(isInt: isInt, .double, nil)
            default: .integer(isInt: isInt, .integer, logical)
            }
        }
        switch (writer.nodes[pair.writer].shape, wanted.shape) {
        case (.null, _): return .null
        case (.boolean, _): return .boolean
        case (.int, _): return integer(isInt: true)
        case (.long, _): return integer(isInt: false)
        case (.float, _): return .float
        case (.double, _): return .double
        case (.bytes, .string), (.string, .string): return .text(logical)
        case (.bytes, _), (.string, _): return .bytes(logical)
        case (.fixed(let size), _): return .fixed(size, logical)
        case (.array(let items), .array(let own)):
            return .array(resolve(Pair(writer: items, reader: pair.reader == nil ? nil : own), path + "[]"))
        case (.map(let values), .map(let own)):
            return .map(resolve(Pair(writer: values, reader: pair.reader == nil ? nil : own), path + "{}"))
        case (.enumeration(let symbols, _), .enumeration(let known, let usual)):
            let names = Set(known)
            let read = symbols.map { symbol in names.contains(symbol) ? symbol : usual.map { known[$0] } }
            if let lost = zip(symbols, read).first(where: { $0.1 == nil })?.0 {
                _ = refuse(path, "the symbol \(lost) is not in the reader's enum, which has no default")
            }
            return .symbol(read)
        case (.record(let fields), .record(let own)):
            return record(fields, pair.reader == nil ? nil : own, wanted, path)
        default: return refuse(path, "it cannot be read")
        }
    }

    private mutating func record(
        _ fields: [AvroSchema.Field], _ own: [AvroSchema.Field]?, _ wanted: AvroSchema.Node, _ path: String
    ) -> Action {
        func within(_ name: String) -> String { path.isEmpty ? name : path + "." + name }
        var record = Record()
        var origins = [Origin?](repeating: nil, count: own?.count ?? 0)
        steps += fields.count + (own?.count ?? 0)
        let written = Set(fields.map(\.name))
        var (names, aliases): ([String: Int], [String: Int]) = ([:], [:])
        for (place, field) in (own ?? []).enumerated() {
            names[field.name] = place
            guard !written.contains(field.name) else { continue }
            for alias in field.aliases where aliases[alias] == nil { aliases[alias] = place }
        }
        for field in fields {
            let place = names[field.name] ?? aliases[field.name]
            if let own, let place, origins[place] == nil {
                origins[place] = .read(record.kept)
                record.steps.append((resolve(Pair(writer: field.type, reader: own[place].type), within(field.name)), record.kept))
                record.kept += 1
            } else {
                record.steps.append((resolve(Pair(writer: field.type, reader: nil), within(field.name)), nil))
            }
        }
        for (place, field) in (own ?? []).enumerated() {
            var origin = origins[place]
            if origin == nil {
                guard let usual = reader.usualValue(of: field) else {
                    return refuse(within(field.name), "the writer does not write it, and it has no default")
                }
                origin = .usual(usual, usual.text.utf8.count)
            }
            guard let origin else { continue }
            if field.takesOthers { record.others = origin } else { record.members.append(Member(name: field.name, origin: origin)) }
        }
        return .record(record)
    }

    // MARK: - which types match

    private func isSame(_ written: AvroSchema.Node, _ wanted: AvroSchema.Node) -> Bool {
        if written.name != nil { return written.name == wanted.name && matches(written, wanted) }
        switch (written.shape, wanted.shape) {
        case (.array, .array), (.map, .map): return true
        default: return written.shape == wanted.shape
        }
    }

    /// Whether the reader can take it, but for what lies within.
    private func matches(_ written: AvroSchema.Node, _ wanted: AvroSchema.Node) -> Bool {
        switch (written.shape, wanted.shape) {
        case (.null, .null), (.boolean, .boolean), (.int, .int), (.long, .long), (.float, .float), (.double, .double),
            (.array, .array), (.map, .map):
            true
        case (.int, .long), (.int, .float), (.int, .double), (.long, .float), (.long, .double), (.float, .double): true
        case (.bytes, .bytes), (.string, .string), (.bytes, .string), (.string, .bytes): true
        case (.fixed(let a), .fixed(let b)): a == b && isCalledAlike(written, wanted)
        case (.record, .record), (.enumeration, .enumeration): isCalledAlike(written, wanted)
        default: false
        }
    }

    private func isCalledAlike(_ written: AvroSchema.Node, _ wanted: AvroSchema.Node) -> Bool {
        written.shortName == wanted.shortName || wanted.aliases.contains { $0 == written.name }
    }
}
