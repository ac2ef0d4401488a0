import Statistics

/// Recency, frequency and monetary value of every customer, scored by quantiles.
///
/// - The population is everyone with an order at `now` (and among those asked for).
/// - *Recency* is whole days since the last order, rounded down. *Frequency* is the number of orders. *Monetary* is what they paid less
///   what they were given back, and may be negative.
/// - A measure's edges are its quantiles at 1/n, 2/n, ... (n - 1)/n over the population, by linear interpolation. A score is 1 and how many
///   edges lie strictly below the value; for recency it is counted from the other end, so that n is best throughout. Equal values have
///   equal scores.
/// - The name follows from the three scores; see `RFMSegment`.
///
/// - SeeAlso: A. Hughes, "Strategic Database Marketing", 1994.
public struct RFM: Sendable, Hashable {
    /// What is known of one customer before scoring.
    public struct Orders: Sendable, Hashable {
        /// Who it is: a profile number, or any other number of the caller's.
        public var profile: Int
        /// The last order, in milliseconds since 1970.
        public var last: Int64
        /// Orders, told apart by their ids where they have some.
        public var count: Double
        /// What was paid, less what was given back.
        public var money: Double

        /// Takes figures as they were counted; `RFM.init` traps on a `last` that is after its `now`.
        public init(profile: Int, last: Int64, count: Double, money: Double) {
            self.profile = profile
            self.last = last
            self.count = count
            self.money = money
        }
    }

    /// One customer, scored.
    public struct Row: Sendable, Hashable {
        /// `Orders.profile` of the customer.
        public var profile: Int
        /// Whole days from the last order to now, rounded down; 0 or more.
        public var recencyDays: Int
        /// How many orders.
        public var frequency: Int
        /// What was paid less what was given back; may be negative.
        public var monetary: Double
        /// Scores from 1 to `scores`, the greatest best.
        public var recencyScore, frequencyScore, monetaryScore: Int
        /// The cell that the three scores fall into.
        public var segment: RFMSegment
    }

    /// One row for each customer, in the order given.
    public let rows: [Row]
    /// How many scores there are, n.
    public let scores: Int
    /// The n - 1 edges of each measure, ascending; NaN for an empty population.
    public let recencyEdges, frequencyEdges, monetaryEdges: [Double]

    /// Scores the population; traps unless `scores` is at least 2.
    ///
    /// - Parameter now: In milliseconds since 1970; no order is later.
    public init(_ population: [Orders], now: Int64, scores: Int = 5) {
        precondition(scores >= 2, "one score tells nobody apart")
        let day: Int64 = 86_400_000
        let recency = population.map { orders -> Int in
            precondition(orders.last <= now, "an order after now")
            return Int((now - orders.last) / day)
        }
        self.scores = scores
        recencyEdges = Self.edges(recency.map(Double.init), scores)
        frequencyEdges = Self.edges(population.map(\.count), scores)
        monetaryEdges = Self.edges(population.map(\.money), scores)
        var rows: [Row] = []
        rows.reserveCapacity(population.count)
        for (orders, days) in zip(population, recency) {
            let r = scores + 1 - Self.score(Double(days), recencyEdges)
            let f = Self.score(orders.count, frequencyEdges)
            let m = Self.score(orders.money, monetaryEdges)
            rows.append(
                Row(
                    profile: orders.profile, recencyDays: days, frequency: Int(orders.count), monetary: orders.money, recencyScore: r,
                    frequencyScore: f, monetaryScore: m, segment: RFMSegment(recency: r, frequency: f, monetary: m, scores: scores)))
        }
        self.rows = rows
    }

    private static func edges(_ values: [Double], _ scores: Int) -> [Double] {
        quantiles(of: values, at: (1..<scores).map { Double($0) / Double(scores) })
    }

    private static func score(_ value: Double, _ edges: [Double]) -> Int { 1 + edges.count { $0 < value } }
}
