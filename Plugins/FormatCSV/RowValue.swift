import EventModel
import Foundation
import Rules

/// A value of one row while its mapping is evaluated: the language's kinds, with decimals for numbers and bytes for texts.
///
/// Plain data. Texts point into the record at hand, into the evaluator's scratch room or into literals, and are good until the next row.
enum RowValue {
    case missing
    case text(UnsafeBufferPointer<UInt8>)
    case number(ExactDecimal)
    case truth(Bool)
    /// Milliseconds since the epoch.
    case instant(Int64)
    /// Milliseconds.
    case duration(Int64)

    var isMissing: Bool { if case .missing = self { true } else { false } }

    /// The same value as the language's evaluators hold it.
    var value: Value {
        switch self {
        case .missing: .missing
        case .text(let bytes): .text(Text(String(decoding: bytes, as: UTF8.self)))
        case .number(let number): Value(finite: number.double)
        case .truth(let truth): .truth(truth)
        case .instant(let milliseconds): .instant(milliseconds)
        case .duration(let milliseconds): .duration(milliseconds)
        }
    }

    /// A value of the language that is not a text.
    init(_ value: Value) {
        switch value {
        case .missing, .text: self = .missing
        case .number(let number): self = ExactDecimal(number).map { .number($0) } ?? .missing
        case .truth(let truth): self = .truth(truth)
        case .instant(let milliseconds): self = .instant(milliseconds)
        case .duration(let milliseconds): self = .duration(milliseconds)
        }
    }

    /// The language's comparison, with numbers compared as the exact decimals they are.
    @inline(__always)
    static func compare(_ a: RowValue, _ comparison: Comparison, _ b: RowValue) -> Bool {
        switch (a, b) {
        case (.missing, _), (_, .missing): return false
        case (.number(let a), .number(let b)): return holds(comparison, ExactDecimal.order(a, b))
        case (.text(let a), .text(let b)): return holds(comparison, order(a, b))
        case (.instant(let a), .instant(let b)), (.duration(let a), .duration(let b)): return holds(comparison, a < b ? -1 : a > b ? 1 : 0)
        case (.truth(let a), .truth(let b)): return comparison == .equal ? a == b : comparison == .notEqual && a != b
        default: return comparison == .notEqual
        }
    }

    @inline(__always)
    private static func holds(_ comparison: Comparison, _ order: Int) -> Bool {
        switch comparison {
        case .equal: order == 0
        case .notEqual: order != 0
        case .less: order < 0
        case .lessOrEqual: order <= 0
        case .greater: order > 0
        case .greaterOrEqual: order >= 0
        }
    }

    /// Order of UTF-8 bytes, which is the order of Unicode scalars.
    static func order(_ a: UnsafeBufferPointer<UInt8>, _ b: UnsafeBufferPointer<UInt8>) -> Int {
        if let x = a.baseAddress, let y = b.baseAddress {
            let order = memcmp(x, y, min(a.count, b.count))
            if order != 0 { return Int(order) }
        }
        return a.count - b.count
    }

    /// The language's arithmetic, with numbers as exact decimals.
    static func apply(_ a: RowValue, _ operation: Arithmetic, _ b: RowValue) -> RowValue {
        guard case .number(let x) = a, case .number(let y) = b else {
            if a.isMissing || b.isMissing { return .missing }
            return RowValue(Value.apply(a.value, operation, b.value))
        }
        let result =
            switch operation {
            case .add: x + y
            case .subtract: x - y
            case .multiply: x * y
            case .divide: x / y
            }
        return result.map { .number($0) } ?? .missing
    }

    /// Writes it as JSON: instants in RFC 3339, durations in milliseconds. Must not be missing.
    @inline(__always)
    func writeJSON(to out: ByteBuffer) {
        switch self {
        case .text(let bytes):
            out.append(UInt8(ascii: "\""))
            out.appendEscaped(bytes)
            out.append(UInt8(ascii: "\""))
        case .number(let number): number.write(to: out)
        case .truth(let truth): out.append(truth ? "true" : "false")
        case .instant(let milliseconds):
            out.append(UInt8(ascii: "\""))
            out.append(instant: milliseconds)
            out.append(UInt8(ascii: "\""))
        case .duration(let milliseconds): out.append(decimal: Int128(milliseconds))
        case .missing: out.append("null")
        }
    }

    /// Writes it as plain text, for identifiers and inside texts. Must not be missing.
    func writeText(to out: ByteBuffer) {
        switch self {
        case .text(let bytes): out.append(bytes)
        case .instant(let milliseconds): out.append(instant: milliseconds)
        default: writeJSON(to: out)
        }
    }
}

/// Texts made while a row is evaluated, at addresses that stay until the next row.
final class TextRoom {
    private var texts: [UnsafeMutableBufferPointer<UInt8>] = []

    deinit { clear() }

    /// A copy that lasts until `clear()`.
    func keep(_ bytes: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
        let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes.count)
        _ = copy.initialize(from: bytes)
        texts.append(copy)
        return UnsafeBufferPointer(copy)
    }

    func keep(_ text: String) -> UnsafeBufferPointer<UInt8> {
        var text = text
        return text.withUTF8 { keep($0) }
    }

    @inline(__always)
    func clear() {
        if texts.isEmpty { return }
        for text in texts { text.deallocate() }
        texts.removeAll(keepingCapacity: true)
    }
}
