import Connectors
import Crypto
import EventModel
import Foundation
import Storage

/// Reads the text of an archive: checks its header, counts and hash, hands the messages on. Several archives end to end are read as one.
final class TesseraReader: EventReader {
    /// The header of the archive that is being read.
    private(set) var header: ArchiveHeader?
    /// What was counted so far, of this archive.
    private(set) var counted = ArchiveSummary()
    /// Its last line, once that was read.
    private(set) var summary: ArchiveSummary?
    /// What did not add up and was tolerated.
    private(set) var notes: [String] = []

    private let limits: FormatLimits
    private let toleratesGaps: Bool
    private var hash = SHA256()
    private var line = 1
    private var definitions: [Definition]? = []

    /// Text of messages in one batch.
    private static let batchBytes = 1 << 20

    init(limits: FormatLimits, toleratesGaps: Bool) { (self.limits, self.toleratesGaps) = (limits, toleratesGaps) }

    /// The definitions that were read; nil the second time, and for archives that leave them out.
    func takeDefinitions() -> [Definition]? {
        guard header?.contents == .all else { return nil }
        defer { definitions = nil }
        return definitions
    }

    func read(_ bytes: UnsafeRawBufferPointer, atEnd: Bool) throws(FormatError) -> (batch: MessageBatch, consumed: Int) {
        let bytes = bytes.bindMemory(to: UInt8.self)
        var batch = MessageBatch(firstLine: line)
        var start = 0
        var hashed = 0
        var isNumbered = false
        while start < bytes.count, batch.count < TesseraReader.batchBytes, !isNumbered || batch.lineNumbers.count < 4096 {
            let rest = UnsafeBufferPointer(rebasing: bytes[start...])
            let length: Int
            if let base = rest.baseAddress, let newline = memchr(base, 10, rest.count) {
                length = UnsafeRawPointer(newline) - UnsafeRawPointer(base)
            } else if atEnd {
                length = rest.count
            } else {
                break
            }
            let text = UnsafeBufferPointer(rebasing: rest[..<length])
            let sort = ArchiveLine.sort(of: text)
            if sort == .message && header != nil && summary == nil {
                // Messages form batches of consecutive lines of their own.
                if batch.sourceLines > 0 && (batch.count == 0 || isNumbered) { break }
                if length > limits.longestLine {
                    if batch.count > 0 { break }
                    batch.rejects.append(overlong(text))
                } else {
                    append(UnsafeBufferPointer(rebasing: text[11..<(length - 1)]), to: &batch)
                }
                counted.messages += 1
                if !batch.rejects.isEmpty {
                    start = advance(start, length, in: bytes, &batch)
                    break
                }
            } else {
                if batch.count > 0 && !isNumbered { break }
                if sort == .end || header == nil || summary != nil {
                    hash.update(bufferPointer: UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: bytes[hashed..<start])))
                    hashed = start
                }
                let synthesised = try take(text, sort, &batch)
                isNumbered = isNumbered || synthesised
                if sort == .end { hashed = min(bytes.count, start + length + 1) }
            }
            start = advance(start, length, in: bytes, &batch)
        }
        if hashed < start { hash.update(bufferPointer: UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: bytes[hashed..<start]))) }
        if batch.count > 0 { batch.text.append(contentsOf: repeatElement(0, count: MessageBatch.padding)) }
        return (batch, start)
    }

    private func advance(_ start: Int, _ length: Int, in bytes: UnsafeBufferPointer<UInt8>, _ batch: inout MessageBatch) -> Int {
        line += 1
        batch.sourceLines += 1
        return min(bytes.count, start + length + 1)
    }

    private func append(_ message: UnsafeBufferPointer<UInt8>, to batch: inout MessageBatch) {
        if batch.text.isEmpty { batch.text.reserveCapacity(TesseraReader.batchBytes + (64 << 10)) }
        batch.text.append(contentsOf: message)
        batch.text.append(10)
        batch.count = batch.text.count
    }

    /// Takes a line that is no message; true when it added messages made from it.
    private func take(_ text: UnsafeBufferPointer<UInt8>, _ sort: ArchiveLine?, _ batch: inout MessageBatch) throws(FormatError) -> Bool {
        if header == nil || summary != nil {
            try begin(text)
            return false
        }
        switch sort {
        case .definition:
            counted.definitions += 1
            guard let json = value(text, of: .definition), let kind = (json["kind"]?.asString).flatMap(Definition.Kind.init(rawValue:)),
                let name = json["name"]?.asString, let body = json["body"]?.asString
            else { return refuse(text, "the definition cannot be read", &batch) }
            definitions?.append(Definition(kind: kind, name: name, body: body))
            return false
        case .profile:
            counted.profiles += 1
            guard header?.contents == .profiles else { return false }
            guard let json = value(text, of: .profile), let messages = ProfileMessages.make(json, line: text) else {
                return refuse(text, "the profile cannot be read", &batch)
            }
            for message in messages {
                message.append(to: &batch.text)
                batch.text.append(10)
                batch.lineNumbers.append(line)
            }
            batch.count = batch.text.count
            return true
        case .membership:
            counted.memberships += 1
            return false
        case .end:
            summary = value(text, of: .end).flatMap { ArchiveSummary($0) }
            guard let summary else { throw FormatError("the archive's last line (line \(line)) cannot be read. Fetch the file again.") }
            try check(summary)
            return false
        case .message, nil:
            return refuse(text, "this is no line of an archive", &batch)
        }
    }

    private func begin(_ text: UnsafeBufferPointer<UInt8>) throws(FormatError) {
        do {
            if let header = try ArchiveHeader(line: text) {
                (self.header, summary, counted, hash) = (header, nil, ArchiveSummary(), SHA256())
                return
            }
        } catch { throw FormatError(error.description) }
        if summary != nil { throw FormatError("line \(line) follows the archive's last line. Cut it off, or fetch the file again.") }
        guard toleratesGaps else {
            throw FormatError("the first line is not the header of an archive. For plain messages give --input-format segment.")
        }
        header = ArchiveHeader(contents: .all)
    }

    private func refuse(_ text: UnsafeBufferPointer<UInt8>, _ reason: String, _ batch: inout MessageBatch) -> Bool {
        if text.isEmpty { return false }
        batch.rejects.append(
            Reject(
                line: line, reason: "line \(line): \(reason). Mend it, or import messages with --input-format segment.",
                text: String(decoding: text.prefix(Reject.longestText), as: UTF8.self)))
        return false
    }

    private func overlong(_ text: UnsafeBufferPointer<UInt8>) -> Reject {
        Reject(
            line: line,
            reason: "line \(line) is \(text.count) bytes long, and \(limits.longestLine) are allowed. Allow longer lines with --max-line.",
            text: String(decoding: text.prefix(Reject.longestText), as: UTF8.self))
    }

    private func value(_ text: UnsafeBufferPointer<UInt8>, of sort: ArchiveLine) -> JSONObject? {
        (try? JSONValue(parsing: UnsafeBufferPointer(rebasing: text[sort.prefix.count..<(text.count - 1)])))?.asObject
    }

    /// Holds the last line against what was read.
    private func check(_ summary: ArchiveSummary) throws(FormatError) {
        counted.sha256 = hash.finalize().map { SourceIdentity.hex($0) }.joined()
        if counted == summary { return }
        var expected = summary
        expected.sha256 = counted.sha256
        let problem =
            expected == counted
            ? "the text is not what was exported: its SHA-256 is \(counted.sha256) and should be \(summary.sha256)"
            : "the counts do not add up: the last line says \(summary.json.text), and the archive holds \(counted.json.text)"
        try fail(problem + ". Its messages were imported all the same. Fetch the file again.")
    }

    /// Holds nothing back; looks whether the archive was read to its last line.
    func drain() throws(FormatError) -> MessageBatch? {
        if summary == nil && line > 1 {  // An empty file holds nothing.
            try fail("the archive ends after line \(line - 1) without its last line: it was cut off. Fetch the file again.")
        }
        return nil
    }

    private func fail(_ sentence: String) throws(FormatError) {
        guard toleratesGaps else { throw FormatError(sentence) }
        notes.append(sentence)
    }
}
