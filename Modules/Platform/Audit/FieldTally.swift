import EventModel
import Storage

/// Everything that an audit tells of one property or trait, gathered block by block; each column is passed over once.
final class FieldTally {
    /// Rows of a block that count, and when they were.
    struct Rows {
        let chosen: [Int]
        let times: ContiguousArray<Int64>
        /// Who sent each row of the block, and what for.
        let origins: MessageOrigins
        /// Milliseconds behind which the latest week and the one before it begin.
        let week: Int64
        let weekBefore: Int64
        /// Rows of both weeks, and the latest row of all.
        private(set) var weekRows = 0
        private(set) var weekBeforeRows = 0
        private(set) var latest: Int64 = .min

        init(chosen: [Int], times: ContiguousArray<Int64>, origins: MessageOrigins, week: Int64, weekBefore: Int64) {
            (self.chosen, self.times, self.origins, self.week, self.weekBefore) = (chosen, times, origins, week, weekBefore)
            for row in chosen {
                latest = max(latest, times[row])
                if times[row] > week { weekRows += 1 } else if times[row] > weekBefore { weekBeforeRows += 1 }
            }
        }
    }
    private let planned: PlannedField?
    private(set) var rows = 0
    /// Rows by the tag of their value.
    private(set) var tags = [Int](repeating: 0, count: 8)
    private var numbers = DistinctValues<UInt64>()
    private var texts = DistinctValues<TextKey>()
    /// The dictionary of the block before and which of its texts were met: neighbours often share one, which is then hashed once.
    private var latest: (dictionary: TextDictionary, met: [Bool])?
    private(set) var leastNumber = Double.infinity
    private(set) var greatestNumber = -Double.infinity
    private(set) var leastText: String?
    private(set) var greatestText: String?
    /// Latest row that has a value.
    private(set) var lastSeen: Int64?
    /// Rows whose value the plan does not allow.
    private(set) var outside = 0
    /// Who sent a value, and what for.
    private(set) var origins = MetOrigins()
    private var now = Drift.Week()
    private var before = Drift.Week()

    /// - Parameter planned: What the tracking plan asks of the value; nil: nothing.
    init(planned: PlannedField?) { self.planned = planned }

    var isPlanned: Bool { planned != nil }
    var drift: Double? { Drift.index(of: now, against: before) }
    var present: Int { rows - tags[Int(ValueTag.absent)] - tags[Int(ValueTag.null)] }

    /// Distinct texts, numbers and truths.
    var distinct: Int {
        numbers.count + texts.count + (tags[Int(ValueTag.no)] > 0 ? 1 : 0) + (tags[Int(ValueTag.yes)] > 0 ? 1 : 0)
    }

    /// Takes a column of a block.
    func add(_ column: Column, _ part: Rows) {
        rows += part.chosen.count
        if let tag = column.uniformTag, tag == ValueTag.absent || tag == ValueTag.null {
            tags[Int(tag)] += part.chosen.count
            now.others[Int(tag)] += part.weekRows
            before.others[Int(tag)] += part.weekBeforeRows
            return
        }
        var counts: [Int] = []
        if let dictionary = column.dictionary { counts = [Int](repeating: 0, count: dictionary.count) }
        var recent: [(text: UInt32, isBefore: Bool)] = []
        for row in part.chosen {
            let (tag, time) = (column.tags[row], part.times[row])
            tags[Int(tag)] += 1
            let isRecent = time > part.weekBefore
            let isBefore = time <= part.week
            switch tag {
            case ValueTag.text:
                counts[Int(column.texts[row])] += 1
                if isRecent { recent.append((column.texts[row], isBefore)) }
            case ValueTag.number:
                let number = column.numbers[row]
                numbers.insert((number == 0 ? 0 : number).bitPattern)
                leastNumber = min(leastNumber, number)
                greatestNumber = max(greatestNumber, number)
                if let planned, planned.isBroken(by: Self.json(number)) { outside += 1 }
                if isRecent { if isBefore { before.numbers.append(number) } else { now.numbers.append(number) } }
            default:
                if tag == ValueTag.no || tag == ValueTag.yes, let planned, planned.isBroken(by: .bool(tag == ValueTag.yes)) { outside += 1 }
                if isRecent { if isBefore { before.others[Int(tag)] += 1 } else { now.others[Int(tag)] += 1 } }
            }
            if tag != ValueTag.absent, tag != ValueTag.null {
                lastSeen = max(lastSeen ?? time, time)
                origins.meet(part.origins, row: row)
            }
        }
        if let dictionary = column.dictionary { take(dictionary, counts, recent) }
    }

    private func take(_ dictionary: TextDictionary, _ counts: [Int], _ recent: [(text: UInt32, isBefore: Bool)]) {
        var known = latest.flatMap { $0.dictionary === dictionary ? $0.met : nil } ?? [Bool](repeating: false, count: dictionary.count)
        latest = nil
        for (text, count) in counts.enumerated() where count > 0 {
            if let planned, planned.isBroken(by: .string(dictionary[text])) { outside += count }
            if known[text] { continue }
            known[text] = true
            let range = Int(dictionary.offsets[text])..<Int(dictionary.offsets[text + 1])
            dictionary.bytes.withUnsafeBufferPointer { texts.insert(TextKey(UnsafeBufferPointer(rebasing: $0[range]))) }
            let word = dictionary[text]
            if leastText.map({ word.precedesByScalars($0) }) ?? true { leastText = word }
            if greatestText.map({ $0.precedesByScalars(word) }) ?? true { greatestText = word }
        }
        latest = (dictionary, known)
        guard !recent.isEmpty else { return }
        var weeks: [UInt32: (now: Int, before: Int)] = [:]
        for (text, isBefore) in recent {
            if isBefore { weeks[text, default: (0, 0)].before += 1 } else { weeks[text, default: (0, 0)].now += 1 }
        }
        for (text, counts) in weeks.sorted(by: { $0.key < $1.key }) {
            if counts.now > 0 { now.add(text: dictionary[Int(text)], count: counts.now) }
            if counts.before > 0 { before.add(text: dictionary[Int(text)], count: counts.before) }
        }
    }

    /// A whole number as JSON writes it, where it is one.
    private static func json(_ number: Double) -> JSONValue { Int64(exactly: number).map { .integer($0) } ?? .number(number) }
}
