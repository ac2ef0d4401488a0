/// Rows of one slot of a profile that has very many, in chunks: one row more costs nearly the same however many there are.
///
/// Rows have numbers that go up by time and stay when earlier rows leave; a row that comes in between moves the numbers after it.
struct LongRows {
    private let form: RowForm
    private var chunks: ContiguousArray<ContiguousArray<UInt64>>
    /// Number of the first row of each chunk. Rows of the first chunk that have left lie there until the whole chunk leaves.
    private var starts: ContiguousArray<Int>
    /// Chunk after chunk, of each column that holds a value.
    private var summaries: ContiguousArray<ColumnSummary>
    private(set) var numbers: Range<Int>
    /// Totals that move with windows; a copy that is changed begins with none.
    private var totals = SlidingTotals()

    /// What a chunk has in one column; of the first chunk, rows that left count too.
    struct ColumnSummary {
        private(set) var present = 0
        private(set) var numbers = 0
        private(set) var least = Double.infinity
        private(set) var greatest = -Double.infinity

        fileprivate mutating func add(_ word: UInt64) {
            if word != StandingWord.missing { present += 1 }
            guard let number = StandingWord.number(word) else { return }
            numbers += 1
            least = min(least, number)
            greatest = max(greatest, number)
        }
    }

    /// Takes rows that lie end to end, ascending.
    init(_ words: ArraySlice<UInt64>, _ form: RowForm) {
        self.form = form
        (chunks, starts, summaries) = ([[]], [0], ContiguousArray(repeating: ColumnSummary(), count: form.width - form.columns))
        numbers = 0..<0
        for start in stride(from: words.startIndex, to: words.endIndex, by: form.width) {
            place(ContiguousArray(words[start..<(start + form.width)]), at: numbers.upperBound)
        }
    }

    var count: Int { numbers.count }

    // MARK: Reading

    /// The chunk that a row lies in.
    private func chunk(of number: Int) -> Int {
        var (low, high) = (0, starts.count - 1)
        if number >= starts[high] { return high }
        while low < high {
            let middle = (low + high + 1) / 2
            if starts[middle] <= number { low = middle } else { high = middle - 1 }
        }
        return low
    }

    /// A word of the row that is so many after the first.
    func word(_ row: Int, _ column: Int) -> UInt64 { word(number: numbers.lowerBound + row, column) }

    func word(number: Int, _ column: Int) -> UInt64 {
        let chunk = chunk(of: number)
        return chunks[chunk][(number - starts[chunk]) * form.width + column]
    }

    private func rows(of chunk: Int) -> Range<Int> {
        let end = chunk + 1 < starts.count ? starts[chunk + 1] : numbers.upperBound
        return max(starts[chunk], numbers.lowerBound)..<end
    }

    /// A column's words of some rows, in their order.
    func forEachWord(_ column: Int, in wanted: Range<Int>, _ body: (UInt64) -> Void) {
        guard !wanted.isEmpty else { return }
        for chunk in chunk(of: wanted.lowerBound)..<chunks.count {
            let own = rows(of: chunk).clamped(to: wanted)
            if own.isEmpty { return }
            for number in own { body(chunks[chunk][(number - starts[chunk]) * form.width + column]) }
        }
    }

    /// Whether a value is of those that are looked for.
    private func counts(_ word: UInt64, numbersOnly: Bool) -> Bool {
        numbersOnly ? StandingWord.number(word) != nil : word != StandingWord.missing
    }

    private func summary(_ chunk: Int, _ column: Int) -> ColumnSummary {
        summaries[chunk * (form.width - form.columns) + column - form.columns]
    }

    private func hasAny(_ chunk: Int, _ column: Int, numbersOnly: Bool) -> Bool {
        let own = summary(chunk, column)
        return numbersOnly ? own.numbers > 0 : own.present > 0
    }

    /// The first of some rows that has a value in a column.
    func first(_ column: Int, in wanted: Range<Int>, numbersOnly: Bool) -> Int? {
        guard !wanted.isEmpty else { return nil }
        for chunk in chunk(of: wanted.lowerBound)..<chunks.count {
            let own = rows(of: chunk).clamped(to: wanted)
            if own.isEmpty { return nil }
            guard hasAny(chunk, column, numbersOnly: numbersOnly) else { continue }
            let found = own.first { counts(chunks[chunk][($0 - starts[chunk]) * form.width + column], numbersOnly: numbersOnly) }
            if let found { return found }
        }
        return nil
    }

    /// The last of some rows that has a value in a column.
    func last(_ column: Int, in wanted: Range<Int>) -> Int? {
        guard !wanted.isEmpty else { return nil }
        var chunk = chunk(of: wanted.upperBound - 1)
        while chunk >= 0 {
            let own = rows(of: chunk).clamped(to: wanted)
            if own.isEmpty { return nil }
            if hasAny(chunk, column, numbersOnly: false) {
                let found = own.last { counts(chunks[chunk][($0 - starts[chunk]) * form.width + column], numbersOnly: false) }
                if let found { return found }
            }
            chunk -= 1
        }
        return nil
    }

    /// The least and the greatest number that some rows have in a column; nil where they have none.
    private func extremes(_ column: Int, in wanted: Range<Int>) -> (least: Double, greatest: Double)? {
        guard !wanted.isEmpty else { return nil }
        var (least, greatest) = (Double.infinity, -Double.infinity)
        for chunk in chunk(of: wanted.lowerBound)..<chunks.count {
            let own = rows(of: chunk).clamped(to: wanted)
            if own.isEmpty { break }
            if own.lowerBound == starts[chunk], own.count * form.width == chunks[chunk].count {
                let whole = summary(chunk, column)
                (least, greatest) = (min(least, whole.least), max(greatest, whole.greatest))
                continue
            }
            for number in own {
                guard let value = StandingWord.number(chunks[chunk][(number - starts[chunk]) * form.width + column]) else { continue }
                (least, greatest) = (min(least, value), max(greatest, value))
            }
        }
        return least > greatest ? nil : (least, greatest)
    }

    /// An aggregate of the values that some rows have in a column.
    ///
    /// - Parameter window: The one that holds those rows now: what was found of it last is moved on.
    func total(
        _ function: Aggregate.Function, _ column: Int, _ window: StandingWindow, of rows: Range<Int>, _ texts: StandingTexts
    ) -> Value {
        func read(countsValues: Bool, _ body: (inout SlidingTotal) -> Value) -> Value {
            totals.read(.init(column: column, window: window, countsValues: countsValues), of: rows, in: self, texts, body)
        }
        switch function {
        case .count, .first, .last: return .missing
        case .minimum: return extremes(column, in: rows).map { .number($0.least) } ?? .missing
        case .maximum: return extremes(column, in: rows).map { .number($0.greatest) } ?? .missing
        case .sum: return read(countsValues: false) { $0.sum.sum.map { .number($0) } ?? .missing }
        case .average:
            return read(countsValues: false) { total in
                total.numbers == 0 ? .missing : total.sum.average(count: total.numbers).map { .number($0) } ?? .missing
            }
        case .distinct: return read(countsValues: true) { .number(Double($0.counts?.count ?? 0)) }
        case .mostFrequent: return read(countsValues: true) { $0.mostFrequent() ?? .missing }
        case .mostFrequentCount: return read(countsValues: true) { .number(Double($0.most)) }
        }
    }

    // MARK: Changing

    /// Puts a row where its number will be `number`.
    mutating func insert(_ row: ContiguousArray<UInt64>, at number: Int, _ texts: StandingTexts) {
        place(row, at: number)
        ownTotals()
        totals.insert(row, at: number, texts)
    }

    private mutating func place(_ row: ContiguousArray<UInt64>, at number: Int) {
        var chunk = chunk(of: max(numbers.lowerBound, min(number, numbers.upperBound - 1)))
        if chunks[chunk].count == form.chunkRows * form.width {
            if number == numbers.upperBound {
                append()
            } else {
                split(chunk)
            }
            if number >= starts[chunk + 1] { chunk += 1 }
        }
        chunks[chunk].insert(contentsOf: row, at: (number - starts[chunk]) * form.width)
        var later = starts.count - 1
        while later > chunk {
            starts[later] += 1
            later -= 1
        }
        summarize(row, 0, in: chunk)
        numbers = numbers.lowerBound..<(numbers.upperBound + 1)
    }

    private mutating func summarize(_ words: ContiguousArray<UInt64>, _ start: Int, in chunk: Int) {
        let base = chunk * (form.width - form.columns)
        for column in 0..<(form.width - form.columns) { summaries[base + column].add(words[start + form.columns + column]) }
    }

    /// Adds an empty chunk after all.
    private mutating func append() {
        chunks.append([])
        starts.append(numbers.upperBound)
        summaries.append(contentsOf: repeatElement(ColumnSummary(), count: form.width - form.columns))
    }

    /// Makes two of a full chunk.
    private mutating func split(_ chunk: Int) {
        let (words, columns) = (chunks[chunk], form.width - form.columns)
        let half = form.chunkRows / 2
        chunks[chunk] = ContiguousArray(words[..<(half * form.width)])
        chunks.insert(ContiguousArray(words[(half * form.width)...]), at: chunk + 1)
        starts.insert(starts[chunk] + half, at: chunk + 1)
        for column in 0..<columns { summaries[chunk * columns + column] = ColumnSummary() }
        summaries.insert(contentsOf: repeatElement(ColumnSummary(), count: columns), at: (chunk + 1) * columns)
        for half in chunk...(chunk + 1) {
            for start in stride(from: 0, to: chunks[half].count, by: form.width) { summarize(chunks[half], start, in: half) }
        }
    }

    /// Takes the first rows out.
    mutating func removeFirst(_ count: Int, _ texts: StandingTexts) {
        ownTotals()
        totals.leave(before: numbers.lowerBound + count, in: self, texts)
        numbers = (numbers.lowerBound + count)..<numbers.upperBound
        var gone = 0
        while gone + 1 < starts.count, starts[gone + 1] <= numbers.lowerBound { gone += 1 }
        guard gone > 0 else { return }
        chunks.removeFirst(gone)
        starts.removeFirst(gone)
        summaries.removeFirst(gone * (form.width - form.columns))
    }

    /// Puts other words in the place of some: the same values, with texts that lie elsewhere.
    mutating func replaceWords(_ replacement: (_ column: Int, _ word: UInt64) -> UInt64) {
        for chunk in chunks.indices {
            for number in rows(of: chunk) {
                let start = (number - starts[chunk]) * form.width
                for column in 0..<form.width { chunks[chunk][start + column] = replacement(column, chunks[chunk][start + column]) }
            }
        }
    }

    private mutating func ownTotals() {
        if !isKnownUniquelyReferenced(&totals) { totals = SlidingTotals() }
    }
}
