/// What standing rules keep of one profile: rows by slot, and until when answers stand.
///
/// All of it lies in one flat buffer, except rows of slots that have very many. Words: how many due times there are; those, each an instant
/// and a rule, by rule; then for each slot that has rows there its number and how many, and the rows.
public struct StandingProfile {
    private(set) var words: ContiguousArray<UInt64> = []
    /// Slots that have very many rows.
    private(set) var lists: ContiguousArray<(slot: Int, rows: LongRows)> = []

    /// Nothing is known yet.
    public init() {}

    /// Words it takes: no fewer than it has rows.
    public var wordCount: Int { lists.reduce(words.count) { $0 + $1.rows.count } }

    // MARK: Due times

    /// When answers are to be asked anew: rules with their instants in milliseconds, ascending by rule.
    public var due: [(rule: Int, at: Int64)] {
        guard let count = words.first else { return [] }
        return words[1..<(1 + Int(count))].map { (Int($0 & 0xFFFF), Int64($0 >> 16)) }
    }

    /// The earliest of them; `.max` where there is none.
    public var earliestDue: Int64 {
        guard let count = words.first else { return .max }
        var least = UInt64.max
        for place in 1..<(1 + Int(count)) { least = min(least, words[place]) }
        return least == .max ? .max : Int64(least >> 16)
    }

    /// Keeps until when answers of rules stand, `.max` for ever, and gives the earliest due time of all rules.
    ///
    /// - Parameter news: Ascending by rule, each once; dues of other rules stay.
    /// - Parameter scratch: Any buffer; what it held is lost.
    public mutating func setDue(
        _ news: ContiguousArray<(rule: Int, until: Int64)>, scratch: inout ContiguousArray<UInt64>
    ) -> Int64 {
        scratch.removeAll(keepingCapacity: true)
        var (known, earliest) = (1, UInt64.max)
        let end = words.isEmpty ? 1 : 1 + Int(words[0])
        func keep(_ word: UInt64) {
            scratch.append(word)
            earliest = min(earliest, word)
        }
        for (rule, until) in news {
            while known < end, Int(words[known] & 0xFFFF) < rule {
                keep(words[known])
                known += 1
            }
            if known < end, Int(words[known] & 0xFFFF) == rule { known += 1 }
            // Instants before the epoch are due at once.
            if until != .max { keep(UInt64(max(0, until)) << 16 | UInt64(rule)) }
        }
        while known < end {
            keep(words[known])
            known += 1
        }
        if end - 1 == scratch.count {
            for (place, word) in scratch.enumerated() { words[1 + place] = word }
        } else {
            if words.isEmpty { words.append(0) }
            reserve(max(0, scratch.count - end + 1))
            words[0] = UInt64(scratch.count)
            words.replaceSubrange(1..<end, with: scratch)
        }
        return earliest == .max ? .max : Int64(earliest >> 16)
    }

    // MARK: Rows

    /// Where rows of a slot lie.
    struct Place {
        /// In the flat buffer; below 0: the list of this number, its bits reversed.
        var start: Int
        var rows: Int

        init(start: Int, rows: Int) { (self.start, self.rows) = (start, rows) }

        init(list: Int, rows: Int) { (start, self.rows) = (~list, rows) }

        /// Number of the list they are in; nil where they are in the flat buffer.
        var list: Int? { start < 0 ? ~start : nil }
    }

    private static func header(_ slot: Int, _ rows: Int) -> UInt64 { UInt64(rows) << 16 | UInt64(slot) }

    /// The rows of a slot; nil where it has none.
    func place(_ slot: Int, _ forms: ContiguousArray<RowForm>) -> Place? {
        var at = words.isEmpty ? 0 : 1 + Int(words[0])
        while at < words.count {
            let (own, rows) = (Int(words[at] & 0xFFFF), Int(words[at] >> 16))
            if own == slot { return Place(start: at + 1, rows: rows) }
            if own > slot { break }
            at += 1 + rows * forms[own].width
        }
        return lists.firstIndex { $0.slot == slot }.map { Place(list: $0, rows: lists[$0].rows.count) }
    }

    /// Every slot that has rows.
    func forEachPlace(_ forms: ContiguousArray<RowForm>, _ body: (_ slot: Int, _ place: Place) -> Void) {
        var at = words.isEmpty ? 0 : 1 + Int(words[0])
        while at < words.count {
            let (slot, rows) = (Int(words[at] & 0xFFFF), Int(words[at] >> 16))
            body(slot, Place(start: at + 1, rows: rows))
            at += 1 + rows * forms[slot].width
        }
        for list in lists.indices { body(lists[list].slot, Place(list: list, rows: lists[list].rows.count)) }
    }

    /// A word of a row.
    ///
    /// - Parameter width: Words of a row there.
    func word(_ place: Place, _ row: Int, _ column: Int, width: Int) -> UInt64 {
        place.start >= 0 ? words[place.start + row * width + column] : lists[~place.start].rows.word(row, column)
    }

    /// Puts a row before another of its slot, or after all.
    mutating func insert(
        _ row: ContiguousArray<UInt64>, at index: Int, of slot: Int, _ forms: ContiguousArray<RowForm>, _ texts: StandingTexts
    ) {
        if !lists.isEmpty, let list = lists.firstIndex(where: { $0.slot == slot }) {
            lists[list].rows.insert(row, at: lists[list].rows.numbers.lowerBound + index, texts)
            return
        }
        if words.isEmpty { words.append(0) }
        reserve(row.count + 1)
        var at = 1 + Int(words[0])
        while at < words.count {
            let own = Int(words[at] & 0xFFFF)
            if own == slot {
                words[at] += Self.header(0, 1)
                words.insert(contentsOf: row, at: at + 1 + index * row.count)
                if Int(words[at] >> 16) >= forms[slot].chunkRows { makeList(of: slot, at, forms) }
                return
            }
            if own > slot { break }
            at += 1 + Int(words[at] >> 16) * forms[own].width
        }
        words.insert(contentsOf: row, at: at)
        words.insert(Self.header(slot, 1), at: at)
    }

    /// Moves a slot's rows out of the flat buffer: they have become too many to be moved by every row of others.
    private mutating func makeList(of slot: Int, _ header: Int, _ forms: ContiguousArray<RowForm>) {
        let own = (header + 1)..<(header + 1 + Int(words[header] >> 16) * forms[slot].width)
        lists.append((slot, LongRows(words[own], forms[slot])))
        words.removeSubrange(header..<own.upperBound)
    }

    /// Takes the first rows of a slot out.
    mutating func removeFirst(_ count: Int, of slot: Int, _ forms: ContiguousArray<RowForm>, _ texts: StandingTexts) {
        guard let place = place(slot, forms) else { return }
        if let list = place.list {
            if count == place.rows { lists.remove(at: list) } else { lists[list].rows.removeFirst(count, texts) }
        } else if count == place.rows {
            words.removeSubrange((place.start - 1)..<(place.start + count * forms[slot].width))
        } else {
            words[place.start - 1] = Self.header(slot, place.rows - count)
            words.removeSubrange(place.start..<(place.start + count * forms[slot].width))
        }
    }

    /// Puts other words in the place of some: the same values, with texts that lie elsewhere.
    mutating func replaceWords(
        _ forms: ContiguousArray<RowForm>, _ replacement: (_ form: RowForm, _ column: Int, _ word: UInt64) -> UInt64
    ) {
        var at = words.isEmpty ? 0 : 1 + Int(words[0])
        while at < words.count {
            let (form, rows) = (forms[Int(words[at] & 0xFFFF)], Int(words[at] >> 16))
            for offset in 0..<(rows * form.width) {
                words[at + 1 + offset] = replacement(form, offset % form.width, words[at + 1 + offset])
            }
            at += 1 + rows * form.width
        }
        for list in lists.indices {
            let form = forms[lists[list].slot]
            lists[list].rows.replaceWords { replacement(form, $0, $1) }
        }
    }

    /// Grows by little, as long as it is small: most profiles have few rows, and there are many of them.
    private mutating func reserve(_ more: Int) {
        guard words.count + more > words.capacity, words.count < 512 else { return }
        words.reserveCapacity(words.count + more + max(2, words.count / 8))
    }
}
