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

    /// Keeps until when the answer of a rule stands; `.max`: for ever.
    public mutating func setDue(_ rule: Int, _ instant: Int64) {
        if words.isEmpty {
            if instant == .max { return }
            words.append(0)
        }
        guard let (place, isFound) = dueIndex(rule) else { return }
        // Instants before the epoch are due at once.
        let word = UInt64(max(0, instant)) << 16 | UInt64(rule)
        switch (isFound, instant == .max) {
        case (true, false): words[place] = word
        case (true, true):
            words.remove(at: place)
            words[0] -= 1
        case (false, false):
            reserve(1)
            words.insert(word, at: place)
            words[0] += 1
        case (false, true): break
        }
    }

    private func dueIndex(_ rule: Int) -> (place: Int, isFound: Bool)? {
        guard let count = words.first else { return nil }
        for place in 1..<(1 + Int(count)) {
            let own = Int(words[place] & 0xFFFF)
            if own >= rule { return (place, own == rule) }
        }
        return (1 + Int(count), false)
    }

    // MARK: Rows

    /// Where rows of a slot lie.
    struct Place {
        var start: Int
        var rows: Int
    }

    private static func header(_ slot: Int, _ rows: Int) -> UInt64 { UInt64(rows) << 16 | UInt64(slot) }

    /// The rows of a slot; nil where it has none.
    func place(_ slot: Int, _ slots: [StandingSlot]) -> Place? {
        var at = words.isEmpty ? 0 : 1 + Int(words[0])
        while at < words.count {
            let (own, rows) = (Int(words[at] & 0xFFFF), Int(words[at] >> 16))
            if own == slot { return Place(start: at + 1, rows: rows) }
            if own > slot { return nil }
            at += 1 + rows * slots[own].width
        }
        return nil
    }

    /// Every slot that has rows.
    func places(_ slots: [StandingSlot]) -> [(slot: Int, place: Place)] {
        var found: [(slot: Int, place: Place)] = []
        var at = words.isEmpty ? 0 : 1 + Int(words[0])
        while at < words.count {
            let (slot, rows) = (Int(words[at] & 0xFFFF), Int(words[at] >> 16))
            found.append((slot, Place(start: at + 1, rows: rows)))
            at += 1 + rows * slots[slot].width
        }
        return found
    }

    /// Puts a row before another of its slot, or after all.
    mutating func insert(_ row: [UInt64], at index: Int, of slot: Int, _ slots: [StandingSlot]) {
        if words.isEmpty { words.append(0) }
        reserve(row.count + 1)
        if let place = place(slot, slots) {
            words[place.start - 1] = Self.header(slot, place.rows + 1)
            words.insert(contentsOf: row, at: place.start + index * row.count)
        } else {
            let at = places(slots).first { $0.slot > slot }.map { $0.place.start - 1 } ?? words.count
            words.insert(contentsOf: [Self.header(slot, 1)] + row, at: at)
        }
    }

    /// Takes the first rows of a slot out.
    mutating func removeFirst(_ count: Int, of slot: Int, _ slots: [StandingSlot]) {
        guard let place = place(slot, slots) else { return }
        if count == place.rows {
            words.removeSubrange((place.start - 1)..<(place.start + count * slots[slot].width))
        } else {
            words[place.start - 1] = Self.header(slot, place.rows - count)
            words.removeSubrange(place.start..<(place.start + count * slots[slot].width))
        }
    }

    mutating func replace(_ index: Int, with word: UInt64) { words[index] = word }

    /// Grows by little, as long as it is small: most profiles have few rows, and there are many of them.
    private mutating func reserve(_ more: Int) {
        guard words.count + more > words.capacity, words.count < 512 else { return }
        words.reserveCapacity(words.count + more + 2)
    }
}
