/// One JSON value, with everything JSON can say: integers of 64 bits are exact, objects keep the order of arrival.
///
/// Equality and hashing go by kind and by Unicode scalars: `5` (integer) and `5.0` (number) differ here, and so do composed and
/// decomposed accents. The segment language has its own, looser idea of equality.
public indirect enum JSONValue: Sendable {
    /// The word null; also what a number beyond the range of a float64 is read as.
    case null
    /// The word true or false.
    case bool(Bool)
    /// A number written without fraction or exponent that fits 64 signed bits.
    case integer(Int64)
    /// A number written without fraction or exponent above `Int64.max` that fits 64 unsigned bits.
    case unsigned(UInt64)
    /// Any other number, as the nearest float64; always finite.
    case number(Double)
    /// A text, its escapes resolved.
    case string(String)
    /// The elements in their order; kinds may be mixed.
    case array([JSONValue])
    /// Named members in their order of arrival.
    case object(JSONObject)
}

extension JSONValue: Hashable {
    public static func == (a: JSONValue, b: JSONValue) -> Bool {
        switch (a, b) {
        case (.null, .null): true
        case (.bool(let x), .bool(let y)): x == y
        case (.integer(let x), .integer(let y)): x == y
        case (.unsigned(let x), .unsigned(let y)): x == y
        case (.number(let x), .number(let y)): x.bitPattern == y.bitPattern
        case (.string(let x), .string(let y)): x.sameScalars(as: y)
        case (.array(let x), .array(let y)): x == y
        case (.object(let x), .object(let y)): x == y
        default: false
        }
    }

    public func hash(into hasher: inout Hasher) {
        switch self {
        case .null: hasher.combine(0 as UInt8)
        case .bool(let x): hasher.combine(x)
        case .integer(let x): hasher.combine(x)
        case .unsigned(let x): hasher.combine(x)
        case .number(let x): hasher.combine(x.bitPattern)
        case .string(let x): for byte in x.utf8 { hasher.combine(byte) }
        case .array(let x): hasher.combine(x)
        case .object(let x): hasher.combine(x)
        }
    }
}

extension JSONValue {
    /// The value as a float64 when it is a number of any spelling, else nil.
    public var asDouble: Double? {
        switch self {
        case .integer(let x): Double(x)
        case .unsigned(let x): Double(x)
        case .number(let x): x
        default: nil
        }
    }

    /// The text when it is a string, else nil.
    public var asString: String? { if case .string(let x) = self { x } else { nil } }

    /// The members when it is an object, else nil.
    public var asObject: JSONObject? { if case .object(let x) = self { x } else { nil } }

    /// The elements when it is an array, else nil.
    public var asArray: [JSONValue]? { if case .array(let x) = self { x } else { nil } }
}

/// The members of a JSON object in their order of arrival; a name occurs once.
public struct JSONObject: Sendable, Hashable {
    /// One name and its value.
    public struct Member: Sendable, Hashable {
        /// The member's name, its escapes resolved; may be empty.
        public var name: String
        /// What stands behind the colon.
        public var value: JSONValue

        /// Pairs a name with its value; neither is checked.
        public init(_ name: String, _ value: JSONValue) { (self.name, self.value) = (name, value) }

        public static func == (a: Member, b: Member) -> Bool { a.name.sameScalars(as: b.name) && a.value == b.value }
        public func hash(into hasher: inout Hasher) {
            for byte in name.utf8 { hasher.combine(byte) }
            hasher.combine(value)
        }
    }

    /// The members, in order. Whoever writes them keeps names unique; `set` does.
    public var members: [Member]

    /// Makes an object of the given members, which must have distinct names.
    public init(_ members: [Member] = []) { self.members = members }

    /// The value under `name`, by Unicode scalars; nil where there is none.
    public subscript(name: String) -> JSONValue? {
        for member in members where member.name.sameScalars(as: name) { return member.value }
        return nil
    }

    /// Puts `value` under `name`: in place where the name is there, else at the end.
    public mutating func set(_ name: String, _ value: JSONValue) {
        for index in members.indices where members[index].name.sameScalars(as: name) {
            members[index].value = value
            return
        }
        members.append(Member(name, value))
    }

    /// Reads through objects only; nil where any step is absent or not an object.
    public func value(at path: [String]) -> JSONValue? {
        guard let first = path.first, let value = self[first] else { return nil }
        if path.count == 1 { return value }
        return value.asObject?.value(at: Array(path.dropFirst()))
    }
}

extension String {
    /// Whether both texts hold the same Unicode scalars; canonical equivalence plays no part.
    @inlinable public func sameScalars(as other: String) -> Bool {
        utf8.count == other.utf8.count && utf8.elementsEqual(other.utf8)
    }

    /// Whether this text sorts before `other` by Unicode scalar values (which is the order of their UTF-8 bytes).
    @inlinable public func precedesByScalars(_ other: String) -> Bool { utf8.lexicographicallyPrecedes(other.utf8) }
}
