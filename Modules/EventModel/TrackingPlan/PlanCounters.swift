/// How often each rule of a tracking plan fired, and what became of the messages.
///
/// Counts of several workers or days are added with `merge`; adding is associative and commutative. The JSON is stable: members
/// sorted by Unicode scalars, nothing that is zero.
public struct PlanCounters: Sendable, Hashable {
    /// Messages by what became of them.
    public private(set) var accepted = 0, amended = 0, quarantined = 0, rejected = 0
    /// Messages by rule and action. A rule that fired for several elements of one message counts once.
    public private(set) var rules: [FiredRule: Int] = [:]
    /// Messages that passed a rule only since its verifier did not know, by the rule.
    public private(set) var unverified: [String: Int] = [:]

    /// No message yet.
    public init() {}

    /// Counts one verdict.
    public mutating func count(_ verdict: Verdict) {
        switch verdict.outcome {
        case .accepted: accepted += 1
        case .amended: amended += 1
        case .quarantined: quarantined += 1
        case .rejected: rejected += 1
        }
        for fired in verdict.fired { rules[fired, default: 0] += 1 }
        for rule in verdict.unverified { unverified[rule, default: 0] += 1 }
    }

    /// Adds the counts of `other`.
    public mutating func merge(_ other: PlanCounters) {
        accepted += other.accepted
        amended += other.amended
        quarantined += other.quarantined
        rejected += other.rejected
        rules.merge(other.rules, uniquingKeysWith: +)
        unverified.merge(other.unverified, uniquingKeysWith: +)
    }

    /// `{"messages":{"accepted":n,...},"rules":{"Order Completed/revenue/minimum":{"quarantine":n}}}`; `"unverified":{"traits/email/verify":n}`
    /// behind them where there are any.
    public var json: JSONObject {
        let totals = [("accepted", accepted), ("amended", amended), ("quarantined", quarantined), ("rejected", rejected)]
        var byRule = JSONObject()
        let sorted = rules.sorted {
            $0.key.rule.sameScalars(as: $1.key.rule)
                ? $0.key.action.rawValue.precedesByScalars($1.key.action.rawValue) : $0.key.rule.precedesByScalars($1.key.rule)
        }
        for (fired, count) in sorted {
            var actions = byRule[fired.rule]?.asObject ?? JSONObject()
            actions.set(fired.action.rawValue, .integer(Int64(count)))
            byRule.set(fired.rule, .object(actions))
        }
        var json = JSONObject([
            .init("messages", .object(JSONObject(totals.filter { $0.1 != 0 }.map { .init($0.0, .integer(Int64($0.1))) }))),
            .init("rules", .object(byRule)),
        ])
        if !unverified.isEmpty {
            let sorted = unverified.sorted { $0.key.precedesByScalars($1.key) }
            json.set("unverified", .object(JSONObject(sorted.map { .init($0.key, .integer(Int64($0.value))) })))
        }
        return json
    }

    /// Reads back what `json` wrote; nil for any other shape, and for counts below zero or above 2^53.
    public init?(json: JSONObject) {
        func count(_ value: JSONValue) -> Int? {
            if case .integer(let count) = value, count >= 0, count <= 1 << 53 { Int(count) } else { nil }
        }
        guard let messages = json["messages"]?.asObject, let byRule = json["rules"]?.asObject else { return nil }
        guard json.members.count == (json["unverified"] == nil ? 2 : 3) else { return nil }
        if let byRule = json["unverified"] {
            guard let members = byRule.asObject?.members else { return nil }
            for member in members {
                guard let count = count(member.value) else { return nil }
                unverified[member.name] = count
            }
        }
        for member in messages.members {
            guard let count = count(member.value) else { return nil }
            switch member.name {
            case "accepted": accepted = count
            case "amended": amended = count
            case "quarantined": quarantined = count
            case "rejected": rejected = count
            default: return nil
            }
        }
        for rule in byRule.members {
            guard let actions = rule.value.asObject else { return nil }
            for member in actions.members {
                guard let action = PlanAction(rawValue: member.name), let count = count(member.value) else { return nil }
                rules[FiredRule(rule: rule.name, action: action)] = count
            }
        }
    }
}
