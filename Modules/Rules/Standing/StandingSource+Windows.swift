/// Windows whose edges stand still or move with the clock alone, which nearly all do, answered from rows as they lie: no list is made.
///
/// Says what `EventView` says of the same events.
extension StandingSource {
    /// The rows of a slot that a window holds at an instant: `first..<end` of those below `rows`, which it may come to hold.
    private struct Window {
        let slot: Int
        let rows: Int
        let form: StandingWindow
        var first = 0
        var end: Int

        func departure(of time: Int64) -> Int64 { form.departure(of: time) }
        func arrival(of time: Int64) -> Int64 { form.arrival(of: time) }
    }

    private func time(_ window: Window, _ row: Int) -> Int64 { Int64(bitPattern: word(window.slot, row, 0)) }

    /// nil where the windows of a selection are of another kind.
    private func window(of selection: Int, at now: Int64) -> Window? {
        let slot = plan.slotOfSelection[selection]
        let rows = places[slot].rows
        if rows == 0 { return Window(slot: slot, rows: 0, form: StandingWindow(), end: 0) }
        guard let form = plan.windows[selection], now.magnitude <= UInt64(Value.largestTime / 2) else { return nil }
        let all = Window(slot: slot, rows: rows, form: form, end: rows)
        let last = time(all, rows - 1)
        let reached = last > form.through ? firstRow(all, from: 0) { $0 > form.through } : rows
        var window = Window(slot: slot, rows: reached, form: form, end: reached)
        if form.arrival(of: last) > now { window.end = firstRow(window, from: 0) { form.arrival(of: $0) > now } }
        let first = time(all, 0)
        if form.departure(of: first) <= now || first < form.from {
            window.first = firstRow(window, from: 0) { form.departure(of: $0) > now && $0 >= form.from }
        }
        window.end = max(window.first, window.end)
        return window
    }

    /// The first row whose time passes a test that all later ones pass too.
    private func firstRow(_ window: Window, from start: Int, where passes: (Int64) -> Bool) -> Int {
        var (low, high) = (start, window.rows)
        while low < high {
            let middle = low + (high - low) / 2
            if passes(time(window, middle)) { high = middle } else { low = middle + 1 }
        }
        return low
    }

    // MARK: Counts

    func counted(_ selection: Int, _ range: CountRange, at now: Int64) -> Course? {
        guard var window = window(of: selection, at: now) else { return nil }
        let holds = range.contains(window.end - window.first)
        var instant = now
        for _ in 0..<EventView.mostJumps {
            let count = window.end - window.first
            var next = Int64.max
            if window.form.length < .max, let leaves = range.leavesToChange(from: count), leaves <= window.rows - window.first {
                next = window.departure(of: time(window, window.first + leaves - 1))
            }
            if let entries = range.entriesToChange(from: count), entries <= window.rows - window.end {
                next = min(next, window.arrival(of: time(window, window.end + entries - 1)))
            }
            if next == .max { return .truth(holds) }
            instant = next
            let (form, reached) = (window.form, next)
            if form.length < .max { window.first = firstRow(window, from: window.first) { form.departure(of: $0) > reached } }
            window.end = max(window.first, firstRow(window, from: window.end) { form.arrival(of: $0) > reached })
            if range.contains(window.end - window.first) != holds { break }
        }
        return .truth(holds, until: instant)
    }

    // MARK: Aggregates

    func aggregate(_ node: Int, _ selection: Int, _ function: Aggregate.Function, _ field: Field?, at now: Int64) -> Course? {
        guard let window = window(of: selection, at: now) else { return nil }
        if field == nil || field == .timestamp {
            guard let value = instants(window, function) else { return field == nil ? .still(.missing) : nil }
            return value
        }
        guard let column = plan.columnOfNode[node]?.column else { return nil }
        let place = plan.forms[window.slot].columns + column
        if let list = places[window.slot].list { return values(window, function, place, of: profile.lists[list].rows) }
        return values(window, function, place)
    }

    /// Of the events' own instants, which need not be read.
    private func instants(_ window: Window, _ function: Aggregate.Function) -> Course? {
        let isEmpty = window.first == window.end
        let arrival = window.end < window.rows ? window.arrival(of: time(window, window.end)) : .max
        let departure = isEmpty ? Int64.max : window.departure(of: time(window, window.first))
        switch function {
        case .count: return .still(.number(Double(window.end - window.first)), until: min(arrival, departure))
        case .first, .minimum:
            if isEmpty { return .still(.missing, until: arrival) }
            return .still(.instant(time(window, window.first)), until: departure)
        case .last, .maximum:
            if isEmpty { return .still(.missing, until: arrival) }
            let last = time(window, window.end - 1)
            return .still(.instant(last), until: min(arrival, window.departure(of: last)))
        case .sum, .average, .distinct, .mostFrequent, .mostFrequentCount: return nil
        }
    }

    /// Of a column, as far as it is there.
    private func values(_ window: Window, _ function: Aggregate.Function, _ column: Int) -> Course {
        func counts(_ row: Int) -> Bool {
            let word = word(window.slot, row, column)
            return function.takesNumbers ? StandingWord.number(word) != nil : word != StandingWord.missing
        }
        func value(_ row: Int) -> Value { StandingWord.value(word(window.slot, row, column), texts) }
        let arrival = (window.end..<window.rows).first(where: counts).map { window.arrival(of: time(window, $0)) } ?? .max
        guard let first = (window.first..<window.end).first(where: counts) else {
            return .still(function.total(of: []), until: arrival)
        }
        let departure = window.departure(of: time(window, first))
        switch function {
        case .first: return .still(value(first), until: departure)
        case .last:
            let last = (first..<window.end).last(where: counts) ?? first
            return .still(value(last), until: min(arrival, window.departure(of: time(window, last))))
        case .sum, .average:
            var (sum, count) = (DecimalSum(), 0)
            for row in first..<window.end {
                guard let number = StandingWord.number(word(window.slot, row, column)) else { continue }
                sum.add(number)
                count += 1
            }
            let total = function == .sum ? sum.sum : sum.average(count: count)
            return .still(total.map { .number($0) } ?? .missing, until: min(arrival, departure))
        case .count, .minimum, .maximum, .distinct, .mostFrequent, .mostFrequentCount:
            let values = (first..<window.end).lazy.filter(counts).map(value)
            return .still(function.total(of: ArraySlice(values)), until: min(arrival, departure))
        }
    }

    /// The same of very many rows: what was found last is moved on.
    private func values(_ window: Window, _ function: Aggregate.Function, _ column: Int, of rows: LongRows) -> Course {
        let base = rows.numbers.lowerBound
        let inside = (base + window.first)..<(base + window.end)
        func value(_ number: Int) -> Value { StandingWord.value(rows.word(number: number, column), texts) }
        func time(_ number: Int) -> Int64 { Int64(bitPattern: rows.word(number: number, 0)) }
        let numbersOnly = function.takesNumbers
        let coming = rows.first(column, in: inside.upperBound..<(base + window.rows), numbersOnly: numbersOnly)
        let arrival = coming.map { window.arrival(of: time($0)) } ?? .max
        guard let first = rows.first(column, in: inside, numbersOnly: numbersOnly) else {
            return .still(function.total(of: []), until: arrival)
        }
        let departure = window.departure(of: time(first))
        switch function {
        case .first: return .still(value(first), until: departure)
        case .last:
            let last = rows.last(column, in: inside) ?? first
            return .still(value(last), until: min(arrival, window.departure(of: time(last))))
        default:
            return .still(rows.total(function, column, window.form, of: inside, texts), until: min(arrival, departure))
        }
    }
}
