public import EventModel

/// The decision that some identifiers are not one person, whatever messages say: it takes links between them out of force until it is
/// taken back.
public struct Unmerge: Sendable, Hashable {
    /// Two identifiers that no message links any more; either may be unknown yet.
    public struct Cut: Sendable, Hashable {
        /// The two; their order means nothing.
        public var a, b: Identifier

        /// Joins the two.
        public init(_ a: Identifier, _ b: Identifier) { (self.a, self.b) = (a, b) }
    }
    /// Counts up from 1 within a store; a number is never given twice.
    public var number: Int
    /// What was parted.
    public var identifier: Identifier
    /// From whom; nil: from everybody.
    public var other: Identifier?
    /// What that took out of force.
    public var cuts: [Cut]
    /// When it was decided, and why.
    public var statement: PeopleStatement

    /// Joins the parts.
    public init(number: Int, identifier: Identifier, other: Identifier?, cuts: [Cut], statement: PeopleStatement) {
        (self.number, self.identifier, self.other, self.cuts, self.statement) = (number, identifier, other, cuts, statement)
    }

    /// As a store and an archive keep it.
    public var definition: Definition {
        let cuts = cuts.map { JSONValue.array([.object($0.a.json), .object($0.b.json)]) }
        let body = JSONObject([
            .init("identifier", .object(identifier.json)), .init("from", other.map { .object($0.json) } ?? .null),
            .init("cuts", .array(cuts)), .init("at", .string(statement.at.text)), .init("by", .string(statement.by)),
            .init("reason", .string(statement.reason)),
        ])
        return Definition(kind: .unmerge, name: String(number), body: body.text)
    }

    /// Reads what `definition` writes; nil for anything else.
    public init?(_ definition: Definition) {
        guard definition.kind == .unmerge, let number = Int(definition.name),
            let json = (try? JSONValue(parsing: Array(definition.body.utf8)))?.asObject,
            let identifier = Identifier(json: json["identifier"]), let at = (json["at"]?.asString).flatMap(Instant.init(text:)),
            let by = json["by"]?.asString, let reason = json["reason"]?.asString, let list = json["cuts"]?.asArray
        else { return nil }
        var cuts: [Cut] = []
        for pair in list {
            guard let pair = pair.asArray, pair.count == 2, let a = Identifier(json: pair[0]), let b = Identifier(json: pair[1]) else {
                return nil
            }
            cuts.append(Cut(a, b))
        }
        self.init(
            number: number, identifier: identifier, other: Identifier(json: json["from"]), cuts: cuts,
            statement: PeopleStatement(at: at, by: by, reason: reason))
    }
}

/// Who says something about people, when, and why.
public struct PeopleStatement: Sendable, Hashable {
    /// By the wall clock.
    public var at: Instant
    /// A person's or a key's name.
    public var by: String
    /// In words; may be empty.
    public var reason: String

    /// Joins the parts.
    public init(at: Instant, by: String, reason: String = "") { (self.at, self.by, self.reason) = (at, by, reason) }
}

/// What people decided about who is who: the rules, and what was unmerged.
public struct IdentityDecisions: Sendable, Hashable {
    /// What may link, and how many may be one.
    public var rules: IdentityRules
    /// In the order of their numbers.
    public var unmerges: [Unmerge]

    /// Joins the parts; without arguments nothing was decided.
    public init(rules: IdentityRules = IdentityRules(), unmerges: [Unmerge] = []) { (self.rules, self.unmerges) = (rules, unmerges) }

    /// Nothing was decided: every message with two identifiers links them.
    public var isEmpty: Bool { rules.isEmpty && unmerges.isEmpty }

    /// Those among saved definitions; nil where one of them cannot be read.
    public init?(_ definitions: [Definition]) {
        self.init()
        for definition in definitions {
            switch definition.kind {
            case .unmerge:
                guard let unmerge = Unmerge(definition) else { return nil }
                unmerges.append(unmerge)
            case .identity:
                guard let rules = IdentityRules(definition) else { return nil }
                self.rules = rules
            case .segment, .feature, .model, .offer, .source: break
            }
        }
        unmerges.sort { $0.number < $1.number }
    }
}
