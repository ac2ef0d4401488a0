/// One property of the events of a selection, where it is there: what aggregates are made of.
struct FieldColumn {
    /// Milliseconds since the epoch, ascending.
    var times: ContiguousArray<Int64> = []
    /// Never missing; shape as `times`.
    var values: ContiguousArray<Value> = []
    /// The part of the selection's list that was read, and when that list was made.
    var covered: Range<Int>
    var foundAt: Int64
}

extension ProfileSession {
    /// An aggregate over a selection; `id` is its node.
    mutating func aggregate(_ id: Int, _ selection: Int, _ function: Aggregate.Function, _ field: Field?) -> Course {
        if let course = profile.aggregate(id, selection, function, field, at: now) { return course }
        let view = view(selection)
        // The instants of events are at hand; nothing needs to be read.
        if field == nil || field == .timestamp {
            switch function {
            case .count: return .still(.number(Double(view.selected.count)), until: view.nextChange)
            case .first, .minimum: return .still(view.selected.first.map { .instant(view.times[$0]) } ?? .missing, until: view.firstHolds)
            case .last, .maximum: return .still(view.selected.last.map { .instant(view.times[$0]) } ?? .missing, until: view.lastHolds)
            case .sum, .average, .distinct, .mostFrequent, .mostFrequentCount: break
            }
        }
        guard let field else { return .still(.missing) }
        let column = column(id, selection, function, field, view)
        let present = view.narrowed(to: column.times)
        let values = column.values[present.selected]
        switch function {
        case .first: return .still(values.first ?? .missing, until: present.firstHolds)
        case .last: return .still(values.last ?? .missing, until: present.lastHolds)
        default: break
        }
        work += values.count
        return .still(function.total(of: values), until: present.nextChange)
    }

    /// The property of all events that the windows may come to hold: numbers only, where only numbers count.
    private mutating func column(
        _ id: Int, _ selection: Int, _ function: Aggregate.Function, _ field: Field, _ view: EventView
    ) -> FieldColumn {
        let (events, foundAt) = list(selection)
        if let known = columns[id], known.foundAt == foundAt, known.covered.lowerBound <= view.reach.lowerBound,
            known.covered.upperBound >= view.reach.upperBound
        {
            return known
        }
        var column = FieldColumn(covered: view.reach, foundAt: foundAt)
        for index in view.reach {
            let value = profile.value(of: field, for: id, at: events.positions[index])
            if value.isMissing || (function.takesNumbers && value.kind != .number) { continue }
            column.times.append(events.times[index])
            column.values.append(value)
        }
        work += view.reach.count
        columns[id] = column
        return column
    }
}

extension Aggregate.Function {
    /// Whether it passes over values that are no numbers.
    var takesNumbers: Bool {
        switch self {
        case .sum, .average, .minimum, .maximum: true
        case .count, .first, .last, .distinct, .mostFrequent, .mostFrequentCount: false
        }
    }

    /// What a function makes of the values in the windows, none of which is missing.
    func total(of values: ArraySlice<Value>) -> Value {
        switch self {
        case .count, .first, .last: return .missing
        case .distinct: return .number(Double(Set(values).count))
        case .minimum: return values.min(by: Value.sortsBefore) ?? .missing
        case .maximum: return values.max(by: Value.sortsBefore) ?? .missing
        case .sum, .average:
            var sum = DecimalSum()
            for case .number(let number) in values { sum.add(number) }
            if self == .sum { return sum.sum.map { .number($0) } ?? .missing }
            return values.isEmpty ? .missing : sum.average(count: values.count).map { .number($0) } ?? .missing
        case .mostFrequent, .mostFrequentCount:
            var counts: [Value: Int] = [:]
            for value in values { counts[value, default: 0] += 1 }
            let most = counts.values.max() ?? 0
            if self == .mostFrequentCount { return .number(Double(most)) }
            return counts.filter { $0.value == most }.keys.min(by: Value.sortsBefore) ?? .missing
        }
    }
}
