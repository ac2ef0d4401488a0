import EventModel
import Jobs
import Statistics
import Testing

/// The examples of crontab(5), from a Thursday on.
@Test(arguments: [
    ("5 0 * * *", ["2026-01-01T00:05Z", "2026-01-02T00:05Z"]),
    ("15 14 1 * *", ["2026-01-01T14:15Z", "2026-02-01T14:15Z"]),
    ("0 22 * * 1-5", ["2026-01-01T22:00Z", "2026-01-02T22:00Z", "2026-01-05T22:00Z"]),
    ("23 0-23/2 * * *", ["2026-01-01T00:23Z", "2026-01-01T02:23Z", "2026-01-01T04:23Z"]),
    ("5 4 * * sun", ["2026-01-04T04:05Z", "2026-01-11T04:05Z"]),
    ("0 */4 1 * mon", ["2026-01-01T00:00Z", "2026-01-01T04:00Z", "2026-01-01T08:00Z"]),
    ("0 0 */2 * sun", ["2026-01-11T00:00Z", "2026-01-25T00:00Z", "2026-02-01T00:00Z"]),
    ("30 4 1,15 * 5", ["2026-01-01T04:30Z", "2026-01-02T04:30Z", "2026-01-09T04:30Z", "2026-01-15T04:30Z"]),
    ("@hourly", ["2026-01-01T00:00Z", "2026-01-01T01:00Z"]),
    ("@daily", ["2026-01-01T00:00Z", "2026-01-02T00:00Z"]),
    ("@weekly", ["2026-01-04T00:00Z", "2026-01-11T00:00Z"]),
    ("@monthly", ["2026-01-01T00:00Z", "2026-02-01T00:00Z"]),
    ("@yearly", ["2026-01-01T00:00Z", "2027-01-01T00:00Z"]),
    ("0 0 29 2 *", ["2028-02-29T00:00Z", "2032-02-29T00:00Z"]),
    ("0 12 * Jan-MAR,12 fri-sun", ["2026-01-02T12:00Z", "2026-01-03T12:00Z", "2026-01-04T12:00Z", "2026-01-09T12:00Z"]),
    ("59 23 31 12 7", ["2026-12-06T23:59Z", "2026-12-13T23:59Z"]),
])
func `the examples of crontab come when its manual says`(text: String, expected: [String]) throws {
    let found = try Schedule.cron(text).nextOnes(expected.count, after: "2025-12-31T23:59:59.999Z")
    #expect(found == expected)
}

@Test func `a leap day passes over a century without one`() throws {
    #expect(try Schedule.cron("0 0 29 2 *").nextOnes(1, after: "2096-03-01") == ["2104-02-29T00:00Z"])
}

@Test(arguments: ["0 0 30 2 *", "0 0 31 feb,apr,jun,sep,nov *", "* * 30-31 2 *"], ["UTC", "Europe/Berlin"])
func `a day that no calendar has never comes`(text: String, zone: String) throws {
    #expect(try CronExpression(text, zone: zone).next(after: instant("2026-01-01")) == nil)
}

@Test func `time ends with the year 9999 and begins with the year 1`() throws {
    let daily = try CronExpression("@daily")
    #expect(daily.next(after: try instant("9999-12-31T00:00:00Z")) == nil)
    #expect(daily.next(after: Instant(milliseconds: .max)) == nil)
    #expect(daily.next(after: Instant(milliseconds: .min))?.text == "0001-01-02T00:00:00.000Z")
}

@Test func `the next instant is strictly later, to the millisecond`() throws {
    let hourly = try CronExpression("@hourly")
    #expect(hourly.next(after: try instant("2026-01-01T00:59:59.999Z"))?.brief == "2026-01-01T01:00Z")
    #expect(hourly.next(after: try instant("2026-01-01T01:00:00Z"))?.brief == "2026-01-01T02:00Z")
    #expect(hourly.next(after: try instant("1969-12-31T23:59:59.999Z"))?.brief == "1970-01-01T00:00Z")
}

@Test(arguments: [
    ("60 * * * *", "'60' is no minute in '60'. Write a number from 0 to 59."),
    ("* * * foo *", "'foo' is no month in 'foo'. Write a number from 1 to 12 or a name from jan to dec."),
    ("* * 0 * *", "'0' is no day of the month in '0'. Write a number from 1 to 31."),
    ("* 22-2 * * *", "'22-2' in the field of the hour runs backwards. Write two ranges: 22-23,0-2."),
    ("*/0 * * * *", "'0' is no step of the minute in '*/0'. Write a whole number from 1 to 59 behind the slash."),
    ("*/60 * * * *", "'60' is no step of the minute in '*/60'. Write a whole number from 1 to 59 behind the slash."),
    (
        "5/15 * * * *",
        "'5/15' in the field of the minute steps from a single number. Write the range that the steps go through, such as 5-59/15."
    ),
    ("1,,2 * * * *", "'' is no minute in '1,,2'. Write a number from 0 to 59."),
    ("-1 * * * *", "'' is no minute in '-1'. Write a number from 0 to 59."),
    ("0 0 * * 8", "'8' is no day of the week in '8'. Write a number from 0 to 7 or a name from sun to sat."),
    (
        "0 0 * *",
        "'0 0 * *' has 4 fields. Write five: minute, hour, day of the month, month, day of the week, such as 30 4 * * mon."
    ),
    (
        "@dayly",
        "'@dayly' is no schedule. Choose from @hourly, @daily, @weekly, @monthly and @yearly. Did you mean @daily?"
    ),
    ("@reboot", "'@reboot' is no schedule. Choose from @hourly, @daily, @weekly, @monthly and @yearly."),
])
func `what is no schedule is refused with the place and the remedy`(text: String, sentence: String) {
    #expect {
        try CronExpression(text)
    } throws: {
        "\($0)" == sentence
    }
}

@Test(arguments: ["Europe/Berlni", "CEST", "GMT+2", "", "europe/berlin"])
func `what is no time zone is refused`(zone: String) {
    #expect(throws: ScheduleError.self) { try CronExpression("@daily", zone: zone) }
}

@Test(arguments: [
    ("90s", "90s"), ("60s", "1m"), ("15m", "15m"), ("120m", "2h"), ("24h", "1d"), ("7d", "1w"), ("0s", "0s"),
])
func `a duration is read and written shortly`(text: String, short: String) {
    #expect(Duration(text: text)?.text == short)
}

@Test(arguments: ["", "m", "15", "15 m", "1.5h", "-1h", "1h30m", "9999999999w", "١٥m"])
func `what is no duration is refused`(text: String) {
    #expect(Duration(text: text) == nil)
}

/// Texts of the letters that schedules are made of; whatever is taken must hold what it promises.
@Test(arguments: UInt64(1)...40)
func `any text is a schedule that goes forward or is refused with a sentence`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let parts = [
        "*", "/", "-", ",", " ", "\t", "0", "1", "7", "31", "59", "60", "mon", "JAN", "@", "@daily", "é", "\u{0}", "99999999999999999999",
        "*/2", "1-5",
    ]
    let start = try instant("2026-01-01")
    for _ in 0..<200 {
        var text = (0..<Int.random(in: 0...12, using: &random)).compactMap { _ in parts.randomElement(using: &random) }.joined()
        if Bool.random(using: &random) { text = "* \(text) * * *" }
        do throws(ScheduleError) {
            let cron = try CronExpression(text)
            if let next = cron.next(after: start) { #expect(next > start && next.milliseconds % 60_000 == 0) }
        } catch {
            #expect(!error.problem.isEmpty && error.remedy.hasSuffix(".") || error.remedy.hasSuffix("?"))
        }
    }
}
