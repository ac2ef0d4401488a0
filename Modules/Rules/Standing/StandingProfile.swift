/// What standing rules keep of one profile, in one flat buffer: rows by slot, and until when answers stand.
///
/// Words: how many due times there are; those, each an instant and a rule, by rule; then for each slot that has rows its number and how many,
/// and the rows.
public struct StandingProfile: Sendable {
    private(set) var words: ContiguousArray<UInt64> = []

    /// Nothing is known yet.
    public init() {}

    /// Words it takes: no fewer than it has rows.
    public var wordCount: Int { words.count }

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
        var start: Int
        var rows: Int
    }

    private static func header(_ slot: Int, _ rows: Int) -> UInt64 { UInt64(rows) << 16 | UInt64(slot) }

    /// The rows of a slot; nil where it has none.
    func place(_ slot: Int, _ forms: ContiguousArray<RowForm>) -> Place? {
        var at = words.isEmpty ? 0 : 1 + Int(words[0])
        while at < words.count {
            let (own, rows) = (Int(words[at] & 0xFFFF), Int(words[at] >> 16))
            if own == slot { return Place(start: at + 1, rows: rows) }
            if own > slot { return nil }
            at += 1 + rows * forms[own].width
        }
        return nil
    }

    /// Every slot that has rows.
    func forEachPlace(_ forms: ContiguousArray<RowForm>, _ body: (_ slot: Int, _ place: Place) -> Void) {
        var at = words.isEmpty ? 0 : 1 + Int(words[0])
        while at < words.count {
            let (slot, rows) = (Int(words[at] & 0xFFFF), Int(words[at] >> 16))
            body(slot, Place(start: at + 1, rows: rows))
            at += 1 + rows * forms[slot].width
        }
    }

    /// Puts a row before another of its slot, or after all.
    mutating func insert(_ row: ContiguousArray<UInt64>, at index: Int, of slot: Int, _ forms: ContiguousArray<RowForm>) {
        if words.isEmpty { words.append(0) }
        reserve(row.count + 1)
        var at = 1 + Int(words[0])
        while at < words.count {
            let own = Int(words[at] & 0xFFFF)
            if own == slot {
                words[at] += Self.header(0, 1)
                words.insert(contentsOf: row, at: at + 1 + index * row.count)
                return
            }
            if own > slot { break }
            at += 1 + Int(words[at] >> 16) * forms[own].width
        }
        words.insert(contentsOf: row, at: at)
        words.insert(Self.header(slot, 1), at: at)
    }

    /// Takes the first rows of a slot out.
    mutating func removeFirst(_ count: Int, of slot: Int, _ forms: ContiguousArray<RowForm>) {
        guard let place = place(slot, forms) else { return }
        if count == place.rows {
            words.removeSubrange((place.start - 1)..<(place.start + count * forms[slot].width))
        } else {
            words[place.start - 1] = Self.header(slot, place.rows - count)
            words.removeSubrange(place.start..<(place.start + count * forms[slot].width))
        }
    }

    mutating func replace(_ index: Int, with word: UInt64) { words[index] = word }

    /// Grows by little, as long as it is small: most profiles have few rows, and there are many of them.
    private mutating func reserve(_ more: Int) {
        guard words.count + more > words.capacity, words.count < 512 else { return }
        words.reserveCapacity(words.count + more + max(2, words.count / 8))
    }
}
