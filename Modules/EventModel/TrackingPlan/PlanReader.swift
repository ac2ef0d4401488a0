/// Reads a tracking plan's settings, and goes on after each mistake so that all are found in one reading.
struct PlanReader {
    let compile: PatternCompiler
    let registry: VerifierRegistry
    let folder: SettingsFolder
    let nearest: (String, [String]) -> String?
    private(set) var errors: [SettingsError] = []
    /// Identifiers of the rules that were made, in order.
    private(set) var ruleOrder: [String] = []
    private var ruleNames: Set<ExactName> = []
    /// What `verify` named, in order.
    var verifiers: [MadeVerifier] = []

    init(
        compile: @escaping PatternCompiler, registry: VerifierRegistry, folder: SettingsFolder,
        nearest: @escaping (String, [String]) -> String?
    ) {
        (self.compile, self.registry, self.folder, self.nearest) = (compile, registry, folder, nearest)
    }

    /// What a plan is made of.
    struct Parts {
        var events: [ExactName: PlannedObject] = [:]
        var sections: [PlanSection: PlannedObject] = [:]
        var unplanned: PlanAction?
    }

    mutating func plan(_ settings: JSONValue, at path: [String]) -> Parts {
        var parts = Parts()
        let known = ["events", "unplannedEvents", "action", "description"] + PlanSection.allCases.map(\.rawValue)
        guard let object = object(settings, at: path, keys: known) else { return parts }
        let action = action(object["action"], at: path + ["action"]) ?? .quarantine
        parts.unplanned = allowance(object["unplannedEvents"], at: path + ["unplannedEvents"])
        if parts.unplanned != nil { register(TrackingPlan.unplannedRule, at: path + ["unplannedEvents"]) }
        if let events = object["events"], let byName = members(events, at: path + ["events"], "events by their names") {
            for event in byName.members {
                let context = PlanContext(prefix: event.name, whole: event.name, member: "property", action: action)
                if event.name.isEmpty {
                    fail(path + ["events", ""], "an event's name is empty", "Write the name that track messages carry in event.")
                }
                parts.events[ExactName(event.name)] = planned(event.value, in: context, at: path + ["events", event.name])
            }
        }
        for section in PlanSection.allCases {
            guard let value = object[section.rawValue] else { continue }
            let (whole, member) = section.subject
            let context = PlanContext(prefix: section.rawValue, whole: whole, member: member, action: action)
            parts.sections[section] = planned(value, in: context, at: path + [section.rawValue])
        }
        return parts
    }

    /// An event or a section: `properties`, `additionalProperties`, `rules`, `action`, `description`.
    private mutating func planned(_ value: JSONValue, in context: PlanContext, at path: [String]) -> PlannedObject {
        if value == .null { return PlannedObject() }  // a name in YAML without anything behind it
        let keys = ["properties", "additionalProperties", "rules", "action", "description"]
        guard let object = object(value, at: path, keys: keys) else { return PlannedObject() }
        var context = context
        context.action = action(object["action"], at: path + ["action"]) ?? context.action
        return members(of: object, in: context, at: path)
    }

    /// The parts of an object that events, sections and values of kind object share.
    mutating func members(of object: JSONObject, in context: PlanContext, at path: [String]) -> PlannedObject {
        var plan = PlannedObject()
        if let properties = object["properties"], let byName = members(properties, at: path + ["properties"], "properties by their names") {
            for property in byName.members {
                if property.name.isEmpty {
                    fail(path + ["properties", ""], "a property's name is empty", "Write the name it has in messages.")
                }
                let own = context.below(property.name)
                plan.properties.append(self.value(property.value, named: property.name, in: own, at: path + ["properties", property.name]))
            }
        }
        if let additional = allowance(object["additionalProperties"], at: path + ["additionalProperties"]) {
            let id = context.id("additionalProperties")
            register(id, at: path + ["additionalProperties"])
            plan.additional = PlanRule(id: id, action: additional, subject: "\(context.subject), one \(context.member)")
        }
        if let rules = object["rules"] { plan.rules = crossRules(rules, over: plan, in: context, at: path + ["rules"]) }
        return plan
    }

    // MARK: What all readers share

    mutating func fail(_ path: [String], _ problem: String, _ remedy: String) {
        errors.append(SettingsError(at: path, problem, remedy: remedy))
    }

    /// Takes a rule's identifier; two rules must not share one.
    mutating func register(_ id: String, at path: [String]) {
        if ruleNames.insert(ExactName(id)).inserted {
            ruleOrder.append(id)
        } else {
            fail(path, "two rules have the identifier '\(id)'", "Rename one, or give it a name of its own.")
        }
    }

    /// An object with any names.
    mutating func members(_ value: JSONValue, at path: [String], _ what: String) -> JSONObject? {
        if let object = value.asObject { return object }
        if value != .null { fail(path, "this is \(value.kindShown)", "Write an object: \(what).") }
        return nil
    }

    /// An object of which only `keys` are known.
    mutating func object(_ value: JSONValue, at path: [String], keys: [String]) -> JSONObject? {
        guard let object = members(value, at: path, keys.joined(separator: ", ")) else { return nil }
        for member in object.members where !keys.contains(where: { $0.sameScalars(as: member.name) }) {
            unknown(member.name, among: keys, what: "setting", at: path + [member.name])
        }
        return object
    }

    mutating func unknown(_ word: String, among known: [String], what: String, at path: [String]) {
        let choices = known.isEmpty ? "Leave it out." : "Choose from: \(known.joined(separator: ", "))."
        fail(path, "there is no \(what) '\(word)'", nearest(word, known).map { "Did you mean '\($0)'? \(choices)" } ?? choices)
    }

    /// One of a few words; nil where there is none (absent), or a wrong one (an error).
    mutating func word(_ value: JSONValue?, among known: [String], what: String, at path: [String]) -> String? {
        guard let value else { return nil }
        guard let word = value.asString else {
            fail(path, "this is \(value.kindShown)", "Write one of: \(known.joined(separator: ", ")).")
            return nil
        }
        if known.contains(where: { $0.sameScalars(as: word) }) { return word }
        unknown(word, among: known, what: what, at: path)
        return nil
    }

    /// A word, or an object of words and the settings of each, as `normalise` and `verify` are written. Nil where a word is not known, which
    /// was said.
    mutating func choices(
        _ setting: JSONValue, among known: [String], what: String, at path: [String]
    ) -> [(name: String, settings: JSONValue, path: [String])]? {
        let none = JSONValue.object(JSONObject())
        if setting.asString != nil {
            return word(setting, among: known, what: what, at: path).map { [($0, none, path)] }
        }
        let faults = errors.count
        guard let object = members(setting, at: path, known.joined(separator: ", ")) else { return nil }
        for member in object.members where !known.contains(where: { $0.sameScalars(as: member.name) }) {
            unknown(member.name, among: known, what: what, at: path + [member.name])
        }
        if errors.count > faults { return nil }
        return object.members.map { ($0.name, $0.value == .null ? none : $0.value, path + [$0.name]) }
    }

    mutating func action(_ value: JSONValue?, at path: [String]) -> PlanAction? {
        word(value, among: PlanAction.allCases.map(\.rawValue), what: "action", at: path).flatMap { PlanAction(rawValue: $0) }
    }

    /// What happens to what is not planned: nil is `allow`.
    private mutating func allowance(_ value: JSONValue?, at path: [String]) -> PlanAction? {
        word(value, among: ["allow", "flag", "quarantine", "reject"], what: "choice", at: path).flatMap { PlanAction(rawValue: $0) }
    }
}

/// Where in the plan a reader is: what identifiers and reasons begin with, and the action where none is set.
struct PlanContext {
    /// The event or section.
    let prefix: String
    let whole: String
    let member: String
    var action: PlanAction
    /// The property, below it those of objects: `address.city`, `products[].price`.
    var property = ""

    init(prefix: String, whole: String, member: String, action: PlanAction) {
        (self.prefix, self.whole, self.member, self.action) = (prefix, whole, member, action)
    }

    func below(_ name: String) -> PlanContext {
        var context = self
        context.property += property.isEmpty ? name : ".\(name)"
        return context
    }

    var elements: PlanContext {
        var context = self
        context.property += "[]"
        return context
    }

    func id(_ rule: String) -> String { property.isEmpty ? "\(prefix)/\(rule)" : "\(prefix)/\(property)/\(rule)" }
    var subject: String { property.isEmpty ? whole : "\(whole), \(member) '\(property)'" }
}
