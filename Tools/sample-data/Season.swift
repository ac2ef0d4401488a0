import EventModel
import Statistics

/// The year, the week and the day as the shop feels them: when people come, and when there is a sale.
struct Season {
    /// Days of the window.
    static let days = 365
    /// The first instant of the window.
    let start: Instant
    /// The first instant after it.
    let end: Instant

    private let usual: WeightedChoice
    private let atSales: WeightedChoice
    private let salePercent: [Int]
    private let months: [Int]
    private let isWeekend: [Bool]

    /// How busy the months are, from January.
    private static let monthly = [1.05, 0.88, 0.92, 0.95, 0.98, 1.0, 0.97, 0.82, 0.96, 1.04, 1.3, 1.45]
    /// How busy the days of the week are, from Monday.
    private static let weekly = [1.02, 0.96, 0.94, 0.97, 1.0, 1.12, 1.25]
    private static let workday = WeightedChoice([3, 2, 1, 1, 1, 2, 6, 14, 18, 16, 15, 17, 26, 20, 16, 16, 18, 24, 32, 42, 50, 46, 28, 10])
    private static let weekend = WeightedChoice([8, 5, 3, 2, 1, 1, 3, 7, 18, 34, 44, 46, 42, 40, 40, 40, 40, 38, 36, 38, 40, 36, 26, 14])

    init(end: Instant) {
        self.end = end
        start = Instant(milliseconds: end.milliseconds - Int64(Self.days) * Instant.millisecondsPerDay)
        var (weights, saleWeights, sales, months, weekends): ([Double], [Double], [Int], [Int], [Bool]) = ([], [], [], [], [])
        for day in 0..<Self.days {
            let date = Instant(milliseconds: start.milliseconds + Int64(day) * Instant.millisecondsPerDay).utcDate
            let weekday = ((date.daysSinceEpoch + 3) % 7 + 7) % 7  // 1970-01-01 was a Thursday
            let sale = Self.sale(month: date.month, day: date.day)
            let growth = 1 + 0.2 * Double(day) / Double(Self.days)
            let weight = Self.monthly[date.month - 1] * Self.weekly[weekday] * growth * (sale > 0 ? 1.15 : 1)
            weights.append(weight)
            saleWeights.append(sale > 0 ? weight * 6 : weight)
            sales.append(sale)
            months.append(date.month - 1)
            weekends.append(weekday >= 5)
        }
        usual = WeightedChoice(weights)
        atSales = WeightedChoice(saleWeights)
        (salePercent, self.months, isWeekend) = (sales, months, weekends)
    }

    /// Percent off on a day of the year: after New Year, in the first weeks of July, and at the end of November.
    private static func sale(month: Int, day: Int) -> Int {
        switch (month, day) {
        case (1, 2...20): 30
        case (7, 1...18): 25
        case (11, 22...30): 35
        default: 0
        }
    }

    /// The day of the window that an instant falls on, from 0.
    func day(of time: Int64) -> Int { Int((time - start.milliseconds) / Instant.millisecondsPerDay).clamped(to: 0...Self.days - 1) }

    /// Percent off at an instant.
    func sale(at time: Int64) -> Int { salePercent[day(of: time)] }

    /// The month of an instant, from 0.
    func month(of time: Int64) -> Int { months[day(of: time)] }

    /// A moment of the given days when somebody `hoursAhead` of UTC begins a visit.
    func moment(in days: Range<Int>, saleLove: Double, hoursAhead: Int, _ random: inout SeededGenerator) -> Int64 {
        let day = random.chance(saleLove) ? atSales.draw(in: days, &random) : usual.draw(in: days, &random)
        let hour = (isWeekend[day] ? Self.weekend : Self.workday).draw(&random)
        let ofHour = Int64(random.integer(below: 3_600_000))
        let local = Int64((hour - hoursAhead + 24) % 24) * 3_600_000 + ofHour
        return start.milliseconds + Int64(day) * Instant.millisecondsPerDay + local
    }
}
