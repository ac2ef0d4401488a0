public import EventModel

/// A schedule in five fields: minute, hour, day of the month, month and day of the week, on the clocks of one time zone.
///
/// Fields hold numbers, names (`jan`, `mon`), lists (`1,15`), ranges (`1-5`) and steps (`*/15`, `0-23/2`); Sunday is 0 and 7. Where both
/// days are restricted, a day that fits either is chosen; a day field that begins with `*` restricts nothing, and both must fit then
/// (`*/2` included, as in Vixie's cron). `@hourly`, `@daily` (`@midnight`), `@weekly`, `@monthly` and `@yearly` (`@annually`) are
/// short for the obvious.
///
/// When clocks are set by less than three hours, a schedule with a fixed time keeps its days: a time that is skipped comes at the moment
/// of the change, one that is repeated comes the first time only. A schedule whose minute or hour begins with `*` goes by what the clocks
/// show. After larger changes, every schedule goes by what they show.
///
/// Sources: POSIX.1-2024, `crontab`; Paul Vixie, crontab(5); Debian, cron(8), on daylight saving time.
public struct CronExpression: Sendable, Hashable {
    /// The fields as written, with single spaces, or the `@` word.
    public let text: String
    /// Name of the time zone in the IANA database, or `UTC`.
    public var zone: String { clock.name }
    let clock: LocalClock
    private let minute, hour, dayOfMonth, month, dayOfWeek: CronField

    /// Reads five fields or an `@` word.
    /// - Throws: `ScheduleError` that quotes the part at fault; the time zone must be known.
    public init(_ text: String, zone: String = "UTC") throws(ScheduleError) {
        let words = text.split(whereSeparator: { $0 == " " || $0 == "\t" })
        self.text = words.joined(separator: " ")
        clock = try LocalClock(zone)
        var fields = words
        if words.first?.utf8.first == UInt8(ascii: "@") {
            guard words.count == 1, let short = Self.short[words[0].lowercased()] else {
                let near = nearMatch(to: self.text, among: Self.short.keys).map { " Did you mean \($0)?" } ?? ""
                throw ScheduleError(
                    "'\(self.text)' is no schedule", remedy: "Choose from @hourly, @daily, @weekly, @monthly and @yearly.\(near)")
            }
            fields = short.split(separator: " ")
        }
        guard fields.count == CronField.Kind.allCases.count else {
            throw ScheduleError(
                "'\(self.text)' has \(fields.count) \(fields.count == 1 ? "field" : "fields")",
                remedy: "Write five: minute, hour, day of the month, month, day of the week, such as 30 4 * * mon.")
        }
        minute = try CronField(fields[0], .minute)
        hour = try CronField(fields[1], .hour)
        dayOfMonth = try CronField(fields[2], .dayOfMonth)
        month = try CronField(fields[3], .month)
        dayOfWeek = try CronField(fields[4], .dayOfWeek)
    }

    private static let short = [
        "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0", "@monthly": "0 0 1 * *",
        "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *",
    ]

    /// The first instant strictly after another when the schedule comes; nil where it never does again, such as on February 30.
    ///
    /// Time ends with the year 9999 here. In UTC the cost is a few steps a month passed over; in other zones the distance from UTC is asked
    /// once for every day until then.
    public func next(after instant: Instant) -> Instant? {
        guard instant.milliseconds < Self.end else { return nil }
        let earliest = max(instant.milliseconds, Self.beginning) + 1
        var from = earliest - Self.largestChange
        var shown = Int64.min  // What clocks showed before they were set back: earlier times come a second time.
        while true {
            let offset = clock.offset(at: from)
            let start = max(from, earliest) + offset
            guard let local = firstMatch(from: keepsDays ? max(start, shown) : start) else { return nil }
            guard let change = clock.firstChange(after: from, through: local - offset) else {
                return local - offset < Self.end ? Instant(milliseconds: local - offset) : nil
            }
            if keepsDays, abs(change.after - change.before) < Self.largestChange {
                let (stop, resume) = (change.at + change.before, change.at + change.after)
                if change.at >= earliest, let skipped = firstMatch(from: max(stop, shown)), skipped < resume {
                    return Instant(milliseconds: change.at)
                }
                shown = max(shown, stop)
            }
            from = change.at
        }
    }

    /// Whether the schedule names times of day rather than going by what clocks show.
    private var keepsDays: Bool { !minute.hasStar && !hour.hasStar }

    /// Three hours: a larger change corrects the clock rather than saving daylight.
    private static let largestChange: Int64 = 3 * 3_600_000
    /// The first of January of the years 1 and 10000.
    private static let beginning: Int64 = -62_135_596_800_000
    private static let end: Int64 = 253_402_300_800_000

    /// The first time on the clocks from `local` on (milliseconds since 1970-01-01T00:00 on them) that the fields choose, nil where none is.
    private func firstMatch(from local: Int64) -> Int64? {
        let minutes = local / 60_000 + (local % 60_000 > 0 ? 1 : 0)
        var day = Int(minutes >= 0 ? minutes / 1_440 : (minutes - 1_439) / 1_440)
        let minuteOfDay = Int(minutes) - day * 1_440
        if matches(CivilDate(daysSinceEpoch: day)), let time = firstTime(from: minuteOfDay) {
            return Int64(day * 1_440 + time) * 60_000
        }
        guard let midnight = firstTime(from: 0) else { return nil }
        day += 1
        let cycle = day + 146_097  // The calendar, weeks included, repeats after 400 years.
        while day < cycle {
            let date = CivilDate(daysSinceEpoch: day)
            if !month.contains(date.month) {
                day += CivilDate.days(inMonth: date.month, of: date.year) - date.day + 1
            } else if matches(date) {
                return Int64(day * 1_440 + midnight) * 60_000
            } else {
                day += 1
            }
        }
        return nil
    }

    private func firstTime(from minuteOfDay: Int) -> Int? {
        if minuteOfDay >= 1_440 { return nil }
        if hour.contains(minuteOfDay / 60), let m = minute.first(from: minuteOfDay % 60) { return minuteOfDay / 60 * 60 + m }
        guard let h = hour.first(from: minuteOfDay / 60 + 1), let m = minute.first(from: 0) else { return nil }
        return h * 60 + m
    }

    private func matches(_ date: CivilDate) -> Bool {
        guard month.contains(date.month) else { return false }
        let weekday = (date.daysSinceEpoch % 7 + 11) % 7  // Day 0 was a Thursday.
        let (monthly, weekly) = (dayOfMonth.contains(date.day), dayOfWeek.contains(weekday))
        return dayOfMonth.hasStar || dayOfWeek.hasStar ? monthly && weekly : monthly || weekly
    }

    public static func == (a: CronExpression, b: CronExpression) -> Bool { a.text.sameScalars(as: b.text) && a.clock == b.clock }
    public func hash(into hasher: inout Hasher) {
        for byte in text.utf8 { hasher.combine(byte) }
        hasher.combine(clock)
    }
}
