public import EventModel

/// A resume position. Only the source that wrote it reads it; the platform just keeps it.
public struct Checkpoint: Sendable, Hashable {
    /// Of the position's form: it outlives the code that wrote it.
    public var version: UInt16
    /// Any text; at most `longestPosition` bytes.
    public var position: String

    /// Bytes of a position, at most.
    public static let longestPosition = 1 << 20

    /// Joins the parts.
    public init(version: UInt16, position: String) { (self.version, self.position) = (version, position) }

    /// As it is kept.
    public var json: JSONValue {
        .object(JSONObject([.init("version", .integer(Int64(version))), .init("position", .string(position))]))
    }

    /// Reads what `json` wrote; nil where it is something else.
    public init?(json: JSONValue) {
        guard let object = json.asObject, case .integer(let number) = object["version"], let version = UInt16(exactly: number),
            let position = object["position"]?.asString
        else { return nil }
        self.init(version: version, position: position)
    }
}
