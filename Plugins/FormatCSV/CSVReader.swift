import Connectors
import EventModel
import Foundation

/// Reads one file of delimited text: finds its records, and hands each to the mapping. Confined to one thread.
final class CSVReader: EventReader {
    /// Bytes of messages in a batch, about.
    static let batchBytes = 1 << 20

    private let mapping: Mapping
    private let limits: FormatLimits
    private let longestRecord: Int
    private var scanner: RecordScanner
    private var mapper: RowMapper?
    private var folded: FoldDrain?
    private var atStart = true
    private var atEnd = false
    /// Cells that a row must have; nil before the header row.
    private var width: Int?
    /// Line of the next record, and number of the next data row; both from 1.
    private var (line, row) = (1, 1)
    private var skipping: Skip?
    private let transcoded = ByteBuffer(capacity: 64)

    /// A record too long to hold, on its way past.
    private struct Skip {
        var skipper: RecordSkipper
        var bytes = 0
        var head: [UInt8] = []
    }

    init(_ mapping: Mapping, limits: FormatLimits) {
        (self.mapping, self.limits) = (mapping, limits)
        longestRecord = max(1, limits.longestLine)
        scanner = RecordScanner(delimiter: mapping.dialect.delimiter)
        if !mapping.dialect.hasHeader {
            let named = mapping.columns.indices.filter { !mapping.columns[$0].isComputed }
            var cells = [Int?](repeating: nil, count: mapping.columns.count)
            for (cell, column) in named.enumerated() { cells[column] = cell }
            width = named.count
            mapper = RowMapper(mapping, cells: cells, limits: limits)
        }
    }

    func read(_ bytes: UnsafeRawBufferPointer, atEnd: Bool) throws(FormatError) -> (batch: MessageBatch, consumed: Int) {
        var batch = MessageBatch(firstLine: line)
        let text = bytes.bindMemory(to: UInt8.self)
        guard var place = try start(text, atEnd: atEnd) else { return (batch, 0) }
        var rejectedBytes = 0
        while place < text.count, (mapper?.out.count ?? 0) + rejectedBytes < Self.batchBytes {
            let rest = UnsafeBufferPointer(rebasing: text[place...])
            if skipping != nil {
                place += skip(rest, atEnd: atEnd, &batch)
                continue
            }
            guard let base = rest.baseAddress else { break }
            switch scanner.scan(base, count: rest.count, atEnd: atEnd) {
            case .incomplete:
                if rest.count > longestRecord + 1 {  // One more, since a carriage return may wait for its newline.
                    if width == nil { throw longHeader }
                    skipping = Skip(skipper: RecordSkipper(delimiter: mapping.dialect.delimiter))
                    continue
                }
                return finish(batch, consumed: place)
            case .unclosed:
                if width == nil { throw unclosedHeader }
                let inner = newlines(rest)
                reject(rest, unclosedReason(inner), &batch)
                line += inner
                place = text.count
            case .record(let length, let consumed):
                rejectedBytes += try take(UnsafeBufferPointer(start: base, count: length), badCell: nil, &batch)
                place += consumed
            case .malformed(let cell, let length, let consumed):
                rejectedBytes += try take(UnsafeBufferPointer(start: base, count: length), badCell: cell, &batch)
                place += consumed
            }
            try mapper?.folder?.spillWhereFull()
        }
        if place == text.count, atEnd {
            if skipping != nil { endSkip(&batch) }
            self.atEnd = true
        }
        return finish(batch, consumed: place)
    }

    var holdsRecords: Bool { mapping.rules.contains { $0.fold != nil } }

    func drain() throws(FormatError) -> MessageBatch? {
        guard atEnd, let mapper, let folder = mapper.folder else { return nil }
        if folded == nil { folded = try FoldDrain(mapping, folder, mapper.evaluator, longestMessage: longestRecord) }
        return try folded?.next(bytes: Self.batchBytes)
    }

    /// Passes over a byte order mark; nil where it takes more bytes to tell.
    private func start(_ text: UnsafeBufferPointer<UInt8>, atEnd: Bool) throws(FormatError) -> Int? {
        guard atStart else { return 0 }
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        if text.count < mark.count, !atEnd { return nil }
        if text.starts(with: [0xFF, 0xFE]) || text.starts(with: [0xFE, 0xFF]) {
            throw FormatError("the file is UTF-16, which is not read. Convert it first: iconv -f utf-16 -t utf-8 FILE > FILE.utf8.csv")
        }
        atStart = false
        return text.starts(with: mark) && mapping.dialect.encoding == .utf8 ? mark.count : 0
    }

    private func finish(_ batch: MessageBatch, consumed: Int) -> (MessageBatch, Int) {
        var batch = batch
        if let mapper {
            batch.text = mapper.out.padded()
            batch.count = mapper.out.count
            batch.lineNumbers = mapper.lineNumbers
            mapper.out.truncate(to: 0)
            mapper.lineNumbers.removeAll(keepingCapacity: true)
        }
        return (batch, consumed)
    }

    // MARK: - records

    /// Takes one whole record; gives how many bytes of it were kept as rejected.
    private func take(_ record: UnsafeBufferPointer<UInt8>, badCell: Int?, _ batch: inout MessageBatch) throws(FormatError) -> Int {
        let startLine = line
        line += 1 + (scanner.hasQuotes ? newlines(record) : 0)  // Only quoted cells hold line ends.
        if record.count == 0 { return 0 }  // An empty line.
        var text = record
        var isReadable = true
        if hasHighBytes(record) {
            if mapping.dialect.encoding == .utf8 {
                isReadable = isUTF8(record)
            } else {
                text = transcode(record)
                if let base = text.baseAddress { _ = scanner.scan(base, count: text.count, atEnd: true) }
            }
        }
        guard let width else {
            if record.count > longestRecord { throw longHeader }
            guard isReadable else {
                throw FormatError(
                    "line \(startLine), the header row, is not UTF-8. If the file is in another encoding, say csv: encoding: windows-1252.")
            }
            guard badCell == nil else {
                throw FormatError(
                    "line \(startLine), the header row: text follows a closing quote. Double the quotes inside a quoted name.")
            }
            try takeHeader(text)
            return 0
        }
        batch.sourceLines += 1
        defer { row += 1 }
        var reason: String?
        if record.count > longestRecord {
            reason = tooLong(record.count)
        } else if let badCell {
            reason = "row \(row), cell \(badCell + 1): text follows a closing quote. Double the quotes inside a quoted cell."
        } else if !isReadable {
            reason = "row \(row) is not UTF-8. If the file is in another encoding, say csv: encoding: windows-1252 (or latin1)."
        } else if scanner.cells.count != width {
            let delimiter = mapping.dialect.delimiter == 9 ? "tab" : String(UnicodeScalar(mapping.dialect.delimiter))
            reason =
                "row \(row) has \(scanner.cells.count) \(scanner.cells.count == 1 ? "cell" : "cells") where \(width) are expected. Quote cells that hold the delimiter (\(delimiter)) or a line end."
        } else if let mapper, let base = text.baseAddress {
            switch mapper.take(row: record, text: base, cells: scanner.cells, line: startLine) {
            case .taken: return 0
            case .skipped: batch.skippedLines += 1
            case .rejected(let why): reason = "row \(row): \(why)"
            }
        }
        guard let reason else { return 0 }
        let kept = kept(record)
        batch.rejects.append(Reject(line: startLine, reason: reason, text: kept))
        return kept.utf8.count
    }

    private func reject(_ record: UnsafeBufferPointer<UInt8>, _ reason: String, _ batch: inout MessageBatch) {
        batch.rejects.append(Reject(line: line, reason: reason, text: kept(record)))
        batch.sourceLines += 1
        row += 1
    }

    /// What is kept of a refused record, in UTF-8.
    private func kept(_ record: UnsafeBufferPointer<UInt8>) -> String {
        let text = mapping.dialect.encoding == .utf8 ? record : transcode(UnsafeBufferPointer(rebasing: record.prefix(Reject.longestText)))
        return String(decoding: text.prefix(Reject.longestText), as: UTF8.self)
    }

    private func tooLong(_ length: Int) -> String {
        "row \(row) is \(length) bytes long, and \(longestRecord) are allowed. Shorten it, or allow longer lines with --max-line."
    }

    private func unclosedReason(_ inner: Int) -> String {
        "row \(row): a quote that opens on or after line \(line) is never closed, so everything from there to the end of the file (\(inner + 1) lines) is one record. Close the quote."
    }

    private var longHeader: FormatError {
        FormatError("line \(line), the header row, is more than the \(longestRecord) bytes long that are allowed. Is this a table?")
    }
    private var unclosedHeader: FormatError { FormatError("line \(line), the header row: a quote is never closed. Close it.") }

    // MARK: - the header row

    /// Finds the mapping's columns in the header row.
    private func takeHeader(_ record: UnsafeBufferPointer<UInt8>) throws(FormatError) {
        let names = scanner.cells.map { span -> String in
            let cell = UnsafeBufferPointer(rebasing: record[span.start..<(span.start + span.count)])
            return span.hasDoubledQuotes ? RecordScanner.undoubled(cell) : String(decoding: cell, as: UTF8.self)
        }
        var cells = [Int?](repeating: nil, count: mapping.columns.count)
        var missing: [String] = []
        for (index, column) in mapping.columns.enumerated() where !column.isComputed {
            let found = names.indices.filter { names[$0].sameText(column.name) }
            cells[index] = found.first
            if found.count > 1 {
                missing.append(
                    "\(mapping.name):\(column.line), column '\(column.name)' stands \(found.count) times in the header row. Give each a name of its own."
                )
            } else if found.isEmpty {
                missing.append("\(mapping.name):\(column.line), \(absent(column.name, names))")
            }
        }
        for (index, column) in mapping.columns.enumerated() where column.isComputed && names.contains(where: { $0.sameText(column.name) }) {
            cells[index] = nil
            missing.append(
                "\(mapping.name):\(column.line), column '\(column.name)' is computed here and stands in the file too. Call the computed one something else."
            )
        }
        guard missing.isEmpty else { throw FormatError(missing.joined(separator: "\n")) }
        width = names.count
        mapper = RowMapper(mapping, cells: cells, limits: limits)
    }

    private func absent(_ name: String, _ names: [String]) -> String {
        if names.count == 1, let only = names.first, let other = [";", "\t", ",", "|"].first(where: { only.contains($0) }) {
            return
                "the header row is one column, '\(only)'. If \(other == "\t" ? "tabs" : "'\(other)'") separate its cells, say csv: delimiter: \"\(other == "\t" ? "tab" : other)\"."
        }
        let near = nearMatch(to: name, among: names).map { "Did you mean '\($0)'?" } ?? "Its columns are \(listed(names))."
        return "the file has no column '\(name)'. \(near)"
    }

    // MARK: - records too long to hold

    /// Passes over what comes of an over-long record; gives how many bytes that was.
    private func skip(_ bytes: UnsafeBufferPointer<UInt8>, atEnd: Bool, _ batch: inout MessageBatch) -> Int {
        let end = skipping?.skipper.skip(bytes)
        let part = bytes[..<(end ?? bytes.count)]
        skipping?.bytes += part.count
        let room = Reject.longestText - (skipping?.head.count ?? 0)
        skipping?.head.append(contentsOf: part.prefix(room))
        if end != nil { endSkip(&batch) }
        return part.count
    }

    private func endSkip(_ batch: inout MessageBatch) {
        guard let skip = skipping else { return }
        skipping = nil
        let length = skip.bytes - skip.skipper.endBytes
        let reason = skip.skipper.isQuoted ? unclosedReason(skip.skipper.innerLines) : tooLong(length)
        skip.head.prefix(length).withUnsafeBufferPointer { reject($0, reason, &batch) }
        line += 1 + skip.skipper.innerLines
    }

    // MARK: - bytes

    private func transcode(_ record: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
        transcoded.truncate(to: 0)
        let table = mapping.dialect.encoding == .windows1252 ? SingleByteText.windows1252 : SingleByteText.latin1
        for byte in record {
            if byte < 0x80 { transcoded.append(byte) } else { for unit in table[Int(byte) - 0x80] { transcoded.append(unit) } }
        }
        return transcoded.view(from: 0)
    }
}

/// Texts of one byte a character, as the UTF-8 of each byte from 0x80 on.
enum SingleByteText {
    static let latin1: [[UInt8]] = (0x80...0xFF).map { Array(String(UnicodeScalar(UInt8($0))).utf8) }

    /// Bytes that Windows leaves undefined stay control characters, as the WHATWG Encoding Standard has it.
    static let windows1252: [[UInt8]] = (0x80...0xFF).map { byte in
        let high: [UInt32] = [
            0x20AC, 0x81, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8D, 0x017D, 0x8F, 0x90,
            0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D, 0x017E, 0x0178,
        ]
        let scalar = byte < 0xA0 ? high[byte - 0x80] : UInt32(byte)
        return Array(String(UnicodeScalar(scalar).map(Character.init) ?? "?").utf8)
    }
}

private func newlines(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
    var count = 0
    for byte in bytes where byte == 10 { count += 1 }
    return count
}

/// Whether any byte is beyond ASCII, eight bytes a step.
@inline(__always)
private func hasHighBytes(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    guard let base = bytes.baseAddress else { return false }
    var seen: UInt64 = 0
    var index = 0
    while index + 8 <= bytes.count {
        seen |= UnsafeRawPointer(base + index).loadUnaligned(as: UInt64.self)
        index += 8
    }
    while index < bytes.count {
        seen |= UInt64(base[index])
        index += 1
    }
    return seen & 0x8080_8080_8080_8080 != 0
}

private func isUTF8(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool { (try? UTF8Span(validating: bytes.span)) != nil }
