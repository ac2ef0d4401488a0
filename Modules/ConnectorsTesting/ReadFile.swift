public import Connectors
public import EventModel

/// Everything that a format gave of one file, put together from its batches: what must not depend on how the bytes were cut.
public struct ReadFile: Sendable, Equatable {
    /// One line of text with the line of the source it came from.
    public struct Line: Sendable, Hashable {
        /// Line of the source, from 1; -1 where the batch's line numbers end before it.
        public var number: Int
        /// The line without its end.
        public var text: String

        /// Joins a line and its number.
        public init(number: Int, text: String) { (self.number, self.text) = (number, text) }
    }
    /// Every line that is not empty.
    public var lines: [Line] = []
    /// The records that were refused, batch after batch.
    public var rejects: [Reject] = []
    /// Sum of the batches' `sourceLines`.
    public var sourceLines = 0
    /// Sum of the batches' `skippedLines`.
    public var skippedLines = 0
    /// Batches that had less room behind their text than promised, or not one line number (or identifier) for each line of it. Whoever
    /// decodes a batch counts the lines that are empty, too.
    public var misshapenBatches = 0

    /// The texts of the lines.
    public var texts: [String] { lines.map(\.text) }

    /// Reads a file as an importer does: bytes come in pieces of `cut`, and what is not consumed comes again with more behind it.
    ///
    /// - Parameter cut: Bytes that come at a time; at least 1.
    public init(_ format: some EventFormat, _ bytes: [UInt8], limits: FormatLimits = FormatLimits(), cut: Int = 1 << 20) throws(FormatError)
    {
        let reader = format.makeReader(limits: limits)
        var (place, end) = (0, min(cut, bytes.count))
        while true {
            let atEnd = end == bytes.count
            var failure: FormatError?
            let answer = bytes.withUnsafeBytes { all -> (MessageBatch, Int)? in
                do throws(FormatError) {
                    return try reader.read(UnsafeRawBufferPointer(rebasing: all[place..<end]), atEnd: atEnd)
                } catch {
                    failure = error
                    return nil
                }
            }
            guard let (batch, consumed) = answer else { throw failure ?? FormatError("no answer") }
            take(batch)
            place += consumed
            if atEnd, place == end { break }
            if atEnd {
                guard consumed > 0 || batch.count > 0 else { throw FormatError("at the end \(end - place) bytes were left") }
            } else if consumed == 0 || place == end {
                end = min(bytes.count, end + cut)
            }
        }
        while let batch = try reader.drain() { take(batch) }
    }

    private mutating func take(_ batch: MessageBatch) {
        var texts = batch.text.prefix(batch.count).split(separator: 10, omittingEmptySubsequences: false)
        if texts.last?.isEmpty == true { texts.removeLast() }  // What follows the last line end is no line.
        var found: [Line] = []
        for (index, text) in texts.enumerated() {
            let text = text.last == 13 ? text.dropLast() : text
            guard !text.isEmpty else { continue }
            let number =
                batch.lineNumbers.isEmpty
                ? batch.firstLine + index : index < batch.lineNumbers.count ? batch.lineNumbers[index] : -1
            found.append(Line(number: number, text: String(decoding: text, as: UTF8.self)))
        }
        let fits = [batch.lineNumbers.count, batch.derivedIDs.count].allSatisfy { $0 == 0 || $0 == texts.count }
        let hasRoom = batch.count == 0 || batch.text.count >= batch.count + MessageBatch.padding
        if !fits || !hasRoom { misshapenBatches += 1 }
        lines += found
        rejects += batch.rejects
        sourceLines += batch.sourceLines
        skippedLines += batch.skippedLines
    }
}
