/// A value as the clock runs: what it is at an instant, how it moves from then on, and until when that is known.
struct Course {
    /// The value at the instant that was asked about.
    var value: Value
    /// Milliseconds since the epoch: the first instant at which the course may be another. `.max`: never.
    var until: Int64
    /// nil: the value stays.
    var motion: Motion?

    /// A value that stays.
    static func still(_ value: Value, until: Int64 = .max) -> Course { Course(value: value, until: until, motion: nil) }
    static func truth(_ truth: Bool, until: Int64 = .max) -> Course { .still(.truth(truth), until: until) }

    /// Whether it is the truth true.
    var holds: Bool { value.holds }

    /// What holds until the year 10000 holds for ever; times are written with four digits a year.
    static let horizon: Int64 = 253_402_300_800_000

    /// The value so many milliseconds later, where the course is still known.
    func value(after delay: Int64) -> Value {
        switch motion {
        case nil: value
        case .linear(let slope): MovingTerm.linear(value, slope: slope).value(after: delay)
        case .monotone(_, let term): term.value(after: delay)
        }
    }

    /// 1 where it may grow and never falls, -1 where it may fall and never grows, 0 where it stays.
    var trend: Int64 {
        switch motion {
        case nil: 0
        case .linear(let slope): slope.signum()
        case .monotone(let isRising, _): isRising ? 1 : -1
        }
    }

    /// By how much it changes each millisecond, where that is always the same; nil elsewhere.
    var slope: Int64? {
        switch motion {
        case nil: 0
        case .linear(let slope): slope
        case .monotone: nil
        }
    }

    /// The value as a function of the delay.
    var term: MovingTerm {
        switch motion {
        case nil: .still(value)
        case .linear(let slope): .linear(value, slope: slope)
        case .monotone(_, let term): term
        }
    }

    /// The first instant after `now` at which an instant that rises has come to `target`, or one that falls has fallen to it; `.max` where
    /// it has not before the course ends.
    func instant(reaching target: Int64, from now: Int64) -> Int64 {
        guard case .instant(let start) = value, let motion else { return .max }
        switch motion {
        case .linear(let slope):
            // Rounded up: the first whole millisecond at or past the target.
            let distance = slope > 0 ? target - start : start - target
            return now + max(1, -(-distance).floorDivided(by: abs(slope)))
        case .monotone(let isRising, let term):
            let delay = Course.firstDelay(before: until, from: now) { delay in
                guard case .instant(let time) = term.value(after: delay) else { return true }
                return isRising ? time >= target : time <= target
            }
            return delay.map { now + $0 } ?? .max
        }
    }

    /// The least delay of at least 1 ms, before an end, at which something holds that stays true once it is true; nil where it never does.
    static func firstDelay(before end: Int64, from now: Int64, _ holds: (Int64) -> Bool) -> Int64? {
        let limit = min(end, horizon) - now
        guard limit > 1, holds(limit - 1) else { return nil }
        var (low, high) = (Int64(1), limit - 1)
        while low < high {
            let middle = low + (high - low) / 2
            if holds(middle) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

/// How a value changes by the clock alone. Instants and durations that are `now` and sums with it move evenly; products, quotients and
/// numbers made of those move one way.
enum Motion {
    /// An instant or a duration: so many milliseconds each millisecond, not 0, at most `steepest` either way.
    case linear(Int64)
    case monotone(isRising: Bool, MovingTerm)

    /// Slopes above are left to the general way, so that products with times stay within 64 bits.
    static let steepest: Int64 = 64
}

/// A value as a function of the milliseconds since it was asked for; all it asks of the profile is worked in.
indirect enum MovingTerm {
    case still(Value)
    case linear(Value, slope: Int64)
    case negated(MovingTerm)
    case arithmetic(MovingTerm, Arithmetic, MovingTerm)

    func value(after delay: Int64) -> Value {
        switch self {
        case .still(let value): value
        case .linear(.instant(let start), let slope): Value.bounded(instant: start + slope * delay)
        case .linear(.duration(let start), let slope): Value.bounded(duration: start + slope * delay)
        case .linear: .missing
        case .negated(let term): Value.negate(term.value(after: delay))
        case .arithmetic(let a, let operation, let b): Value.apply(a.value(after: delay), operation, b.value(after: delay))
        }
    }
}
