public import EventModel

/// The members of a record on their way into a message: what is taken is gone, and what is left keeps its name and place.
public struct RecordFields: Sendable {
    /// The members that nothing took.
    public private(set) var rest: JSONObject

    /// All members of `record`.
    public init(_ record: JSONObject) { rest = record }

    /// Takes a member; nil where it is absent or null.
    public mutating func take(_ name: String) -> JSONValue? {
        guard let index = rest.members.firstIndex(where: { $0.name.sameScalars(as: name) }) else { return nil }
        let value = rest.members.remove(at: index).value
        return value == .null ? nil : value
    }

    /// Puts a member back that was taken and has no other place.
    public mutating func put(_ name: String, _ value: JSONValue) { rest.set(name, value) }

    /// Takes a name or an id: a text, or a whole number as its digits; nil where it is absent, null or empty.
    ///
    /// - Throws: `FormatError` where it is anything else.
    public mutating func takeText(_ name: String) throws(FormatError) -> String? {
        switch take(name) {
        case nil: return nil
        case .string(let text)?: return text.isEmpty ? nil : text
        case .integer(let number)?: return String(number)
        case .unsigned(let number)?: return String(number)
        default: throw FormatError("\(name) is neither a text nor a whole number. Write it as a text in double quotes.")
        }
    }

    /// Takes an object; an empty one where it is absent or null.
    ///
    /// - Throws: `FormatError` where it is anything else.
    public mutating func takeObject(_ name: String) throws(FormatError) -> JSONObject {
        guard let value = take(name) else { return JSONObject() }
        if let object = value.asObject { return object }
        throw FormatError("\(name) is not an object. Write an object ({...}) or leave it out.")
    }

    /// Takes those members that have a place in `context`, each to its path; null and objects stay.
    public mutating func move(_ places: [ContextPlace], into context: inout JSONObject) {
        for place in places {
            switch rest[place.name] {
            case nil, .null?, .object?: continue
            default: if let value = take(place.name) { context.set(place.path[...], value) }
            }
        }
    }
}

/// Where a property of another system stands under `context` in Segment's specification.
public struct ContextPlace: Sendable, Hashable {
    /// The other system's name.
    public var name: String
    /// The names to go through below `context`.
    public var path: [String]

    /// Pairs a name with a path of names between dots, such as `os.version`.
    public init(_ name: String, _ path: String) {
        self.name = name
        self.path = path.split(separator: ".").map(String.init)
    }
}

extension JSONObject {
    /// Puts a value at a path, making objects on the way; what stood in their place and is none goes.
    public mutating func set(_ path: ArraySlice<String>, _ value: JSONValue) {
        guard let first = path.first else { return }
        if path.count == 1 { return set(first, value) }
        var inner = self[first]?.asObject ?? JSONObject()
        inner.set(path.dropFirst(), value)
        set(first, .object(inner))
    }

    /// Puts a value that is there under `name`, and nothing where it is not.
    public mutating func set(_ name: String, text: String?) { if let text { set(name, .string(text)) } }

    /// Puts an object under `name`, unless it is empty.
    public mutating func set(_ name: String, unlessEmpty object: JSONObject) {
        if !object.members.isEmpty { set(name, .object(object)) }
    }
}
