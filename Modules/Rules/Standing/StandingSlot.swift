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
    var form: RowForm {
        switch subject {
        case .events:
            let columns = isOrdered ? 2 : 1
            return RowForm(width: columns + fields.count, columns: columns, isOrdered: isOrdered, keepsLastOnly: false, reach: reach)
        case .trait: return RowForm(width: 3 + paths.count, columns: 3, isOrdered: true, keepsLastOnly: true, reach: reach)
        case .purpose: return RowForm(width: 4, columns: 3, isOrdered: true, keepsLastOnly: true, reach: reach)
        }
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

    /// The last instant of which no window holds an event any more; `.min` where there is none.
    func edge(at clock: Int64) -> Int64 {
        if reach == .max { return .min }
        let (edge, isFar) = clock.subtractingReportingOverflow(reach)
        return isFar ? .min : edge
    }
}
