/// Expressions such as people write.
extension ExpressionGenerator {
    /// Of the kind that people write: how many, how much, how long ago, when.
    mutating func usualComparison(_ size: Int) -> String {
        let operation = random.pick(["==", "!=", "<", "<=", ">", ">="])
        let events = events(min(size, 1))
        switch random.below(9) {
        case 0, 1: return "count(\(events)) \(operation) \(random.below(5))"
        case 2: return "\(random.below(4)) \(operation) count(\(events))"
        case 3: return "now - \(random.pick(["first", "last"]))(\(events)) \(operation) \(length())"
        case 4: return "(now - \(random.pick(["first", "last"]))(\(events))) / \(length()) \(operation) \(random.below(4))"
        case 5: return "\(random.pick(["first", "last"]))(\(events)) \(operation) ago(\(length()))"
        case 6: return "asOf(\(trait())) \(operation) ago(\(length()))"
        case 7: return "\(random.pick(["hour", "weekday"]))(now, \"\(random.pick(Vocabulary.zones))\") \(operation) \(random.below(24))"
        default: return "\(random.pick(["sum", "maximum", "distinct", "mostFrequentCount"]))(\(events), .x) \(operation) \(random.below(5))"
        }
    }

    /// An expression whose leaves are windows, lengths of time and the calendar, none of them far-fetched: the live answers to these are
    /// good to the millisecond.
    mutating func windowed() -> String {
        var leaves: [String] = []
        for _ in 0..<(1 + random.below(2)) {
            let name = random.pick([
                "\"A\"", "\"B\"", "any", "\"A\" where .x > 1", "\"B\" where context.n == 1", "any where type == \"page\"",
                "any where type == \"identify\" and traits.age >= 2", "any where type != \"track\" and exists(traits.plan)",
            ])
            let windows = (0..<random.below(3)).map { _ in
                random.pick([
                    " within \(length())", " since ago(\(length()))", " after ago(\(length()))", " until ago(\(length()))",
                    " until date(\"2026-06-30\")", " since startOfDay(now, \"Europe/Berlin\")", " since first(\"B\")",
                    " until last(\"A\") + 1h",
                ])
            }.joined()
            let operation = random.pick(["==", "!=", "<", "<=", ">", ">="])
            switch random.below(11) {
            case 0, 1: leaves.append("did \(name)\(windows) \(random.pick(["at least", "at most", "exactly"])) \(random.below(4)) times")
            case 2: leaves.append("count(\(name)\(windows)) \(operation) \(random.below(5))")
            case 3: leaves.append("now - \(random.pick(["first", "last"]))(\(name)\(windows)) \(operation) \(length())")
            case 4: leaves.append("sum(\(name)\(windows), .x) \(operation) \(random.below(5))")
            case 5: leaves.append("(now - last(\(name)\(windows))) / 1h \(operation) \(random.below(30))")
            case 6:
                let steps = (0..<(1 + random.below(3))).map { place in
                    random.pick(["\"A\"", "\"B\"", "any"]) + (place > 0 && random.once(in: 2) ? " within \(length())" : "")
                }
                let absent = random.once(in: 2) ? "" : " then not \"B\" within \(length())"
                let spanning = random.once(in: 2) ? "" : " spanning \(length())"
                leaves.append("sequence(\(steps.joined(separator: " then "))\(absent))\(windows)\(spanning)")
            case 7: leaves.append("exists(trait.plan) and trait.age > 2 or consent.marketing.email")
            case 8: leaves.append("stale(\(trait()))")
            case 9: leaves.append("now - asOf(\(trait())) \(operation) \(length())")
            default: leaves.append("weekday(now - \(length()), \"America/New_York\") \(operation) \(1 + random.below(7))")
            }
        }
        return leaves.map { random.once(in: 4) ? "not (\($0))" : "(\($0))" }.joined(separator: random.pick([" and ", " or "]))
    }
}
