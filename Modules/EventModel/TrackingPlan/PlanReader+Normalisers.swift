extension PlanReader {
    private static let normalisers = ["email", "phone", "date", "currency", "country", "map"]

    /// `normalise: email`, or with settings of its own: `normalise: {phone: {callingCode: 43}}`.
    mutating func normaliser(_ setting: JSONValue, for kind: PlanKind?, at path: [String]) -> Normaliser? {
        guard let chosen = choices(setting, among: Self.normalisers, what: "normaliser", at: path) else { return nil }
        guard let (name, own, place) = chosen.first, chosen.count == 1 else {
            fail(path, "a value has one normaliser", "Write one of: \(Self.normalisers.joined(separator: ", ")).")
            return nil
        }
        if setting.asString == "map" {
            fail(path, "a map says what becomes what", "Write normalise: {map: {f: female, m: male}}.")
            return nil
        }
        if let kind, name != "map", kind != .text, name != "date" || kind != .time {
            fail(path, "\(name) gives texts, and the kind is \(kind.rawValue)", "Write kind: \(name == "date" ? "time" : "text").")
        }
        return switch name {
        case "email": email(own, at: place).map { .email($0) }
        case "phone": phone(own, at: place).map { .phone($0) }
        case "date": date(own, at: place).map { .date($0) }
        case "currency": currency(own, at: place).map { .currency($0) }
        case "country": country(own, at: place).map { .country($0) }
        default: map(own, at: place).map { .category($0) }
        }
    }

    private mutating func email(_ own: JSONValue, at path: [String]) -> EmailRule? {
        guard let object = object(own, at: path, keys: ["ignoringDots", "ignoringTags"]) else { return nil }
        return EmailRule(
            ignoringDots: domains(object["ignoringDots"], at: path + ["ignoringDots"]),
            ignoringTags: domains(object["ignoringTags"], at: path + ["ignoringTags"]))
    }

    private mutating func domains(_ value: JSONValue?, at path: [String]) -> Set<String> {
        guard let value else { return [] }
        let texts = value.asArray?.map { $0.asString?.lowercased() ?? "" } ?? []
        if texts.isEmpty || !texts.allSatisfy({ EmailRule.isDomain($0[...]) }) {
            fail(path, "this is not a list of domains", "Write a list such as [gmail.com, googlemail.com].")
        }
        return Set(texts)
    }

    private mutating func phone(_ own: JSONValue, at path: [String]) -> PhoneRule? {
        guard let object = object(own, at: path, keys: ["callingCode"]) else { return nil }
        guard let code = object["callingCode"] else { return PhoneRule() }
        if case .integer(let number) = code, (1...999).contains(number), CallingCodes.isAssigned(Int(number)) {
            return PhoneRule(callingCode: Int(number))
        }
        fail(path + ["callingCode"], "this is not a calling code", "Write the number of a country without plus, such as 43.")
        return nil
    }

    private mutating func date(_ own: JSONValue, at path: [String]) -> DateRule? {
        guard let object = object(own, at: path, keys: ["order", "form"]) else { return nil }
        let order = word(object["order"], among: DateRule.Order.allCases.map(\.rawValue), what: "order", at: path + ["order"])
        let form = word(object["form"], among: DateRule.Form.allCases.map(\.rawValue), what: "form", at: path + ["form"])
        return DateRule(order: order.flatMap { .init(rawValue: $0) }, form: form.flatMap { .init(rawValue: $0) } ?? .instant)
    }

    private mutating func currency(_ own: JSONValue, at path: [String]) -> CurrencyRule? {
        guard let object = object(own, at: path, keys: ["signs"]) else { return nil }
        let signs = codes(object["signs"], at: path + ["signs"], "an ISO 4217 code such as USD") { CurrencyRule.isCode($0) }
        return CurrencyRule(signs: signs)
    }

    private mutating func country(_ own: JSONValue, at path: [String]) -> CountryRule? {
        guard let object = object(own, at: path, keys: ["names"]) else { return nil }
        return CountryRule(names: codes(object["names"], at: path + ["names"], "two capital letters such as AT") { CountryRule.isCode($0) })
    }

    /// Names and their codes; every wrong code is an error of its own.
    private mutating func codes(_ value: JSONValue?, at path: [String], _ wanted: String, isCode: (String) -> Bool) -> [String: String] {
        guard let value, let object = members(value, at: path, "names and their codes") else { return [:] }
        var codes: [String: String] = [:]
        for member in object.members {
            if let code = member.value.asString, isCode(code) {
                codes[member.name] = code
            } else {
                fail(path + [member.name], "this is not a code", "Write \(wanted).")
            }
        }
        return codes
    }

    private mutating func map(_ own: JSONValue, at path: [String]) -> CategoryMap? {
        guard let object = members(own, at: path, "words and what they become") else { return nil }
        do throws(CategoryMap.Problem) {
            return try CategoryMap(object)
        } catch {
            switch error {
            case .empty: fail(path, "the map is empty", "Write words and what they become, such as {f: female, m: male}.")
            case .notScalar(let key): fail(path + [key], "a word becomes a text, a number or a truth", "Write one of these.")
            case .contradiction(let key):
                fail(
                    path + [key], "'\(key)' or what it becomes is the same word as another one that becomes something else",
                    "Map both to the same word (case and spaces round a word do not count).")
            }
            return nil
        }
    }
}
