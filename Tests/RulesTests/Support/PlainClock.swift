import EventModel
import Rules
@testable import RulesTesting

/// Until when a clause keeps its answer, by trying: every instant at which an event, a trait or the start of a day lies a length of the
/// vocabulary away. It may miss changes at other instants; those it finds are real.
struct PlainClock: Sendable {
    var rule: Rule
    var population: [Timeline] = []
    var lengths: [Int64] = Vocabulary.lengths.map(\.milliseconds)

    /// The clock of one timeline.
    func validUntil(_ timeline: Timeline) -> (Clause, Instant) -> Instant? { { validUntil($0, timeline, $1) } }

    private func validUntil(_ clause: Clause, _ timeline: Timeline, _ now: Instant) -> Instant? {
        let part = Rule(root: clause, segments: rule.segments, features: rule.features)
        func answer(_ instant: Instant) -> Bool { Reference(part, now: instant).isMember(timeline) }
        let present = answer(now)
        var instants: Set<Instant> = []
        for message in timeline.messages {
            for length in lengths {
                for edge in [Int64(0), 1] { instants.insert(Instant(milliseconds: message.timestamp.milliseconds + length + edge)) }
            }
        }
        return instants.filter { $0 > now }.sorted().first { answer($0) != present }
    }
}
