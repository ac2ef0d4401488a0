/// What a question is asked about: a profile at `now`, one event, a row of a table. Each answers what it knows; the rest is missing.
///
/// `Clause.holds(for:)` and `Operand.value(for:)` walk the tree and ask. They are the plainest reading of the language, for one subject
/// at a time.
public protocol Subject {
    /// A field of the event (or column of the row) at hand.
    func value(of field: Field) -> Value
    /// The value of a trait, read through objects only; missing where the subject has none.
    func trait(_ path: [Text]) -> Value
    /// Whether a purpose is granted; nil where it was never set, or expired.
    func consent(_ path: [Text]) -> Bool?
    /// The value of entry `index` of the tree's features.
    func feature(_ index: Int) -> Value
    /// The answer of entry `index` of the tree's segments.
    func segment(_ index: Int) -> Bool
    /// The instant the question is asked at.
    var now: Value { get }
    /// The result of an aggregate over the subject's events.
    func value(of aggregate: Aggregate) -> Value
    /// How many events are selected.
    func count(of events: Selection) -> Int
    /// Whether some chain of the subject's events fits the sequence.
    func holds(_ sequence: EventSequence) -> Bool
    /// Whether the subject's `value` ranks within the percentile.
    func ranks(_ value: Operand, in percentile: Percentile) -> Bool
    /// Whether the consent that a value is (through features too) was set; nil when the value is not a consent.
    func consentIsSet(_ value: Operand) -> Bool?
}

/// The answers of a subject that knows nothing: values are missing, and nothing ever happened.
extension Subject {
    public func value(of field: Field) -> Value { .missing }
    public func trait(_ path: [Text]) -> Value { .missing }
    public func consent(_ path: [Text]) -> Bool? { nil }
    public func feature(_ index: Int) -> Value { .missing }
    public func segment(_ index: Int) -> Bool { false }
    public var now: Value { .missing }
    public func value(of aggregate: Aggregate) -> Value { .missing }
    public func count(of events: Selection) -> Int { 0 }
    public func holds(_ sequence: EventSequence) -> Bool { false }
    public func ranks(_ value: Operand, in percentile: Percentile) -> Bool { false }
    public func consentIsSet(_ value: Operand) -> Bool? {
        if case .consent(let path) = value { return consent(path) != nil }
        return nil
    }
}

extension Clause {
    /// The answer for one subject.
    public func holds(for subject: some Subject) -> Bool {
        switch self {
        case .constant(let truth): truth
        case .all(let clauses): clauses.allSatisfy { $0.holds(for: subject) }
        case .any(let clauses): clauses.contains { $0.holds(for: subject) }
        case .not(let clause): !clause.holds(for: subject)
        case .segment(let index): subject.segment(index)
        case .did(let events, let quantifier): (quantifier ?? Quantifier(.atLeast, 1)).holds(for: Int64(subject.count(of: events)))
        case .sequence(let sequence): subject.holds(sequence)
        case .exists(let value): subject.consentIsSet(value) ?? !value.value(for: subject).isMissing
        case .compare(let a, let comparison, let b): Value.compare(a.value(for: subject), comparison, b.value(for: subject))
        case .isIn(let value, let literals): Value.isIn(value.value(for: subject), literals)
        case .percentile(let value, let percentile): subject.ranks(value, in: percentile)
        case .textTest(let value, let test, let wanted): Value.test(value.value(for: subject), test, wanted)
        case .matches(let value, let pattern):
            if case .text(let text) = value.value(for: subject) { pattern.isFound(in: text.string) } else { false }
        case .holds(let value): value.value(for: subject).holds
        }
    }
}

extension Operand {
    /// The value for one subject.
    public func value(for subject: some Subject) -> Value {
        switch self {
        case .literal(let literal): return literal.value
        case .now: return subject.now
        case .ago(let milliseconds): return Value.apply(subject.now, .subtract, .duration(milliseconds))
        case .date(let instant): return instant.map { .instant($0) } ?? .missing
        case .trait(let path): return subject.trait(path)
        case .feature(let index, _): return subject.feature(index)
        case .consent(let path): return .truth(subject.consent(path) ?? false)
        case .field(let field): return subject.value(of: field)
        case .aggregate(let aggregate): return subject.value(of: aggregate)
        case .arithmetic:
            let chain = self.chain
            return chain.steps.reduce(chain.start.value(for: subject)) { Value.apply($0, $1.operation, $1.right.value(for: subject)) }
        case .negated(let value): return Value.negate(value.value(for: subject))
        case .time(let value): return Value.time(value.value(for: subject))
        case .lower(let value): return Value.lower(value.value(for: subject))
        case .distance(let unit, let a, let b, let c, let d):
            return Value.distance(
                unit, a.value(for: subject), b.value(for: subject), c.value(for: subject), d.value(for: subject))
        case .calendar(let part, let value, let zone): return Value.calendar(part, value.value(for: subject), zone)
        }
    }
}
