public import EventModel

/// Turns the records of another system's export into messages.
public protocol RecordTranslation: Sendable {
    /// The messages that one record tells of, in Segment's shape; none where it tells nothing of a person.
    ///
    /// They are checked by whoever decodes them, so a rule of `Message` need not be checked here a second time.
    /// - Throws: `FormatError` where the record makes no sense: what is wrong with it, and what to do. The whole record is refused.
    func messages(of record: JSONObject) throws(FormatError) -> [JSONObject]
}

/// Reads a file with one JSON object a line and lets each be translated. Confined to one thread.
///
/// Every message carries the number of its line; a line that is not JSON, no object, or refused by the translation is a reject.
public final class RecordReader<Translation: RecordTranslation>: EventReader {
    private let lines: LineReader
    private let translation: Translation

    /// Reads lines of at most `limits.longestLine` bytes.
    public init(_ translation: Translation, limits: FormatLimits) {
        (self.translation, lines) = (translation, LineReader(longestLine: limits.longestLine))
    }

    /// The messages of the next whole lines.
    public func read(_ bytes: UnsafeRawBufferPointer, atEnd: Bool) -> (batch: MessageBatch, consumed: Int) {
        let (whole, consumed) = lines.read(bytes, atEnd: atEnd)
        var batch = MessageBatch(firstLine: whole.firstLine)
        batch.rejects = whole.rejects
        batch.sourceLines = whole.sourceLines
        whole.text.withUnsafeBufferPointer { text in
            var (start, number) = (0, whole.firstLine)
            while start < whole.count {
                let end = text[start..<whole.count].firstIndex(of: UInt8(ascii: "\n")) ?? whole.count
                let hasReturn = end > start && text[end - 1] == UInt8(ascii: "\r")
                take(UnsafeBufferPointer(rebasing: text[start..<(hasReturn ? end - 1 : end)]), number, &batch)
                (start, number) = (end + 1, number + 1)
            }
        }
        batch.count = batch.text.count
        batch.text.append(contentsOf: repeatElement(0, count: MessageBatch.padding))
        return (batch, consumed)
    }

    private func take(_ line: UnsafeBufferPointer<UInt8>, _ number: Int, _ batch: inout MessageBatch) {
        if line.isEmpty { return }
        do throws(FormatError) {
            for message in try translation.messages(of: record(line)) {
                message.append(to: &batch.text)
                batch.text.append(UInt8(ascii: "\n"))
                batch.lineNumbers.append(number)
            }
        } catch {
            let text = String(decoding: line.prefix(Reject.longestText), as: UTF8.self)
            batch.rejects.append(Reject(line: number, reason: error.description, text: text))
        }
    }

    private func record(_ line: UnsafeBufferPointer<UInt8>) throws(FormatError) -> JSONObject {
        do throws(JSONError) {
            if let record = try JSONValue(parsing: line).asObject { return record }
        } catch { throw FormatError("The record is not JSON: \(error.description)") }
        throw FormatError("A record is a JSON object ({...}), and this is none. Write one object a line.")
    }
}
