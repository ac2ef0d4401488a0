import EventModel

/// Plans that may give a value what it should become: events to come, a trait, a consent. They are made, not tried.
struct ValuePlans {
    let reading: ProfileReading
    /// More events than this are no small change.
    private static let mostEvents = 1_000

    func plans(_ value: Operand, _ target: Target) -> [Plan] {
        TargetSearch<Plan, ProfileReading>(subject: reading, features: reading.tree.features) { variable, target in
            switch variable {
            case .trait(let path): plans(trait: path, target)
            case .consent(let path): plans(consent: path, target)
            case .aggregate(let aggregate):
                plans(aggregate, target) + plans(movingWindowsOf: aggregate.events.windows, reason: reason(aggregate))
            default: []
            }
        }.answers(value, target)
    }

    /// Windows that begin or end with an event move when another comes.
    func plans(movingWindowsOf windows: [Window], reason: String) -> [Plan] {
        var mentioned = Mentioned(tree: reading.tree)
        for bound in windows.compactMap(\.bound) { mentioned.add(bound) }
        return mentioned.selections.prefix(8).compactMap { more(of: $0, 1, reason: reason) }
    }

    /// What an aggregate is now.
    private func reason(_ aggregate: Aggregate) -> String {
        "\(reading.tree.text(of: .aggregate(aggregate))) is \(reading.value(of: aggregate).words)"
    }

    // MARK: Traits and consent

    private func plans(trait path: [Text], _ target: Target) -> [Plan] {
        let name = reading.tree.text(of: Operand.trait(path))
        return target.candidates.filter(\.isPlain).prefix(3).map { value in
            let example = "changed, for example to \(value.words)"
            return Plan(parts: [
                .init(
                    deed: .trait(path, value), sentence: "\(name) must be \(target.words ?? example)",
                    phrase: "\(name) \(target.words ?? example)",
                    reason: "\(name) is \(reading.trait(path).words)")
            ])
        }
    }

    private func plans(consent path: [Text], _ target: Target) -> [Plan] {
        let name = reading.tree.text(of: .consent(path))
        return target.candidates.compactMap { value in
            guard case .truth(let granted) = value else { return nil }
            return Plan(parts: [
                .init(
                    deed: .consent(path, granted), sentence: "\(name) must be \(granted ? "granted" : "refused")",
                    phrase: "\(name) \(granted ? "granted" : "refused")",
                    reason: "\(name) is \(reading.consent(path).map { $0 ? "granted" : "refused" } ?? "not set")")
            ])
        }
    }

    // MARK: Aggregates

    func plans(_ aggregate: Aggregate, _ target: Target) -> [Plan] {
        let (events, reason) = (aggregate.events, reason(aggregate))
        let present = reading.value(of: aggregate)
        guard let field = aggregate.field else {
            if aggregate.function != .count { return [more(of: events, 1, reason: reason)].compactMap { $0 } }
            return number(present, target).compactMap { count in
                let have = reading.count(of: events)
                return more(of: events, count, reason: "\(have) of \(have + count) \(reading.tree.text(of: events))")
            }
        }
        let name = reading.tree.text(of: field)
        switch aggregate.function {
        case .count: return []
        case .sum, .average: return withNumber(aggregate, field, target)
        case .minimum, .maximum, .last, .first:
            if field == .timestamp { return [more(of: events, 1, reason: reason)].compactMap { $0 } }
            return target.candidates.filter(\.isPlain).prefix(3).compactMap { value in
                more(of: events, 1, with: [(field, value)], "with \(name) \(target.words ?? value.words)", reason: reason)
            }
        case .distinct:
            let isTime = field == .timestamp
            return number(present, target).compactMap { count in
                more(of: events, count, inTurn: isTime, "with new values of \(name)", reason: reason) { place in
                    isTime ? [] : [(field, .text(Text("new value \(place + 1)")))]
                }
            }
        case .mostFrequentCount:
            let mode = reading.value(of: Aggregate(.mostFrequent, events, field))
            let value = mode.isMissing ? Value.text("value") : mode
            return number(present, target).compactMap { count in
                if field == .timestamp { return more(of: events, count, reason: reason) }
                let words = mode.isMissing ? "with one \(name)" : "with \(name) \(value.words)"
                return more(of: events, count, with: [(field, value)], words, reason: reason)
            }
        case .mostFrequent:
            let most = Int(reading.value(of: Aggregate(.mostFrequentCount, events, field)).double ?? 0)
            return target.candidates.filter { $0.isPlain && !$0.isMissing }.prefix(3).flatMap { value -> [Plan] in
                let have = reading.values(of: field, in: events).count { $0 == value }
                return [most - have, most - have + 1].filter { $0 > 0 }.compactMap { count in
                    more(of: events, count, with: [(field, value)], "with \(name) \(value.words)", reason: reason)
                }
            }
        }
    }

    /// How many more a count needs, the fewest first.
    private func number(_ present: Value, _ target: Target) -> [Int] {
        guard let have = present.double else { return [] }
        let near =
            target.candidates.compactMap(\.double).flatMap { [$0.rounded(.down), $0.rounded(.up), $0.rounded(.up) + 1] } + [have + 1]
        let counts = near.filter { $0 > have && $0 - have <= Double(Self.mostEvents) && target.accepts(.number($0)) }
        return counts.min().map { [Int($0 - have)] } ?? []
    }

    /// One more event whose number brings a sum or an average where it should be.
    private func withNumber(_ aggregate: Aggregate, _ field: Field, _ target: Target) -> [Plan] {
        let numbers = reading.values(of: field, in: aggregate.events).compactMap(\.double)
        let count = aggregate.function == .sum ? 1 : Double(numbers.count + 1)
        var sum = DecimalSum()
        for number in numbers { sum.add(number) }
        func needed(for value: Double) -> Double? {
            guard let total = sum.sum else { return nil }
            var difference = DecimalSum()
            difference.add(value * count)
            difference.add(-total)
            return difference.sum
        }
        let name = reading.tree.text(of: field)
        return target.candidates.compactMap(\.double).prefix(4).compactMap { wanted in
            guard let number = needed(for: wanted), number.isFinite else { return nil }
            var words = Value.number(number).words
            if let pivot = target.pivot, let bound = needed(for: pivot), aggregate.function == .sum {
                let edge = Value.number(bound).words
                if target.accepts(.number(pivot + 1)), !target.accepts(.number(pivot - 1)) {
                    words = target.accepts(.number(pivot)) ? "at least \(edge)" : "more than \(edge)"
                } else if target.accepts(.number(pivot - 1)), !target.accepts(.number(pivot + 1)) {
                    words = target.accepts(.number(pivot)) ? "at most \(edge)" : "less than \(edge)"
                }
            }
            return more(
                of: aggregate.events, 1, with: [(field, .number(number))], "with \(name) of \(words)", oddity: number < 0 ? 15 : 0,
                reason: reason(aggregate))
        }
    }

    // MARK: Events

    private func more(
        of events: Selection, _ count: Int, with given: [(Field, Value)], _ words: String, oddity: Int = 0, reason: String
    ) -> Plan? {
        guard var plan = more(of: events, count, words, reason: reason, given: { _ in given }) else { return nil }
        plan.parts[0].oddity = oddity
        return plan
    }

    /// So many more events, each with some fields given.
    private func more(
        of events: Selection, _ count: Int, inTurn: Bool = false, _ words: String = "", reason: String,
        given: (Int) -> [(Field, Value)] = { _ in [] }
    ) -> Plan? {
        guard count > 0, count <= Self.mostEvents else { return nil }
        let sample = SampleMessage(reading: reading)
        var drafts: [Draft] = []
        for place in 0..<count {
            let fields = given(place)
            if fields.isEmpty, let first = drafts.first {
                drafts.append(first)
            } else if let draft = sample.draft(for: events, with: fields) {
                drafts.append(draft)
            } else {
                return nil
            }
        }
        let have = reading.count(of: events)
        let name = reading.tree.text(of: events, windows: false)
        return Plan(parts: [
            .init(
                deed: .events(drafts, inTurn: inTurn),
                sentence: "\(count)\(have > 0 ? " more" : "") \(name)" + (words.isEmpty ? "" : " " + words),
                reason: reason, deadline: deadline(of: events))
        ])
    }

    /// When the first of the events selected leaves its window.
    private func deadline(of events: Selection) -> Instant? {
        guard let first = reading.select(events).first else { return nil }
        return events.windows.compactMap(\.length).min().map { Instant(milliseconds: first.timestamp.milliseconds + $0) }
    }

    // MARK: Sequences

    /// The steps that are missing behind what is there, in turn; if need be all of them.
    func plans(_ sequence: EventSequence) -> [Plan] {
        let have: Int
        var deadline: Instant?
        switch reading.chain(of: sequence) {
        case .found, .waiting: return []  // The clock alone does the rest.
        case .short(let chain):
            have = chain.count
            if let first = chain.first, let last = chain.last {
                let ends = [
                    sequence.steps[have].within.map { last.timestamp.milliseconds + $0 },
                    sequence.spanning.map { first.timestamp.milliseconds + $0 },
                ]
                deadline = ends.compactMap { $0 }.min().map { Instant(milliseconds: $0 + 1) }
            }
        case .spoiled: have = sequence.steps.count - 1
        }
        let sample = SampleMessage(reading: reading)
        let drafts = sequence.steps.map { sample.draft(for: $0.selection) }
        let total = sequence.steps.count
        return (0...min(have, total - 1)).reversed().compactMap { place -> Plan? in
            let missing = drafts[place...].compactMap { $0 }
            guard missing.count == total - place else { return nil }
            let names = sequence.steps[place...].map { step in
                reading.tree.text(of: step.selection) + (step.within.map { " within \(DurationText.text($0))" } ?? "")
            }.joined(separator: ", then 1 ")
            var parts: [Plan.Part] = [
                .init(
                    deed: .events(missing, inTurn: true), sentence: "1 \(names)",
                    reason: "\(place) of \(total) steps of \(reading.tree.text(of: .sequence(sequence)))",
                    deadline: place == have ? deadline : nil)
            ]
            if let absent = sequence.absent, let length = absent.within {
                parts.append(
                    .init(
                        deed: .settle(length),
                        sentence: "no \(reading.tree.text(of: absent.selection)) for \(DurationText.text(length))"))
            }
            return Plan(parts: parts)
        }
    }
}

extension Window {
    /// How long an event stays in a window that moves with `now`; nil for any other.
    var length: Int64? {
        switch self {
        case .within(let milliseconds): milliseconds
        case .since(.ago(let milliseconds)): milliseconds + 1
        case .after(.ago(let milliseconds)): milliseconds
        default: nil
        }
    }
}

extension Value {
    /// The number, if it is one.
    var double: Double? { if case .number(let number) = self { number } else { nil } }

    /// Whether a trait or property can hold it; missing is none there.
    var isPlain: Bool {
        switch self {
        case .missing, .text, .number, .truth: true
        case .instant, .duration: false
        }
    }
}
