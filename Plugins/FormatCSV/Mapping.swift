/// A checked mapping: from the cells of a row to messages.
///
/// Made once from a YAML text by `MappingReader`; shared by all readers.
struct Mapping: Sendable {
    var dialect = Dialect()
    /// Every column that the mapping mentions, in the order of `RowEvaluator.columns`.
    var columns: [MappedColumn] = []
    var rules: [MessageRule] = []
    /// Whether rows that no rule takes are passed over rather than rejected.
    var skipsOthers = false
    let program = RowProgram()
    /// Keys and constants, ready to be written.
    var bytes: ContiguousArray<UInt8> = []
    var texts: [TextTemplate] = []
    /// What to call the mapping in messages.
    var name = "mapping"

    /// Whether two folded rules give messages of the same type and event.
    func sameEvent(_ a: MessageRule, _ b: MessageRule) -> Bool {
        guard a.type.sameText(b.type) else { return false }
        return switch (a.fold?.event, b.fold?.event) {
        case (nil, nil): true
        case (.constant(let x), .constant(let y)): bytes[x] == bytes[y]
        case (.column(let x), .column(let y)): x == y
        default: false
        }
    }
}

/// How a file is written.
struct Dialect: Sendable {
    enum Encoding: Sendable { case utf8, latin1, windows1252 }
    var delimiter = UInt8(ascii: ",")
    var encoding = Encoding.utf8
    var decimalPoint = UInt8(ascii: ".")
    var clock = RowClock()
    /// Whether the first record names the columns; otherwise the mapping's columns stand in the file's order.
    var hasHeader = true
}

/// What a cell's text means.
enum CellType: Sendable, Equatable {
    case text
    /// A decimal number.
    case number
    /// A whole number of 64 bits; `12.0` reads as 12.
    case integer
    case truth
    case time(TimeReading)

    /// Readings of times.
    enum TimeReading: Sendable, Equatable { case calendar, epochSeconds, epochMilliseconds }

    /// The words of a mapping.
    static let words = ["text", "number", "integer", "truth", "time", "epoch seconds", "epoch milliseconds"]

    init?(word: String) {
        switch word {
        case "text": self = .text
        case "number": self = .number
        case "integer": self = .integer
        case "truth": self = .truth
        case "time": self = .time(.calendar)
        case "epoch seconds": self = .time(.epochSeconds)
        case "epoch milliseconds": self = .time(.epochMilliseconds)
        default: return nil
        }
    }
}

/// A column as the mapping sees it.
struct MappedColumn: Sendable {
    var name: String
    var type = CellType.text
    /// Whether an unreadable cell is missing rather than a reason to reject the row.
    var isOptional = false
    /// Whether it has a value of its own rather than standing in the file.
    var isComputed = false
    /// A computed column's value step, evaluated in the order of the columns.
    var computed = 0
    /// Line of the mapping that mentions it first.
    var line: Int
    /// Whether an expression of the mapping reads it.
    var isUsed = false
}
