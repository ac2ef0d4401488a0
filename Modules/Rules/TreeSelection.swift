public import EventModel

/// Which events are meant: a name or `any`, a condition over one event, and windows that all hold.
public struct Selection: Sendable, Hashable {
    /// The name, or `any`.
    public var events: EventName
    /// Holds fields, literals, traits, features, consent, `now`; never events, sequences, segments or percentiles.
    public var condition: Clause?
    /// Bounds on an event's timestamp, which all hold; empty: events of all time up to `now`.
    public var windows: [Window]

    /// Selects events by name, by default without a condition and of all time.
    public init(_ events: EventName, where condition: Clause? = nil, windows: [Window] = []) {
        (self.events, self.condition, self.windows) = (events, condition, windows)
    }

    /// The kinds of message it looks at: track for a name; for `any` all six where the condition names `type`, else all but identify and alias.
    public var kinds: [Message.Kind] {
        switch events {
        case .named: [.track]
        case .any: condition?.names(.type) == true ? Message.Kind.allCases : [.track, .page, .screen, .group]
        }
    }

    /// Those of `kinds` that the condition does not rule out by what it says of `type`: no other message can be selected.
    public var possibleKinds: [Message.Kind] {
        guard let condition else { return kinds }
        return kinds.filter { condition.mayHold(of: .text(Text($0.word))) }
    }
}

/// A name of track events, or `any` message.
public enum EventName: Sendable, Hashable {
    /// Track events of exactly this name, by Unicode scalars.
    case named(Text)
    /// Messages of several kinds; `Selection.kinds` says which.
    case any
}

/// A bound on an event's timestamp. One whose instant is missing matches no event.
public enum Window: Sendable, Hashable {
    /// `now - d < t`; in milliseconds. (`t <= now` holds for every event anyway.)
    case within(Int64)
    /// `t >= x`; the operand is an instant.
    case since(Operand)
    /// `t > x`
    case after(Operand)
    /// `t < x`
    case until(Operand)
}

/// Something that can be read off one event.
public enum Field: Sendable, Hashable {
    /// Under `properties`, through objects only; at least one name. In a mapping of rows: the column of that name.
    case property([Text])
    /// Under `context`, through objects only; at least one name.
    case context([Text])
    /// Under `traits` of an identify or a group message: what this message sets, through objects only; at least one name. Missing elsewhere.
    case trait([Text])
    /// The event's instant.
    case timestamp
    /// The word of the message's kind.
    case type
    /// A page's or screen's own name; missing elsewhere.
    case name
    /// A page's or screen's own category; missing elsewhere.
    case category

    /// What is known of the field's kind before it runs: dynamic under `properties`, `context` and `traits`.
    public var kind: Kind {
        switch self {
        case .property, .context, .trait: .dynamic
        case .timestamp: .instant
        case .type, .name, .category: .text
        }
    }

    /// Where the value stands in a message; nil for `timestamp` and `type`, which every event has apart.
    public var path: [String]? {
        switch self {
        case .property(let names): ["properties"] + names.map(\.string)
        case .context(let names): ["context"] + names.map(\.string)
        case .trait(let names): ["traits"] + names.map(\.string)
        case .name: ["name"]
        case .category: ["category"]
        case .timestamp, .type: nil
        }
    }
}

/// One number (or value, or instant) made of the selected events.
public struct Aggregate: Sendable, Hashable {
    /// How values become one. Raw values are the functions' names in the language.
    public enum Function: String, Sendable, Hashable, CaseIterable {
        /// Over no events `count`, `sum`, `distinct` and `mostFrequentCount` give 0, the others are missing. Events that lack the field,
        /// or have it in a kind the function is not for, are passed over.
        case count, sum, average, minimum, maximum, distinct, mostFrequent, mostFrequentCount, first, last
    }
    /// How values become one.
    public var function: Function
    /// The events that are looked at.
    public var events: Selection
    /// nil for `count`, and for `first` and `last` of events.
    public var field: Field?

    /// Joins the parts, unchecked: only `count`, `first` and `last` go without a field.
    public init(_ function: Function, _ events: Selection, _ field: Field? = nil) {
        (self.function, self.events, self.field) = (function, events, field)
    }

    /// The kind of the result.
    public var kind: Kind {
        switch function {
        case .count, .sum, .average, .distinct, .mostFrequentCount: .number
        case .minimum, .maximum: field == .timestamp ? .instant : .number
        case .first, .last: field?.kind ?? .instant
        case .mostFrequent: field?.kind ?? .dynamic
        }
    }

    /// `asOf(trait.x)`: when an identify last gave the trait a value; `last(any where type == "identify" and exists(traits.x))`.
    public static func asOf(trait path: [Text]) -> Aggregate {
        let isIdentify = Clause.compare(.field(.type), .equal, .literal(.text(Text(Message.Kind.identify.word))))
        return Aggregate(.last, Selection(.any, where: .all([isIdentify, .exists(.field(.trait(path)))])))
    }

    /// The trait that it is `asOf` of, however it was written; nil where it is another aggregate.
    public var traitAsOf: [Text]? {
        guard function == .last, case .all(let clauses) = events.condition, case .exists(.field(.trait(let path))) = clauses.last,
            self == .asOf(trait: path)
        else { return nil }
        return path
    }
}

/// `sequence(a then b ... then not s within d) windows spanning d`.
///
/// Holds when events e1 ... en match the steps at strictly later instants, every `within` and `spanning` is kept, the windows hold for each
/// of them, and, with `absent`, no event of the whole timeline matching it lies in t(n) < t <= t(n) + d and `now >= t(n) + d`.
public struct EventSequence: Sendable, Hashable {
    /// One step of the chain.
    public struct Step: Sendable, Hashable {
        /// The name of the step's events, or `any`.
        public var events: EventName
        /// What must hold of the event, as in `Selection.condition`; nil: nothing.
        public var condition: Clause?
        /// At most so many milliseconds after the step before; nil on the first step; never nil on `absent`.
        public var within: Int64?

        /// Takes a step; `within` is in milliseconds and nil for the first step of a chain.
        public init(_ events: EventName, where condition: Clause? = nil, within: Int64? = nil) {
            (self.events, self.condition, self.within) = (events, condition, within)
        }

        /// The step's events as a selection without windows.
        public var selection: Selection { Selection(events, where: condition) }
    }
    /// At least one.
    public var steps: [Step]
    /// `then not ... within d`.
    public var absent: Step?
    /// Bounds that every event of the chain keeps; they do not limit `absent`.
    public var windows: [Window]
    /// The least of the `spanning` durations, in milliseconds.
    public var spanning: Int64?

    /// Takes a chain of at least one step; `spanning` is in milliseconds.
    public init(_ steps: [Step], absent: Step? = nil, windows: [Window] = [], spanning: Int64? = nil) {
        (self.steps, self.absent, self.windows, self.spanning) = (steps, absent, windows, spanning)
    }
}

extension Clause {
    /// Whether a condition mentions `field` anywhere. Meant for conditions: it does not look into selections of events.
    public func names(_ field: Field) -> Bool {
        switch self {
        case .constant, .segment, .did, .sequence: false
        case .all(let clauses), .any(let clauses): clauses.contains { $0.names(field) }
        case .not(let clause): clause.names(field)
        case .exists(let v), .isIn(let v, _), .percentile(let v, _), .textTest(let v, _, _), .matches(let v, _), .holds(let v):
            v.names(field)
        case .compare(let a, _, let b): a.names(field) || b.names(field)
        }
    }

    /// Whether a condition can hold of a message of some type, as far as it says that by itself.
    fileprivate func mayHold(of type: Value) -> Bool {
        switch self {
        case .all(let clauses): clauses.allSatisfy { $0.mayHold(of: type) }
        case .any(let clauses): clauses.contains { $0.mayHold(of: type) }
        case .compare(.field(.type), let comparison, .literal(let word)): Value.compare(type, comparison, word.value)
        case .compare(.literal(let word), let comparison, .field(.type)): Value.compare(word.value, comparison, type)
        case .isIn(.field(.type), let words): Value.isIn(type, words)
        default: true
        }
    }
}

extension Operand {
    /// Whether a value over one event mentions `field` anywhere. It does not look into aggregates or features.
    public func names(_ field: Field) -> Bool {
        switch self {
        case .literal, .now, .ago, .date, .trait, .feature, .consent, .aggregate: false
        case .field(let own): own == field
        case .arithmetic(let a, _, let b): b.names(field) || a.names(field)
        case .negated(let v), .time(let v), .lower(let v), .calendar(_, let v, _): v.names(field)
        case .distance(_, let a, let b, let c, let d): a.names(field) || b.names(field) || c.names(field) || d.names(field)
        }
    }
}
