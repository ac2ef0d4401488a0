import EventModel

/// What is kept of every profile for some leaves of standing rules: rows in the order of their times.
///
/// A row is a few words: its time, then, where rows of the same time have an order, where its messageId lies, then its columns.
struct StandingSlot {
    enum Subject: Hashable {
        /// Events of a name, or of several kinds, that a condition lets in.
        case events(name: Text?, kinds: [Message.Kind], condition: Int?)
        /// What was said of a trait, by its top-level name: when the word ends, then the values at some paths.
        case trait(Text)
        /// What was said of exactly this purpose: when the word ends, then the truth.
        case purpose([Text])
    }
    let subject: Subject
    /// What the columns hold of an event.
    var fields: [Field] = []
    /// What the columns hold of a trait.
    var paths: [[Text]] = []
    /// Whether rows of the same time have an order, by messageId.
    var isOrdered: Bool
    /// Milliseconds after which no window holds an event any more; `.max`: some window holds all.
    var reach: Int64 = 0

    /// What its rows look like.
    func form(chunkRows: Int) -> RowForm {
        let (head, values, keepsLastOnly) =
            switch subject {
            case .events: (isOrdered ? 2 : 1, fields.count, false)
            case .trait: (3, paths.count, true)
            case .purpose: (3, 1, true)
            }
        return RowForm(
            width: head + values, columns: head, isOrdered: isOrdered, keepsLastOnly: keepsLastOnly, reach: reach, chunkRows: chunkRows)
    }
}

/// What rows of a slot look like, by itself: reading it counts no references.
struct RowForm {
    /// Words of a row.
    let width: Int
    /// Place of the first column in a row.
    let columns: Int
    /// Whether rows of the same time have an order, by messageId.
    let isOrdered: Bool
    /// Whether only the last word, and words to come, count.
    let keepsLastOnly: Bool
    /// Milliseconds after which no window holds an event any more; `.max`: some window holds all.
    let reach: Int64
    /// From how many rows on they are kept in chunks, each of that many at most.
    let chunkRows: Int

    /// The last instant of which no window holds an event any more; `.min` where there is none.
    func edge(at clock: Int64) -> Int64 {
        if reach == .max { return .min }
        let (edge, isFar) = clock.subtractingReportingOverflow(reach)
        return isFar ? .min : edge
    }
}
