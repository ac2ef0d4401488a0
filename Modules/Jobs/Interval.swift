public import EventModel

/// A schedule of equal distances: an anchor, and every instant a whole number of periods before or after it.
///
/// Nothing of it depends on when a program started, so the same settings always give the same instants.
public struct Interval: Sendable, Hashable {
    /// At least a second, at most ten years.
    public let period: Duration
    /// One of the instants; 1970-01-01T00:00:00Z unless it is chosen.
    public let anchor: Instant

    /// - Throws: `ScheduleError` where the period is shorter than a second or longer than 3650 days.
    public init(every period: Duration, anchor: Instant = Instant(milliseconds: 0)) throws(ScheduleError) {
        guard period >= .seconds(1), period <= .seconds(3_650 * 86_400) else {
            throw ScheduleError("a job cannot run every \(period.text)", remedy: "Write a period from 1s to 3650d.")
        }
        (self.period, self.anchor) = (period, anchor)
    }

    /// The first instant strictly after another; nil past the range of `Instant`.
    public func next(after instant: Instant) -> Instant? {
        let step = period.milliseconds
        let (since, early) = instant.milliseconds.subtractingReportingOverflow(anchor.milliseconds)
        let passed = since % step
        let (next, late) = instant.milliseconds.addingReportingOverflow(passed < 0 ? -passed : step - passed)
        return early || late ? nil : Instant(milliseconds: next)
    }
}
