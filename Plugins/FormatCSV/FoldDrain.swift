import Connectors
import EventModel
import Foundation
import Rules

/// Makes the messages of folded rows once all rows are in, partition by partition, so that a part of them is in memory at a time.
///
/// Messages come by partition (the first byte of their derived identifier) and then by their first row, with or without a spill.
final class FoldDrain {
    private let mapping: Mapping
    private let collector: FoldCollector
    private let evaluator: RowEvaluator
    private let longestMessage: Int
    private let constants: ByteBuffer
    private var partition = 0
    /// Rows of the partition at hand.
    private let loaded = ByteBuffer(capacity: 64)
    /// Where rows of the arena stand, when nothing was spilled.
    private let inMemory: (offsets: ContiguousArray<Int>, starts: [Int])?
    private var groups = ArraySlice<[Int]>()
    private var nesting = JSONNesting()

    init(_ mapping: Mapping, _ collector: FoldCollector, _ evaluator: RowEvaluator, longestMessage: Int) throws(FormatError) {
        (self.mapping, self.collector, self.evaluator, self.longestMessage) = (mapping, collector, evaluator, longestMessage)
        constants = ByteBuffer(mapping.bytes)
        if collector.spill == nil {
            inMemory = FoldCollector.byPartition(collector.arena.view(from: 0))
        } else {
            try collector.spillAll()
            inMemory = nil
        }
    }

    /// The next messages, about `bytes` of them; nil when there are no more.
    func next(bytes: Int) throws(FormatError) -> MessageBatch? {
        let out = ByteBuffer(capacity: 1 << 16)
        var batch = MessageBatch()
        while out.count < bytes {
            guard let rows = groups.popFirst() else {
                if partition == FoldCollector.partitions { break }
                try load()
                partition += 1
                continue
            }
            write(rows, to: out, &batch)
        }
        if out.count == 0, batch.rejects.isEmpty { return nil }
        batch.text = out.padded()
        batch.count = out.count
        batch.firstLine = batch.lineNumbers.first ?? batch.rejects.first?.line ?? 1
        return batch
    }

    /// Groups the rows of the next partition by fold, in the order of their first rows.
    private func load() throws(FormatError) {
        var offsets: ContiguousArray<Int>
        if let inMemory {
            offsets = ContiguousArray(inMemory.offsets[inMemory.starts[partition]..<inMemory.starts[partition + 1]])
        } else {
            offsets = []
            try collector.spill?.read(partition, into: loaded)
            var place = 0
            while place < loaded.count {
                offsets.append(place)
                place += FoldHeader.size + FoldHeader(at: loaded.base + place).bodyBytes
            }
        }
        struct Key: Hashable {
            var id: DerivedID
            var rule: UInt32
        }
        var numbers: [Key: Int] = [:]
        var found: [[Int]] = []
        for offset in offsets {
            let header = FoldHeader(at: base + offset)
            let key = Key(id: header.id, rule: header.rule)
            if let number = numbers[key] {
                found[number].append(offset)
            } else {
                numbers[key] = found.count
                found.append([offset])
            }
        }
        groups = found[...]
    }

    private var base: UnsafePointer<UInt8> { UnsafePointer(inMemory == nil ? loaded.base : collector.arena.base) }

    // MARK: - one message

    private func write(_ rows: [Int], to out: ByteBuffer, _ batch: inout MessageBatch) {
        evaluator.room.clear()
        let headers = rows.map { FoldHeader(at: base + $0) }
        let rule = mapping.rules[Int(headers[0].rule)]
        guard let fold = rule.fold else { return }
        // The earliest row gives the message its own values; of equally early ones the first, which is never without them.
        let byTime = headers.indices.sorted { (headers[$0].time, headers[$0].line) < (headers[$1].time, headers[$1].line) }
        let earliest = byTime[0]
        aggregate(fold, rows, headers, byTime)

        let start = out.count
        nesting.reset()
        out.append(constants.view(rule.opening))
        var fragment = base + rows[earliest] + FoldHeader.size
        var hasID = false
        for step in rule.steps {
            let before = out.count
            switch step {
            case .member(let key, .folded(let value)):
                out.separate()
                out.append(constants.view(key))
                if !writeFolded(value, to: out) { out.truncate(to: before) }
            case .item(.folded(let value)):
                out.separate()
                if !writeFolded(value, to: out) { out.truncate(to: before) }
            case .member(let key, _), .name(let key, _, _):
                out.separate()
                out.append(constants.view(key))
                let written = writeFragment(&fragment, to: out)
                if !written { out.truncate(to: before) } else if case .name(_, _, .messageID) = step { hasID = true }
            case .item:
                out.separate()
                if !writeFragment(&fragment, to: out) { out.truncate(to: before) }
            case .openObject(let key): nesting.open(constants.view(key), isArray: false, in: out)
            case .openArray(let key): nesting.open(constants.view(key), isArray: true, in: out)
            case .close(let isArray): nesting.close(isArray: isArray, in: out)
            case .timestamp(let key):
                out.separate()
                out.append(constants.view(key))
                RowValue.instant(headers[earliest].time).writeJSON(to: out)
            case .rows(let key):
                out.separate()
                out.append(constants.view(key))
                out.append(UInt8(ascii: "["))
                for (index, header) in headers.enumerated() {
                    out.separate()
                    let each = base + rows[index] + FoldHeader.size + (header.headBytes == FoldHeader.noHead ? 0 : Int(header.headBytes))
                    out.append(UnsafeBufferPointer(start: each, count: Int(header.eachBytes)))
                }
                out.append(UInt8(ascii: "]"))
            }
        }
        if !hasID {
            out.append(",\"messageId\":\"")
            headers[0].id.write(to: out)
            out.append(UInt8(ascii: "\""))
        }
        out.append("}\n")
        if out.count - start > longestMessage {
            let text = String(decoding: out.view(from: start).prefix(Reject.longestText), as: UTF8.self)
            let reason =
                "the \(rows.count) rows folded into this message make it \(out.count - start) bytes long, and \(longestMessage) are allowed. Fold by more columns, or allow longer lines with --max-line."
            batch.rejects.append(Reject(line: Int(headers[0].line), reason: reason, text: text))
            out.truncate(to: start)
        } else {
            batch.lineNumbers.append(Int(headers[0].line))
        }
    }

    private func writeFragment(_ fragment: inout UnsafePointer<UInt8>, to out: ByteBuffer) -> Bool {
        let count = UnsafeRawPointer(fragment).loadUnaligned(as: UInt32.self)
        fragment += 4
        if count == .max { return false }
        out.append(UnsafeBufferPointer(start: fragment, count: Int(count)))
        fragment += Int(count)
        return true
    }

    private func writeFolded(_ step: Int, to out: ByteBuffer) -> Bool {
        let value = evaluator.value(step)
        if value.isMissing { return false }
        value.writeJSON(to: out)
        return true
    }

    /// Fills the evaluator's slots with the aggregates over the rows.
    private func aggregate(_ fold: FoldRule, _ rows: [Int], _ headers: [FoldHeader], _ byTime: [Int]) {
        var places = rows.indices.map { index in
            base + rows[index] + FoldHeader.size + headers[index].bodyBytes - Int(headers[index].valueBytes)
        }
        evaluator.slots.removeAll(keepingCapacity: true)
        for aggregate in fold.aggregates {
            let seen = places.indices.map { FoldedValue.read(&places[$0]) }
            var (values, times): ([RowValue], [Int64]) = ([], [])
            for index in byTime {
                guard case .value(let value) = seen[index] else { continue }
                values.append(value)
                times.append(headers[index].time)
            }
            evaluator.slots.append(aggregate.result(values, times: times))
        }
    }
}
