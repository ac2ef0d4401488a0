import EventModel
import Rules
import Storage

/// What values a property takes: its kinds, how often it is there, and its most frequent values.
struct PropertyProfile: Sendable, Equatable {
    /// One value with the rows that have it.
    struct Frequent: Sendable, Equatable {
        var value: JSONValue
        var rows: Int
    }
    /// Rows that were looked at, and those among them that have the property.
    var rows = 0
    var present = 0
    /// `text`, `number`, `truth`, `array`, `object`: those that occur, in this order.
    var kinds: [String] = []
    /// The most frequent texts, numbers and truths, most frequent first; ties by the text of the value.
    var top: [Frequent] = []
}

extension Question {
    /// Rows that are looked at for a property's values; of more, blocks that make up so many.
    static let rowsForProperties = 1_000_000
    /// Distinct values that are told apart; more than that are identifiers, and none of them is frequent.
    private static let mostDistinct = 50_000

    /// Looks at the values of some paths in the messages of a kind (and name, when given) up to `now`.
    ///
    /// - Parameter top: How many frequent values of each are given.
    /// - Parameter rows: Rows that are looked at; of more, blocks that make up so many, the latest of each name first.
    func properties(
        _ paths: [ColumnPath], kind: Message.Kind, event: String?, top: Int, within rows: Int = rowsForProperties
    ) throws(CommandError) -> [PropertyProfile] {
        var found = paths.map { _ in PropertyProfile() }
        var tags = paths.map { _ in Set<UInt8>() }
        var counts = paths.map { _ in [Value: Int]() }
        let blocks = snapshot.blocks.filter { block in
            block.kind == kind && block.minTime <= now.milliseconds && block.rows > 0
                && (event.map { name in block.event.map { $0.sameScalars(as: name) } ?? true } ?? true)
        }
        var budget = rows
        for block in Self.inTurn(blocks) where budget > 0 {
            budget -= block.rows
            let shared = event != nil && block.event == nil
            let columns = try attempt { try snapshot.read(block, paths: paths + (shared ? [["event"]] : [])) }
            let rows = columns.times.indices.filter { row in
                guard columns.times[row] <= now.milliseconds else { return false }
                return shared ? columns.columns[paths.count].text(at: row) == event : true
            }
            for index in paths.indices {
                let column = columns.columns[index]
                found[index].rows += rows.count
                for row in rows where column.tags[row] != ValueTag.absent && column.tags[row] != ValueTag.null {
                    found[index].present += 1
                    tags[index].insert(column.tags[row])
                    guard counts[index].count < Self.mostDistinct, let value = column.value(at: row) else { continue }
                    counts[index][value, default: 0] += 1
                }
            }
        }
        for index in paths.indices {
            found[index].kinds = Self.kindWords.filter { tags[index].contains($0.tag) }.map(\.word).uniqued
            guard counts[index].count < Self.mostDistinct else { continue }
            let sorted = counts[index].map { PropertyProfile.Frequent(value: $0.key.json, rows: $0.value) }
                .sorted { $0.rows != $1.rows ? $0.rows > $1.rows : $0.value.text.precedesByScalars($1.value.text) }
            found[index].top = Array(sorted.prefix(top))
        }
        return found
    }

    /// The latest block of each event name, then the one before it of each, and so on: a name that is rare or old has its turn.
    private static func inTurn(_ blocks: [BlockSummary]) -> [BlockSummary] {
        var turns: [String?: Int] = [:]
        let latestFirst = blocks.sorted { ($0.maxTime, $0.id) > ($1.maxTime, $1.id) }
        let numbered = latestFirst.map { block in
            defer { turns[block.event, default: 0] += 1 }
            return (turn: turns[block.event, default: 0], block: block)
        }
        return numbered.enumerated().sorted { ($0.element.turn, $0.offset) < ($1.element.turn, $1.offset) }.map(\.element.block)
    }

    private static let kindWords: [(tag: UInt8, word: String)] = [
        (ValueTag.text, "text"), (ValueTag.number, "number"), (ValueTag.no, "truth"), (ValueTag.yes, "truth"), (ValueTag.array, "array"),
        (ValueTag.object, "object"),
    ]
}

extension Column {
    /// The text of a row; nil where it is none.
    fileprivate func text(at row: Int) -> String? {
        guard tags[row] == ValueTag.text, let dictionary else { return nil }
        return dictionary[Int(texts[row])]
    }

    /// The value of a row; nil where the language has none.
    fileprivate func value(at row: Int) -> Value? {
        switch tags[row] {
        case ValueTag.number: .number(numbers[row])
        case ValueTag.no: .truth(false)
        case ValueTag.yes: .truth(true)
        default: text(at: row).map { .text(Text($0)) }
        }
    }
}

extension Value {
    /// The value in JSON: instants as RFC 3339, durations in milliseconds, missing as null.
    var json: JSONValue {
        switch self {
        case .missing: .null
        case .text(let text): .string(text.string)
        case .number(let number): .number(number)
        case .truth(let truth): .bool(truth)
        case .instant(let milliseconds): .string(Instant(milliseconds: milliseconds).text)
        case .duration(let milliseconds): .integer(milliseconds)
        }
    }
}

extension Array where Element: Equatable {
    /// The elements without those that repeat the one before.
    fileprivate var uniqued: [Element] { reduce(into: []) { if $0.last != $1 { $0.append($1) } } }
}
