import Connectors
import EventModel

/// A reader of lines for the tests: small batches, long lines refused, and on demand everything held back to the end.
struct LinesFormat: EventFormat {
    static let name = "lines"
    static let summary = "Lines."
    var linesPerBatch = 10
    var holds = false

    init(settings: String?, settingsName: String) throws(FormatError) {}
    init(linesPerBatch: Int = 10, holds: Bool = false) { (self.linesPerBatch, self.holds) = (linesPerBatch, holds) }
    func makeReader(limits: FormatLimits) -> any EventReader { Reader(linesPerBatch, limits, holds) }

    final class Reader: EventReader {
        let holdsRecords: Bool
        private let linesPerBatch: Int
        private let limits: FormatLimits
        private var line = 1
        private var held = MessageBatch()

        init(_ linesPerBatch: Int, _ limits: FormatLimits, _ holds: Bool) {
            (self.linesPerBatch, self.limits, holdsRecords) = (linesPerBatch, limits, holds)
        }

        func read(_ bytes: UnsafeRawBufferPointer, atEnd: Bool) throws(FormatError) -> (batch: MessageBatch, consumed: Int) {
            var batch = MessageBatch(firstLine: line)
            var start = 0
            while batch.sourceLines < linesPerBatch, start < bytes.count {
                let rest = bytes[start...]
                let newline = rest.firstIndex(of: 10)
                if newline == nil && !atEnd { break }
                let text = rest[..<(newline ?? rest.endIndex)]
                if text.count > limits.longestLine {
                    if batch.count > 0 { break }
                    batch.rejects.append(
                        Reject(line: line, reason: "line \(line) is too long.", text: String(decoding: text.prefix(20), as: UTF8.self)))
                    (start, line, batch.sourceLines) = (newline.map { $0 + 1 } ?? bytes.count, line + 1, 1)
                    break
                }
                batch.text += ContiguousArray(text) + [10]
                batch.lineNumbers.append(line)
                (start, line, batch.sourceLines) = (newline.map { $0 + 1 } ?? bytes.count, line + 1, batch.sourceLines + 1)
            }
            batch.count = batch.text.count
            if holds(&batch) { return (batch, start) }
            batch.lineNumbers = []
            batch.text += ContiguousArray(repeating: 0, count: MessageBatch.padding)
            return (batch, start)
        }

        private func holds(_ batch: inout MessageBatch) -> Bool {
            guard holdsRecords else { return false }
            held.text += batch.text
            held.lineNumbers += batch.lineNumbers
            (batch.text, batch.count, batch.lineNumbers) = ([], 0, [])
            return true
        }

        func drain() throws(FormatError) -> MessageBatch? {
            guard holdsRecords, !held.text.isEmpty else { return nil }
            var batch = held
            held = MessageBatch()
            batch.count = batch.text.count
            batch.text += ContiguousArray(repeating: 0, count: MessageBatch.padding)
            return batch
        }
    }
}
