import EventModel
@testable import Rules
@testable import RulesTesting
import Storage

/// One random expression over random people at a random instant, and what may be wrong with the answers.
struct AgreementCase: CustomStringConvertible {
    var rule: Rule
    var definitions: Definitions
    var arrivals: [Message]
    var now: Instant
    var world: ColumnarWorld

    /// - Parameter usual: Whether the expression is one of windows and lengths of time, such as people write.
    init(seed: UInt64, usual: Bool = false) throws {
        var generator = ExpressionGenerator(seed: seed)
        let text = usual ? generator.windowed() : generator.expression()
        definitions = generator.definitions
        rule = try Rule(parsing: text, definitions: definitions)
        arrivals = GeneratedPopulation(random: &generator.random).arrivals
        now = Vocabulary.instant(&generator.random)
        world = ColumnarWorld(arrivals, random: &generator.random)
    }

    /// What differs between the evaluators; nil where nothing does.
    func disagreement() -> String? {
        let population = GeneratedPopulation(arrivals: arrivals)
        let reference = Reference(rule, now: now, population: population.timelines)
        do {
            let columnar = world.evaluator(at: now)
            let membership = try columnar.members(of: rule)
            if try columnar.members(of: rule) != membership { return "asked again, the answer is another" }
            let thresholds = try columnar.thresholds(of: rule)
            guard thresholds == reference.thresholds else { return "\(thresholds) instead of \(reference.thresholds)" }
            let evaluator = ProfileEvaluator(rule, thresholds: thresholds)
            let ids = try world.snapshot.canonicalIDs()
            guard ids.count == population.people.count else { return "\(ids.count) profiles instead of \(population.people.count)" }
            for (person, timeline) in zip(population.people, population.timelines) {
                guard let profile = ids.firstIndex(where: { $0.sameScalars(as: person) }) else { return "no profile \(person)" }
                let expected = reference.isMember(timeline)
                if membership.contains(profile) != expected { return "\(person) should be \(expected) to the columnar evaluator" }
                if evaluator.answer(for: ProfileTimeline(timeline), at: now).isMember != expected {
                    return "\(person) should be \(expected) to the profile evaluator"
                }
            }
            return nil
        } catch {
            return "\(error)"
        }
    }

    // MARK: Until when

    /// The profiles with their answers.
    private var answers: [(person: String, timeline: Timeline, answer: TimedAnswer)] {
        let population = GeneratedPopulation(arrivals: arrivals)
        let evaluator = ProfileEvaluator(rule, thresholds: thresholds(population))
        return zip(population.people, population.timelines).map { person, timeline in
            (person, timeline, evaluator.answer(for: ProfileTimeline(timeline), at: now))
        }
    }

    private func thresholds(_ population: GeneratedPopulation) -> PercentileThresholds {
        Reference(rule, now: now, population: population.timelines).thresholds
    }

    /// Where an answer changes before it says so; nil where none does.
    func brokenPromise() -> String? {
        let thresholds = thresholds(GeneratedPopulation(arrivals: arrivals))
        for (person, timeline, answer) in answers {
            for instant in instants(timeline, answer) {
                let then = Reference(rule, now: instant, thresholds: thresholds).isMember(timeline)
                if then != answer.isMember {
                    return "\(person), \(answer.isMember) until \(answer.validUntil?.text ?? "ever"), is \(then) at \(instant.text)"
                }
            }
        }
        return nil
    }

    /// Instants before an answer's end at which something may change: around messages, the ends of windows, and anywhere.
    private func instants(_ timeline: Timeline, _ answer: TimedAnswer) -> [Instant] {
        let (start, end) = (now.milliseconds, answer.validUntil?.milliseconds ?? now.milliseconds + 400 * Instant.millisecondsPerDay)
        guard end > start else { return [now] }
        var random = SeededRandom(seed: UInt64(timeline.messages.count))
        var instants = [start, end - 1, start + 1]
        for _ in 0..<4 { instants.append(Int64.random(in: start..<end, using: &random)) }
        var edges: [Int64] = []
        for message in timeline.messages {
            edges.append(message.timestamp.milliseconds)
            for length in Vocabulary.lengths { edges.append(message.timestamp.milliseconds + length.milliseconds) }
        }
        edges = edges.flatMap { [$0 - 1, $0, $0 + 1] }.filter { start <= $0 && $0 < end }
        instants += edges.shuffled(using: &random).prefix(24)
        return instants.filter { start <= $0 && $0 < end }.map { Instant(milliseconds: $0) }
    }

    /// Where an answer ends though it does not change; nil where none does.
    func needlessEnd() -> String? {
        let thresholds = thresholds(GeneratedPopulation(arrivals: arrivals))
        for (person, timeline, answer) in answers {
            guard let end = answer.validUntil else { continue }
            if Reference(rule, now: end, thresholds: thresholds).isMember(timeline) == answer.isMember {
                return "\(person) is \(answer.isMember) at \(end.text) too"
            }
        }
        return nil
    }

    /// Whether the calendar is asked, whose every boundary is a step.
    var asksCalendar: Bool { ["startOfDay", "hour", "weekday"].contains { rule.text.contains($0) } }

    /// How many answers end, and how many of those do not change then.
    func countsOfEnds() -> (all: Int, needless: Int) {
        let thresholds = thresholds(GeneratedPopulation(arrivals: arrivals))
        var counts = (all: 0, needless: 0)
        for (_, timeline, answer) in answers {
            guard let end = answer.validUntil else { continue }
            counts.all += 1
            if Reference(rule, now: end, thresholds: thresholds).isMember(timeline) == answer.isMember { counts.needless += 1 }
        }
        return counts
    }

    // MARK: Shrinking

    /// The case without what a failure does not need: messages, then parts of the expression.
    func shrunk(_ failure: (AgreementCase) -> String?) -> AgreementCase {
        var smallest = self
        var isSmaller = true
        while isSmaller {
            isSmaller = false
            for index in smallest.arrivals.indices.reversed() {
                var next = smallest
                next.arrivals.remove(at: index)
                next.world.snapshot = ColumnarFakeSnapshot(next.arrivals, layout: world.layout)
                if failure(next) != nil { (smallest, isSmaller) = (next, true) }
            }
            for part in smallest.rule.root.smaller(smallest.rule) {
                var next = smallest
                next.rule.root = part
                if failure(next) != nil {
                    (smallest, isSmaller) = (next, true)
                    break
                }
            }
        }
        return smallest
    }

    /// What can be pasted: the expression, what it mentions, the instant, the messages.
    var description: String {
        let text = rule.text
        let segments = definitions.segments.filter { text.contains("segment \"\($0.key)\"") }
        let features = definitions.features.filter { text.contains("feature.\($0.key)") || !segments.isEmpty }
        let mentioned = segments.map { "segment \"\($0.key)\": \($0.value)" } + features.map { "feature \"\($0.key)\": \($0.value)" }
        let messages = arrivals.map { JSONValue.object($0.json).text }
        return ([text] + mentioned + ["now: \(now.text)"] + messages + ["\(world)"]).joined(separator: "\n")
    }
}

extension Clause {
    /// Clauses that say less and may stand in its place; segments are unfolded on the way.
    fileprivate func smaller(_ rule: Rule) -> [Clause] {
        switch self {
        case .all(let parts): return Self.smaller(parts, rule, Clause.all)
        case .any(let parts): return Self.smaller(parts, rule, Clause.any)
        case .not(let part): return [part] + part.smaller(rule).map { .not($0) }
        case .segment(let index): return [rule.segments[index].body]
        case .did(let events, let quantifier):
            return (quantifier == nil ? [] : [.did(events, nil)]) + events.smaller(rule).map { .did($0, quantifier) }
        case .sequence(let sequence): return sequence.smaller(rule).map { .sequence($0) }
        case .exists(let value): return value.smaller(rule).map { .exists($0) }
        case .compare(let a, let comparison, let b):
            return a.smaller(rule).map { .compare($0, comparison, b) } + b.smaller(rule).map { .compare(a, comparison, $0) }
        case .isIn(let value, let literals):
            let fewer =
                literals.count < 2 ? [] : literals.indices.map { place in literals.indices.filter { $0 != place }.map { literals[$0] } }
            return fewer.map { .isIn(value, $0) } + value.smaller(rule).map { .isIn($0, literals) }
        case .constant, .percentile, .textTest, .matches, .holds: return []
        }
    }

    private static func smaller(_ parts: [Clause], _ rule: Rule, _ join: ([Clause]) -> Clause) -> [Clause] {
        var smaller = parts
        for place in parts.indices {
            var fewer = parts
            fewer.remove(at: place)
            if fewer.count > 1 { smaller.append(join(fewer)) }
            for part in parts[place].smaller(rule) {
                var other = parts
                other[place] = part
                smaller.append(join(other))
            }
        }
        return smaller
    }
}

extension Operand {
    fileprivate func smaller(_ rule: Rule) -> [Operand] {
        switch self {
        case .feature(let index, _): return [rule.features[index].body]
        case .aggregate(let aggregate):
            return aggregate.events.smaller(rule).map { .aggregate(Aggregate(aggregate.function, $0, aggregate.field)) }
        case .arithmetic(let a, let operation, let b):
            return [a, b].filter { $0.kind == kind } + a.smaller(rule).map { .arithmetic($0, operation, b) }
                + b.smaller(rule).map { .arithmetic(a, operation, $0) }
        case .negated(let value): return [value] + value.smaller(rule).map { .negated($0) }
        case .time(let value): return value.smaller(rule).map { .time($0) }
        case .lower(let value): return value.smaller(rule).map { .lower($0) }
        case .calendar(let part, let value, let zone): return value.smaller(rule).map { .calendar(part, $0, zone) }
        case .literal, .now, .ago, .date, .trait, .consent, .field, .distance: return []
        }
    }
}

extension Selection {
    fileprivate func smaller(_ rule: Rule) -> [Selection] {
        var smaller: [Selection] = []
        if let condition {
            smaller.append(Selection(events, windows: windows))
            smaller += condition.smaller(rule).map { Selection(events, where: $0, windows: windows) }
        }
        for place in windows.indices {
            var fewer = self
            fewer.windows.remove(at: place)
            smaller.append(fewer)
        }
        return smaller
    }
}

extension EventSequence {
    fileprivate func smaller(_ rule: Rule) -> [EventSequence] {
        var smaller: [EventSequence] = []
        func add(_ change: (inout EventSequence) -> Void) {
            var next = self
            change(&next)
            next.steps[0].within = nil
            smaller.append(next)
        }
        if absent != nil { add { $0.absent = nil } }
        if spanning != nil { add { $0.spanning = nil } }
        for place in windows.indices { add { $0.windows.remove(at: place) } }
        for place in steps.indices {
            if steps.count > 1 { add { $0.steps.remove(at: place) } }
            if steps[place].within != nil { add { $0.steps[place].within = nil } }
            if steps[place].condition != nil { add { $0.steps[place].condition = nil } }
        }
        return smaller
    }
}
