/// What kind of customer somebody is: the hidden truth that clusters and scores should find again.
struct Character: Sendable {
    let name: String
    /// Share of all people.
    let share: Double
    /// How much more they do than others.
    let activity: Double
    /// How much readier they are to put something into the basket.
    let wanting: Double
    /// How much readier they are to go on to the till and to pay.
    let buying: Double
    /// Chance that an order comes back, in part or whole.
    let returning: Double
    /// From -1 (the cheap end of the shelf) to 1 (the dear end).
    let taste: Double
    /// How strongly sales draw them: 0 not at all, 1 almost only then.
    let saleLove: Double
    /// Chance that a second of the same goes into the basket.
    let doubling: Double
    /// Shares of the plans free, plus and premium.
    let plans: [Double]
    /// When they are there.
    let presence: Presence

    enum Presence: Sendable {
        /// From some day on, or from before the first, until the last.
        case lasting
        /// Until two to eleven months before the last day.
        case lapsed
        /// Only in the last two months.
        case recent
        /// For a stretch of the year.
        case passing
    }

    static let all: [Character] = [
        Character(
            name: "loyal", share: 0.16, activity: 1.7, wanting: 1.2, buying: 1.6, returning: 0.04, taste: 0.1, saleLove: 0.1,
            doubling: 0.15,
            plans: [0.2, 0.55, 0.25], presence: .lasting),
        Character(
            name: "bargain", share: 0.20, activity: 1.1, wanting: 1.1, buying: 1.0, returning: 0.10, taste: -0.8, saleLove: 0.75,
            doubling: 0.12,
            plans: [0.85, 0.14, 0.01], presence: .lasting),
        Character(
            name: "lapsed", share: 0.22, activity: 0.8, wanting: 1.0, buying: 1.1, returning: 0.07, taste: 0, saleLove: 0.2, doubling: 0.10,
            plans: [0.75, 0.2, 0.05], presence: .lapsed),
        Character(
            name: "browser", share: 0.20, activity: 1.0, wanting: 0.45, buying: 0.25, returning: 0.08, taste: 0.2, saleLove: 0.2,
            doubling: 0.05,
            plans: [0.93, 0.06, 0.01], presence: .passing),
        Character(
            name: "connoisseur", share: 0.07, activity: 0.7, wanting: 1.0, buying: 1.4, returning: 0.06, taste: 0.9, saleLove: 0,
            doubling: 0.05,
            plans: [0.1, 0.3, 0.6], presence: .lasting),
        Character(
            name: "newcomer", share: 0.10, activity: 0.5, wanting: 1.0, buying: 0.9, returning: 0.07, taste: 0, saleLove: 0.2,
            doubling: 0.10,
            plans: [0.9, 0.09, 0.01], presence: .recent),
        Character(
            name: "returner", share: 0.05, activity: 1.3, wanting: 1.5, buying: 1.5, returning: 0.55, taste: 0.3, saleLove: 0.3,
            doubling: 0.35,
            plans: [0.5, 0.4, 0.1], presence: .passing),
    ]
    static let choice = WeightedChoice(all.map(\.share))
}
