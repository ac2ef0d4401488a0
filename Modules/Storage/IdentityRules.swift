import EventModel

/// What may link identifiers, and how many may be one person. A store keeps its rules; without any, every message with two identifiers
/// links them, and no trait does.
public struct IdentityRules: Sendable, Hashable {
    /// Values that name nobody.
    public struct Blocked: Sendable, Hashable {
        /// Texts without regard to ASCII case; `*` stands for any run of characters.
        public var texts: [String]
        /// Characters: an identifier of one of them only, however often, and hyphens, names nobody.
        public var repeated: [String]

        /// Joins the parts.
        public init(texts: [String] = [], repeated: [String] = []) { (self.texts, self.repeated) = (texts, repeated) }

        /// Whether nothing is blocked.
        public var isEmpty: Bool { texts.isEmpty && repeated.isEmpty }
    }
    /// Traits whose values link people beside the ids that messages carry; ascending, each once.
    public var links: [IdentifierKind] = []
    /// Blocked in every namespace.
    public var blocked = Blocked()
    /// Blocked in one namespace.
    public var blockedByKind: [IdentifierKind: Blocked] = [:]
    /// The most identifiers of a namespace that one profile may have.
    public var limits: [IdentifierKind: Int] = [:]
    /// Whose links are looked at first where a limit stands against some: those between earlier kinds. Empty: the links' times decide alone.
    public var priorities: [IdentifierKind] = []

    /// No rules.
    public init() {}

    /// Whether they change nothing.
    public var isEmpty: Bool {
        links.isEmpty && blocked.isEmpty && blockedByKind.values.allSatisfy(\.isEmpty) && limits.isEmpty
    }

    /// The settings in which these rules are not the same as others, by their words.
    public func differences(from other: IdentityRules) -> [String] {
        var words: [String] = []
        if links != other.links { words.append("links") }
        if blocked != other.blocked || blockedByKind.filter({ !$1.isEmpty }) != other.blockedByKind.filter({ !$1.isEmpty }) {
            words.append("blocked")
        }
        if limits != other.limits { words.append("limits") }
        if priorities != other.priorities { words.append("priorities") }
        return words
    }

    /// The name that a store and an archive keep the rules under.
    public static let name = "rules"

    /// As a store and an archive keep them: equal rules, equal texts.
    public var definition: Definition { Definition(kind: .identity, name: Self.name, body: json.text) }

    /// Reads what `definition` writes; nil for anything else.
    public init?(_ definition: Definition) {
        guard definition.kind == .identity, let json = (try? JSONValue(parsing: Array(definition.body.utf8)))?.asObject,
            let blocked = json["blocked"]?.asObject, let limits = json["limits"]?.asObject, let priorities = json["priorities"]?.asArray
        else { return nil }
        self.init()
        for word in json["links"]?.asArray ?? [] {
            guard let kind = word.asString.flatMap(IdentifierKind.init(word:)), kind.trait != nil else { return nil }
            links.append(kind)
        }
        for member in blocked.members {
            guard let values = Blocked(json: member.value) else { return nil }
            if member.name == "all" {
                self.blocked = values
            } else {
                guard let kind = IdentifierKind(word: member.name) else { return nil }
                blockedByKind[kind] = values
            }
        }
        for member in limits.members {
            guard let kind = IdentifierKind(word: member.name), case .integer(let most) = member.value else { return nil }
            self.limits[kind] = Int(most)
        }
        for word in priorities {
            guard let kind = word.asString.flatMap(IdentifierKind.init(word:)) else { return nil }
            self.priorities.append(kind)
        }
    }

    private var json: JSONObject {
        var blocked = JSONObject([.init("all", .object(self.blocked.json))])
        var limits = JSONObject()
        for kind in IdentifierKind.allCases {
            if let own = blockedByKind[kind], !own.isEmpty { blocked.set(kind.word, .object(own.json)) }
            if let most = self.limits[kind] { limits.set(kind.word, .integer(Int64(most))) }
        }
        var json = JSONObject([
            .init("blocked", .object(blocked)), .init("limits", .object(limits)),
            .init("priorities", .array(priorities.map { .string($0.word) })),
        ])
        // Stores and archives of before links do not have it.
        if !links.isEmpty { json.set("links", .array(links.map { .string($0.word) })) }
        return json
    }
}

extension IdentityRules.Blocked {
    fileprivate var json: JSONObject {
        JSONObject([
            .init("texts", .array(texts.map { .string($0) })), .init("repeated", .array(repeated.map { .string($0) })),
        ])
    }

    fileprivate init?(json: JSONValue) {
        guard let texts = json.asObject?["texts"]?.asArray, let repeated = json.asObject?["repeated"]?.asArray else { return nil }
        self.init(texts: texts.compactMap(\.asString), repeated: repeated.compactMap(\.asString))
    }
}
