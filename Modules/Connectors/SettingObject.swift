public import EventModel
public import Secrets

/// An object among a connector's settings: members in the order they were written, numbers exact, secrets in the place of their references.
///
/// No description, dump or log shows what is in it.
public struct SettingObject: Sendable, Hashable, Decodable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The object itself.
    public let object: JSONObject
    /// The secrets in it.
    public let secrets: [Secret]

    /// Wraps an object.
    public init(_ object: JSONObject, secrets: [Secret] = []) { (self.object, self.secrets) = (object, secrets) }

    /// Reads what `carried` wrote: general decoders keep no order of members.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let carried = try JSONValue(parsing: container.decode(String.self)).asObject
        guard let object = carried?["object"]?.asObject else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "this is no carried object")
        }
        self.init(object, secrets: (carried?["secrets"]?.asArray ?? []).compactMap { $0.asString.map { Secret($0) } })
    }

    /// As a text, for the way through a decoder.
    var carried: String {
        JSONObject([
            .init("object", .object(object)), .init("secrets", .array(secrets.map { .string($0.value) })),
        ]).text
    }

    public var description: String { "(settings)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
