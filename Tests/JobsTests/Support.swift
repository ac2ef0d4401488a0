import EventModel
import Jobs
import Testing

/// The instant that a text names; fails the test where it names none.
func instant(_ text: String) throws -> Instant { try #require(Instant(text: text), "\(text) is no instant") }

extension Instant {
    static func + (a: Instant, b: Duration) -> Instant { Instant(milliseconds: a.milliseconds + b.components.seconds * 1_000) }
    /// `2026-03-29T01:00Z`, which is how these tests write instants of whole minutes.
    var brief: String { String(text.prefix(16)) + "Z" }
}

extension Schedule {
    /// The next instants after one, as brief texts.
    func nextOnes(_ count: Int, after text: String) throws -> [String] {
        var found: [String] = []
        var cursor = try instant(text)
        while found.count < count, let next = next(after: cursor) {
            found.append(next.brief)
            cursor = next
        }
        return found
    }

    static func cron(_ text: String, _ zone: String = "UTC") throws -> Schedule { .cron(try CronExpression(text, zone: zone)) }
    static func every(_ text: String) throws -> Schedule { .every(try Interval(every: #require(Duration(text: text)))) }
}
