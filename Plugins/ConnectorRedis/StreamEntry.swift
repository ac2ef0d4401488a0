import Connectors
import EventModel
import Foundation

/// An entry of a stream, which it keeps in memory with the answer that brought it.
struct StreamEntry {
    /// Place of the stream in the settings.
    let stream: Int
    let id: StreamID
    private let fields: RedisValue
    /// Of its names and values.
    let size: Int

    /// Nil where `value` is no entry.
    init?(_ value: RedisValue, stream: Int) {
        guard let parts = value.list, parts.count == 2, let id = parts[0].id else { return nil }
        (self.stream, self.id, fields) = (stream, id, parts[1])
        size = parts[1].list?.reduce(0) { $0 + $1.bytes.count } ?? 0
    }

    /// Whether it is gone on the server, and only its id is known.
    var isDeleted: Bool { fields.isNil }

    /// The value of a field, as long as this entry is kept; nil where there is none of that name.
    func value(of field: String) -> UnsafeRawBufferPointer? { fields[field]?.bytes }

    /// Its fields as one object in JSON.
    ///
    /// A name with dots leads into objects (`properties.total`). A value there is what it is in JSON (`12.5`, `true`, `["a"]`), and a
    /// text where it is none; a value whose name has no dot is a text, unless it is an object or a list in JSON.
    var object: JSONObject {
        var object = JSONObject()
        guard let list = fields.list else { return object }
        for place in stride(from: 0, to: list.count - 1, by: 2) {
            let path = list[place].string.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
            object.set(path[...], Self.value(list[place + 1], isInside: path.count > 1))
        }
        return object
    }

    private static func value(_ field: RedisValue, isInside: Bool) -> JSONValue {
        let text = JSONValue.string(field.string)
        guard let value = try? JSONValue(parsing: Array(field.string.utf8)) else { return text }
        switch value {
        case .object, .array: return value
        case .string: return text
        default: return isInside ? value : text
        }
    }
}
