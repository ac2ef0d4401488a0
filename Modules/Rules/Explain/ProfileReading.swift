import EventModel

/// One profile at one instant, with every answer remembered: the same reading of the language as `Reference`, at a cost that is linear
/// in the timeline also for sequences and for traits inside conditions.
///
/// `added` are messages that are imagined on top of the timeline. A percentile's threshold stays what it is, whatever is imagined.
final class ProfileReading: Subject {
    let index: TimelineIndex
    let tree: Rule
    let instant: Instant
    /// Imagined messages, in order.
    private let added: [Message]
    private let threshold: (Operand, Percentile) -> Value?

    private var traits: [[Text]: Value] = [:]
    private var consents: [[Text]: Bool?] = [:]
    private var features: [Int: Value] = [:]
    private var segments: [Int: Bool] = [:]
    private var parts: [Selection: Part] = [:]
    private var selected: [Selection: [Message]] = [:]
    private var values: [Aggregate: Value] = [:]
    private var chains: [EventSequence: SequenceTrace.Outcome] = [:]

    init(
        _ index: TimelineIndex, tree: Rule, at instant: Instant, threshold: @escaping (Operand, Percentile) -> Value?,
        adding added: [Message] = []
    ) {
        (self.index, self.tree, self.instant, self.threshold) = (index, tree, instant, threshold)
        self.added = Timeline(added.filter { $0.timestamp <= instant }).messages
    }

    /// The same profile at another instant, or with messages imagined.
    func reading(at instant: Instant, adding added: [Message] = []) -> ProfileReading {
        ProfileReading(index, tree: tree, at: instant, threshold: threshold, adding: added)
    }

    // MARK: What the profile says

    var now: Value { .instant(instant.milliseconds) }

    func trait(_ path: [Text]) -> Value {
        if let known = traits[path] { return known }
        let value = upToNow(index.identifies).trait(path, at: instant)
        traits[path] = value
        return value
    }

    /// All that stands under the first name of a trait's path.
    func wholeTrait(_ name: Text) -> JSONValue? { upToNow(index.identifies).wholeTrait(name, at: instant) }

    func consent(_ path: [Text]) -> Bool? {
        if let known = consents[path] { return known }
        let answer = upToNow(index.consents).consent(path, at: instant)
        consents[path] = .some(answer)
        return answer
    }

    func feature(_ index: Int) -> Value {
        if let known = features[index] { return known }
        let value = tree.features[index].body.value(for: self)
        features[index] = value
        return value
    }

    func segment(_ index: Int) -> Bool {
        if let known = segments[index] { return known }
        let answer = tree.segments[index].body.holds(for: self)
        segments[index] = answer
        return answer
    }

    func consentIsSet(_ value: Operand) -> Bool? {
        var value = value
        while case .feature(let index, _) = value { value = tree.features[index].body }
        if case .consent(let path) = value { return consent(path) != nil }
        return nil
    }

    private func upToNow(_ messages: [Message]) -> [Message] {
        let past = messages.prefix { $0.timestamp <= instant }
        return added.isEmpty ? Array(past) : Timeline(past + added).messages
    }

    // MARK: Events

    /// The first and last millisecond that windows let in; nil where none is: a bound is missing, or they shut each other out.
    func range(of windows: [Window]) -> ClosedRange<Int64>? {
        var (first, last) = (Int64.min, instant.milliseconds)
        for window in windows {
            if case .within(let milliseconds) = window {
                first = max(first, instant.milliseconds - milliseconds + 1)
                continue
            }
            guard case .instant(let bound) = window.bound?.value(for: self) else { return nil }
            switch window {
            case .within: break
            case .since: first = max(first, bound)
            case .after: first = max(first, bound + 1)
            case .until: last = min(last, bound - 1)
            }
        }
        return first <= last ? first...last : nil
    }

    /// The stored events that a selection takes, as a part of those that match, and the imagined ones.
    private struct Part {
        var match: TimelineIndex.Match
        var places: [Int]
        var range: Range<Int>
        var imagined: [Message]
    }

    private func part(of selection: Selection) -> Part {
        if let known = parts[selection] { return known }
        let match = selection.match(for: self)
        var part = Part(match: match, places: index.places(of: match, kinds: selection.kinds, for: self), range: 0..<0, imagined: [])
        if let range = range(of: selection.windows) {
            let first = part.places.partition { index.messages[$0].timestamp.milliseconds >= range.lowerBound }
            let end = part.places.partition { index.messages[$0].timestamp.milliseconds > range.upperBound }
            part.range = first..<max(first, end)
            part.imagined = added.filter { range.contains($0.timestamp.milliseconds) && matches($0, selection) }
        }
        parts[selection] = part
        return part
    }

    /// The events selected, in order.
    func select(_ selection: Selection) -> [Message] {
        if let known = selected[selection] { return known }
        let part = part(of: selection)
        var events = part.places[part.range].map { index.messages[$0] }
        if !part.imagined.isEmpty { events = Timeline(events + part.imagined).messages }
        selected[selection] = events
        return events
    }

    /// What a field is in each of the events selected, missing ones too, in order.
    func values(of field: Field, in selection: Selection) -> [Value] {
        let part = part(of: selection)
        if !part.imagined.isEmpty { return select(selection).map { read(field, of: $0) } }
        return Array(index.values(of: field, at: part.match)[part.range])
    }

    /// Whether a message matches an event name and its condition, whatever the windows.
    func matches(_ message: Message, _ selection: Selection) -> Bool {
        guard selection.kinds.contains(message.kind) else { return false }
        if case .named(let name) = selection.events {
            guard let event = message.event, Text(event) == name else { return false }
        }
        return selection.condition?.holds(for: EventOfProfile(profile: self, message: message)) ?? true
    }

    /// A field of one of the profile's events.
    func read(_ field: Field, of message: Message) -> Value { EventOfProfile(profile: self, message: message).value(of: field) }

    func count(of events: Selection) -> Int {
        let part = part(of: events)
        return part.range.count + part.imagined.count
    }

    func value(of aggregate: Aggregate) -> Value {
        if let known = values[aggregate] { return known }
        let value = find(aggregate)
        values[aggregate] = value
        return value
    }

    private func find(_ aggregate: Aggregate) -> Value {
        let part = part(of: aggregate.events)
        guard let field = aggregate.field else {
            if aggregate.function == .count { return .number(Double(count(of: aggregate.events))) }
            return aggregate.value(of: select(aggregate.events)) { read($1, of: $0) }
        }
        func find() -> Value { aggregate.value(of: values(of: field, in: aggregate.events), of: field) }
        if !part.imagined.isEmpty { return find() }
        // What is imagined does not touch it: it is what it was for the same events.
        return index.answer(
            to: .init(match: part.match, function: aggregate.function, field: field, range: part.range), find: find)
    }

    // MARK: Sequences and percentiles

    func holds(_ sequence: EventSequence) -> Bool {
        if case .found = chain(of: sequence) { true } else { false }
    }

    /// The chain that a sequence found, or how far it came.
    func chain(of sequence: EventSequence) -> SequenceTrace.Outcome {
        if let known = chains[sequence] { return known }
        let steps = sequence.steps.map { select(Selection($0.events, where: $0.condition, windows: sequence.windows)) }
        let spoilers = sequence.absent.map { select($0.selection) } ?? []
        let outcome = SequenceTrace(sequence, candidates: steps, spoilers: spoilers, now: instant).outcome
        chains[sequence] = outcome
        return outcome
    }

    /// The bound that a value in a percentile is held against; nil where nobody is ranked.
    func bound(of value: Operand, _ percentile: Percentile) -> Value? { threshold(value, percentile) }

    /// The value this profile ranks with; nil when it is not ranked.
    func rank(of value: Operand) -> Value? {
        if let aggregate = tree.soleAggregate(of: value), select(aggregate.events).isEmpty { return nil }
        let own = value.value(for: self)
        return own.isRanked ? own : nil
    }

    func ranks(_ value: Operand, in percentile: Percentile) -> Bool {
        guard let edge = bound(of: value, percentile), let own = rank(of: value) else { return false }
        return percentile.takes(own, edge: edge)
    }
}

extension [Int] {
    /// The first position whose element satisfies a test that, once true, stays true.
    fileprivate func partition(where isPast: (Int) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if isPast(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
