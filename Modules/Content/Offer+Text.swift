public import EventModel

extension Offer {
    /// The settings that this offer is read from, all written out; `key` where it is told.
    public func json(withKey: Bool = false) -> JSONObject {
        var object = JSONObject()
        if withKey { object.set("key", .string(key)) }
        if let title { object.set("title", .string(title)) }
        object.set("kind", .string(kind.rawValue))
        object.set("enabled", .bool(isEnabled))
        object.set("variants", .object(JSONObject(variants.map { .init($0.name, $0.value) })))
        object.set("default", .string(fallback))
        object.set("rules", .array(rules.map { .object($0.json) }))
        return object
    }

    /// The one text of an offer, as it is stored: JSON with a line for each setting, variant and rule, so that what changed can be shown
    /// line by line.
    public var text: String {
        let members = json().members.map { member in
            let name = JSONValue.string(member.name).text
            switch member.value {
            case .object(let variants) where member.name == "variants":
                let lines = variants.members.map { "    \(JSONValue.string($0.name).text): \($0.value.text)" }
                return "  \(name): {\n\(lines.joined(separator: ",\n"))\n  }"
            case .array(let rules) where !rules.isEmpty:
                return "  \(name): [\n\(rules.map { "    " + $0.text }.joined(separator: ",\n"))\n  ]"
            default: return "  \(name): \(member.value.text)"
            }
        }
        return "{\n\(members.joined(separator: ",\n"))\n}"
    }
}

extension Offer.Rule {
    /// `{"name","when","variant"}`
    public var json: JSONObject {
        JSONObject([.init("name", .string(name)), .init("when", .string(when)), .init("variant", .string(variant))])
    }
}
