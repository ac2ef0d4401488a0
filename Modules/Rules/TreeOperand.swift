/// A checked value of the segment language, with what is known of its kind before it runs.
///
/// Parentheses are gone. Arithmetic nests to the left as written (`a + b + c` is `(a + b) + c`); a chain of operators may be as long as
/// `Limits.leaves` allows, so walk the left side in a loop or allow for that depth.
public indirect enum Operand: Sendable, Hashable {
    /// A text, number, truth or duration as written.
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
    /// One value made of selected events, such as `count(e)` or `sum(e, .x)`.
    case aggregate(Aggregate)
    /// `v + w` and its like; `Arithmetic.kind` says for which kinds.
    case arithmetic(Operand, Arithmetic, Operand)
    /// `-v` of a number or a duration.
    case negated(Operand)
    /// `time(v)`: reads a text or epoch milliseconds.
    case time(Operand)
    /// `lower(v)`: each scalar of a text in lower case on its own.
    case lower(Operand)
    /// `distanceKm(...)` or `distanceMiles(...)`: two points in degrees, each with its latitude first.
    case distance(DistanceUnit, Operand, Operand, Operand, Operand)
    /// `startOfDay(v, "zone")` and its like.
    case calendar(CalendarPart, Operand, Zone)
}

/// A value as written.
public enum Literal: Sendable, Hashable {
    /// A text, its escapes resolved.
    case text(Text)
    /// A finite number; negative only in a list.
    case number(Double)
    /// `true` or `false`.
    case truth(Bool)
    /// Milliseconds; negative only in a list.
    case duration(Int64)

    /// The kind of the value, which is never dynamic.
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
    /// Missing where it divides by zero.
    case divide = "/"
}

/// The two functions of distance; raw values are their names in the language.
public enum DistanceUnit: String, Sendable, Hashable, CaseIterable {
    /// Kilometres on a sphere of `earthRadiusKilometres`.
    case kilometres = "distanceKm"
    /// The same in miles of `kilometresPerMile`.
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

extension Operand {
    /// A chain of operators, which nests on its left side, as the value it starts with and the steps from there: walked in a loop, so that
    /// its length costs no stack. No step where the value is no arithmetic.
    var chain: (start: Operand, steps: [(operation: Arithmetic, right: Operand)]) {
        var steps: [(operation: Arithmetic, right: Operand)] = []
        var start = self
        while case .arithmetic(let a, let operation, let b) = start {
            steps.append((operation, b))
            start = a
        }
        return (start, steps.reversed())
    }
}
