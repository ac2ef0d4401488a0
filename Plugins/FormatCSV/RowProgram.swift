import Rules

/// One step of a compiled value; numbers are indexes of other steps, which stand before it.
enum ValueStep {
    case literal(Int)
    case column(Int)
    /// An aggregate over folded rows, filled in before it is asked for.
    case slot(Int)
    case arithmetic(Int, Arithmetic, Int)
    case negated(Int)
    case time(Int)
    case lower(Int)
    case calendar(CalendarPart, Int, zone: Int)
    case distance(DistanceUnit, Int, Int, Int, Int)
}

/// One step of a compiled condition.
enum ClauseStep {
    case constant(Bool)
    /// Steps whose indexes stand in `RowProgram.lists` from `first` on.
    case all(first: Int, count: Int)
    case any(first: Int, count: Int)
    case not(Int)
    case exists(Int)
    case compare(Int, Comparison, Int)
    case isIn(Int, first: Int, count: Int)
    case textTest(Int, TextTest, literal: Int)
    case matches(Int, pattern: Int)
    case holds(Int)
}

/// All values and conditions of a mapping as flat steps of plain data: trees are walked once, when the mapping is made, not for every row.
///
/// Literals' texts live as long as the program.
final class RowProgram: @unchecked Sendable {  // Filled by one thread before it is shared, and only read from then on.
    fileprivate(set) var values: ContiguousArray<ValueStep> = []
    fileprivate(set) var clauses: ContiguousArray<ClauseStep> = []
    fileprivate(set) var literals: ContiguousArray<RowValue> = []
    fileprivate(set) var lists: ContiguousArray<Int> = []
    fileprivate(set) var zones: [Zone] = []
    fileprivate(set) var patterns: [Pattern] = []
    private let texts = TextRoom()

    fileprivate func add(_ step: ValueStep) -> Int {
        values.append(step)
        return values.count - 1
    }

    fileprivate func add(_ step: ClauseStep) -> Int {
        clauses.append(step)
        return clauses.count - 1
    }

    fileprivate func add(_ literal: RowValue) -> Int {
        literals.append(literal)
        return literals.count - 1
    }

    /// A step for the value of a column.
    func column(_ index: Int) -> Int { add(.column(index)) }

    /// A step for a literal.
    func literal(_ literal: Literal) -> Int { add(.literal(add(literal))) }

    fileprivate func add(_ literal: Literal) -> Int {
        switch literal {
        case .text(let text): add(.text(texts.keep(text.string)))
        case .number(let number): add(RowValue(.number(number)))
        case .truth(let truth): add(RowValue.truth(truth))
        case .duration(let milliseconds): add(RowValue.duration(milliseconds))
        }
    }
}

/// Why an expression that the language takes cannot stand in a mapping, in a sentence.
struct MappingRefusal: Error {
    var reason: String
    init(_ reason: String) { self.reason = reason }
}

/// Turns checked trees of the language into steps.
struct RowCompiler {
    let program: RowProgram
    /// The index of a column by name; throws where there is none.
    let column: (String) throws(MappingRefusal) -> Int
    /// The slot of an aggregate over folded rows; nil where rows are not folded.
    let slot: ((Aggregate) throws(MappingRefusal) -> Int)?

    func compile(_ operand: Operand) throws(MappingRefusal) -> Int {
        switch operand {
        case .literal(let literal): return program.add(.literal(program.add(literal)))
        case .date(let milliseconds): return program.add(.literal(program.add(milliseconds.map { .instant($0) } ?? RowValue.missing)))
        case .field(let field): return program.add(.column(try column(try Self.name(of: field))))
        case .aggregate(let aggregate):
            guard let slot else {
                throw MappingRefusal(
                    "\(aggregate.function.rawValue)() looks at several rows. Use it in the properties of a message with fold.")
            }
            return program.add(.slot(try slot(aggregate)))
        case .arithmetic(let a, let operation, let b): return program.add(.arithmetic(try compile(a), operation, try compile(b)))
        case .negated(let value): return program.add(.negated(try compile(value)))
        case .time(let value): return program.add(.time(try compile(value)))
        case .lower(let value): return program.add(.lower(try compile(value)))
        case .distance(let unit, let a, let b, let c, let d):
            return program.add(.distance(unit, try compile(a), try compile(b), try compile(c), try compile(d)))
        case .calendar(let part, let value, let zone):
            let value = try compile(value)
            program.zones.append(zone)
            return program.add(.calendar(part, value, zone: program.zones.count - 1))
        case .now, .ago: throw MappingRefusal("a mapping has no 'now', since the same file must always give the same messages")
        case .trait, .feature, .consent: throw Self.seesTheRowAlone
        }
    }

    private static let seesTheRowAlone = MappingRefusal("a mapping sees the row alone, neither traits, features nor consent")

    func compile(_ clause: Clause) throws(MappingRefusal) -> Int {
        switch clause {
        case .constant(let truth): return program.add(.constant(truth))
        case .all(let clauses):
            let first = try list(clauses)
            return program.add(.all(first: first, count: clauses.count))
        case .any(let clauses):
            let first = try list(clauses)
            return program.add(.any(first: first, count: clauses.count))
        case .not(let clause): return program.add(.not(try compile(clause)))
        case .exists(let value): return program.add(.exists(try compile(value)))
        case .compare(let a, let comparison, let b): return program.add(.compare(try compile(a), comparison, try compile(b)))
        case .isIn(let value, let literals):
            let value = try compile(value)
            let first = program.literals.count
            for literal in literals { _ = program.add(literal) }
            return program.add(.isIn(value, first: first, count: literals.count))
        case .textTest(let value, let test, let text):
            return program.add(.textTest(try compile(value), test, literal: program.add(Literal.text(text))))
        case .matches(let value, let pattern):
            let value = try compile(value)
            program.patterns.append(pattern)
            return program.add(.matches(value, pattern: program.patterns.count - 1))
        case .holds(let value): return program.add(.holds(try compile(value)))
        case .segment, .did, .sequence, .percentile:
            throw MappingRefusal("a condition of a mapping asks about one row, neither about events nor about segments")
        }
    }

    /// The column that a field means.
    static func name(of field: Field) throws(MappingRefusal) -> String {
        switch field {
        case .property(let names):
            guard names.count == 1 else {
                let whole = names.map(\.string).joined(separator: ".")
                throw MappingRefusal("a column has one name, and '.\(whole)' reads two. Write .\"\(whole)\" for a column of that name")
            }
            return names[0].string
        case .context(let names):
            throw MappingRefusal(
                "a row has no context. Write .\"context.\(names.map(\.string).joined(separator: "."))\" for a column of that name")
        case .trait(let names):
            throw MappingRefusal(
                "a row sets no traits. Write .\"traits.\(names.map(\.string).joined(separator: "."))\" for a column of that name")
        case .timestamp, .type, .name, .category:
            throw MappingRefusal("a row has columns only. Write a dot before the name of a column")
        }
    }

    /// An aggregate over folded rows: the rows stand for the events, their columns for the properties.
    func compile(_ aggregate: Aggregate) throws(MappingRefusal) -> FoldAggregate {
        if aggregate.traitAsOf != nil { throw Self.seesTheRowAlone }
        guard aggregate.events.events == .any else {
            throw MappingRefusal("the folded rows have no names. Write \(aggregate.function.rawValue)(any ...)")
        }
        guard aggregate.events.windows.isEmpty else {
            throw MappingRefusal("folded rows are not chosen by windows. Write 'where' and a condition")
        }
        var condition: Int?
        if let clause = aggregate.events.condition { condition = try compile(clause) }
        var argument: FoldArgument?
        switch aggregate.field {
        case nil: break
        case .timestamp: argument = .timestamp
        case .some(let field): argument = .column(try column(try Self.name(of: field)))
        }
        return FoldAggregate(function: aggregate.function, condition: condition, argument: argument)
    }

    private func list(_ clauses: [Clause]) throws(MappingRefusal) -> Int {
        var steps: [Int] = []
        for clause in clauses { steps.append(try compile(clause)) }
        let first = program.lists.count
        program.lists.append(contentsOf: steps)
        return first
    }
}
