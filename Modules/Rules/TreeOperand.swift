/// A checked value of the segment language, with what is known of its kind before it runs.
///
/// Parentheses are gone. Arithmetic nests to the left as written (`a + b + c` is `(a + b) + c`); a chain of operators may be as long as
/// `Limits.leaves` allows, so walk the left side in a loop or allow for that depth.
public indirect enum Operand: Sendable, Hashable {
    case literal(Literal)
    /// The instant the question is asked at.
    case now
    /// `ago(d)`: `now` less so many milliseconds.
    case ago(Int64)
    /// `date("...")`: milliseconds since the epoch; nil (missing) where the text is not a time.
    case date(Int64?)
    /// A trait, read through objects only; at least one name.
    case trait([Text])
    /// The value of a computed trait; an index into `Tree.features`, and its kind.
    case feature(Int, Kind)
    /// A truth, never missing; at least one name.
    case consent([Text])
    /// Something of the event at hand; only inside conditions.
    case field(Field)
    case aggregate(Aggregate)
    case arithmetic(Operand, Arithmetic, Operand)
    /// `-v` of a number or a duration.
    case negated(Operand)
    /// `time(v)`: reads a text or epoch milliseconds.
    case time(Operand)
    case lower(Operand)
    case distance(DistanceUnit, Operand, Operand, Operand, Operand)
    /// `startOfDay(v, "zone")` and its like.
    case calendar(CalendarPart, Operand, Zone)
}

/// A value as written.
public enum Literal: Sendable, Hashable {
    case text(Text)
    case number(Double)
    case truth(Bool)
    /// Milliseconds; negative only in a list.
    case duration(Int64)

    public var kind: Kind {
        switch self {
        case .text: .text
        case .number: .number
        case .truth: .truth
        case .duration: .duration
        }
    }

    /// The literal as a value at run time.
    public var value: Value {
        switch self {
        case .text(let text): .text(text)
        case .number(let number): .number(number)
        case .truth(let truth): .truth(truth)
        case .duration(let milliseconds): .duration(milliseconds)
        }
    }
}

/// The four operations.
public enum Arithmetic: String, Sendable, Hashable, CaseIterable {
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
}

public enum DistanceUnit: String, Sendable, Hashable, CaseIterable {
    case kilometres = "distanceKm"
    case miles = "distanceMiles"
}

/// What the calendar functions read off an instant in a zone.
public enum CalendarPart: String, Sendable, Hashable, CaseIterable {
    /// The first instant of that day in the zone.
    case startOfDay
    /// 0 to 23.
    case hour
    /// Monday 1 to Sunday 7.
    case weekday
}

extension Operand {
    /// What is known of the value's kind before it runs.
    public var kind: Kind {
        switch self {
        case .literal(let literal): literal.kind
        case .now, .ago, .date, .time: .instant
        case .trait: .dynamic
        case .feature(_, let kind): kind
        case .consent: .truth
        case .field(let field): field.kind
        case .aggregate(let aggregate): aggregate.kind
        case .arithmetic(let a, let operation, let b): operation.kind(a.kind, b.kind) ?? .dynamic
        case .negated(let value): value.kind == .duration ? .duration : .number
        case .lower: .text
        case .distance: .number
        case .calendar(let part, _, _): part == .startOfDay ? .instant : .number
        }
    }
}

extension Arithmetic {
    /// The kind of the result, or nil where the operation is not defined for such operands. A dynamic operand counts as a number.
    ///
    /// instant - instant = duration; instant ± duration and duration + instant = instant; duration ± duration, duration * number,
    /// number * duration and duration / number = duration; duration / duration and anything of two numbers = number.
    public func kind(_ a: Kind, _ b: Kind) -> Kind? {
        switch (self, a == .dynamic ? .number : a, b == .dynamic ? .number : b) {
        case (_, .number, .number): .number
        case (.subtract, .instant, .instant): .duration
        case (.add, .instant, .duration), (.subtract, .instant, .duration), (.add, .duration, .instant): .instant
        case (.add, .duration, .duration), (.subtract, .duration, .duration): .duration
        case (.multiply, .duration, .number), (.multiply, .number, .duration), (.divide, .duration, .number): .duration
        case (.divide, .duration, .duration): .number
        default: nil
        }
    }
}
