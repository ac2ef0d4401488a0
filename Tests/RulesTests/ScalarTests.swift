import EventModel
import Foundation
import Rules
import Testing

/// Percentages, durations, distances, zones, texts: the small parts that every evaluator shares.
struct ScalarTests {
    @Test(arguments: [
        ("20", 5, 1), ("7", 100, 7), ("50", 3, 2), ("100", 7, 7), ("0.5", 200, 1), ("0.5", 201, 2), ("33.3", 1000, 333),
        ("33.30", 1000, 333), ("33.3000000000000000000000001", 1000, 334),
        ("1e1", 10, 1), ("1e-400", 1_000_000_000, 1), ("99.99999999999999999999999999", 1_000_000_000, 1_000_000_000), ("20", 0, 0),
        ("1E+2", 3, 3), ("007", 100, 7), ("14.285714285714285", 7, 1), ("1e-1099511627775", 5, 1),
    ])
    func `a percentage of n is counted exactly and rounded up`(percent: String, n: Int, expected: Int) throws {
        let percent = try #require(Percent(percent))
        #expect(percent.rank(of: n) == expected)
        #expect(Percent(percent.text) == percent)
    }

    @Test(arguments: [
        "0", "0.0", "100.0000001", "1e3", "101", "", ".", "1e-9223372036854775808", "1e9223372036854775807", "1e-9223372036854775809", "1e",
        "0.01e-1099511627775",
    ])
    func `a percentage outside of its bounds is none`(percent: String) { #expect(Percent(percent) == nil) }

    @Test(
        arguments: [
            ("0s", 0), ("1.5h", 5_400_000), ("0.001s", 1), ("2w", 1_209_600_000), ("1e3s", 1_000_000), ("0.00001666666666m", nil),
            ("0.0001s", nil), ("1e-3s", 1), ("0.0000000016534391534w", nil),
            ("9007199254740.991s", 9_007_199_254_740_991), ("9007199254740.992s", nil), ("1e400d", nil), ("0e999999999999999999999s", 0),
            ("0.0009765625h", nil), ("0.005m", 300), ("0.00000001157407407407d", nil),
            ("0.0000001w", nil), ("0.00005d", 4_320), ("00012.500s", 12_500),
        ] as [(String, Int64?)])
    func `a duration is a whole number of milliseconds, exactly`(text: String, expected: Int64?) {
        let formula = try? Formula(parsing: text)
        if let expected {
            #expect(formula?.root == .literal(.duration(expected)))
        } else {
            #expect(formula == nil)
        }
    }

    @Test(arguments: [
        (0.0, 0.0, 0.0, 1.0, 111.195_080_233_532_9), (52.52, 13.405, 48.8566, 2.3522, 877.464_537_921_509_3),
        (0, 0, 0, 180, 20_015.114_442_035_923), (90, 0, -90, 77, 20_015.114_442_035_923),
        (40.7128, -74.006, 40.7128, -74.006, 0), (10, 20, 10, 380, 0),
    ])
    func `distances are great circles`(a: Double, b: Double, c: Double, d: Double, kilometres: Double) {
        let own = greatCircle(latitude1: a, longitude1: b, latitude2: c, longitude2: d, in: .kilometres)
        #expect(abs(own - kilometres) <= max(1e-9, kilometres * 1e-9))
        #expect(abs(greatCircle(latitude1: a, longitude1: b, latitude2: c, longitude2: d, in: .miles) * 1.609344 - own) <= own * 1e-14)
    }

    @Test func `small and nearly opposite distances keep their digits`() {
        let metre = greatCircle(latitude1: 50, longitude1: 8, latitude2: 50.00001, longitude2: 8, in: .kilometres)
        #expect(abs(metre - 6371.0088 * (50.00001 - 50.0) * .pi / 180) < metre * 1e-12)
        let far = greatCircle(latitude1: 0, longitude1: 0, latitude2: 0, longitude2: 179.999999, in: .kilometres)
        #expect(abs(far - 6371.0088 * 179.999999 * .pi / 180) < far * 1e-12)
    }

    // MARK: Zones

    @Test(arguments: [
        ("Europe/Berlin", "2026-06-30T22:30:00Z", "2026-06-30T22:00:00.000Z", 0, 3),
        ("Europe/Berlin", "2026-03-29T12:00:00Z", "2026-03-28T23:00:00.000Z", 14, 7),
        ("UTC", "1969-12-31T23:59:59.999Z", "1969-12-31T00:00:00.000Z", 23, 3),
        ("Asia/Kolkata", "2026-06-29T19:00:00Z", "2026-06-29T18:30:00.000Z", 0, 2),
        // Clocks skipped midnight, so the day began at one o'clock.
        ("America/Sao_Paulo", "2018-11-04T12:00:00Z", "2018-11-04T03:00:00.000Z", 10, 7),
        ("Asia/Beirut", "2022-03-27T10:00:00Z", "2022-03-26T22:00:00.000Z", 13, 7),
        // Midnight came twice: at one o'clock clocks went back to it.
        ("America/Havana", "2026-11-01T12:00:00Z", "2026-11-01T04:00:00.000Z", 7, 7),
        ("America/Havana", "2026-11-01T05:30:00Z", "2026-11-01T04:00:00.000Z", 0, 7),
        // Samoa skipped a whole day.
        ("Pacific/Apia", "2011-12-30T10:30:00Z", "2011-12-30T10:00:00.000Z", 0, 6),
        ("Australia/Lord_Howe", "2026-04-05T00:00:00Z", "2026-04-04T13:00:00.000Z", 10, 7),
        // Half a minute after midnight clocks went back by an hour: the day began before that.
        ("America/St_Johns", "2010-11-07T12:00:00Z", "2010-11-07T02:30:00.000Z", 8, 7),
        ("Europe/Berlin", "2150-07-01T12:00:00Z", "2150-06-30T22:00:00.000Z", 14, 3),
    ])
    func `the calendar is the zone's`(zone: String, instant: String, start: String, hour: Int, weekday: Int) throws {
        let zone = try #require(Zone(zone))
        let time = try #require(Instant(text: instant)).milliseconds
        #expect(Instant(milliseconds: zone.startOfDay(at: time)).text == start)
        #expect(zone.hour(at: time) == hour)
        #expect(zone.weekday(at: time) == weekday)
    }

    @Test(arguments: [
        "Europe/Berlin", "America/New_York", "Africa/Casablanca", "Asia/Tehran", "America/Nuuk", "Antarctica/Troll", "Asia/Gaza",
        "Europe/Dublin", "Pacific/Apia", "America/Caracas",
    ])
    func `offsets agree with the platform's at every sampled hour`(name: String) throws {
        let zone = try #require(Zone(name))
        let platform = try #require(TimeZone(identifier: name))
        for hours in stride(from: -400_000, through: 1_300_000, by: 37) {
            let seconds = Double(hours) * 3600
            #expect(
                zone.offset(at: Int64(hours) * 3_600_000) == Int64(platform.secondsFromGMT(for: Date(timeIntervalSince1970: seconds)))
                    * 1000)
        }
    }

    @Test(arguments: ["PST", "GMT+5", "Foo/Bar", "", "europe/berlin", "UTC+3", "Europe/Berlin "])
    func `what is no name of the database is no zone`(name: String) { #expect(Zone(name) == nil) }

    @Test(arguments: [
        "UTC", "Europe/Berlin", "Asia/Kolkata", "Asia/Calcutta", "Europe/Kyiv", "US/Eastern", "Etc/GMT+5", "EST5EDT",
        "America/Argentina/Buenos_Aires",
    ])
    func `every name of the database is a zone`(name: String) { #expect(Zone(name)?.name.string == name) }

    // MARK: Times and texts

    @Test(
        arguments: [
            (JSONValue.string("2026-01-01"), 1_767_225_600_000), (.integer(1_767_225_600_000), 1_767_225_600_000),
            (.string("1767225600000"), nil), (.bool(true), nil), (.number(1.5), nil), (.number(-1e3), -1000),
            (.number(1e300), nil), (.string("2026-01-01T01:00+01:00"), 1_767_225_600_000),
            (.string("2026-01-01 00:00:00.9999Z"), 1_767_225_600_999), (.string(""), nil), (.null, nil),
            (.integer(9_007_199_254_740_991), 9_007_199_254_740_991), (.integer(9_007_199_254_740_992), nil),
        ] as [(JSONValue, Int64?)])
    func `time reads text and milliseconds`(value: JSONValue, expected: Int64?) {
        #expect(Value.time(Value(value)) == expected.map { .instant($0) } ?? .missing)
    }

    @Test(arguments: [
        ("\u{3A3}\u{3A3}", "\u{3C3}\u{3C3}"), ("STRASSE", "strasse"), ("\u{C9}", "\u{E9}"), ("E\u{301}", "e\u{301}"),
        ("\u{1E9E}", "\u{DF}"), ("\u{10400}", "\u{10428}"), ("a1-Z", "a1-z"),
    ])
    func `lower maps each scalar alone`(text: String, lowered: String) { #expect(text.loweredByScalars.sameScalars(as: lowered)) }

    @Test(arguments: [
        (Value.duration(1), Arithmetic.multiply, Value.number(0.5), Value.duration(0)),
        (.duration(3), .multiply, .number(0.5), .duration(2)), (.number(2.5), .multiply, .duration(1), .duration(2)),
        (.duration(5), .divide, .number(2), .duration(2)), (.duration(5), .divide, .number(0), .missing),
        (.duration(6), .divide, .duration(4), .number(1.5)), (.duration(6), .divide, .duration(0), .missing),
        (.number(1), .divide, .number(0), .missing), (.number(0), .divide, .number(0), .missing),
        (.number(1e308), .multiply, .number(10), .missing), (.instant(5), .subtract, .instant(7), .duration(-2)),
        (.instant(Value.largestTime), .add, .duration(1), .missing), (.duration(Value.largestTime), .multiply, .number(2), .missing),
        (.duration(1), .add, .instant(2), .instant(3)), (.instant(1), .add, .instant(2), .missing),
        (.text("a"), .add, .text("b"), .missing), (.truth(true), .add, .number(1), .missing), (.missing, .add, .number(1), .missing),
        (.duration(-5), .divide, .number(2), .duration(-2)), (.duration(1), .multiply, .number(.greatestFiniteMagnitude), .missing),
    ])
    func `operators keep kinds, round half to even, and miss what has no answer`(a: Value, operation: Arithmetic, b: Value, expected: Value)
    {
        #expect(Value.apply(a, operation, b) == expected)
    }
}
