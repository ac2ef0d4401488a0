public import EventModel

/// What makes a job run.
public enum Schedule: Sendable, Hashable {
    /// The clock.
    case cron(CronExpression)
    /// The passing of time.
    case every(Interval)
    /// That every one of these jobs has ended well after this one's own last run began; at least one name.
    case after([String])

    /// The first instant strictly after another that the clock brings; nil where it brings none.
    public func next(after instant: Instant) -> Instant? {
        switch self {
        case .cron(let expression): expression.next(after: instant)
        case .every(let interval): interval.next(after: instant)
        case .after: nil
        }
    }

    /// The latest instants after one and not after another that fit `isWanted`, at most `count`, ascending.
    ///
    /// Looks back from the end in stretches that grow, so that a long past costs no more than its last part.
    func latest(_ count: Int, after start: Instant, through end: Instant, where isWanted: (Instant) -> Bool = { _ in true }) -> [Instant] {
        var stretch: Int64 = 3_600_000
        while start < end {
            let back = end.milliseconds.subtractingReportingOverflow(stretch)
            let first = back.overflow ? start : max(start, Instant(milliseconds: back.partialValue))
            var found: [Instant] = []
            var cursor = first
            while let instant = next(after: cursor), instant <= end {
                if isWanted(instant) { found.append(instant) }
                cursor = instant
            }
            if found.count >= count || first == start { return found.suffix(count) }
            stretch = stretch.multipliedReportingOverflow(by: 4).overflow ? .max : stretch * 4
        }
        return []
    }
}

extension Schedule: CustomStringConvertible {
    /// As settings say it, on one line: `cron 0 3 * * mon (Europe/Berlin)`, `every 15m from 1970-01-01T00:00:00.000Z`, `after a, b`.
    public var description: String {
        switch self {
        case .cron(let expression): "cron \(expression.text) (\(expression.zone))"
        case .every(let interval): "every \(interval.period.text) from \(interval.anchor.text)"
        case .after(let names): "after \(names.joined(separator: ", "))"
        }
    }
}
