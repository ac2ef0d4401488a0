/// The names of the cells that three scores make. `Documentation/RFM.md` shows the table, and a test holds it to this one.
public enum RFMSegment: String, Sendable, Hashable, CaseIterable, Codable {
    /// Recency 5 with value 4 or 5, and recency 4 with value 5, of scores stretched to 1 ... 5.
    case champions
    /// Recency 4 with value 4, and recency 3 with value 4 or 5.
    case loyal
    /// Recency 4 or 5 with value 2 or 3.
    case potentialLoyalist = "potential loyalist"
    /// Recency 5 with value 1.
    case new
    /// Recency 4 with value 1.
    case promising
    /// Recency 3 with value 3.
    case needsAttention = "needs attention"
    /// Recency 3 with value 1 or 2.
    case aboutToSleep = "about to sleep"
    /// Recency 2 with value 3 to 5, and recency 1 with value 3.
    case atRisk = "at risk"
    /// Recency 1 with value 4 or 5.
    case cannotLose = "cannot lose"
    /// Recency 2 with value 1 or 2.
    case hibernating
    /// Recency 1 with value 1 or 2.
    case lost

    /// What the name says, in one sentence.
    public var meaning: String {
        switch self {
        case .champions: "Bought lately, often, and for much."
        case .loyal: "Come back and spend well."
        case .potentialLoyalist: "Bought lately, and more than once."
        case .new: "Bought for the first time, just now."
        case .promising: "Bought a little, not long ago."
        case .needsAttention: "Middling in everything, and drifting."
        case .aboutToSleep: "Bought little, some time ago."
        case .atRisk: "Were good customers, and have been away."
        case .cannotLose: "Were among the best, and have been away longest."
        case .hibernating: "Bought little, long ago."
        case .lost: "Bought little, and have been away longest."
        }
    }

    /// The segment of a customer with these scores, 1 to `scores` each, the greatest best.
    ///
    /// Scores are first stretched to 1 ... 5. The value score is the mean of frequency and monetary, halves rounded up.
    public init(recency: Int, frequency: Int, monetary: Int, scores: Int = 5) {
        precondition(
            scores >= 2 && [recency, frequency, monetary].allSatisfy { (1...scores).contains($0) }, "a score lies between 1 and \(scores)")
        let r = Self.stretched(recency, scores)
        let value = (Self.stretched(frequency, scores) + Self.stretched(monetary, scores) + 1) / 2
        self = Self.table[5 - r][value - 1]
    }

    /// A score of 1 ... n as one of 1 ... 5: 1 + 4 (s - 1) / (n - 1), halves rounded up.
    static func stretched(_ score: Int, _ scores: Int) -> Int {
        let (steps, whole) = (8 * (score - 1), 2 * (scores - 1))
        return 1 + (steps + scores - 1) / whole
    }

    /// Rows: recency 5 to 1. Columns: value 1 to 5.
    public static let table: [[RFMSegment]] = [
        [.new, .potentialLoyalist, .potentialLoyalist, .champions, .champions],
        [.promising, .potentialLoyalist, .potentialLoyalist, .loyal, .champions],
        [.aboutToSleep, .aboutToSleep, .needsAttention, .loyal, .loyal],
        [.hibernating, .hibernating, .atRisk, .atRisk, .atRisk],
        [.lost, .lost, .atRisk, .cannotLose, .cannotLose],
    ]
}
