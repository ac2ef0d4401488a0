extension PlanReader {
    private static let valueKeys = [
        "kind", "required", "normalise", "minimum", "maximum", "minimumLength", "maximumLength", "pattern", "enumeration", "verify",
        "minimumCount", "maximumCount", "elements", "properties", "additionalProperties", "rules", "action", "actions", "description",
    ]
    /// Settings that are rules of one value, and so may have an action of their own.
    private static let ruleKeys = [
        "required", "normalise", "kind", "minimum", "maximum", "minimumLength", "maximumLength", "pattern", "enumeration", "verify",
        "minimumCount", "maximumCount",
    ]

    /// A property, or the elements of an array.
    mutating func value(_ settings: JSONValue, named name: String, in context: PlanContext, at path: [String]) -> PlannedValue {
        // A name with nothing behind it is planned and may be anything.
        guard settings != .null, let object = object(settings, at: path, keys: Self.valueKeys) else { return PlannedValue(name: name) }
        var mustBe: PlanRule?
        var checks: [(rule: PlanRule, check: PlanCheck)] = []
        var context = context
        context.action = action(object["action"], at: path + ["action"]) ?? context.action
        let kind = word(object["kind"], among: PlanKind.allCases.map(\.rawValue), what: "kind", at: path + ["kind"])
            .flatMap { PlanKind(rawValue: $0) }
        let actions = actions(object["actions"], rulesOf: object, at: path + ["actions"])
        for rule in Self.ruleKeys {
            guard let setting = object[rule], fits(rule, kind, stated: object["kind"] != nil, at: path + [rule]) else { continue }
            let named = PlanRule(id: context.id(rule), action: actions[rule] ?? context.action, subject: context.subject)
            if rule == "required" {
                guard required(setting, isElement: name.isEmpty, at: path + [rule]) else { continue }
                mustBe = named
            } else if let check = check(rule, setting, kind, at: path + [rule]) {
                checks.append((named, check))
            } else {
                continue
            }
            register(named.id, at: path + [rule])
        }
        canonical(checks, at: path + ["enumeration"])
        order(object, "minimum", "maximum", at: path)
        order(object, "minimumLength", "maximumLength", at: path)
        order(object, "minimumCount", "maximumCount", at: path)
        var each: PlannedValue?
        if let elements = object["elements"], fits("elements", kind, stated: object["kind"] != nil, at: path + ["elements"]) {
            each = value(elements, named: "", in: context.elements, at: path + ["elements"])
        }
        for key in ["properties", "additionalProperties", "rules"] where object[key] != nil {
            guard fits(key, kind, stated: object["kind"] != nil, at: path + [key]) else { return PlannedValue(name: name) }
        }
        return PlannedValue(
            name: name, required: mustBe, checks: checks, elements: each, members: members(of: object, in: context, at: path))
    }

    /// `actions: {minimum: flag}`: for rules that the same value sets.
    private mutating func actions(_ value: JSONValue?, rulesOf object: JSONObject, at path: [String]) -> [String: PlanAction] {
        guard let value, let byRule = members(value, at: path, "actions by the names of this value's rules") else { return [:] }
        var actions: [String: PlanAction] = [:]
        let known = Self.ruleKeys.filter { object[$0] != nil }
        for member in byRule.members {
            if known.contains(where: { $0.sameScalars(as: member.name) }) {
                let action = action(member.value, at: path + [member.name])
                if member.name == "verify", action == .coerce {
                    fail(path + [member.name], "a verifier turns nothing", "Write reject, quarantine or flag.")
                }
                actions[member.name] = action
            } else {
                unknown(member.name, among: known, what: "rule of this value", at: path + [member.name])
            }
        }
        return actions
    }

    /// Whether a rule makes sense for the kind; says so where not. A kind that was misspelt is not held against its rules.
    private mutating func fits(_ rule: String, _ kind: PlanKind?, stated: Bool, at path: [String]) -> Bool {
        let kinds: [PlanKind]
        switch rule {
        case "minimum", "maximum": kinds = [.number, .integer, .time]
        case "minimumLength", "maximumLength", "pattern": kinds = [.text]
        case "minimumCount", "maximumCount", "elements": kinds = [.array]
        case "properties", "additionalProperties", "rules": kinds = [.object]
        default: return true
        }
        if kind.map({ kinds.contains($0) }) ?? stated { return true }
        let wanted = kinds.map { "kind: \($0.rawValue)" }.joined(separator: " or ")
        fail(
            path, "\(rule) is for \(wanted), and here the kind is \(kind?.rawValue ?? "not said")", "Write \(wanted), or leave \(rule) out."
        )
        return false
    }

    /// What a normaliser never gives must not be listed: no value would fit.
    private mutating func canonical(_ checks: [(rule: PlanRule, check: PlanCheck)], at path: [String]) {
        var normaliser: Normaliser?
        for (_, check) in checks {
            if case .normalise(let own) = check { normaliser = own }
            guard case .enumeration(let members) = check, let normaliser else { continue }
            for (index, member) in members.enumerated() where normaliser.normalised(member) != member {
                let own = normaliser.normalised(member).map { "Write \($0.text)." } ?? "Leave it out."
                fail(path + [String(index)], "the normaliser never gives \(member.text)", own)
            }
        }
    }

    private mutating func order(_ object: JSONObject, _ low: String, _ high: String, at path: [String]) {
        guard let least = object[low], let most = object[high] else { return }
        let backwards =
            numericOrder(least, most).map { $0 > 0 }
            ?? least.asString.flatMap { Instant(text: $0) }.flatMap { a in most.asString.flatMap { Instant(text: $0) }.map { a > $0 } }
        if backwards == true { fail(path + [low], "\(low) is above \(high), so that no value fits", "Exchange the two.") }
    }

    private mutating func check(_ rule: String, _ setting: JSONValue, _ kind: PlanKind?, at path: [String]) -> PlanCheck? {
        switch rule {
        case "normalise": return normaliser(setting, for: kind, at: path).map { .normalise($0) }
        case "kind": return kind.map { .kind($0) }
        case "minimum": return bound(setting, kind, at: path).map { .minimum($0) }
        case "maximum": return bound(setting, kind, at: path).map { .maximum($0) }
        case "minimumLength": return count(setting, at: path).map { .minimumLength($0) }
        case "maximumLength": return count(setting, at: path).map { .maximumLength($0) }
        case "minimumCount": return count(setting, at: path).map { .minimumCount($0) }
        case "maximumCount": return count(setting, at: path).map { .maximumCount($0) }
        case "pattern": return pattern(setting, at: path)
        case "verify": return verify(setting, for: kind, at: path)
        default: return enumeration(setting, kind, at: path)
        }
    }

    private mutating func required(_ setting: JSONValue, isElement: Bool, at path: [String]) -> Bool {
        guard case .bool(let truth) = setting else {
            fail(path, "this is \(setting.kindShown)", "Write true or false.")
            return false
        }
        if truth, isElement { fail(path, "elements of an array are always there", "Leave required out, or set minimumCount.") }
        return truth
    }

    private mutating func bound(_ setting: JSONValue, _ kind: PlanKind?, at path: [String]) -> PlanBound? {
        if kind == .time {
            if let instant = setting.asString.flatMap({ Instant(text: $0) }) { return .instant(instant) }
            fail(path, "this is \(setting.kindShown), not a time", "Write a time such as \"2026-01-01\".")
            return nil
        }
        if setting.asDouble != nil { return .number(setting) }
        if kind != nil { fail(path, "this is \(setting.kindShown), not a number", "Write a number.") }
        return nil
    }

    private mutating func count(_ setting: JSONValue, at path: [String]) -> Int? {
        if case .integer(let count) = setting, count >= 0, count <= 1_000_000_000 { return Int(count) }
        fail(path, "this is not a count", "Write a whole number from 0.")
        return nil
    }

    private mutating func pattern(_ setting: JSONValue, at path: [String]) -> PlanCheck? {
        guard let pattern = setting.asString else {
            fail(path, "this is \(setting.kindShown), not a pattern", "Write a pattern in quotes, such as \"[A-Z]{3}\".")
            return nil
        }
        do throws(PatternRefusal) {
            _ = try compile(pattern)  // alone first: "a)(b" is only whole within the group below
            return .pattern(pattern, try compile("^(?:\(pattern))$"))
        } catch {
            fail(path, error.problem, error.remedy ?? "Write the pattern in another way.")
            return nil
        }
    }

    private mutating func enumeration(_ setting: JSONValue, _ kind: PlanKind?, at path: [String]) -> PlanCheck? {
        guard let members = setting.asArray, !members.isEmpty else {
            fail(path, "an enumeration lists at least one value", "Write a list of values, such as [EUR, USD].")
            return nil
        }
        for (index, member) in members.enumerated() {
            if let kind, !kind.holds(member) {
                fail(path + [String(index)], "this is \(member.kindShown), and the kind is \(kind.rawValue)", "Write \(kind.named).")
            }
            if members[..<index].contains(member) { fail(path + [String(index)], "this value stands here twice", "Leave one out.") }
        }
        return .enumeration(members)
    }
}
