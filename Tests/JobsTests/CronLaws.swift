import EventModel
import Foundation
import Jobs
import Statistics
import Testing

/// The simplest cron: sets of numbers, looked at minute by minute.
private struct PlainCron {
    var text: String
    var minutes, hours, days, months, weekdays: Set<Int>
    var minuteHasStar, hourHasStar, dayHasStar, weekdayHasStar: Bool

    /// One of all kinds of fields, by chance; of times only, where it is for every day.
    init(everyDay: Bool = false, using random: inout SeededGenerator) {
        let minute = Self.field(0...59, &random)
        let hour = Self.field(0...23, &random)
        let day = everyDay ? ("*", Set(1...31)) : Self.field(1...31, &random)
        let month = everyDay ? ("*", Set(1...12)) : Self.field(1...12, &random)
        let weekday = everyDay ? ("*", Set(0...6)) : Self.field(0...6, &random)
        (minutes, hours, days, months, weekdays) = (minute.1, hour.1, day.1, month.1, weekday.1)
        (minuteHasStar, hourHasStar) = (minute.0.hasPrefix("*"), hour.0.hasPrefix("*"))
        (dayHasStar, weekdayHasStar) = (day.0.hasPrefix("*"), weekday.0.hasPrefix("*"))
        text = [minute.0, hour.0, day.0, month.0, weekday.0].joined(separator: " ")
    }

    private static func field(_ range: ClosedRange<Int>, _ random: inout SeededGenerator) -> (String, Set<Int>) {
        switch Int.random(in: 0..<6, using: &random) {
        case 0: return ("*", Set(range))
        case 1:
            let step = Int.random(in: 2...5, using: &random)
            return ("*/\(step)", Set(stride(from: range.lowerBound, through: range.upperBound, by: step)))
        case 2:
            let first = Int.random(in: range.lowerBound..<range.upperBound, using: &random)
            let last = Int.random(in: (first + 1)...range.upperBound, using: &random)
            return ("\(first)-\(last)", Set(first...last))
        case 3:
            let first = Int.random(in: range.lowerBound..<range.upperBound, using: &random)
            let step = Int.random(in: 1...(range.upperBound - first), using: &random)
            return ("\(first)-\(range.upperBound)/\(step)", Set(stride(from: first, through: range.upperBound, by: step)))
        default:
            let numbers = (0..<Int.random(in: 1...4, using: &random)).map { _ in Int.random(in: range, using: &random) }
            return (numbers.map(String.init).joined(separator: ","), Set(numbers))
        }
    }

    /// Whether clocks that show this minute (since 1970-01-01T00:00 on them) show a chosen one.
    func matches(_ minute: Int) -> Bool {
        let day = Int((Double(minute) / 1_440).rounded(.down))
        let time = minute - day * 1_440
        let date = CivilDate(daysSinceEpoch: day)
        let weekday = ((day + 4) % 7 + 7) % 7
        guard minutes.contains(time % 60), hours.contains(time / 60), months.contains(date.month) else { return false }
        let (fitsDay, fitsWeekday) = (days.contains(date.day), weekdays.contains(weekday))
        return dayHasStar || weekdayHasStar ? fitsDay && fitsWeekday : fitsDay || fitsWeekday
    }

    /// Every minute after `start` and up to `end` (minutes since the epoch) in which it comes, in a zone of whole minutes.
    func all(after start: Int, through end: Int, in zone: TimeZone? = nil) -> [Int] {
        func shown(_ minute: Int) -> Int {
            minute + (zone.map { $0.secondsFromGMT(for: Date(timeIntervalSince1970: Double(minute) * 60)) } ?? 0) / 60
        }
        let keepsDays = !minuteHasStar && !hourHasStar
        var latest = Int.min  // The latest minute that clocks have shown.
        var found: [Int] = []
        for minute in (start - 180)...end {
            let (before, now) = (shown(minute - 1), shown(minute))
            let change = now - before - 1
            var comes = matches(now)
            if keepsDays, abs(change) < 180 {
                if now <= latest { comes = false }
                if change > 0 { comes = ((before + 1)...now).contains { $0 > latest && matches($0) } }
            } else if change < 0 {
                latest = now - 1
            }
            latest = max(latest, now)
            if comes, minute > start { found.append(minute) }
        }
        return found
    }
}

@Test(arguments: UInt64(1)...150)
func `cron agrees with a walk through every minute of UTC`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let plain = PlainCron(using: &random)
    let start = Int.random(in: -20_000_000...60_000_000, using: &random)
    let end = start + 10 * 1_440
    let cron = try CronExpression(plain.text)
    var found: [Int] = []
    var cursor = Instant(milliseconds: Int64(start) * 60_000)
    while let next = cron.next(after: cursor), next.milliseconds <= Int64(end) * 60_000 {
        found.append(Int(next.milliseconds / 60_000))
        cursor = next
    }
    #expect(found == plain.all(after: start, through: end), "\(plain.text)")
}

@Test(arguments: UInt64(1)...120)
func `cron agrees with a walk through every minute around a change of the clocks`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let plain = PlainCron(everyDay: seed % 4 > 0, using: &random)
    let (name, change) = try #require(
        [
            ("Europe/Berlin", "2026-03-29T01:00Z"), ("Europe/Berlin", "2026-10-25T01:00Z"), ("America/New_York", "2026-03-08T07:00Z"),
            ("America/New_York", "2026-11-01T06:00Z"), ("Africa/Cairo", "2025-04-24T22:00Z"), ("Africa/Cairo", "2025-10-30T21:00Z"),
            ("Australia/Lord_Howe", "2026-04-04T15:00Z"), ("America/St_Johns", "2010-03-14T03:31Z"),
            ("America/St_Johns", "2010-11-07T02:31Z"),
            ("Pacific/Apia", "2011-12-30T10:00Z"),
        ].randomElement(using: &random))
    let zone = try #require(TimeZone(identifier: name))
    let start = Int(try instant(change).milliseconds / 60_000) - Int.random(in: -90...2_000, using: &random)
    let end = start + 2 * 1_440
    let cron = try CronExpression(plain.text, zone: name)
    var found: [Int] = []
    var cursor = Instant(milliseconds: Int64(start) * 60_000)
    while let next = cron.next(after: cursor), next.milliseconds <= Int64(end) * 60_000 {
        found.append(Int(next.milliseconds / 60_000))
        cursor = next
    }
    #expect(found == plain.all(after: start, through: end, in: zone), "\(plain.text) in \(name) from minute \(start)")
}

@Test(arguments: UInt64(1)...50)
func `an interval's instants are whole periods from its anchor, wherever one asks`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let period = Int64.random(in: 1...200_000, using: &random)
    let anchor = Instant(milliseconds: .random(in: -1_000_000_000_000...1_000_000_000_000, using: &random))
    let interval = try Interval(every: .seconds(period), anchor: anchor)
    let start = Instant(milliseconds: .random(in: -2_000_000_000_000...2_000_000_000_000, using: &random))
    let next = try #require(interval.next(after: start))
    #expect(next > start && next.milliseconds - start.milliseconds <= period * 1_000)
    #expect((next.milliseconds - anchor.milliseconds) % (period * 1_000) == 0)
}

@Test func `an interval is anchored in 1970 unless it says otherwise`() throws {
    #expect(try Schedule.every("15m").nextOnes(2, after: "2026-01-01T00:07:00Z") == ["2026-01-01T00:15Z", "2026-01-01T00:30Z"])
    let odd = try Interval(every: .seconds(86_400), anchor: instant("2026-03-01T06:30:00Z"))
    #expect(try Schedule.every(odd).nextOnes(2, after: "2026-01-01") == ["2026-01-01T06:30Z", "2026-01-02T06:30Z"])
    #expect(throws: ScheduleError.self) { try Interval(every: .milliseconds(500)) }
    #expect(odd.next(after: Instant(milliseconds: .max)) == nil)
}
