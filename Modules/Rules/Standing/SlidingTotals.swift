/// What the values of a column in a window add up to, or how often each is there.
struct SlidingTotal {
    /// Numbers of the rows that are in it.
    private(set) var rows = 0..<0
    /// Of numbers among the values.
    private(set) var sum = DecimalSum()
    private(set) var numbers = 0
    /// How often each value is there that is not missing, where that is asked.
    private(set) var counts: [Value: Int]?
    /// How many values are there so often.
    private var valuesByCount: [Int: Int] = [:]
    /// How often the most frequent is there.
    private(set) var most = 0
    /// The first in order of those that are; nil: to be found again.
    private var leader: Value?

    init(countsValues: Bool) { counts = countsValues ? [:] : nil }

    /// The first in order of the most frequent values; nil where there is none.
    mutating func mostFrequent() -> Value? {
        if leader == nil { leader = counts?.filter { $0.value == most }.keys.min(by: Value.sortsBefore) }
        return leader
    }

    /// Goes on to the rows of a window, forward or back.
    mutating func move(to wanted: Range<Int>, _ word: (Int) -> UInt64, _ texts: StandingTexts) {
        if wanted.clamped(to: rows).isEmpty, wanted != rows {
            self = SlidingTotal(countsValues: counts != nil)
            rows = wanted.lowerBound..<wanted.lowerBound
        }
        for number in rows.lowerBound..<max(rows.lowerBound, wanted.lowerBound) { remove(word(number), texts) }
        for number in wanted.lowerBound..<max(wanted.lowerBound, rows.lowerBound) { add(word(number), texts) }
        for number in rows.upperBound..<max(rows.upperBound, wanted.upperBound) { add(word(number), texts) }
        for number in wanted.upperBound..<max(wanted.upperBound, rows.upperBound) { remove(word(number), texts) }
        rows = wanted
    }

    /// A row came to be the one of a number; those from there on moved up.
    mutating func insert(_ word: UInt64, at number: Int, _ texts: StandingTexts) {
        if number < rows.lowerBound {
            rows = (rows.lowerBound + 1)..<(rows.upperBound + 1)
        } else if number < rows.upperBound {
            add(word, texts)
            rows = rows.lowerBound..<(rows.upperBound + 1)
        }
    }

    private mutating func add(_ word: UInt64, _ texts: StandingTexts) {
        guard counts != nil else {
            guard let number = StandingWord.number(word) else { return }
            sum.add(number)
            numbers += 1
            return
        }
        guard word != StandingWord.missing else { return }
        let value = StandingWord.value(word, texts)
        let count = counts?[value, default: 0] ?? 0
        counts?[value] = count + 1
        recount(from: count, to: count + 1)
        if count + 1 > most {
            (most, leader) = (count + 1, value)
        } else if count + 1 == most, let known = leader, Value.sortsBefore(value, known) {
            leader = value
        }
    }

    private mutating func remove(_ word: UInt64, _ texts: StandingTexts) {
        guard counts != nil else {
            guard let number = StandingWord.number(word) else { return }
            sum.add(-number)
            numbers -= 1
            return
        }
        guard word != StandingWord.missing else { return }
        let value = StandingWord.value(word, texts)
        let count = counts?[value] ?? 0
        counts?[value] = count > 1 ? count - 1 : nil
        recount(from: count, to: count - 1)
        guard count == most else { return }
        if valuesByCount[most] == nil {
            (most, leader) = (most - 1, nil)
        } else if leader == value {
            leader = nil
        }
    }

    private mutating func recount(from old: Int, to new: Int) {
        if old > 0 { valuesByCount[old] = valuesByCount[old] == 1 ? nil : (valuesByCount[old] ?? 0) - 1 }
        if new > 0 { valuesByCount[new, default: 0] += 1 }
    }
}

/// Totals of the columns of long rows, each for a window: asking again costs what came and went since.
final class SlidingTotals {
    struct Key: Hashable {
        var column: Int
        var window: StandingWindow
        var countsValues: Bool
    }
    private var totals: [Key: SlidingTotal] = [:]

    /// What `body` reads of the total over some rows.
    func read<Result>(
        _ key: Key, of wanted: Range<Int>, in rows: LongRows, _ texts: StandingTexts, _ body: (inout SlidingTotal) -> Result
    ) -> Result {
        var total = totals.removeValue(forKey: key) ?? SlidingTotal(countsValues: key.countsValues)
        defer { totals[key] = total }
        total.move(to: wanted, { rows.word(number: $0, key.column) }, texts)
        return body(&total)
    }

    func insert(_ row: ContiguousArray<UInt64>, at number: Int, _ texts: StandingTexts) {
        for key in totals.keys { totals[key]?.insert(row[key.column], at: number, texts) }
    }

    /// Rows before a number are about to leave.
    func leave(before number: Int, in rows: LongRows, _ texts: StandingTexts) {
        for (key, known) in totals where known.rows.lowerBound < number {
            let rest = number..<max(number, known.rows.upperBound)
            totals[key]?.move(to: rest, { rows.word(number: $0, key.column) }, texts)
        }
    }
}
