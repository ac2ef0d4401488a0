import EventModel
import Rules

/// Answers the steps of a program for one row after another. Confined to one thread.
final class RowEvaluator {
    private let program: RowProgram
    /// The values of the row at hand, a column each.
    let columns: UnsafeMutableBufferPointer<RowValue>
    /// Aggregates over folded rows.
    var slots: ContiguousArray<RowValue> = []
    let room = TextRoom()
    private let clock: RowClock

    /// - Parameter columnCount: How many columns the program mentions.
    init(_ program: RowProgram, columnCount: Int, clock: RowClock) {
        self.program = program
        self.clock = clock
        columns = .allocate(capacity: columnCount)
        columns.initialize(repeating: .missing)
    }

    deinit { columns.deallocate() }

    /// The value of a step.
    func value(_ step: Int) -> RowValue {
        switch program.values[step] {
        case .literal(let index): program.literals[index]
        case .column(let index): columns[index]
        case .slot(let index): slots[index]
        case .arithmetic(let a, let operation, let b): RowValue.apply(value(a), operation, value(b))
        case .negated(let index):
            switch value(index) {
            case .number(let number): .number(-number)
            case .duration(let milliseconds): .duration(-milliseconds)
            default: .missing
            }
        case .time(let index): time(value(index))
        case .lower(let index):
            if case .text(let bytes) = value(index) {
                .text(room.keep(String(decoding: bytes, as: UTF8.self).loweredByScalars))
            } else {
                .missing
            }
        case .calendar(let part, let index, let zone): RowValue(Value.calendar(part, value(index).value, program.zones[zone]))
        case .distance(let unit, let a, let b, let c, let d):
            RowValue(Value.distance(unit, value(a).value, value(b).value, value(c).value, value(d).value))
        }
    }

    /// The language's `time()`: texts without a zone are in the mapping's; an instant stays what it is.
    func time(_ value: RowValue) -> RowValue {
        switch value {
        case .text(let bytes): clock.read(bytes).map { .instant($0) } ?? .missing
        case .instant: value
        default: RowValue(Value.time(value.value))
        }
    }

    /// Whether the condition of a step holds.
    func holds(_ step: Int) -> Bool {
        switch program.clauses[step] {
        case .constant(let truth): return truth
        case .all(let first, let count):
            for index in first..<(first + count) where !holds(program.lists[index]) { return false }
            return true
        case .any(let first, let count):
            for index in first..<(first + count) where holds(program.lists[index]) { return true }
            return false
        case .not(let index): return !holds(index)
        case .exists(let index): return !value(index).isMissing
        case .compare(let a, let comparison, let b): return RowValue.compare(value(a), comparison, value(b))
        case .isIn(let index, let first, let count):
            let wanted = value(index)
            for literal in first..<(first + count) where RowValue.compare(wanted, .equal, program.literals[literal]) { return true }
            return false
        case .textTest(let index, let test, let literal):
            guard case .text(let bytes) = value(index), case .text(let wanted) = program.literals[literal] else { return false }
            return test.holds(for: bytes, wanted: wanted)
        case .matches(let index, let pattern):
            guard case .text(let bytes) = value(index) else { return false }
            return program.patterns[pattern].isFound(in: String(decoding: bytes, as: UTF8.self))
        case .holds(let index):
            if case .truth(true) = value(index) { return true }
            return false
        }
    }
}
