public import Storage

/// Features that need no definition: what most shops ask for.
public enum StandardFeatures {
    /// Their definitions by name, over an event of orders and its property of money; values of the segment language.
    public static func definitions(orders event: String = "Order Completed", revenue: [String] = ["revenue"]) -> [Definition] {
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
