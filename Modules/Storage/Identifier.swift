public import EventModel

/// One name of a person: a text and the namespace it belongs to. Texts are told apart by their scalars.
public struct Identifier: Sendable, Hashable, CustomStringConvertible {
    /// The namespace.
    public var kind: IdentifierKind
    /// The id as messages carry it.
    public var text: String

    /// Joins the parts.
    public init(_ kind: IdentifierKind, _ text: String) { (self.kind, self.text) = (kind, text) }

    /// As the command line writes it: `anonymous_id:a-1`.
    public var description: String { "\(kind.word):\(text)" }

    public static func == (a: Identifier, b: Identifier) -> Bool { a.kind == b.kind && a.text.sameScalars(as: b.text) }
    public func hash(into hasher: inout Hasher) {
        hasher.combine(kind)
        for byte in text.utf8 { hasher.combine(byte) }
    }

    /// Whether it comes first among the names of a person: users before anonymous identifiers before traits' values, then by scalars.
    public func precedes(_ other: Identifier) -> Bool {
        kind == other.kind ? text.precedesByScalars(other.text) : kind.rawValue < other.kind.rawValue
    }

    /// `{"kind":"user_id","id":"u-1"}`
    public var json: JSONObject { JSONObject([.init("kind", .string(kind.word)), .init("id", .string(text))]) }

    /// Reads what `json` writes; nil for anything else.
    public init?(json: JSONValue?) {
        guard let object = json?.asObject, let kind = object["kind"]?.asString.flatMap(IdentifierKind.init(word:)),
            let text = object["id"]?.asString
        else { return nil }
        self.init(kind, text)
    }
}
