import Connectors
import EventModel
import Foundation
import Rules

/// What stands before the bytes of each folded row: whose fold it is, when and where it was, and how long its parts are.
struct FoldHeader {
    var id: DerivedID
    var time: Int64
    var line: Int64
    var rule: UInt32
    /// Values of the message itself, from this row; `noHead` where an earlier row of the same fold gave them.
    var headBytes: UInt32
    /// What the row gives to the array.
    var eachBytes: UInt32
    /// What the aggregates see of the row.
    var valueBytes: UInt32

    static let noHead = UInt32.max
    static let size = MemoryLayout<FoldHeader>.stride

    /// Bytes that follow the header.
    var bodyBytes: Int { (headBytes == Self.noHead ? 0 : Int(headBytes)) + Int(eachBytes) + Int(valueBytes) }

    init(id: DerivedID, time: Int64, line: Int64, rule: UInt32) {
        (self.id, self.time, self.line, self.rule) = (id, time, line, rule)
        (headBytes, eachBytes, valueBytes) = (Self.noHead, 0, 0)
    }

    init(at place: UnsafePointer<UInt8>) { self = UnsafeRawPointer(place).loadUnaligned(as: FoldHeader.self) }

    func store(at place: UnsafeMutablePointer<UInt8>) { UnsafeMutableRawPointer(place).storeBytes(of: self, as: FoldHeader.self) }
}

/// Holds the rows of open folds: one after another in memory, and past the bound in a temporary file, shared out by fold.
///
/// Rows of one fold may stand anywhere in a file, so none is finished before the file is. The file is deleted when it is opened, so nothing
/// is left behind by a crash.
final class FoldCollector {
    /// Bits of a fold's identifier that choose its partition.
    static let partitionBits: UInt64 = 8
    static let partitions = 1 << 8

    let arena = ByteBuffer(capacity: 1 << 16)
    private(set) var spill: FoldSpill?
    private let bound: Int
    /// Names of a rule and its columns, hashed before the cells.
    private let prefixes: [ByteBuffer]
    private var lastKeys: [LastKey]
    private let key = ByteBuffer(capacity: 256)

    private var header = FoldHeader(id: DerivedID(high: 0, low: 0), time: 0, line: 0, rule: 0)
    private var start = 0
    private var part = 0
    private(set) var wantsHead = false

    /// The fold that a rule's last row belonged to: rows of one thing mostly stand together.
    private struct LastKey {
        let bytes = ByteBuffer(capacity: 256)
        var id: DerivedID?
        /// Time of the last row of it in the arena that brought the message's own values.
        var headTime: Int64?
    }

    init(_ mapping: Mapping, limits: FormatLimits) {
        bound = max(0, limits.foldBytes)
        prefixes = mapping.rules.map { rule in
            let prefix = ByteBuffer(capacity: 64)
            for text in ["fold", rule.type] + (rule.fold?.names ?? []) { prefix.append(sized: text) }
            return prefix
        }
        lastKeys = mapping.rules.map { _ in LastKey() }
    }

    /// The identifier of the fold that the row at hand belongs to; nil where a part of it is missing.
    func key(_ rule: MessageRule, _ fold: FoldRule, _ name: (ValueSource, ByteBuffer) -> Bool, _ evaluator: RowEvaluator) -> DerivedID? {
        let index = rule.number - 1
        key.truncate(to: 0)
        key.append(prefixes[index].view(from: 0))
        if let event = fold.event {
            guard key.appendSized({ name(event, key) }) else { return nil }
        }
        for column in fold.by {
            let value = evaluator.columns[column]
            if value.isMissing { return nil }
            _ = key.appendSized {
                value.writeText(to: key)
                return true
            }
        }
        if let id = lastKeys[index].id, key.holdsSame(as: lastKeys[index].bytes) { return id }
        let id = DerivedID(of: key.view(from: 0))
        lastKeys[index].bytes.truncate(to: 0)
        lastKeys[index].bytes.append(key.view(from: 0))
        (lastKeys[index].id, lastKeys[index].headTime) = (id, nil)
        return id
    }

    // MARK: - one row

    /// Where the arena ends, so that a row can be taken back.
    var mark: Int { arena.count }

    func rewind(to mark: Int) {
        guard mark < arena.count else { return }
        arena.truncate(to: mark)
        for index in lastKeys.indices { lastKeys[index].headTime = nil }
    }

    func begin(rule: Int, id: DerivedID, time: Int64, line: Int) {
        header = FoldHeader(id: id, time: time, line: Int64(line), rule: UInt32(rule))
        start = arena.count
        arena.reserve(FoldHeader.size)
        arena.grown(by: FoldHeader.size)
        part = arena.count
        wantsHead = lastKeys[rule].headTime.map { time < $0 } ?? true
    }

    /// Writes one value of the message itself behind its length.
    @discardableResult
    func fragment(_ write: (ByteBuffer) -> Bool) -> Bool {
        let place = arena.count
        arena.append(word: UInt32.max)
        guard write(arena) else { return false }
        arena.set(UInt32(arena.count - place - 4), at: place)
        return true
    }

    func endHead() {
        if wantsHead { header.headBytes = UInt32(arena.count - part) }
        part = arena.count
    }

    func endEach() {
        header.eachBytes = UInt32(arena.count - part)
        part = arena.count
    }

    /// Keeps what an aggregate sees of the row at hand.
    func add(_ aggregate: FoldAggregate, _ evaluator: RowEvaluator) {
        if let condition = aggregate.condition, !evaluator.holds(condition) { return FoldedValue.passedOver.write(to: arena) }
        switch aggregate.argument {
        case nil, .timestamp: FoldedValue.value(.instant(header.time)).write(to: arena)
        case .column(let column): FoldedValue.value(evaluator.columns[column]).write(to: arena)
        }
    }

    func end() {
        header.valueBytes = UInt32(arena.count - part)
        // A later row that adds nothing, neither to an array nor to an aggregate, need not be kept.
        if !wantsHead, header.bodyBytes == 0 { return arena.truncate(to: start) }
        header.store(at: arena.base + start)
        if wantsHead { lastKeys[Int(header.rule)].headTime = header.time }
    }

    // MARK: - the bound

    /// Writes everything to the temporary file when the bound is passed. Called between rows.
    func spillWhereFull() throws(FormatError) {
        if arena.count > bound { try spillAll() }
    }

    func spillAll() throws(FormatError) {
        let spill: FoldSpill
        if let open = self.spill { spill = open } else { spill = try FoldSpill() }
        self.spill = spill
        try spill.write(arena.view(from: 0), order: FoldCollector.byPartition(arena.view(from: 0)))
        arena.truncate(to: 0)
        for index in lastKeys.indices { lastKeys[index].headTime = nil }
    }

    /// Offsets of the rows in `bytes`, by partition and then as they stand; and where each partition begins among them.
    static func byPartition(_ bytes: UnsafeBufferPointer<UInt8>) -> (offsets: ContiguousArray<Int>, starts: [Int]) {
        guard let base = bytes.baseAddress else { return ([], [Int](repeating: 0, count: partitions + 1)) }
        var counts = [Int](repeating: 0, count: partitions + 1)
        var place = 0
        var rows = 0
        while place < bytes.count {
            let header = FoldHeader(at: base + place)
            counts[partition(header.id) + 1] += 1
            place += FoldHeader.size + header.bodyBytes
            rows += 1
        }
        for index in 1...partitions { counts[index] += counts[index - 1] }
        var next = counts
        var offsets = ContiguousArray<Int>(repeating: 0, count: rows)
        place = 0
        while place < bytes.count {
            let header = FoldHeader(at: base + place)
            offsets[next[partition(header.id)]] = place
            next[partition(header.id)] += 1
            place += FoldHeader.size + header.bodyBytes
        }
        return (offsets, counts)
    }

    private static func partition(_ id: DerivedID) -> Int { Int(id.high >> (64 - partitionBits)) }
}

extension ByteBuffer {
    /// Writes the bytes of a word as they are in memory.
    func append(word: some FixedWidthInteger & BitwiseCopyable) {
        let size = MemoryLayout.size(ofValue: word)
        reserve(size)
        UnsafeMutableRawPointer(base + count).storeBytes(of: word, as: type(of: word))
        grown(by: size)
    }

    func set(_ word: UInt32, at place: Int) { UnsafeMutableRawPointer(base + place).storeBytes(of: word, as: UInt32.self) }

    /// Writes a text behind its length.
    fileprivate func append(sized text: String) {
        append(word: UInt32(text.utf8.count))
        append(text)
    }

    /// Writes what `write` writes behind its length.
    fileprivate func appendSized(_ write: () -> Bool) -> Bool {
        let place = count
        append(word: UInt32(0))
        guard write() else { return false }
        set(UInt32(count - place - 4), at: place)
        return true
    }

    fileprivate func holdsSame(as other: ByteBuffer) -> Bool { count == other.count && memcmp(base, other.base, count) == 0 }
}
