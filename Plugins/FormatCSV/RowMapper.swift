import Connectors
import EventModel
import Foundation
import Rules

/// Makes messages of rows, one after another. Confined to one thread.
final class RowMapper {
    let mapping: Mapping
    let evaluator: RowEvaluator
    /// Messages made so far, a line each.
    let out = ByteBuffer(capacity: 1 << 16)
    /// Line of the source for each message in `out`.
    @exclusivity(unchecked) var lineNumbers: [Int] = []
    let folder: FoldCollector?

    /// Columns that stand in the file and are read: their index, and where their cells stand.
    private let read: [(column: Int, cell: Int)]
    private let computed: [(column: Int, step: Int)]
    @exclusivity(unchecked) private var occurrences = Occurrences()
    /// How often the row at hand occurred before, once that was asked for.
    @exclusivity(unchecked) private var occurred: UInt32?
    @exclusivity(unchecked) private var nesting = JSONNesting()
    private let scratch = ByteBuffer(capacity: 256)
    private let constants: ByteBuffer
    @exclusivity(unchecked) private var reason: String?

    /// - Parameter cells: Where the cells of each mapped column stand; nil for computed ones.
    init(_ mapping: Mapping, cells: [Int?], limits: FormatLimits) {
        self.mapping = mapping
        evaluator = RowEvaluator(mapping.program, columnCount: mapping.columns.count, clock: mapping.dialect.clock)
        read = cells.enumerated().compactMap { index, cell in
            mapping.columns[index].isUsed ? cell.map { (index, $0) } : nil
        }
        computed = mapping.columns.enumerated().compactMap { $1.isComputed && $1.isUsed ? ($0, $1.computed) : nil }
        constants = ByteBuffer(mapping.bytes)
        folder = mapping.rules.contains { $0.fold != nil } ? FoldCollector(mapping, limits: limits) : nil
    }

    /// What became of a row.
    enum Outcome {
        case taken
        /// No rule took it, and the mapping passes such rows over.
        case skipped
        case rejected(String)
    }

    /// Takes one row whose cells are as many as they should be.
    ///
    /// - Parameter row: The row's bytes as they stand in the file, without the line end; its identifier is made of them.
    /// - Parameter text: The bytes that `cells` point into.
    /// - Parameter line: The line of the source on which it starts.
    func take(row: UnsafeBufferPointer<UInt8>, text: UnsafePointer<UInt8>, cells: ContiguousArray<CellSpan>, line: Int) -> Outcome {
        evaluator.room.clear()
        occurred = nil
        if let reason = load(text, cells) { return .rejected(reason) }
        let start = (bytes: out.count, messages: lineNumbers.count, folded: folder?.mark)
        var taken = 0
        for rule in mapping.rules {
            if let when = rule.when, !evaluator.holds(when) { continue }
            let done = rule.fold == nil ? write(rule, row: row, line: line, nth: taken) : fold(rule, line: line)
            guard done else {
                out.truncate(to: start.bytes)
                lineNumbers.removeLast(lineNumbers.count - start.messages)
                if let mark = start.folded { folder?.rewind(to: mark) }
                return .rejected(reason ?? "the row could not be read")
            }
            taken += 1
        }
        if taken > 0 { return .taken }
        return mapping.skipsOthers
            ? .skipped
            : .rejected(
                "no message of the mapping takes it. Add a message whose 'when' holds for it, or pass such rows over with 'otherwise: skip'."
            )
    }

    // MARK: - cells

    /// Reads the cells of the columns in use; gives the reason where one cannot be read.
    private func load(_ text: UnsafePointer<UInt8>, _ cells: ContiguousArray<CellSpan>) -> String? {
        for (column, index) in read {
            let span = cells[index]
            if span.count == 0 {
                evaluator.columns[column] = .missing
                continue
            }
            var cell = UnsafeBufferPointer(start: text + span.start, count: span.count)
            if span.hasDoubledQuotes { cell = evaluator.room.keep(RecordScanner.undoubled(cell)) }
            let about = mapping.columns[column]
            let value = about.type.read(cell, mapping.dialect)
            if value.isMissing, !about.isOptional { return unreadable(about, cell) }
            evaluator.columns[column] = value
        }
        for (column, step) in computed { evaluator.columns[column] = evaluator.value(step) }
        return nil
    }

    private func unreadable(_ column: MappedColumn, _ cell: UnsafeBufferPointer<UInt8>) -> String {
        let (what, how) = column.type.remedy(mapping.dialect)
        return
            "column '\(column.name)': '\(Self.shown(cell))' is not \(what). \(how) Cells that may be unreadable: declare the column optional."
    }

    /// A cell for a message: at most 80 bytes of it.
    static func shown(_ cell: UnsafeBufferPointer<UInt8>) -> String {
        String(decoding: cell.prefix(80), as: UTF8.self) + (cell.count > 80 ? "..." : "")
    }

    // MARK: - messages

    /// Writes the message of one row.
    private func write(_ rule: MessageRule, row: UnsafeBufferPointer<UInt8>, line: Int, nth: Int) -> Bool {
        guard let time = time(rule) else { return false }
        nesting.reset()
        out.append(constants.view(rule.opening))
        var (hasPerson, hasID) = (false, false)
        for step in rule.steps {
            switch step {
            case .member(let key, let source):
                let before = out.count
                out.separate()
                out.append(constants.view(key))
                if !writeValue(source, to: out) { out.truncate(to: before) }
            case .item(let source):
                let before = out.count
                out.separate()
                if !writeValue(source, to: out) { out.truncate(to: before) }
            case .name(let key, let source, let role):
                let before = out.count
                out.separate()
                out.append(constants.view(key))
                if writeName(source, to: out) {
                    if role == .person { hasPerson = true } else if role == .messageID { hasID = true }
                } else {
                    out.truncate(to: before)
                    if role == .required { return refuse(missing: key, source) }
                }
            case .openObject(let key): nesting.open(constants.view(key), isArray: false, in: out)
            case .openArray(let key): nesting.open(constants.view(key), isArray: true, in: out)
            case .close(let isArray): nesting.close(isArray: isArray, in: out)
            case .timestamp(let key):
                out.separate()
                out.append(constants.view(key))
                RowValue.instant(time).writeJSON(to: out)
            case .rows: break
            }
        }
        guard hasPerson else { return refuse("neither userId nor anonymousId has a value, so the message belongs to nobody.") }
        if !hasID {
            out.append(",\"messageId\":\"")
            identifier(row, nth: nth).write(to: out)
            out.append(UInt8(ascii: "\""))
        }
        out.append("}\n")
        lineNumbers.append(line)
        return true
    }

    /// The identifier of the nth message of a row: of its bytes, and of how often it occurred before where it did.
    private func identifier(_ row: UnsafeBufferPointer<UInt8>, nth: Int) -> DerivedID {
        let plain = DerivedID(of: row)
        let before = occurred ?? occurrences.count(plain.low)
        occurred = before
        if nth == 0, before == 0 { return plain }
        scratch.truncate(to: 0)
        scratch.append(row)
        scratch.append("\n\(before),\(nth)")
        return DerivedID(of: scratch.view(from: 0))
    }

    private func time(_ rule: MessageRule) -> Int64? {
        let value = resolved(rule.timestamp)
        if case .instant(let time) = value { return time }
        if case .instant(let time) = evaluator.time(value) { return time }
        let column = if case .column(let index) = rule.timestamp { "column '\(mapping.columns[index].name)': " } else { "" }
        if case .text(let cell) = value {
            _ = refuse("\(column)'\(Self.shown(cell))' is not a time. \(CellType.time(.calendar).remedy(mapping.dialect).how)")
        } else {
            _ = refuse("\(column)the message has no time. Every message needs one.")
        }
        return nil
    }

    private func refuse(_ reason: String) -> Bool {
        self.reason = reason
        return false
    }

    private func refuse(missing key: Range<Int>, _ source: ValueSource) -> Bool {
        let name = constants.view(key).dropFirst().dropLast(2)
        let column = if case .column(let index) = source { ": column '\(mapping.columns[index].name)' is empty" } else { "" }
        return refuse("the message has no \(String(decoding: name, as: UTF8.self))\(column).")
    }

    // MARK: - folds

    /// Gives the row to the fold of a rule.
    private func fold(_ rule: MessageRule, line: Int) -> Bool {
        guard let fold = rule.fold, let folder, let time = time(rule) else { return false }
        guard let id = folder.key(rule, fold, { source, out in writeName(source, to: out) }, evaluator) else {
            let empty = fold.by.first { evaluator.columns[$0].isMissing }.map { mapping.columns[$0].name }
            return refuse(
                empty.map { "column '\($0)' is empty, and rows are folded by it. Give it a value, or leave such rows out with 'when'." }
                    ?? "the message has no event, and rows of one event are folded together.")
        }
        folder.begin(rule: rule.number - 1, id: id, time: time, line: line)
        if folder.wantsHead {
            var hasPerson = false
            for step in rule.steps {
                switch step {
                case .member(_, .folded), .item(.folded): continue
                case .member(_, let source), .item(let source): folder.fragment { writeValue(source, to: $0) }
                case .name(let key, let source, let role):
                    let written = folder.fragment { writeName(source, to: $0) }
                    if written, role == .person { hasPerson = true }
                    if !written, role == .required { return refuse(missing: key, source) }
                case .openObject, .openArray, .close, .timestamp, .rows: continue
                }
            }
            guard hasPerson else { return refuse("neither userId nor anonymousId has a value, so the message belongs to nobody.") }
        }
        folder.endHead()
        if !fold.each.isEmpty { writeEach(fold.each, to: folder.arena) }
        folder.endEach()
        for aggregate in fold.aggregates { folder.add(aggregate, evaluator) }
        folder.end()
        return true
    }

    /// Writes what one row gives to the array of its fold.
    private func writeEach(_ steps: [TemplateStep], to out: ByteBuffer) {
        nesting.reset()
        out.append(UInt8(ascii: "{"))
        for step in steps {
            let before = out.count
            switch step {
            case .member(let key, let source):
                out.separate()
                out.append(constants.view(key))
                if !writeValue(source, to: out) { out.truncate(to: before) }
            case .item(let source):
                out.separate()
                if !writeValue(source, to: out) { out.truncate(to: before) }
            case .openObject(let key): nesting.open(constants.view(key), isArray: false, in: out)
            case .openArray(let key): nesting.open(constants.view(key), isArray: true, in: out)
            case .close(let isArray): nesting.close(isArray: isArray, in: out)
            case .name, .timestamp, .rows: break
            }
        }
        out.append(UInt8(ascii: "}"))
    }

    // MARK: - values

    /// The value of a source other than a constant; missing for those.
    @inline(__always)
    private func resolved(_ source: ValueSource) -> RowValue {
        switch source {
        case .column(let index): evaluator.columns[index]
        case .step(let step), .folded(let step): evaluator.value(step)
        case .text(let index): text(index)
        case .constant: .missing
        }
    }

    /// Writes a value as JSON; false, and nothing written, where it is missing.
    @inline(__always)
    private func writeValue(_ source: ValueSource, to out: ByteBuffer) -> Bool {
        if case .constant(let range) = source {
            out.append(constants.view(range))
            return true
        }
        let value = resolved(source)
        if value.isMissing { return false }
        value.writeJSON(to: out)
        return true
    }

    /// Writes a value as a JSON text, whatever its kind; false, and nothing written, where it is missing or empty.
    @inline(__always)
    private func writeName(_ source: ValueSource, to out: ByteBuffer) -> Bool {
        if case .constant(let range) = source {
            let constant = constants.view(range)
            let isText = constant.first == UInt8(ascii: "\"")
            if !isText { out.append(UInt8(ascii: "\"")) }
            out.append(constant)
            if !isText { out.append(UInt8(ascii: "\"")) }
            return true
        }
        let value = resolved(source)
        switch value {
        case .missing: return false
        case .text(let bytes):
            if bytes.isEmpty { return false }
            value.writeJSON(to: out)
        case .instant: value.writeJSON(to: out)
        case .number, .truth, .duration:
            out.append(UInt8(ascii: "\""))
            value.writeText(to: out)
            out.append(UInt8(ascii: "\""))
        }
        return true
    }

    private func text(_ index: Int) -> RowValue {
        scratch.truncate(to: 0)
        for piece in mapping.texts[index].pieces {
            switch piece {
            case .text(let range): scratch.append(constants.view(range))
            case .value(let step):
                let value = evaluator.value(step)
                if value.isMissing { return .missing }
                value.writeText(to: scratch)
            }
        }
        return .text(evaluator.room.keep(scratch.view(from: 0)))
    }
}
