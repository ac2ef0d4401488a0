import EventModel
import Storage

extension IdentityRules {
    /// Reads the section `identity` of a settings file: `links`, `blocked`, `limits` and `priorities`.
    ///
    /// - Throws: Everything that is wrong with it.
    init(settings: JSONValue) throws(SettingsErrors) {
        var reader = IdentitySettingsReader()
        let rules = reader.rules(settings)
        guard reader.errors.isEmpty else { throw SettingsErrors(reader.errors) }
        self = rules
    }
}

/// Reads the section and gathers what is wrong.
private struct IdentitySettingsReader {
    private(set) var errors: [SettingsError] = []
    private static let kinds = IdentifierKind.allCases.map(\.word)

    mutating func rules(_ settings: JSONValue) -> IdentityRules {
        var rules = IdentityRules()
        let keys = ["links", "blocked", "limits", "priorities"]
        for member in members(settings, at: [], keys: keys, what: "links, blocked, limits and priorities") {
            switch member.name {
            case "links": rules.links = links(member.value)
            case "blocked": blocked(member.value, &rules)
            case "limits": limits(member.value, &rules)
            default: rules.priorities = priorities(member.value)
            }
        }
        for kind in IdentifierKind.ofTraits where !rules.links.contains(kind) {
            let remedy = "Write links: [\(kind.word)], or leave this out."
            if rules.blockedByKind[kind] != nil { refuse(["blocked", kind.word], "the trait links nobody", remedy) }
            if rules.limits[kind] != nil { refuse(["limits", kind.word], "the trait links nobody", remedy) }
            if let place = rules.priorities.firstIndex(of: kind) {
                refuse(["priorities", String(place)], "the trait links nobody", remedy)
            }
        }
        return rules
    }

    private mutating func links(_ settings: JSONValue) -> [IdentifierKind] {
        let known = IdentifierKind.ofTraits.map(\.word).joined(separator: ", ")
        if settings == .null { return [] }
        guard let list = settings.asArray else {
            refuse(["links"], "a list of traits was expected", "Write [email], or some of \(known).")
            return []
        }
        var kinds: Set<IdentifierKind> = []
        for (index, value) in list.enumerated() {
            guard let kind = value.asString.flatMap(IdentifierKind.init(word:)), kind.trait != nil, kinds.insert(kind).inserted else {
                refuse(
                    ["links", String(index)], "\(value.text) is not a trait that is not named yet",
                    "Write each of \(known) once at most; user_id and anonymous_id always link.")
                continue
            }
        }
        return IdentifierKind.ofTraits.filter(kinds.contains)
    }

    private mutating func blocked(_ settings: JSONValue, _ rules: inout IdentityRules) {
        for member in members(settings, at: ["blocked"], keys: ["all"] + Self.kinds, what: "lists under all or a kind of identifiers") {
            let path = ["blocked", member.name]
            guard let list = member.value.asArray else {
                refuse(path, "a list of values was expected", #"Write [anonymous, "-1"], or {repeated: "0"} in it for runs of zeros."#)
                continue
            }
            var values = IdentityRules.Blocked()
            for (index, value) in list.enumerated() { add(value, to: &values, at: path + [String(index)]) }
            if let kind = IdentifierKind(word: member.name) { rules.blockedByKind[kind] = values } else { rules.blocked = values }
        }
    }

    private mutating func add(_ value: JSONValue, to values: inout IdentityRules.Blocked, at path: [String]) {
        switch value {
        case .string(let text): values.texts.append(text)
        // Written without quotes these are the texts that clients send by mistake.
        case .null: values.texts.append("null")
        case .bool(let truth): values.texts.append(truth ? "true" : "false")
        case .integer(let number): values.texts.append(String(number))
        case .object(let object):
            guard object.members.count == 1, let text = object["repeated"].flatMap({ $0.asString ?? Self.digit($0) }), !text.isEmpty else {
                refuse(path, "only `repeated` with a text is known here", #"Write {repeated: "0"} for runs of zeros."#)
                return
            }
            values.repeated.append(text)
        default: refuse(path, "a text was expected", #"Write it in quotes: "1.0"."#)
        }
    }

    private static func digit(_ value: JSONValue) -> String? {
        if case .integer(let number) = value { String(number) } else { nil }
    }

    private mutating func limits(_ settings: JSONValue, _ rules: inout IdentityRules) {
        for member in members(settings, at: ["limits"], keys: Self.kinds, what: "numbers under kinds of identifiers") {
            guard case .integer(let most) = member.value, most > 0, most <= 1_000_000 else {
                refuse(
                    ["limits", member.name], "\(member.value.text) is not a number of identifiers",
                    "Write 1 to 1000000, or leave it out for no limit.")
                continue
            }
            if let kind = IdentifierKind(word: member.name) { rules.limits[kind] = Int(most) }
        }
    }

    private mutating func priorities(_ settings: JSONValue) -> [IdentifierKind] {
        guard let list = settings.asArray else {
            refuse(["priorities"], "a list of kinds of identifiers was expected", "Write [user_id, anonymous_id].")
            return []
        }
        var kinds: [IdentifierKind] = []
        for (index, value) in list.enumerated() {
            guard let kind = value.asString.flatMap(IdentifierKind.init(word:)), !kinds.contains(kind) else {
                refuse(
                    ["priorities", String(index)], "\(value.text) is not a kind that is not named yet",
                    "Write each of \(Self.kinds.joined(separator: ", ")) once at most.")
                continue
            }
            kinds.append(kind)
        }
        return kinds
    }

    /// The members of an object whose names are all known.
    private mutating func members(_ settings: JSONValue, at path: [String], keys: [String], what: String) -> [JSONObject.Member] {
        if settings == .null { return [] }
        guard let object = settings.asObject else {
            refuse(path, "\(what) were expected", "Known: \(keys.joined(separator: ", ")).")
            return []
        }
        return object.members.filter { member in
            if keys.contains(where: { $0.sameScalars(as: member.name) }) { return true }
            let near = nearMatch(to: member.name, among: keys).map { "Did you mean `\($0)`? " } ?? ""
            refuse(path + [member.name], "there is no setting `\(member.name)`", "\(near)Known: \(keys.joined(separator: ", ")).")
            return false
        }
    }

    private mutating func refuse(_ path: [String], _ problem: String, _ remedy: String) {
        errors.append(SettingsError(at: path, problem, remedy: remedy))
    }
}
