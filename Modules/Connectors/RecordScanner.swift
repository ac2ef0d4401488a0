/// One cell of a record: where its text stands, without its quotes.
public struct CellSpan: Sendable {
    /// Offset of the first byte, from the start of the record's bytes.
    public var start: Int
    /// Bytes of its text.
    public var count: Int
    /// Whether doubled quotes stand in it that mean one each.
    public var hasDoubledQuotes: Bool
}

/// Finds the records and cells of delimited text: RFC 4180, byte by byte.
///
/// A record ends with `\n`, `\r\n` or `\r` outside quotes. A cell is quoted when its first byte is a quote; inside, two quotes mean one,
/// and delimiters and line ends are text. A quote later in an unquoted cell is an ordinary byte.
public struct RecordScanner: Sendable {
    /// What stands around quoted cells.
    public static let quote = UInt8(ascii: "\"")
    /// What stands between cells.
    public let delimiter: UInt8
    /// 1 for the bytes that end an unquoted cell, for one look per byte.
    private let endsCell: ContiguousArray<UInt8>
    /// The cells of the last whole record.
    public private(set) var cells: ContiguousArray<CellSpan> = []

    /// Scans cells with `delimiter`, one ASCII byte, between them.
    public init(delimiter: UInt8) {
        self.delimiter = delimiter
        var table = ContiguousArray<UInt8>(repeating: 0, count: 256)
        for byte in [delimiter, 10, 13] { table[Int(byte)] = 1 }
        endsCell = table
    }

    /// Whether a cell of the last record was quoted.
    public private(set) var hasQuotes = false

    /// What the bytes at hand say of the next record.
    public enum Outcome: Sendable {
        /// A whole record: its length without its line end, and with it.
        case record(length: Int, consumed: Int)
        /// The same, but text follows a closing quote in the cell of this index.
        case malformed(cell: Int, length: Int, consumed: Int)
        /// A quote is still open where the bytes end, and no more follow.
        case unclosed
        /// The record may go on.
        case incomplete
    }

    /// Scans the record that starts at `base`.
    ///
    /// - Parameter atEnd: No byte follows the `count` given.
    public mutating func scan(_ base: UnsafePointer<UInt8>, count: Int, atEnd: Bool) -> Outcome {
        cells.removeAll(keepingCapacity: true)
        hasQuotes = false
        var position = 0
        var badCell: Int?
        return endsCell.withUnsafeBufferPointer { endsCell in
            while true {
                let start = position
                if position < count, base[position] == Self.quote {
                    position += 1
                    hasQuotes = true
                    var doubled = false
                    while true {
                        while position < count, base[position] != Self.quote { position += 1 }
                        if position == count { return atEnd ? .unclosed : .incomplete }
                        position += 1
                        guard position < count, base[position] == Self.quote else { break }
                        doubled = true
                        position += 1
                    }
                    if position == count, !atEnd { return .incomplete }
                    cells.append(CellSpan(start: start + 1, count: position - start - 2, hasDoubledQuotes: doubled))
                    if position < count, endsCell[Int(base[position])] == 0 {
                        if badCell == nil { badCell = cells.count - 1 }
                        while position < count, endsCell[Int(base[position])] == 0 { position += 1 }
                    }
                } else {
                    while position < count, endsCell[Int(base[position])] == 0 { position += 1 }
                    cells.append(CellSpan(start: start, count: position - start, hasDoubledQuotes: false))
                }
                if position < count, base[position] == delimiter {
                    position += 1
                    continue
                }
                // A line end, or the end of the bytes.
                if position == count, !atEnd { return .incomplete }
                var consumed = position
                if position < count {
                    consumed += 1
                    if base[position] == 13 {
                        if consumed == count, !atEnd { return .incomplete }  // A newline may follow and belong to it.
                        if consumed < count, base[consumed] == 10 { consumed += 1 }
                    }
                }
                if let badCell { return .malformed(cell: badCell, length: position, consumed: consumed) }
                return .record(length: position, consumed: consumed)
            }
        }
    }

    /// A quoted cell's text: two quotes mean one.
    public static func undoubled(_ cell: UnsafeBufferPointer<UInt8>) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(cell.count)
        var index = 0
        while index < cell.count {
            bytes.append(cell[index])
            index += cell[index] == quote ? 2 : 1
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// Passes over the rest of a record that is too long to hold, a few bytes at a time.
public struct RecordSkipper: Sendable {
    private enum State { case cellStart, unquoted, quoted, quoteInQuoted, carriageReturn }
    private let delimiter: UInt8
    private var state = State.cellStart
    /// Line ends passed inside quotes.
    public private(set) var innerLines = 0
    /// Bytes of the line end that the record was found to end with, or has ended with so far.
    public private(set) var endBytes = 0

    /// Begins at the start of a record.
    public init(delimiter: UInt8) { self.delimiter = delimiter }

    /// Whether a quote is open.
    public var isQuoted: Bool { state == .quoted }

    /// Takes the next bytes of the record.
    /// - Returns: How many belong to it when its end is among them, its line end included; nil when it goes on.
    public mutating func skip(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        for (index, byte) in bytes.enumerated() {
            switch state {
            case .carriageReturn:
                if byte == 10 { endBytes = 2 }
                return byte == 10 ? index + 1 : index
            case .quoted:
                if byte == RecordScanner.quote { state = .quoteInQuoted } else if byte == 10 { innerLines += 1 }
            case .quoteInQuoted where byte == RecordScanner.quote: state = .quoted
            case .cellStart where byte == RecordScanner.quote: state = .quoted
            case .cellStart, .unquoted, .quoteInQuoted:
                if byte == 10 || byte == 13 { endBytes = 1 }
                if byte == 10 { return index + 1 }
                state = byte == 13 ? .carriageReturn : byte == delimiter ? .cellStart : .unquoted
            }
        }
        return nil
    }
}
