import EventModel
public import Rules
import Storage

/// Which events are orders, and what of them is counted: how recency, frequency and monetary value are read from the store.
public struct RFMQuery: Sendable, Hashable {
    /// The event of an order.
    public var event: String
    /// The property with its money, and the one with its id; nil: every event is an order of its own.
    public var revenue: [String]
    /// The property with an order's id: events that share one are one order, and each event without it is an order of its own. nil: each
    /// event counts.
    public var order: [String]?
    /// The event of a refund; its property `revenue` is given back, whatever its sign.
    public var refunds: String?
    /// How many scores there are.
    public var scores: Int

    /// Settles what an order is: by default `Order Completed` with its money in `revenue`, no refunds, and five scores. Nothing is checked
    /// before `formulas`.
    public init(
        event: String = "Order Completed", revenue: [String] = ["revenue"], order: [String]? = nil, refunds: String? = nil, scores: Int = 5
    ) {
        self.event = event
        self.revenue = revenue
        self.order = order
        self.refunds = refunds
        self.scores = scores
    }

    /// The values of the segment language that it reads: last order, orders, money, and money given back where refunds are named.
    public var values: [String] {
        let (event, revenue) = (Self.quoted(self.event), Self.property(self.revenue))
        let orders = order.map { id in
            let id = Self.property(id)
            return "distinct(\(event), \(id)) + count(\(event) where not exists(\(id)))"
        }
        var values = ["last(\(event))", orders ?? "count(\(event))"]
        values.append("sum(\(event), \(revenue))")
        if let refunds { values.append("sum(\(Self.quoted(refunds)), \(revenue))") }
        return values
    }

    /// `values`, parsed and checked.
    public func formulas(_ checker: Checker = Checker()) throws(RuleError) -> [Tree<Operand>] {
        var formulas: [Tree<Operand>] = []
        for value in values { formulas.append(try checker.formula(value, source: .other("rfm")).tree) }
        return formulas
    }

    /// Scores everyone with an order. Monetary is the sum of the orders less the size of the sum of the refunds, so it does not matter
    /// whether a shop writes refunds as positive or as negative amounts.
    ///
    /// - Parameter members: Those asked for; nil for all.
    public func rfm(_ source: some ProfileValues, among members: Membership? = nil, checker: Checker = Checker()) throws -> RFM {
        let columns = try source.columns(of: formulas(checker))
        let (last, count, paid) = (columns[0], ValueFeature.numbers(of: columns[1]), ValueFeature.numbers(of: columns[2]))
        let returned = columns.count > 3 ? ValueFeature.numbers(of: columns[3]) : nil
        var population: [RFM.Orders] = []
        for profile in 0..<last.count where last.tags[profile] == ValueTag.number && members?.contains(profile) != false {
            // Counts and sums are numbers wherever there is an order: they are 0 over no events.
            population.append(
                RFM.Orders(
                    profile: profile, last: last.times[profile], count: count[profile],
                    money: paid[profile] - abs(returned?[profile] ?? 0)))
        }
        return RFM(population, now: source.now.milliseconds, scores: scores)
    }

    /// A text of the language, with JSON's escapes.
    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case _ where scalar.value < 32:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    /// `.a."odd name"`.
    static func property(_ path: [String]) -> String {
        path.map { name in
            let plain =
                !name.isEmpty
                && name.unicodeScalars.enumerated().allSatisfy { place, scalar in
                    scalar == "_" || ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar)
                        || (place > 0 && ("0"..."9").contains(scalar))
                }
            return "." + (plain ? name : quoted(name))
        }.joined()
    }
}
