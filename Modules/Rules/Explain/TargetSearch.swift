import EventModel

/// Goes from what a value should become back to what its variables (a trait, an aggregate, a field) should become.
///
/// One variable changes at a time, everything else stays: `a + b >= 5` asks for more of a, or for more of b.
struct TargetSearch<Answer, Environment: Subject> {
    let subject: Environment
    /// The definitions that a feature stands for.
    let features: [Named<Operand>]
    /// What is to be done about one variable: a trait, a consent, a field or an aggregate.
    let answer: (Operand, Target) -> [Answer]

    func answers(_ value: Operand, _ target: Target) -> [Answer] {
        if target.candidates.isEmpty { return [] }
        switch value {
        case .literal, .now, .ago, .date: return []
        case .trait, .consent, .field, .aggregate: return answer(value, target)
        case .feature(let index, _): return features.indices.contains(index) ? answers(features[index].body, target) : []
        case .negated(let inner): return answers(inner, target.through({ [Value.negate($0)] }, Value.negate))
        case .lower(let inner): return answers(inner, target.through({ [$0] }, Value.lower))
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
                    }, Value.time))
        case .calendar(let part, let inner, let zone):
            return answers(inner, target.through({ nearby($0) }, { Value.calendar(part, $0, zone) }))
        case .arithmetic(let a, let operation, let b):
            return arithmetic(a, operation, b, target)
        case .distance(let unit, let a, let b, let c, let d):
            return [a, b, c, d].indices.flatMap { place -> [Answer] in
                let parts = [a, b, c, d]
                let values = parts.map { $0.value(for: subject) }
                func distance(_ value: Value) -> Value {
                    var values = values
                    values[place] = value
                    return Value.distance(unit, values[0], values[1], values[2], values[3])
                }
                let other = values[(place + 2) % 4]
                return answers(parts[place], target.through({ _ in [other, .number(0), .number(90), .missing] }, distance))
            }
        }
    }

    private func arithmetic(_ a: Operand, _ operation: Arithmetic, _ b: Operand, _ target: Target) -> [Answer] {
        let (left, right) = (a.value(for: subject), b.value(for: subject))
        let onLeft = target.through(
            { wanted in
                switch operation {
                case .add: [Value.apply(wanted, .subtract, right)]
                case .subtract: [Value.apply(wanted, .add, right)]
                case .multiply: [Value.apply(wanted, .divide, right)]
                case .divide: [Value.apply(wanted, .multiply, right)]
                }
            }, { Value.apply($0, operation, right) })
        let onRight = target.through(
            { wanted in
                switch operation {
                case .add: [Value.apply(wanted, .subtract, left)]
                case .subtract: [Value.apply(left, .subtract, wanted)]
                case .multiply: [Value.apply(wanted, .divide, left)]
                case .divide: [Value.apply(left, .divide, wanted)]
                }
            }, { Value.apply(left, operation, $0) })
        return answers(a, onLeft) + answers(b, onRight)
    }

    /// Instants among which every hour and every day of the week occurs.
    private func nearby(_ value: Value) -> [Value] {
        if case .instant = value { return [value] }
        guard case .instant(let now) = subject.now else { return [] }
        return (0..<168).map { Value.bounded(instant: now - $0 * 3_600_000) } + [.missing]
    }
}
