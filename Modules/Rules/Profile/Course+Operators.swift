/// The operators of the language over values that move with the clock. What is neither still nor moves one way is known for one
/// millisecond only; nothing an analyst would write comes to that.
extension Course {
    // MARK: Arithmetic

    static func apply(_ a: Course, _ operation: Arithmetic, _ b: Course, at now: Int64) -> Course {
        let value = Value.apply(a.value, operation, b.value)
        guard let kindA = a.value.kind, let kindB = b.value.kind else {
            return .still(.missing, until: max(a.value.isMissing ? a.until : .min, b.value.isMissing ? b.until : .min))
        }
        let until = min(a.until, b.until)
        if a.motion == nil && b.motion == nil || operation.kind(kindA, kindB) == nil { return .still(value, until: until) }
        let brief = Course.still(value, until: min(until, now + 1))
        if value.isMissing {
            return operation == .divide && b.motion == nil && b.value.signum == 0 ? .still(.missing, until: until) : brief
        }
        if let slope = slope(a, operation, b), slope.magnitude <= Motion.steepest { return linear(value, slope, until: until, at: now) }

        let term = MovingTerm.arithmetic(a.term, operation, b.term)
        let trend: Int64
        var end = until
        switch operation {
        case .add:
            guard a.trend * b.trend >= 0 else { return brief }
            trend = a.trend != 0 ? a.trend : b.trend
        case .subtract:
            guard a.trend * b.trend <= 0 else { return brief }
            trend = a.trend != 0 ? a.trend : -b.trend
        case .multiply:
            if a.motion != nil && b.motion != nil { return brief }
            trend = b.motion == nil ? a.trend * b.value.signum : b.trend * a.value.signum
        case .divide:
            // Where the divisor comes to zero the quotient ends, and may go the other way after.
            let sign = b.value.signum
            if b.motion != nil, let delay = firstDelay(before: end, from: now, { b.value(after: $0).signum != sign }) { end = now + delay }
            if b.motion == nil {
                trend = a.trend * sign
            } else if a.motion == nil {
                trend = -b.trend * a.value.signum
            } else if let slopeA = a.slope, let slopeB = b.slope, let x = a.value.span, let y = b.value.span {
                trend = (slopeA * y - slopeB * x).signum()  // The derivative's sign.
            } else {
                return brief
            }
        }
        guard trend != 0 else { return .still(value, until: end) }
        if let delay = firstDelay(before: end, from: now, { term.value(after: $0).isMissing }) { end = now + delay }
        return Course(value: value, until: end, motion: .monotone(isRising: trend > 0, term))
    }

    /// The slope of a sum or a difference of times; nil for all else.
    private static func slope(_ a: Course, _ operation: Arithmetic, _ b: Course) -> Int64? {
        guard a.value.span != nil, b.value.span != nil, let slopeA = a.slope, let slopeB = b.slope else { return nil }
        return switch operation {
        case .add: slopeA + slopeB
        case .subtract: slopeA - slopeB
        case .multiply, .divide: nil
        }
    }

    /// An instant or a duration that moves evenly until it would be too large for the language.
    private static func linear(_ value: Value, _ slope: Int64, until: Int64, at now: Int64) -> Course {
        guard slope != 0, let start = value.span else { return .still(value, until: until) }
        let room = (slope > 0 ? Value.largestTime - start : Value.largestTime + start) / abs(slope)
        return Course(value: value, until: min(until, now + room + 1), motion: .linear(slope))
    }

    static func negate(_ course: Course, at now: Int64) -> Course {
        let value = Value.negate(course.value)
        switch course.motion {
        case nil: return .still(value, until: course.until)
        case _ where value.isMissing: return .still(value, until: course.until)
        case .linear(let slope): return linear(value, -slope, until: course.until, at: now)
        case .monotone(let isRising, let term):
            return Course(value: value, until: course.until, motion: .monotone(isRising: !isRising, .negated(term)))
        }
    }

    // MARK: Comparisons

    static func compare(_ a: Course, _ comparison: Comparison, _ b: Course, at now: Int64) -> Course {
        if a.value.isMissing || b.value.isMissing {
            return .truth(false, until: max(a.value.isMissing ? a.until : .min, b.value.isMissing ? b.until : .min))
        }
        let holds = Value.compare(a.value, comparison, b.value)
        var until = min(a.until, b.until)
        if a.motion == nil && b.motion == nil || a.value.kind != b.value.kind { return .truth(holds, until: until) }
        let goOneWay = a.trend * b.trend <= 0 || (a.slope != nil && b.slope != nil)
        guard goOneWay else { return .truth(holds, until: min(until, now + 1)) }
        let delay: Int64?
        if comparison.isOrder {
            delay = firstDelay(before: until, from: now) { Value.compare(a.value(after: $0), comparison, b.value(after: $0)) != holds }
        } else {
            // Once less, equal or greater has become another of the three it does not come back.
            let (less, equal) = (Value.compare(a.value, .less, b.value), Value.compare(a.value, .equal, b.value))
            delay = firstDelay(before: until, from: now) { delay in
                let (x, y) = (a.value(after: delay), b.value(after: delay))
                return Value.compare(x, .less, y) != less || Value.compare(x, .equal, y) != equal
            }
        }
        if let delay { until = now + delay }
        return .truth(holds, until: until)
    }

    static func isIn(_ course: Course, _ literals: [Literal], at now: Int64) -> Course {
        if course.motion == nil { return .truth(Value.isIn(course.value, literals), until: course.until) }
        var until = Int64.max
        for literal in literals {
            let equal = compare(course, .equal, .still(literal.value), at: now)
            if equal.holds { return equal }
            until = min(until, equal.until)
        }
        return .truth(false, until: until)
    }

    // MARK: Functions

    static func calendar(_ part: CalendarPart, _ course: Course, _ zone: Zone, at now: Int64) -> Course {
        let value = Value.calendar(part, course.value, zone)
        guard course.motion != nil, case .instant(let time) = course.value else { return .still(value, until: course.until) }
        guard course.trend > 0 else { return .still(value, until: min(course.until, now + 1)) }
        return .still(value, until: min(course.until, course.instant(reaching: zone.nextBoundary(of: part, after: time), from: now)))
    }

    /// A function of values that seldom move: where one does, known for a millisecond.
    static func function(of courses: [Course], _ value: Value, at now: Int64) -> Course {
        var until = Int64.max
        for course in courses { until = min(until, course.motion == nil ? course.until : now + 1) }
        return .still(value, until: until)
    }
}

extension Value {
    /// The milliseconds of an instant or a duration.
    fileprivate var span: Int64? {
        switch self {
        case .instant(let milliseconds), .duration(let milliseconds): milliseconds
        default: nil
        }
    }

    /// The sign of a number or a duration; 0 for all else.
    fileprivate var signum: Int64 {
        switch self {
        case .number(let number): number > 0 ? 1 : number < 0 ? -1 : 0
        case .duration(let milliseconds): milliseconds.signum()
        default: 0
        }
    }
}
