public import EventModel

/// The reference evaluator: walks one timeline at a time, plain and obviously right. The others are held against it.
///
/// Cost: every aggregate walks the whole timeline for every question; a sequence is quadratic in the events it selects. Percentiles are
/// taken once, over the population, when it is made.
public struct Reference<Root: Sendable & Hashable>: Sendable {
    public let tree: Tree<Root>
    public let now: Instant
    /// The bound of each percentile of the tree.
    public let thresholds: PercentileThresholds

    /// Prepares to answer at `now`, with bounds of percentiles that some population gave at some time.
    public init(_ tree: Tree<Root>, now: Instant, thresholds: PercentileThresholds) {
        (self.tree, self.now, self.thresholds) = (tree, now, thresholds)
    }

    /// Prepares to answer at `now`.
    ///
    /// - Parameter population: The timelines of every profile of the store, empty ones included; only percentiles look at it.
    public init(_ tree: Tree<Root>, now: Instant, population: [Timeline] = []) {
        var thresholds = PercentileThresholds()
        let percentiles = tree.percentiles
        if !percentiles.isEmpty {
            let profiles = population.map { Profile($0, now: now, tree: tree, thresholds: .none) }
            for (value, percentile) in percentiles {
                let ranked = profiles.compactMap { $0.rank(of: value, percentile) }.sorted(by: Value.sortsBefore)
                let k = percentile.percent.rank(of: ranked.count)
                if k > 0 { thresholds[value, percentile] = percentile.side == .top ? ranked[ranked.count - k] : ranked[k - 1] }
            }
        }
        self.init(tree, now: now, thresholds: thresholds)
    }

    fileprivate func profile(_ timeline: Timeline) -> Profile<Root> { Profile(timeline, now: now, tree: tree, thresholds: thresholds) }
}

extension Reference where Root == Clause {
    /// Whether the profile of a timeline is a member.
    public func isMember(_ timeline: Timeline) -> Bool { tree.root.holds(for: profile(timeline)) }
}

extension Reference where Root == Operand {
    /// The value for the profile of a timeline.
    public func value(_ timeline: Timeline) -> Value { tree.root.value(for: profile(timeline)) }
}

/// One profile at `now`: its events so far, and what the tree's definitions say of it.
private struct Profile<Root: Sendable & Hashable>: Subject {
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

    func trait(_ path: [Text]) -> Value {
        let name = path[0].string
        guard let latest = events.last(where: { $0.kind == .identify && $0.traits[name] != nil }), !hasExpired(latest) else {
            return .missing
        }
        return Value(latest.traits.value(at: path.map(\.string)))
    }

    func consent(_ path: [Text]) -> Bool? {
        let place = ["consent", "categoryPreferences"] + path.map(\.string)
        for message in events.reversed() {
            guard case .bool(let granted) = message.context.value(at: place) else { continue }
            if !hasExpired(message) { return granted }
            break
        }
        return path.count > 1 ? consent(Array(path.dropLast())) : nil
    }

    /// Whether what a message says was only to hold until an instant that has come: `context.expiresAt`.
    private func hasExpired(_ message: Message) -> Bool {
        Value.compare(Value.time(Value(message.context["expiresAt"])), .lessOrEqual, now)
    }

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
        let selected = select(aggregate.events)
        guard let field = aggregate.field else {
            switch aggregate.function {
            case .first: return selected.first.map { .instant($0.timestamp.milliseconds) } ?? .missing
            case .last: return selected.last.map { .instant($0.timestamp.milliseconds) } ?? .missing
            default: return .number(Double(selected.count))
            }
        }
        let values = selected.map { EventOfProfile(profile: self, message: $0).value(of: field) }.filter { !$0.isMissing }
        let numbers = values.compactMap { if case .number(let number) = $0 { number } else { nil } }
        let ordered = field == .timestamp ? values : numbers.map { .number($0) }
        switch aggregate.function {
        case .count: return .number(Double(selected.count))
        case .first: return values.first ?? .missing
        case .last: return values.last ?? .missing
        case .distinct: return .number(Double(Set(values).count))
        case .minimum: return ordered.min(by: Value.sortsBefore) ?? .missing
        case .maximum: return ordered.max(by: Value.sortsBefore) ?? .missing
        case .sum, .average:
            var sum = DecimalSum()
            for number in numbers { sum.add(number) }
            if aggregate.function == .sum { return sum.sum.map { .number($0) } ?? .missing }
            if numbers.isEmpty { return .missing }
            return sum.average(count: numbers.count).map { .number($0) } ?? .missing
        case .mostFrequent, .mostFrequentCount:
            var counts: [Value: Int] = [:]
            for value in values { counts[value, default: 0] += 1 }
            let most = counts.values.max() ?? 0
            if aggregate.function == .mostFrequentCount { return .number(Double(most)) }
            return counts.filter { $0.value == most }.keys.min(by: Value.sortsBefore) ?? .missing
        }
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
        return switch own {
        case .number, .instant, .duration: own
        case .missing, .text, .truth: nil
        }
    }

    func ranks(_ value: Operand, in percentile: Percentile) -> Bool {
        guard let threshold = thresholds[value, percentile], let own = rank(of: value, percentile) else {
            return false
        }
        return Value.compare(own, percentile.side == .top ? .greaterOrEqual : .lessOrEqual, threshold)
    }
}

/// One event of a profile: fields are the event's, everything else is the profile's at `now`.
private struct EventOfProfile<Root: Sendable & Hashable>: Subject {
    let profile: Profile<Root>
    let message: Message

    func value(of field: Field) -> Value { message.value(of: field) }
    var now: Value { profile.now }
    func trait(_ path: [Text]) -> Value { profile.trait(path) }
    func consent(_ path: [Text]) -> Bool? { profile.consent(path) }
    func feature(_ index: Int) -> Value { profile.feature(index) }
    func consentIsSet(_ value: Operand) -> Bool? { profile.consentIsSet(value) }
}
