import EventModel

extension CellType {
    /// Reads a cell that is not empty; missing where it cannot be read. Spaces around numbers, truths and times are passed over.
    @inline(__always)
    func read(_ cell: UnsafeBufferPointer<UInt8>, _ dialect: Dialect) -> RowValue {
        if self == .text { return .text(cell) }
        let bytes = trimmed(cell)
        switch self {
        case .text: return .text(cell)
        case .number:
            guard var number = ExactDecimal.parse(bytes, point: dialect.decimalPoint) else { return .missing }
            number.isInteger = false
            return .number(number)
        case .integer: return ExactDecimal.parse(bytes, point: dialect.decimalPoint)?.wholeNumber.map { .number($0) } ?? .missing
        case .truth: return Self.truth(bytes).map { .truth($0) } ?? .missing
        case .time(.calendar): return dialect.clock.read(bytes).map { .instant($0) } ?? .missing
        case .time(.epochSeconds): return epoch(bytes, unit: 1_000, dialect)
        case .time(.epochMilliseconds): return epoch(bytes, unit: 1, dialect)
        }
    }

    private func epoch(_ bytes: UnsafeBufferPointer<UInt8>, unit: Int, _ dialect: Dialect) -> RowValue {
        guard let number = ExactDecimal.parse(bytes, point: dialect.decimalPoint), let scaled = number * ExactDecimal(unit) else {
            return .missing
        }
        let milliseconds = scaled.double.rounded(.down)
        return milliseconds.magnitude < 1e16 ? .instant(Int64(milliseconds)) : .missing
    }

    private static func truth(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool? {
        switch String(decoding: bytes, as: UTF8.self).lowercased() {
        case "true", "t", "yes", "y", "1": true
        case "false", "f", "no", "n", "0": false
        default: nil
        }
    }

    /// What the cells hold, and how to write one, for messages.
    func remedy(_ dialect: Dialect) -> (what: String, how: String) {
        let point = dialect.decimalPoint == UInt8(ascii: ",") ? "," : "."
        return switch self {
        case .text: ("a text", "")
        case .number:
            ("a number", "Write digits with '\(point)' before the decimals and nothing between thousands, or set csv: decimal.")
        case .integer: ("a whole number of 64 bits", "Write digits only, or declare the column as number or text.")
        case .truth: ("a truth", "Write true or false (yes or no, 1 or 0).")
        case .time(.calendar): ("a time", "Write YYYY-MM-DD HH:MM:SS, with Z or an offset such as +02:00 if need be.")
        case .time(.epochSeconds): ("a time", "Write seconds since 1970-01-01 in UTC.")
        case .time(.epochMilliseconds): ("a time", "Write milliseconds since 1970-01-01 in UTC.")
        }
    }
}

extension ExactDecimal {
    /// The same number as an integer of 64 bits, where it is one.
    fileprivate var wholeNumber: ExactDecimal? {
        if isInteger { return Int64(exactly: coefficient).map { _ in self } }
        guard exponent <= 0 else {
            guard exponent <= 18, let value = self * ExactDecimal(coefficient: Self.powers[exponent], exponent: -exponent, isInteger: false)
            else { return nil }
            return Int64(exactly: value.coefficient).map { ExactDecimal(coefficient: Int128($0), exponent: 0, isInteger: true) }
        }
        guard exponent >= -38 else { return nil }
        let (whole, rest) = coefficient.quotientAndRemainder(dividingBy: Self.powers[-exponent])
        guard rest == 0, Int64(exactly: whole) != nil else { return nil }
        return ExactDecimal(coefficient: whole, exponent: 0, isInteger: true)
    }
}

@inline(__always)
private func trimmed(_ cell: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
    var (start, end) = (0, cell.count)
    while start < end, cell[start] == 32 || cell[start] == 9 { start += 1 }
    while end > start, cell[end - 1] == 32 || cell[end - 1] == 9 { end -= 1 }
    return UnsafeBufferPointer(rebasing: cell[start..<end])
}
