extension PlanReader {
    /// `rules: [{atMost: [discount, total], action: flag}, ...]`.
    mutating func crossRules(_ settings: JSONValue, over plan: PlannedObject, in context: PlanContext, at path: [String]) -> [CrossRule] {
        guard let list = settings.asArray else {
            if settings != .null { fail(path, "this is \(settings.kindShown)", "Write a list of rules.") }
            return []
        }
        return list.enumerated().compactMap { rule($1, over: plan, in: context, at: path + [String($0)]) }
    }

    private mutating func rule(_ settings: JSONValue, over plan: PlannedObject, in context: PlanContext, at path: [String]) -> CrossRule? {
        let words = CrossRule.Relation.allCases.map(\.rawValue)
        if settings == .null { fail(path, "there is no rule behind the dash", "Write one of: \(words.joined(separator: ", ")).") }
        guard let object = object(settings, at: path, keys: words + ["name", "action", "description"]) else { return nil }
        let relations = CrossRule.Relation.allCases.filter { object[$0.rawValue] != nil }
        guard let relation = relations.first, relations.count == 1 else {
            if !relations.isEmpty || object.members.allSatisfy({ ["name", "action", "description"].contains($0.name) }) {
                fail(path, "a rule says one thing, and this says \(relations.count)", "Write one of: \(words.joined(separator: ", ")).")
            }
            return nil
        }
        let place = path + [relation.rawValue]
        let names = object[relation.rawValue]?.asArray?.map(\.asString) ?? []
        guard names.count >= 2, names.count == 2 || !relation.compares, !names.contains(nil) else {
            fail(
                place, "\(relation.rawValue) is about \(relation.compares ? "two properties" : "two properties or more")",
                "Write \(relation.rawValue): [first, second].")
            return nil
        }
        var paths: [[String]] = []
        for (index, name) in names.compactMap(\.self).enumerated() {
            if let found = plan.path(of: name) {
                if paths.contains(found) { fail(place + [String(index)], "'\(name)' stands here twice", "Name another property.") }
                paths.append(found)
            } else {
                unknown(name, among: plan.properties.map(\.name), what: "planned property", at: place + [String(index)])
            }
        }
        guard paths.count == names.count else { return nil }
        let shown = names.compactMap(\.self)
        var own = "\(relation.rawValue)(\(shown.joined(separator: ",")))"
        if let name = object["name"] {
            if let text = name.asString, !text.isEmpty {
                own = text
            } else {
                fail(path + ["name"], "a rule's name is a text", "Write a short text, or leave name out.")
            }
        }
        let id = context.id("rules/\(own)")
        register(id, at: path)
        return CrossRule(
            rule: PlanRule(
                id: id, action: action(object["action"], at: path + ["action"]) ?? context.action, subject: context.subject + ":"),
            relation: relation, paths: paths, names: shown)
    }
}

extension PlannedObject {
    /// The way to a planned property: its own name, or names of objects and of a property within, joined by dots. Nil where none is planned.
    fileprivate func path(of name: String) -> [String]? {
        if properties.contains(where: { $0.name.sameScalars(as: name) }) { return [name] }
        for property in properties where name.hasPrefix(property.name + ".") {
            if let rest = property.members.path(of: String(name.dropFirst(property.name.count + 1))) { return [property.name] + rest }
        }
        return nil
    }
}
