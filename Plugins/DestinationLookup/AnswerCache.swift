import EventModel

/// Answers by their keys: each for a while, and the one that was not asked for the longest goes first where there are too many.
struct AnswerCache {
    private struct Entry {
        var answer: LookupService.Answer
        var until: Int64
        /// Of the last question.
        var turn: Int
    }
    private let most: Int
    private let lifetime: Duration
    private var entries: [String: Entry] = [:]
    private var turn = 0

    init(most: Int, lifetime: Duration) { (self.most, self.lifetime) = (most, lifetime) }

    var count: Int { entries.count }

    /// The answer that stands for a key; nil: it has to be asked.
    mutating func answer(_ key: String, at now: Instant) -> LookupService.Answer? {
        guard let entry = entries[key], now.milliseconds < entry.until else { return nil }
        turn += 1
        entries[key]?.turn = turn
        return entry.answer
    }

    mutating func keep(_ answer: LookupService.Answer, of key: String, at now: Instant) {
        turn += 1
        entries[key] = Entry(answer: answer, until: now.milliseconds + lifetime.milliseconds, turn: turn)
        guard entries.count > most else { return }
        entries = entries.filter { now.milliseconds < $0.value.until }
        guard entries.count > most else { return }
        // A tenth at once, so that not every answer has to look for the oldest.
        let last = entries.values.map(\.turn).sorted()[entries.count - most + most / 10 - 1]
        entries = entries.filter { $0.value.turn > last }
    }
}
