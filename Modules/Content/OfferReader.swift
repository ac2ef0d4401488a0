import EventModel

/// Reads an offer's settings, and goes on after each mistake so that all are found in one reading.
struct OfferReader {
    private(set) var mistakes: [OfferMistake] = []

    /// The offer; nil where something that it cannot be without is missing or wrong.
    mutating func offer(_ settings: JSONValue, key: String?) -> Offer? {
        guard let object = object(settings, at: [], known: Offer.settings, "an offer is a map with variants and default") else {
            return nil
        }
        let key = self.key(object, else: key)
        let title = text(object["title"], at: ["title"])
        let isEnabled = truth(object["enabled"], at: ["enabled"]) ?? true
        let told = kind(object["kind"])
        let variants = self.variants(object["variants"])
        let kind = told ?? (object["kind"] == nil ? sharedKind(of: variants) : nil)
        let names = variants.map(\.name)
        let fallback = variant(
            object["default"], at: ["default"], among: names, "default: NAME, the variant of those for whom no rule holds")
        let rules = self.rules(object["rules"], variants: names)
        guard let key, let kind, let fallback else { return nil }
        return Offer(
            key: key, title: title, kind: kind, isEnabled: isEnabled, variants: variants.map { value($0, of: kind) }, fallback: fallback,
            rules: rules)
    }

    private mutating func key(_ object: JSONObject, else given: String?) -> String? {
        let key = object["key"] == nil ? given : text(object["key"], at: ["key"])
        guard let key else {
            if object["key"] == nil { fail([], "the key is missing", "a list of offers gives each one its key") }
            return nil
        }
        guard Offer.accepts(key: key) else {
            let isFile = object["key"] == nil
            fail(
                isFile ? [] : ["key"], "\"\(key)\" cannot be a key",
                (isFile ? "rename the file or write a key of " : "write ") + "1 to 200 letters, digits, -, _, . and ~ of ASCII")
            return nil
        }
        return key
    }

    private mutating func kind(_ value: JSONValue?) -> Offer.Kind? {
        guard let value else { return nil }
        let known = Offer.Kind.allCases.map(\.rawValue)
        guard let word = value.asString, let kind = Offer.Kind(rawValue: word) else {
            let near = value.asString.flatMap { nearMatch(to: $0, among: known) }.map { "did you mean \($0)?" }
            fail(
                ["kind"], "\(value.asString.map { "\"\($0)\"" } ?? "this") is not a kind of value",
                near ?? "choose one of \(known.joined(separator: ", "))")
            return nil
        }
        return kind
    }

    private mutating func variants(_ value: JSONValue?) -> [Offer.Variant] {
        guard let value else {
            fail([], "the variants are missing", "such as variants: {on: true, off: false}")
            return []
        }
        guard let object = value.asObject, !object.members.isEmpty else {
            fail(["variants"], "the variants are not a map of names to values", "such as {on: true, off: false}")
            return []
        }
        for member in object.members where member.name.isEmpty || member.name.utf8.count > 200 {
            fail(["variants", member.name], isAboutName: true, "a variant's name has 1 to 200 bytes", "rename it")
        }
        return object.members.map { Offer.Variant($0.name, $0.value) }
    }

    /// What all values are; a mistake where they are of several kinds, or of one that no offer has.
    private mutating func sharedKind(of variants: [Offer.Variant]) -> Offer.Kind? {
        guard let first = variants.first else { return nil }
        var shared: Offer.Kind?
        for variant in variants {
            guard let kind = variant.value.kind else {
                fail(
                    ["variants", variant.name], "\"\(variant.name)\" has no value that an offer can have",
                    "write a truth, a text, a number or a map")
                return nil
            }
            switch (shared, kind) {
            case (nil, _): shared = kind
            case (.integer, .float), (.float, .integer): shared = .float
            case (let known?, _) where known == kind: break
            case (let known?, _):
                fail(
                    ["variants", variant.name],
                    "the value of \"\(variant.name)\" is \(kind.words), and that of \"\(first.name)\" \(known.words)",
                    "give all variants values of one kind")
                return nil
            }
        }
        return shared
    }

    /// A variant whose value is checked; a whole number counts as a float where floats are wanted.
    private mutating func value(_ variant: Offer.Variant, of kind: Offer.Kind) -> Offer.Variant {
        let own = variant.value.kind
        if own == kind { return variant }
        if kind == .float, own == .integer, let number = variant.value.asDouble { return Offer.Variant(variant.name, .number(number)) }
        fail(
            ["variants", variant.name], "the value of \"\(variant.name)\" is not \(kind.words)",
            kind == .string ? "write it in quotes" : "write \(kind.words), or another kind")
        return variant
    }

    private mutating func rules(_ value: JSONValue?, variants: [String]) -> [Offer.Rule] {
        guard let value else { return [] }
        guard let elements = value.asArray else {
            fail(["rules"], "the rules are not a list", "each one a line such as - {when: 'did \"Signed Up\"', variant: NAME}")
            return []
        }
        var rules: [Offer.Rule] = []
        for (index, element) in elements.enumerated() {
            let path = ["rules", "\(index)"]
            guard let object = object(element, at: path, known: Offer.settingsOfRule, "a rule is a map with when and variant") else {
                continue
            }
            let name = text(object["name"], at: path + ["name"]) ?? "rule \(index + 1)"
            if rules.contains(where: { $0.name.sameScalars(as: name) }) {
                fail(path + (object["name"] == nil ? [] : ["name"]), "two rules are called \"\(name)\"", "rename one")
            }
            if object["when"] == nil {
                fail(path, "the condition of \"\(name)\" is missing", "when: an expression of the segment language")
            }
            let when = text(object["when"], at: path + ["when"])
            let variant = variant(object["variant"], at: path + ["variant"], among: variants, "variant: NAME, one of the offer's")
            if let when, let variant { rules.append(Offer.Rule(name, when: when, variant: variant)) }
        }
        return rules
    }

    /// The name of a variant that is there.
    private mutating func variant(_ value: JSONValue?, at path: [String], among names: [String], _ form: String) -> String? {
        guard let value else {
            fail(Array(path.dropLast()), "\(path.last ?? "") is missing", form)
            return nil
        }
        guard let name = text(value, at: path) else { return nil }
        if names.contains(where: { $0.sameScalars(as: name) }) { return name }
        // Where variants are missing altogether, that was said.
        guard !names.isEmpty else { return nil }
        let near = nearMatch(to: name, among: names).map { "did you mean \($0)?" }
        fail(path, "there is no variant \"\(name)\"", near ?? "choose one of \(names.joined(separator: ", "))")
        return nil
    }

    // MARK: What all parts share

    private mutating func fail(_ path: [String], isAboutName: Bool = false, _ problem: String, _ remedy: String) {
        mistakes.append(OfferMistake(at: path, isAboutName: isAboutName, problem, remedy: remedy))
    }

    /// An object of which only some members are known.
    private mutating func object(_ value: JSONValue, at path: [String], known: [String], _ form: String) -> JSONObject? {
        guard let object = value.asObject else {
            fail(path, form, "write its \(known.joined(separator: ", "))")
            return nil
        }
        for member in object.members where !known.contains(where: { $0.sameScalars(as: member.name) }) {
            let near = nearMatch(to: member.name, among: known).map { "did you mean \($0)?" }
            fail(
                path + [member.name], isAboutName: true, "there is no setting \"\(member.name)\"",
                near ?? "choose one of \(known.joined(separator: ", "))")
        }
        return object
    }

    /// A text that says something; nil where there is none (absent), or a wrong one (a mistake).
    private mutating func text(_ value: JSONValue?, at path: [String]) -> String? {
        guard let value else { return nil }
        if let text = value.asString, text.unicodeScalars.contains(where: { !$0.properties.isWhitespace }) { return text }
        fail(path, "\(path.last ?? "") is not a text", "write a text that says something")
        return nil
    }

    private mutating func truth(_ value: JSONValue?, at path: [String]) -> Bool? {
        guard let value else { return nil }
        if case .bool(let truth) = value { return truth }
        fail(path, "\(path.last ?? "") is neither true nor false", "write one of them")
        return nil
    }
}

extension JSONValue {
    /// What kind of an offer's value it is; nil: of none.
    fileprivate var kind: Offer.Kind? {
        switch self {
        case .bool: .boolean
        case .string: .string
        case .integer: .integer
        case .number, .unsigned: .float
        case .object: .object
        case .null, .array: nil
        }
    }
}

extension Offer.Kind {
    /// For sentences.
    fileprivate var words: String {
        switch self {
        case .boolean: "true or false"
        case .string: "a text"
        case .integer: "a whole number"
        case .float: "a number"
        case .object: "a map"
        }
    }
}
