import EventModel
import Rules

/// What an aggregate sees of one folded row.
enum FoldedValue {
    /// The aggregate's condition does not hold for the row.
    case passedOver
    /// The value may be missing.
    case value(RowValue)

    /// Writes it as a tag and its bytes.
    func write(to out: ByteBuffer) {
        switch self {
        case .passedOver: out.append(0)
        case .value(.missing): out.append(1)
        case .value(.text(let bytes)):
            out.append(2)
            out.append(word: UInt32(bytes.count))
            out.append(bytes)
        case .value(.number(let number)):
            out.append(number.isInteger ? 4 : 3)
            out.append(word: UInt64(truncatingIfNeeded: number.coefficient))
            out.append(word: UInt64(truncatingIfNeeded: number.coefficient >> 64))
            out.append(word: UInt32(bitPattern: Int32(clamping: number.exponent)))
        case .value(.truth(let truth)): out.append(truth ? 6 : 5)
        case .value(.instant(let milliseconds)):
            out.append(7)
            out.append(word: UInt64(bitPattern: milliseconds))
        case .value(.duration(let milliseconds)):
            out.append(8)
            out.append(word: UInt64(bitPattern: milliseconds))
        }
    }

    /// Reads what `write(to:)` wrote, and moves `place` behind it. A text points into the bytes at `place`.
    static func read(_ place: inout UnsafePointer<UInt8>) -> FoldedValue {
        let tag = place.pointee
        place += 1
        func word<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type) -> T {
            defer { place += MemoryLayout<T>.size }
            return UnsafeRawPointer(place).loadUnaligned(as: T.self)
        }
        switch tag {
        case 0: return .passedOver
        case 2:
            let count = Int(word(UInt32.self))
            defer { place += count }
            return .value(.text(UnsafeBufferPointer(start: place, count: count)))
        case 3, 4:
            let low = Int128(word(UInt64.self))
            let coefficient = Int128(word(Int64.self)) << 64 | low
            return .value(.number(ExactDecimal(coefficient: coefficient, exponent: Int(word(Int32.self)), isInteger: tag == 4)))
        case 5, 6: return .value(.truth(tag == 6))
        case 7: return .value(.instant(word(Int64.self)))
        case 8: return .value(.duration(word(Int64.self)))
        default: return .value(.missing)
        }
    }
}

extension FoldAggregate {
    /// The aggregate over rows in the order of their times: as the language defines it over events, with sums of exact decimals.
    ///
    /// - Parameter rows: A value a row; those passed over are left out by the caller.
    /// - Parameter times: The rows' times.
    func result(_ rows: [RowValue], times: [Int64]) -> RowValue {
        let present = rows.filter { !$0.isMissing }
        switch function {
        case .count: return .number(ExactDecimal(rows.count))
        case .sum: return sum(present).map { .number($0) } ?? .missing
        case .average:
            let numbers = present.filter { if case .number = $0 { true } else { false } }
            guard !numbers.isEmpty, let sum = sum(numbers), let average = sum / ExactDecimal(numbers.count) else { return .missing }
            return .number(average)
        case .minimum, .maximum: return extreme(present)
        case .distinct: return .number(ExactDecimal(counted(present).count))
        case .mostFrequent: return mostFrequent(present)?.value ?? .missing
        case .mostFrequentCount: return .number(ExactDecimal(mostFrequent(present)?.count ?? 0))
        case .first: return argument == nil ? times.first.map { .instant($0) } ?? .missing : present.first ?? .missing
        case .last: return argument == nil ? times.last.map { .instant($0) } ?? .missing : present.last ?? .missing
        }
    }

    private func sum(_ values: [RowValue]) -> ExactDecimal? {
        var total: ExactDecimal? = ExactDecimal(0)
        for case .number(let number) in values { total = total.flatMap { $0 + number } }
        // A sum of no integers is no integer, so that a property keeps one kind.
        if values.allSatisfy({ if case .number(let number) = $0 { number.isInteger } else { true } }) { return total }
        total?.isInteger = false
        return total
    }

    /// The least or greatest number; with `timestamp`, time.
    private func extreme(_ values: [RowValue]) -> RowValue {
        let wanted: Comparison = function == .minimum ? .less : .greater
        var best = RowValue.missing
        for value in values {
            switch value {
            case .number, .instant: if best.isMissing || RowValue.compare(value, wanted, best) { best = value }
            default: continue
            }
        }
        return best
    }

    /// The distinct values with how often each occurs, and the first of each.
    private func counted(_ values: [RowValue]) -> [ContiguousArray<UInt8>: (value: RowValue, count: Int)] {
        var found: [ContiguousArray<UInt8>: (value: RowValue, count: Int)] = [:]
        for value in values { found[value.identity, default: (value, 0)].count += 1 }
        return found
    }

    private func mostFrequent(_ values: [RowValue]) -> (value: RowValue, count: Int)? {
        counted(values).values.max { a, b in a.count != b.count ? a.count < b.count : RowValue.sorts(b.value, before: a.value) }
    }
}

extension RowValue {
    /// Bytes that are equal for values that the language's `==` calls equal, and for no others.
    fileprivate var identity: ContiguousArray<UInt8> {
        let out = ByteBuffer(capacity: 64)
        switch self {
        case .missing: break
        case .text(let bytes):
            out.append(1)
            out.append(bytes)
        case .number(var number):
            out.append(2)
            number.isInteger = false
            number.write(to: out)
        case .truth(let truth): out.append(truth ? 4 : 3)
        case .instant(let milliseconds), .duration(let milliseconds):
            out.append(5)
            out.append(word: UInt64(bitPattern: milliseconds))
        }
        return ContiguousArray(out.view(from: 0))
    }

    /// The order that ties of `mostFrequent` are broken by: truths, numbers, texts.
    fileprivate static func sorts(_ a: RowValue, before b: RowValue) -> Bool {
        switch (a, b) {
        case (.truth(let a), .truth(let b)): !a && b
        case (.number, .number), (.text, .text), (.instant, .instant), (.duration, .duration): compare(a, .less, b)
        default: a.rank < b.rank
        }
    }

    private var rank: Int {
        switch self {
        case .missing: 0
        case .truth: 1
        case .number: 2
        case .text: 3
        case .instant: 4
        case .duration: 5
        }
    }
}
