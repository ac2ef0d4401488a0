import EventModel

/// One profile at `now`: its events so far, and what the tree's definitions say of it.
struct Profile<Root: Sendable & Hashable>: Subject {
    let instant: Instant
    let tree: Tree<Root>
    let thresholds: PercentileThresholds
    /// The timeline up to `now`.
    let events: [Message]
    var featureValues: [Value] = []
    var segmentAnswers: [Bool] = []

    init(_ timeline: Timeline, now: Instant, tree: Tree<Root>, thresholds: PercentileThresholds) {
        (instant, self.tree, self.thresholds) = (now, tree, thresholds)
        events = timeline.messages.filter { $0.timestamp <= now }
        for feature in tree.features { featureValues.append(feature.body.value(for: self)) }
        for segment in tree.segments { segmentAnswers.append(segment.body.holds(for: self)) }
    }

    var now: Value { .instant(instant.milliseconds) }
    func feature(_ index: Int) -> Value { featureValues[index] }
    func segment(_ index: Int) -> Bool { segmentAnswers[index] }

    // MARK: Traits and consent

    func trait(_ path: [Text]) -> Value { events.trait(path, at: instant) }
    func consent(_ path: [Text]) -> Bool? { events.consent(path, at: instant) }

    func consentIsSet(_ value: Operand) -> Bool? {
        var value = value
        while case .feature(let index, _) = value { value = tree.features[index].body }
        if case .consent(let path) = value { return consent(path) != nil }
        return nil
    }

    // MARK: Events

    func select(_ selection: Selection) -> [Message] {
        events.filter { matches($0, selection) && inWindows($0, selection.windows) }
    }

    private func matches(_ message: Message, _ selection: Selection) -> Bool {
        guard selection.kinds.contains(message.kind) else { return false }
        if case .named(let name) = selection.events {
            guard let event = message.event, Text(event) == name else { return false }
        }
        return selection.condition?.holds(for: EventOfProfile(profile: self, message: message)) ?? true
    }

    private func inWindows(_ message: Message, _ windows: [Window]) -> Bool {
        let time = Value.instant(message.timestamp.milliseconds)
        return windows.allSatisfy { window in
            switch window {
            case .within(let milliseconds): message.timestamp.milliseconds > instant.milliseconds - milliseconds
            case .since(let value): Value.compare(time, .greaterOrEqual, value.value(for: self))
            case .after(let value): Value.compare(time, .greater, value.value(for: self))
            case .until(let value): Value.compare(time, .less, value.value(for: self))
            }
        }
    }

    func count(of events: Selection) -> Int { select(events).count }

    func value(of aggregate: Aggregate) -> Value {
        aggregate.value(of: select(aggregate.events)) { EventOfProfile(profile: self, message: $0).value(of: $1) }
    }

    // MARK: Sequences and percentiles

    func holds(_ sequence: EventSequence) -> Bool {
        let candidates = sequence.steps.map { step in
            select(Selection(step.events, where: step.condition, windows: sequence.windows)).map(\.timestamp.milliseconds)
        }
        // Each start on its own: the instants at which a chain from it may stand, step by step.
        return candidates[0].contains { start in
            var reached = [start]
            for (step, times) in zip(sequence.steps, candidates).dropFirst() {
                reached = times.filter { time in
                    (sequence.spanning.map { time - start <= $0 } ?? true)
                        && reached.contains { before in before < time && (step.within.map { time - before <= $0 } ?? true) }
                }
            }
            guard let absent = sequence.absent, let length = absent.within else { return !reached.isEmpty }
            let spoilers = select(absent.selection).map(\.timestamp.milliseconds)
            return reached.contains { end in
                instant.milliseconds >= end + length && !spoilers.contains { $0 > end && $0 <= end + length }
            }
        }
    }

    /// The value this profile ranks with; nil when it is not ranked.
    func rank(of value: Operand, _ percentile: Percentile) -> Value? {
        if let aggregate = tree.soleAggregate(of: value), select(aggregate.events).isEmpty { return nil }
        let own = value.value(for: self)
        return own.isRanked ? own : nil
    }

    func ranks(_ value: Operand, in percentile: Percentile) -> Bool {
        guard let edge = thresholds[value, percentile], let own = rank(of: value, percentile) else { return false }
        return percentile.takes(own, edge: edge)
    }
}

/// One event of a profile: fields are the event's, everything else is the profile's at `now`.
struct EventOfProfile<Owner: Subject>: Subject {
    let profile: Owner
    let message: Message

    func value(of field: Field) -> Value { message.value(of: field) }
    var now: Value { profile.now }
    func trait(_ path: [Text]) -> Value { profile.trait(path) }
    func consent(_ path: [Text]) -> Bool? { profile.consent(path) }
    func feature(_ index: Int) -> Value { profile.feature(index) }
    func consentIsSet(_ value: Operand) -> Bool? { profile.consentIsSet(value) }
}

extension [Message] {
    /// The latest identify that speaks of a trait; nil where none does, or where what it says has expired.
    private func latest(saying name: String, at now: Instant) -> Message? {
        guard let latest = last(where: { $0.kind == .identify && $0.traits[name] != nil }), !latest.hasExpired(at: now) else { return nil }
        return latest
    }

    /// A trait, of messages up to `now` in order.
    func trait(_ path: [Text], at now: Instant) -> Value {
        Value(latest(saying: path[0].string, at: now)?.traits.value(at: path.map(\.string)))
    }

    /// All that stands under the first name of a trait's path.
    func wholeTrait(_ name: Text, at now: Instant) -> JSONValue? { latest(saying: name.string, at: now)?.traits[name.string] }

    /// Whether a purpose is granted, of messages up to `now` in order; nil where it was never set, or expired.
    func consent(_ path: [Text], at now: Instant) -> Bool? {
        let place = ["consent", "categoryPreferences"] + path.map(\.string)
        for message in reversed() {
            guard case .bool(let granted) = message.context.value(at: place) else { continue }
            if !message.hasExpired(at: now) { return granted }
            break
        }
        return path.count > 1 ? consent(Array<Text>(path.dropLast()), at: now) : nil
    }
}

extension Message {
    /// Whether what it says was only to hold until an instant that has come: `context.expiresAt`.
    fileprivate func hasExpired(at now: Instant) -> Bool {
        Value.compare(Value.time(Value(context["expiresAt"])), .lessOrEqual, .instant(now.milliseconds))
    }
}

extension Aggregate {
    /// The value of the selected events, which are in order; `read` takes a field off one.
    func value(of selected: [Message], read: (Message, Field) -> Value) -> Value {
        if let field { return value(of: selected.map { read($0, field) }, of: field) }
        switch function {
        case .first: return selected.first.map { .instant($0.timestamp.milliseconds) } ?? .missing
        case .last: return selected.last.map { .instant($0.timestamp.milliseconds) } ?? .missing
        default: return .number(Double(selected.count))
        }
    }

    /// The value made of what a field is in each selected event, missing ones too, in order.
    func value(of read: [Value], of field: Field) -> Value {
        let values = read.filter { !$0.isMissing }
        let numbers = values.compactMap { if case .number(let number) = $0 { number } else { nil } }
        let ordered = field == .timestamp ? values : numbers.map { .number($0) }
        switch function {
        case .count: return .number(Double(read.count))
        case .first: return values.first ?? .missing
        case .last: return values.last ?? .missing
        case .distinct: return .number(Double(Set(values).count))
        case .minimum: return ordered.min(by: Value.sortsBefore) ?? .missing
        case .maximum: return ordered.max(by: Value.sortsBefore) ?? .missing
        case .sum, .average:
            var sum = DecimalSum()
            for number in numbers { sum.add(number) }
            if function == .sum { return sum.sum.map { .number($0) } ?? .missing }
            if numbers.isEmpty { return .missing }
            return sum.average(count: numbers.count).map { .number($0) } ?? .missing
        case .mostFrequent, .mostFrequentCount:
            var counts: [Value: Int] = [:]
            for value in values { counts[value, default: 0] += 1 }
            let most = counts.values.max() ?? 0
            if function == .mostFrequentCount { return .number(Double(most)) }
            return counts.filter { $0.value == most }.keys.min(by: Value.sortsBefore) ?? .missing
        }
    }
}
