import EventModel
import Storage

/// Which messages a scan gives: those that fit what it was told, and perhaps some more.
struct EventsScan {
    private(set) var isEmpty = false
    private var kind: Message.Kind?
    private var event: [UInt8]?
    private var times: ClosedRange<Int64>
    /// Bounds by the text of the time, which is in order of time within four-digit years only.
    private var textTimes = Int64.min...Int64.max
    /// Identifiers of the profile asked for; nil: of everyone.
    private var ordinals: ContiguousArray<UInt32>?
    /// Milliseconds of the years 0 to 9999.
    private static let plainYears: ClosedRange<Int64> = -62_167_219_200_000...253_402_300_799_999

    init(_ constraints: [(constraint: ScanConstraint, value: ScanValue)], now: Instant, people: ViewPeople) throws {
        times = Int64.min...now.milliseconds
        for (constraint, value) in constraints {
            switch (EventsTable.Name(rawValue: constraint.column), value) {
            case (.timeMilliseconds, .integer(let bound)): times = narrowed(times, constraint.comparison, bound, bound)
            case (.timeMilliseconds, .number(let bound)):
                times = narrowed(times, constraint.comparison, Self.whole(bound.rounded(.down)), Self.whole(bound.rounded(.up)))
            case (.time, .text(let text)):
                let bound = Self.firstTime(from: text)
                textTimes = narrowed(textTimes, constraint.comparison, bound, bound)
            case (.type, .text(let text)):
                let told = Message.Kind.allCases.first { $0.word.utf8.elementsEqual(text) }
                if told == nil || kind != nil && kind != told { isEmpty = true }
                kind = told
            case (.event, .text(let text)):
                if event != nil && event != text { isEmpty = true }
                event = text
            case (.profile, .text(let text)):
                let found = Set(try people.profiles(called: text).flatMap { people.ordinals(of: $0) })
                ordinals = ContiguousArray((ordinals.map { found.intersection($0) } ?? found).sorted())
                if found.isEmpty { isEmpty = true }
            default: break
            }
        }
    }

    /// A bound that lies between two values is told by both, so that no row is lost; SQLite looks again.
    private mutating func narrowed(
        _ range: ClosedRange<Int64>, _ comparison: ScanConstraint.Comparison, _ below: Int64, _ above: Int64
    ) -> ClosedRange<Int64> {
        var (low, high) = (range.lowerBound, range.upperBound)
        switch comparison {
        case .equal: (low, high) = (max(low, below), min(high, above))
        case .greater, .greaterOrEqual: low = max(low, below)
        case .less, .lessOrEqual: high = min(high, above)
        }
        if low <= high { return low...high }
        isEmpty = true
        return range
    }

    private static func whole(_ number: Double) -> Int64 {
        Int64(exactly: number) ?? (number < 0 ? .min : .max)
    }

    /// The first instant, within plain years, whose text is not before `text`; the last one where all are.
    private static func firstTime(from text: [UInt8]) -> Int64 {
        var (low, high) = (plainYears.lowerBound, plainYears.upperBound)
        while low < high {
            let middle = low + (high - low) / 2
            var bytes = ContiguousArray<UInt8>()
            Instant(milliseconds: middle).append(to: &bytes)
            if bytes.lexicographicallyPrecedes(text) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    // MARK: Blocks and rows

    private func times(of block: BlockSummary) -> ClosedRange<Int64> {
        guard Self.plainYears.contains(block.minTime), Self.plainYears.contains(block.maxTime) else { return times }
        let (low, high) = (max(times.lowerBound, textTimes.lowerBound), min(times.upperBound, textTimes.upperBound))
        // No row of the block fits: a range before all of its rows says the same.
        return low <= high ? low...high : block.minTime - 1...block.minTime - 1
    }

    /// Whether the block may hold a row that fits, as far as its summary tells.
    func mayHold(_ block: BlockSummary) -> Bool {
        if let kind, block.kind != kind { return false }
        if let event {
            guard block.kind == .track else { return false }
            if let own = block.event, !own.utf8.elementsEqual(event) { return false }
        }
        if let ordinals {
            // The first ordinal that is not before the block's least.
            var (low, high) = (0, ordinals.count)
            while low < high {
                let middle = (low + high) / 2
                if ordinals[middle] < block.minOrdinal { low = middle + 1 } else { high = middle }
            }
            guard low < ordinals.count, ordinals[low] <= block.maxOrdinal else { return false }
        }
        let times = times(of: block)
        return block.minTime <= times.upperBound && block.maxTime >= times.lowerBound
    }

    /// Whether rows must be told apart by event name.
    func needsNames(_ block: BlockSummary) -> Bool { event != nil && block.event == nil }

    /// Places of the rows that fit, ascending.
    ///
    /// - Parameter block: With the column at `["event"]`, where `needsNames` says so.
    func rows(of block: ColumnarBlock) -> ContiguousArray<Int32> {
        let times = times(of: block.summary)
        var wanted: ContiguousArray<Bool>?
        if let event, needsNames(block.summary), let column = block.columns.first {
            let words = (0..<(column.dictionary?.count ?? 0)).map { column.dictionary?[$0].utf8.elementsEqual(event) ?? false }
            wanted = ContiguousArray(column.tags.indices.map { column.tags[$0] == ValueTag.text && words[Int(column.texts[$0])] })
        }
        var rows = ContiguousArray<Int32>()
        func add(_ row: Int) {
            if times.contains(block.times[row]), wanted?[row] ?? true { rows.append(Int32(row)) }
        }
        guard let ordinals else {
            for row in block.times.indices { add(row) }
            return rows
        }
        for ordinal in ordinals where ordinal >= block.summary.minOrdinal && ordinal <= block.summary.maxOrdinal {
            var row = Self.firstRow(of: ordinal, in: block.ordinals)
            while row < block.ordinals.count, block.ordinals[row] == ordinal {
                add(row)
                row += 1
            }
        }
        return rows
    }

    private static func firstRow(of ordinal: UInt32, in ordinals: ContiguousArray<UInt32>) -> Int {
        var (low, high) = (0, ordinals.count)
        while low < high {
            let middle = (low + high) / 2
            if ordinals[middle] < ordinal { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
