/// How often each rule of a tracking plan fired, and what became of the messages.
///
/// Counts of several workers or days are added with `merge`; adding is associative and commutative. The JSON is stable: members
/// sorted by Unicode scalars, nothing that is zero.
public struct PlanCounters: Sendable, Hashable {
    /// Messages by what became of them.
    public private(set) var accepted = 0, amended = 0, quarantined = 0, rejected = 0
    /// Messages by rule and action. A rule that fired for several elements of one message counts once.
    public private(set) var rules: [FiredRule: Int] = [:]

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
    }

    /// Adds the counts of `other`.
    public mutating func merge(_ other: PlanCounters) {
        accepted += other.accepted
        amended += other.amended
        quarantined += other.quarantined
        rejected += other.rejected
        rules.merge(other.rules, uniquingKeysWith: +)
    }

    /// `{"messages":{"accepted":n,...},"rules":{"Order Completed/revenue/minimum":{"quarantine":n}}}`.
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
        return JSONObject([
            .init("messages", .object(JSONObject(totals.filter { $0.1 != 0 }.map { .init($0.0, .integer(Int64($0.1))) }))),
            .init("rules", .object(byRule)),
        ])
    }

    /// Reads back what `json` wrote; nil for any other shape, and for counts below zero or above 2^53.
    public init?(json: JSONObject) {
        func count(_ value: JSONValue) -> Int? {
            if case .integer(let count) = value, count >= 0, count <= 1 << 53 { Int(count) } else { nil }
        }
        guard let messages = json["messages"]?.asObject, let byRule = json["rules"]?.asObject, json.members.count == 2 else { return nil }
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
