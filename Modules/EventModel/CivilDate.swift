/// A day of the proleptic Gregorian calendar: year, month and day without a time or a zone.
///
/// Source of the conversions: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", 2013 (days_from_civil, civil_from_days).
public struct CivilDate: Sendable, Hashable {
    /// Astronomical year: 0 is 1 BC.
    public var year: Int
    /// From 1 to 12.
    public var month: Int
    /// From 1 to the length of the month.
    public var day: Int

    /// The day of the calendar, or nil where there is none such (February 30, month 13).
    @inlinable
    public init?(year: Int, month: Int, day: Int) {
        guard month >= 1, month <= 12, day >= 1, day <= CivilDate.days(inMonth: month, of: year) else { return nil }
        (self.year, self.month, self.day) = (year, month, day)
    }

    /// The day that is `daysSinceEpoch` days after 1970-01-01, negative before it; any day of the years ±10^15.
    @inlinable
    public init(daysSinceEpoch: Int) {
        let z = daysSinceEpoch + 719_468  // days since 0000-03-01: years that begin in March end with the leap day
        let era = (z >= 0 ? z : z - 146_096) / 146_097
        let dayOfEra = z - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// Days since 1970-01-01, negative before it.
    @inlinable public var daysSinceEpoch: Int {
        let y = month <= 2 ? year - 1 : year
        let era = (y >= 0 ? y : y - 399) / 400
        let yearOfEra = y - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    /// How many days a month has; `month` from 1 to 12.
    @inlinable
    public static func days(inMonth month: Int, of year: Int) -> Int {
        if month == 2 { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28 }
        return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31
    }
}

extension Instant {
    /// Milliseconds of a day of 86 400 seconds.
    public static let millisecondsPerDay: Int64 = 86_400_000

    /// The UTC day this instant falls on.
    @inlinable public var utcDate: CivilDate {
        let (days, rest) = milliseconds.quotientAndRemainder(dividingBy: 86_400_000)
        return CivilDate(daysSinceEpoch: Int(rest < 0 ? days - 1 : days))
    }

    /// Milliseconds since the UTC midnight before it: 0 to 86 399 999.
    @inlinable public var utcMillisecondOfDay: Int64 {
        let rest = milliseconds % 86_400_000
        return rest < 0 ? rest + 86_400_000 : rest
    }

    /// The UTC midnight that begins `date`.
    @inlinable
    public init(utc date: CivilDate) { self.init(milliseconds: Int64(date.daysSinceEpoch) * 86_400_000) }
}
