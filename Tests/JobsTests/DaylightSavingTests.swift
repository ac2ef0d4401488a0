import EventModel
import Jobs
import Testing

/// Berlin skips 02:00 to 03:00 on 2026-03-29 (at 01:00Z) and repeats 02:00 to 03:00 on 2026-10-25 (at 01:00Z).
/// New York skips 02:00 to 03:00 on 2026-03-08 (at 07:00Z) and repeats 01:00 to 02:00 on 2026-11-01 (at 06:00Z).
@Test(arguments: [
    // A skipped time comes right after the gap, once, and the next day at its own time.
    ("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00Z", ["2026-03-29T01:00Z", "2026-03-30T00:30Z"]),
    ("0,15,30,45 2 * * *", "Europe/Berlin", "2026-03-28T12:00Z", ["2026-03-29T01:00Z", "2026-03-30T00:00Z"]),
    ("30 2 * * *", "America/New_York", "2026-03-07T12:00Z", ["2026-03-08T07:00Z", "2026-03-09T06:30Z"]),
    // A time that is skipped and one that the gap ends with are one.
    ("0 2,3 * * *", "Europe/Berlin", "2026-03-28T12:00Z", ["2026-03-29T01:00Z", "2026-03-30T00:00Z", "2026-03-30T01:00Z"]),
    // A repeated time comes the first time only.
    ("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00Z", ["2026-10-25T00:30Z", "2026-10-26T01:30Z"]),
    ("30 1 * * *", "America/New_York", "2026-10-31T12:00Z", ["2026-11-01T05:30Z", "2026-11-02T06:30Z"]),
    ("0 2,3 * * *", "Europe/Berlin", "2026-10-24T12:00Z", ["2026-10-25T00:00Z", "2026-10-25T02:00Z", "2026-10-26T01:00Z"]),
    // Asked in the middle of the repetition.
    ("30 2 * * *", "Europe/Berlin", "2026-10-25T01:10Z", ["2026-10-26T01:30Z"]),
    // What has a star in its minute or hour goes by what clocks show.
    ("0 * * * *", "Europe/Berlin", "2026-03-28T23:30Z", ["2026-03-29T00:00Z", "2026-03-29T01:00Z", "2026-03-29T02:00Z"]),
    ("*/30 2 * * *", "Europe/Berlin", "2026-03-28T12:00Z", ["2026-03-30T00:00Z", "2026-03-30T00:30Z"]),
    (
        "*/30 2 * * *", "Europe/Berlin", "2026-10-24T12:00Z",
        ["2026-10-25T00:00Z", "2026-10-25T00:30Z", "2026-10-25T01:00Z", "2026-10-25T01:30Z", "2026-10-26T01:00Z"]
    ),
    ("0 * * * *", "America/New_York", "2026-11-01T04:30Z", ["2026-11-01T05:00Z", "2026-11-01T06:00Z", "2026-11-01T07:00Z"]),
    // Cairo skips midnight; the day is not lost.
    ("0 0 * * *", "Africa/Cairo", "2025-04-24T12:00Z", ["2025-04-24T22:00Z", "2025-04-25T21:00Z"]),
    // Lord Howe Island's half hour.
    ("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00Z", ["2026-10-03T15:30Z", "2026-10-04T15:15Z"]),
    // Samoa left out a whole day: more than daylight saving, so that the day has no run.
    ("0 12 * * *", "Pacific/Apia", "2011-12-29T12:00Z", ["2011-12-29T22:00Z", "2011-12-30T22:00Z"]),
    // Ordinary days are read off the zone's clocks.
    ("0 9 * * mon", "Asia/Kolkata", "2026-01-01", ["2026-01-05T03:30Z", "2026-01-12T03:30Z"]),
])
func `when clocks are set, fixed times keep their days and stars follow the clock`(
    text: String, zone: String, start: String, expected: [String]
) throws {
    #expect(try Schedule.cron(text, zone).nextOnes(expected.count, after: start) == expected)
}
