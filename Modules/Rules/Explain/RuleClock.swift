import EventModel

/// What the passing of time alone does to the clauses of a rule, for one timeline.
final class RuleClock {
    private let reading: ProfileReading
    private let ask: (Clause, Instant) -> Instant?
    private var known: [Clause: Instant?] = [:]
    private var flips: [Clause: Instant?] = [:]

    init(reading: ProfileReading, validUntil: @escaping (Clause, Instant) -> Instant?) {
        (self.reading, ask) = (reading, validUntil)
    }

    /// The instant before which a clause keeps its answer; nil where it keeps it until something new comes.
    func validUntil(_ clause: Clause) -> Instant? {
        if let instant = known[clause] { return instant }
        let instant = ask(clause, reading.instant)
        known[clause] = .some(instant)
        return instant
    }

    /// An instant at which a clause has the opposite answer, by waiting; nil where none was found.
    func flip(of clause: Clause) -> Instant? {
        if let instant = flips[clause] { return instant }
        let present = clause.holds(for: reading)
        var found: Instant?
        var next = validUntil(clause)
        // An early instant may not change the answer: a few steps further are looked at.
        for _ in 0..<8 {
            guard let instant = next, instant > reading.instant else { break }
            if clause.holds(for: reading.reading(at: instant)) != present {
                found = instant
                break
            }
            next = ask(clause, instant)
        }
        flips[clause] = .some(found)
        return found
    }
}
