public import Rules
public import Storage

/// A feature that people define by name: `feature NAME = VALUE`, computed whenever it is asked for.
public struct ComputedTrait: Sendable, Hashable {
    /// The name behind `feature.`: 1 to `nameLimit` bytes without control characters.
    public let name: String
    /// A value of the segment language.
    public let value: String
    /// What may be a mistake in it.
    public let warnings: [RuleWarning]

    /// Bytes of a name at most.
    public static let nameLimit = 200

    /// Checks a name and a value, which may mention other features but not itself, directly or in a circle.
    ///
    /// - Throws: `FeatureError` for the name, `RuleError` for the value.
    public init(name: String, value: String, checker: Checker = Checker()) throws {
        guard !name.isEmpty, name.utf8.count <= Self.nameLimit, !name.unicodeScalars.contains(where: { $0.value < 32 }) else {
            throw FeatureError("A feature's name has 1 to \(Self.nameLimit) bytes and no line ends. Choose another name.")
        }
        var checker = checker
        checker.definitions.features[Text(name)] = value
        warnings = try checker.formula(value, source: .feature(name)).warnings
        (self.name, self.value) = (name, value)
    }

    /// What the store keeps.
    public var definition: Definition { Definition(kind: .feature, name: name, body: value) }

    /// Aggregates that most shops ask for, by name, over an event of orders and its property of money.
    public static func standard(orders event: String = "Order Completed", revenue: [String] = ["revenue"]) -> [Definition] {
        let (event, revenue) = (RFMQuery.quoted(event), RFMQuery.property(revenue))
        return [
            ("orders", "count(\(event))"),
            ("orders_90d", "count(\(event) within 90d)"),
            ("revenue", "sum(\(event), \(revenue))"),
            ("revenue_90d", "sum(\(event) within 90d, \(revenue))"),
            ("average_order", "average(\(event), \(revenue))"),
            ("largest_order", "maximum(\(event), \(revenue))"),
            ("days_since_order", "(now - last(\(event))) / 1d"),
            ("days_as_customer", "(now - first(\(event))) / 1d"),
            ("days_between_orders", "(last(\(event)) - first(\(event))) / 1d / (count(\(event)) - 1)"),
            ("events_30d", "count(any within 30d)"),
            ("days_since_seen", "(now - last(any)) / 1d"),
        ].map { Definition(kind: .feature, name: $0.0, body: $0.1) }
    }
}
