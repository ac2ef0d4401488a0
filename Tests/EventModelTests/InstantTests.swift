import EventModel
import Testing

@Suite struct InstantTests {
    @Test(arguments: [
        ("1970-01-01", 0 as Int64),
        ("1969-12-31T23:59:59.999Z", -1),
        ("2026-06-30", 1_782_777_600_000),
        ("2026-06-30T00:00", 1_782_777_600_000),
        ("2026-06-30 00:00:01", 1_782_777_601_000),
        ("2026-06-30T00:00:00.1Z", 1_782_777_600_100),
        ("2026-06-30T00:00:00.9999999Z", 1_782_777_600_999),
        ("2026-06-30T02:00:00+02:00", 1_782_777_600_000),
        ("2026-06-30T02:00+0200", 1_782_777_600_000),
        ("2026-06-29T19:00:00.000-05", 1_782_777_600_000),
        ("2026-06-30T05:45:00+05:45", 1_782_777_600_000),
        ("2000-02-29T12:00:00Z", 951_825_600_000),
        ("0000-01-01T00:00:00.000Z", -62_167_219_200_000),
        ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
        ("2011-08-29T06:50:23+23:59", 1_314_514_283_000),
    ])
    func `instants are read`(text: String, milliseconds: Int64) {
        #expect(Instant(text: text) == Instant(milliseconds: milliseconds))
    }

    @Test(arguments: [
        "", "2026", "2026-06", "2026-6-30", "2026-13-01", "2026-00-01", "2026-02-29", "1900-02-29", "2026-04-31", "2026-06-00",
        "2026-06-30T",
        "2026-06-30T24:00", "2026-06-30T00:60", "2026-06-30T00:00:60Z", "2026-06-30T00", "2026-06-30T00:00:", "2026-06-30T00:00:00.",
        "2026-06-30T00:00:00.Z", "2026-06-30T00:00:00,5Z", "2026-06-30Z", "2026-06-30t00:00:00Z", "2026-06-30T00:00:00z",
        "2026-06-30  00:00",
        "2026-06-30T00:00:00 Z", "2026-06-30T00:00:00Z ", " 2026-06-30", "2026-06-30T00:00:00+24:00", "2026-06-30T00:00:00+02:60",
        "2026-06-30T00:00:00+2", "2026-06-30T00:00:00+02:", "2026-06-30T00:00:00+020", "2011-08-29T06:50:23+518:00", "+02026-06-30",
        "-2026-06-30", "20260630", "2026-06-30T00:00:00+02:00Z", "２０２６-06-30", "2026/06/30", "30.06.2026", "1782777600000",
    ])
    func `what is not an instant is refused`(text: String) { #expect(Instant(text: text) == nil) }

    @Test(arguments: [
        (0 as Int64, "1970-01-01T00:00:00.000Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
        (1_782_777_600_123, "2026-06-30T00:00:00.123Z"),
        (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"),
        (-62_167_219_200_001, "-000001-12-31T23:59:59.999Z"),
        (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        (253_402_300_800_000, "+010000-01-01T00:00:00.000Z"),
        (8_640_000_000_000_000, "+275760-09-13T00:00:00.000Z"),
    ])
    func `instants are written with milliseconds in UTC`(milliseconds: Int64, text: String) {
        #expect(Instant(milliseconds: milliseconds).text == text)
    }

    @Test func `the extremes of 64 bits are written too`() {
        #expect(Instant(milliseconds: .max).text == "+292278994-08-17T07:12:55.807Z")
        #expect(Instant(milliseconds: .min).text == "-292275055-05-16T16:47:04.192Z")
    }

    @Test(arguments: UInt64(1)...20)
    func `instant to text to instant is the same instant`(seed: UInt64) {
        var random = SplitMix(seed: seed)
        for _ in 0..<1_000 {
            let range = MessageLimits.earliest.milliseconds...MessageLimits.latest.milliseconds
            let instant = Instant(milliseconds: Int64.random(in: range, using: &random))
            #expect(Instant(text: instant.text) == instant)
            // The same moment as another zone's clock shows it.
            let offset = Int64.random(in: -1439...1439, using: &random)
            let local = Instant(milliseconds: instant.milliseconds + offset * 60_000)
            guard range.contains(local.milliseconds) else { continue }
            let (hours, minutes) = offset.magnitude.quotientAndRemainder(dividingBy: 60)
            let zone = "\(offset < 0 ? "-" : "+")\(hours < 10 ? "0" : "")\(hours):\(minutes < 10 ? "0" : "")\(minutes)"
            #expect(Instant(text: local.text.dropLast() + zone) == instant)
        }
    }

    /// Counts the days of three thousand years one by one.
    @Test func `the calendar agrees with a walk through it`() {
        var (year, month, day) = (-500, 1, 1)
        let first = CivilDate(year: year, month: month, day: day)?.daysSinceEpoch ?? 0
        for days in first..<(first + 3_000 * 366) {
            let date = CivilDate(daysSinceEpoch: days)
            guard date.year == year, date.month == month, date.day == day, date.daysSinceEpoch == days else {
                Issue.record("Day \(days) is \(date), not \(year)-\(month)-\(day).")
                return
            }
            day += 1
            let isLeap = year.isMultiple(of: 400) || (year.isMultiple(of: 4) && !year.isMultiple(of: 100))
            if day > [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] { (day, month) = (1, month + 1) }
            if month > 12 { (month, year) = (1, year + 1) }
        }
        #expect(CivilDate(year: 1970, month: 1, day: 1)?.daysSinceEpoch == 0)
    }
}
