import Rules

/// Where a value of a message comes from.
enum ValueSource: Sendable {
    /// A step of the mapping's program.
    case step(Int)
    /// A column on its own: the common case, without a step.
    case column(Int)
    /// Text with values in it; an index into `Mapping.texts`.
    case text(Int)
    /// JSON as it stands: a range of `Mapping.bytes`.
    case constant(Range<Int>)
    /// A step over the aggregates of folded rows.
    case folded(Int)
}

/// One step of writing a message. Keys are ranges of `Mapping.bytes` with quotes and colon.
enum TemplateStep: Sendable {
    /// `"key":{`
    case openObject(key: Range<Int>)
    case openArray(key: Range<Int>)
    /// The end of the innermost object or array; one that stayed empty is taken back, key and all.
    case close(isArray: Bool)
    /// `"key":value`, left out where the value is missing.
    case member(key: Range<Int>, ValueSource)
    /// An element of an array, left out where the value is missing.
    case item(ValueSource)
    /// `"key":"text"`: an identifier or a name, which is always written as text.
    case name(key: Range<Int>, ValueSource, NameRole)
    /// `"timestamp":"..."`
    case timestamp(key: Range<Int>)
    /// `"key":[...]`: what each of the folded rows gives.
    case rows(key: Range<Int>)
}

/// What a name in a message is for.
enum NameRole: Sendable {
    /// One of those that say whose message it is; at least one must be there.
    case person
    /// The message must have it.
    case required
    case optional
    /// The message's own identifier; derived where it is missing.
    case messageID
}

/// A text with values in it: `invoice:{.InvoiceNo}`.
struct TextTemplate: Sendable {
    enum Piece: Sendable {
        case text(Range<Int>)
        case value(Int)
    }
    var pieces: [Piece]
}

/// What the mapping makes of the rows that satisfy one condition.
struct MessageRule: Sendable {
    /// Which of the list it is, from 1, for messages.
    var number: Int
    /// A clause step; nil: every row.
    var when: Int?
    /// The word of the message's type.
    var type: String
    /// `{"type":"track"` and so on, closed by the writer.
    var opening: Range<Int>
    var steps: [TemplateStep]
    var timestamp: ValueSource
    /// Whether the message's identifier is derived from the row or the fold key rather than given.
    var derivesID = true
    var fold: FoldRule?
}

/// How the rows of one thing become one message.
struct FoldRule: Sendable {
    /// Columns whose cells together say which thing.
    var by: [Int]
    /// Their names, for the message's identifier.
    var names: [String]
    /// Where the event's name comes from: rows of different events are never folded together.
    var event: ValueSource?
    /// What each row gives to the array, as the inside of an object; empty without `into`.
    var each: [TemplateStep]
    var aggregates: [FoldAggregate]
}

/// One aggregate of the language over the folded rows.
struct FoldAggregate: Sendable {
    var function: Aggregate.Function
    /// A clause step that rows must satisfy; nil: all rows.
    var condition: Int?
    /// What it looks at; nil: the row itself.
    var argument: FoldArgument?
}

enum FoldArgument: Sendable, Hashable {
    case column(Int)
    /// The row's time.
    case timestamp
}
