import EventModel

/// Goes from what a value should become back to what its variables (a trait, an aggregate, a field) should become.
///
/// One variable changes at a time, everything else stays: `a + b >= 5` asks for more of a, or for more of b.
///
/// It looks at so many values at most, for a value made of features made of features can be of any size.
struct TargetSearch<Answer, Environment: Subject> {
    private static var mostValues: Int { 400 }
    private static var deepest: Int { 40 }

    let subject: Environment
    /// The definitions that a feature stands for.
    let features: [Named<Operand>]
    /// What is to be done about one variable: a trait, a consent, a field or an aggregate.
    let answer: (Operand, Target) -> [Answer]

    func answers(_ value: Operand, _ target: Target) -> [Answer] {
        var left = Self.mostValues
        return answers(value, target, depth: 0, left: &left)
    }

    private func answers(_ value: Operand, _ target: Target, depth: Int, left: inout Int) -> [Answer] {
        left -= 1
        if target.candidates.isEmpty || left < 0 || depth > Self.deepest { return [] }
        let depth = depth + 1
        switch value {
        case .literal, .now, .ago, .date: return []
        case .trait, .consent, .field, .aggregate: return answer(value, target)
        case .feature(let index, _):
            return features.indices.contains(index) ? answers(features[index].body, target, depth: depth, left: &left) : []
        case .negated(let inner): return answers(inner, target.through({ [Value.negate($0)] }, Value.negate), depth: depth, left: &left)
        case .lower(let inner): return answers(inner, target.through({ [$0] }, Value.lower), depth: depth, left: &left)
        case .time(let inner):
            return answers(
                inner,
                target.through(
                    { value in
                        if case .instant(let time) = value {
                            [.text(Text(Instant(milliseconds: time).text)), .number(Double(time))]
                        } else {
                            [value]
                        }
                    }, Value.time), depth: depth, left: &left)
        case .calendar(let part, let inner, let zone):
            return answers(inner, target.through({ nearby($0) }, { Value.calendar(part, $0, zone) }), depth: depth, left: &left)
        case .arithmetic(let a, let operation, let b):
            return arithmetic(a, operation, b, target, depth: depth, left: &left)
        case .distance(let unit, let a, let b, let c, let d):
            let parts = [a, b, c, d]
            let values = parts.map { $0.value(for: subject) }
            var found: [Answer] = []
            for place in parts.indices {
                func distance(_ value: Value) -> Value {
                    var values = values
                    values[place] = value
                    return Value.distance(unit, values[0], values[1], values[2], values[3])
                }
                let other = values[(place + 2) % 4]
                let there = target.through({ _ in [other, .number(0), .number(90), .missing] }, distance)
                found += answers(parts[place], there, depth: depth, left: &left)
            }
            return found
        }
    }

    private func arithmetic(_ a: Operand, _ operation: Arithmetic, _ b: Operand, _ target: Target, depth: Int, left: inout Int) -> [Answer]
    {
        let (first, second) = (a.value(for: subject), b.value(for: subject))
        let onLeft = target.through(
            { wanted in
                switch operation {
                case .add: [Value.apply(wanted, .subtract, second)]
                case .subtract: [Value.apply(wanted, .add, second)]
                case .multiply: [Value.apply(wanted, .divide, second)]
                case .divide: [Value.apply(wanted, .multiply, second)]
                }
            }, { Value.apply($0, operation, second) })
        let onRight = target.through(
            { wanted in
                switch operation {
                case .add: [Value.apply(wanted, .subtract, first)]
                case .subtract: [Value.apply(first, .subtract, wanted)]
                case .multiply: [Value.apply(wanted, .divide, first)]
                case .divide: [Value.apply(first, .divide, wanted)]
                }
            }, { Value.apply(first, operation, $0) })
        return answers(a, onLeft, depth: depth, left: &left) + answers(b, onRight, depth: depth, left: &left)
    }

    /// Instants among which every hour and every day of the week occurs.
    private func nearby(_ value: Value) -> [Value] {
        if case .instant = value { return [value] }
        guard case .instant(let now) = subject.now else { return [] }
        return (0..<168).map { Value.bounded(instant: now - $0 * 3_600_000) } + [.missing]
    }
}
