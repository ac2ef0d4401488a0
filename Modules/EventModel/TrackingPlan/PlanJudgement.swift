/// The judgement of one message while it is being made: walks the planned values, gathers what fired and what was changed.
struct PlanJudgement {
    private(set) var changes: [PlanChange] = []
    private(set) var fired: [FiredRule] = []
    private(set) var flags: [String] = []
    /// Identifiers of rules whose verifier does not know yet, each once.
    private(set) var unverified: [String] = []
    /// The first reason to reject, and the first to quarantine.
    private(set) var rejection: String?
    private(set) var quarantine: String?

    /// Notes that a rule was broken and nothing could be turned.
    mutating func broke(_ rule: PlanRule, _ problem: String, remedy: String) {
        let effective = rule.action == .coerce ? .quarantine : rule.action
        note(rule.id, effective)
        let reason = "\(rule.subject) \(problem) (rule \(rule.id)). \(remedy)"
        switch effective {
        case .flag: if !flags.contains(rule.id) { flags.append(rule.id) }
        case .reject: if rejection == nil { rejection = reason }
        case .quarantine, .coerce: if quarantine == nil { quarantine = reason }
        }
    }

    private mutating func note(_ id: String, _ action: PlanAction) {
        let rule = FiredRule(rule: id, action: action)
        if !fired.contains(rule) { fired.append(rule) }
    }

    /// Judges an object's members.
    ///
    /// - Parameter pointer: Where the object stands in the message, as a JSON Pointer.
    /// - Returns: The object with its changes; nil where there are none.
    mutating func judge(_ object: JSONObject, by plan: PlannedObject, at pointer: String) -> JSONObject? {
        var changed: JSONObject?
        var present = 0
        for planned in plan.properties {
            let found = object[planned.name]
            if found != nil { present += 1 }
            guard let value = found, value != .null else {
                if let rule = planned.required { broke(rule, "is required and is not there", remedy: "Send it with every such message.") }
                continue
            }
            // The pointer is only written where something may have to be kept under it.
            if let new = judge(value, by: planned, at: { pointer + "/" + planned.name.pointerEscaped }) {
                var copy = changed ?? object
                copy.set(planned.name, new)
                changed = copy
            }
        }
        if let rule = plan.additional, present < object.members.count {
            let stranger = object.members.first { member in !plan.properties.contains { $0.name.sameScalars(as: member.name) } }
            if let stranger {
                broke(rule, "is not planned: '\(stranger.name.shortened)'", remedy: "Plan it, or leave it out.")
            }
        }
        for rule in plan.rules {
            if let (problem, remedy) = rule.broken(by: changed ?? object) { broke(rule.rule, problem, remedy: remedy) }
        }
        return changed
    }

    private mutating func judge(_ value: JSONValue, by planned: PlannedValue, at pointer: () -> String) -> JSONValue? {
        var current = value
        var isTurned = false
        for (rule, check) in planned.checks {
            switch check.answer(current, coercing: rule.action == .coerce) {
            case .kept: continue
            case .turned(let turned):
                note(rule.id, .coerce)
                (current, isTurned) = (turned, true)
                continue
            case .unknown:
                if !unverified.contains(rule.id) { unverified.append(rule.id) }
                continue
            case .broken(let problem, let remedy):
                broke(rule, problem, remedy: remedy)
            }
            if check.endsChecks { break }
        }
        if isTurned, current != value {
            changes.append(PlanChange(pointer: pointer(), before: value, after: current))
            return current  // Only texts, numbers and truths are turned, so nothing is below.
        }
        switch current {
        case .object(let object) where !planned.members.isEmpty:
            return judge(object, by: planned.members, at: pointer()).map { .object($0) }
        case .array(let elements):
            guard let plan = planned.elements else { return nil }
            var changed: [JSONValue]?
            for (index, element) in elements.enumerated() {
                guard let new = judge(element, by: plan, at: { pointer() + "/\(index)" }) else { continue }
                var copy = changed ?? elements
                copy[index] = new
                changed = copy
            }
            return changed.map { .array($0) }
        default: return nil
        }
    }
}

extension String {
    /// As a step of a JSON Pointer (RFC 6901).
    var pointerEscaped: String {
        guard utf8.contains(where: { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") }) else { return self }
        var out = ""
        for scalar in unicodeScalars {
            switch scalar {
            case "~": out += "~0"
            case "/": out += "~1"
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out
    }

    /// At most the first 60 scalars, for reasons.
    var shortened: String {
        let start = unicodeScalars.prefix(60)
        return start.endIndex == unicodeScalars.endIndex ? self : String(start) + "..."
    }
}
