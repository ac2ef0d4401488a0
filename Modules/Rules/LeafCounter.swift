/// Counts the leaves of clauses and values, equal ones once: every question that is not made of others, and every arithmetic operator.
struct LeafCounter {
    enum Part {
        case clause(Clause)
        case operand(Operand)
    }
    private(set) var leaves = 0
    private var clauses: Set<Clause> = []
    private var sums: Set<Operand> = []

    mutating func add(_ part: Part) {
        switch part {
        case .clause(let clause): add(clause)
        case .operand(let operand): add(operand)
        }
    }

    private mutating func add(_ clause: Clause) {
        switch clause {
        case .all(let clauses), .any(let clauses): for clause in clauses { add(clause) }
        case .not(let clause): add(clause)
        case .segment: break
        default:
            guard clauses.insert(clause).inserted else { return }
            leaves += 1
            switch clause {
            case .did(let events, _): add(events)
            case .sequence(let sequence):
                for step in sequence.steps + (sequence.absent.map { [$0] } ?? []) { add(step.selection) }
                add(Selection(.any, windows: sequence.windows))
            case .exists(let v), .isIn(let v, _), .percentile(let v, _), .textTest(let v, _, _), .matches(let v, _), .holds(let v): add(v)
            case .compare(let a, _, let b):
                add(a)
                add(b)
            default: break
            }
        }
    }

    private mutating func add(_ selection: Selection) {
        if let condition = selection.condition { add(condition) }
        for window in selection.windows {
            switch window {
            case .within: break
            case .since(let v), .after(let v), .until(let v): add(v)
            }
        }
    }

    private mutating func add(_ operand: Operand) {
        switch operand {
        case .literal, .now, .ago, .date, .trait, .feature, .consent, .field: break
        case .aggregate(let aggregate): add(aggregate.events)
        case .arithmetic(let a, _, let b):
            guard sums.insert(operand).inserted else { return }
            leaves += 1
            add(a)
            add(b)
        case .negated(let v), .time(let v), .lower(let v), .calendar(_, let v, _): add(v)
        case .distance(_, let a, let b, let c, let d):
            for part in [a, b, c, d] { add(part) }
        }
    }
}
