/// A rule about several properties of one message.
struct CrossRule: Sendable {
    /// What the listed properties have to do with each other.
    enum Relation: String, Sendable, CaseIterable {
        /// Neither of two is greater than the next: applies where both are there, to numbers and to times.
        case atMost
        case lessThan
        case equal
        case atLeastOneOf
        case atMostOneOf
        case exactlyOneOf
        case allOrNone
        /// Where the first is there, so are the others.
        case requires

        /// Whether values are compared, two of them; the others only ask what is there.
        var compares: Bool {
            switch self {
            case .atMost, .lessThan, .equal: true
            default: false
            }
        }
    }

    var rule: PlanRule
    var relation: Relation
    /// Where each property stands below the object that has the rule, and how it is shown.
    var paths: [[String]]
    var names: [String]

    /// What is wrong and what to do; nil where the rule is kept or does not apply. Absent and null are the same.
    func broken(by object: JSONObject) -> (problem: String, remedy: String)? {
        let values = paths.map { path in object.value(at: path).flatMap { $0 == .null ? nil : $0 } }
        let listed = names.map { "'\($0)'" }.joined(separator: ", ")
        let present = values.count { $0 != nil }
        switch relation {
        case .atMost, .lessThan, .equal:
            guard let first = values[0], let second = values[1] else { return nil }
            let order = Self.order(first, second)
            let kept =
                switch relation {
                case .atMost: order.map { $0 <= 0 } ?? false
                case .lessThan: order.map { $0 < 0 } ?? false
                default: order.map { $0 == 0 } ?? (first == second)
                }
            if kept { return nil }
            if relation == .equal { return ("properties \(listed) differ", "Send the same value for both.") }
            if order == nil { return ("properties \(listed) cannot be compared", "Send two numbers or two times.") }
            let wanted = relation == .atMost ? "at most" : "less than"
            return ("property '\(names[0])' is not \(wanted) '\(names[1])'", "Send '\(names[0])' so that it is \(wanted) '\(names[1])'.")
        case .atLeastOneOf:
            return present > 0 ? nil : ("none of the properties \(listed) is there", "Send at least one of them.")
        case .atMostOneOf:
            return present <= 1 ? nil : ("\(present) of the properties \(listed) are there", "Send at most one of them.")
        case .exactlyOneOf:
            return present == 1 ? nil : ("\(present) of the properties \(listed) are there", "Send exactly one of them.")
        case .allOrNone:
            return present == 0 || present == values.count
                ? nil : ("only \(present) of the properties \(listed) are there", "Send all of them or none.")
        case .requires:
            guard values[0] != nil, let missing = values.indices.first(where: { values[$0] == nil }) else { return nil }
            return (
                "property '\(names[0])' is there without '\(names[missing])'", "Send '\(names[missing])' too, or leave '\(names[0])' out."
            )
        }
    }

    /// Numbers by value, times by instant.
    private static func order(_ a: JSONValue, _ b: JSONValue) -> Int? {
        if let order = numericOrder(a, b) { return order }
        guard let x = a.asString.flatMap({ Instant(text: $0) }), let y = b.asString.flatMap({ Instant(text: $0) }) else { return nil }
        return x < y ? -1 : x == y ? 0 : 1
    }
}
