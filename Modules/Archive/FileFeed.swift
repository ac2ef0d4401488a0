import Connectors
import EventModel
import Foundation

/// One file on its way to becoming batches: inflated, cut into records by its format, without the lines that are done already.
///
/// The same file gives the same batches on every machine and with any number of threads: the buffer is filled to the brim each time.
final class FileFeed {
    let inflater: InflatingReader
    let reader: any EventReader
    /// Lines of the file in the batches given so far, and in those that were dropped.
    private(set) var lines = 0
    private let doneLines: Int
    private var droppedSkips = 0
    private let longestBuffer: Int
    private var buffer: UnsafeMutableRawBufferPointer
    private var start = 0
    private var end = 0
    private var inflated = false
    private var wasRead = false
    private var wantsMore = true
    private var drained = false
    private var failure: ArchiveError?

    /// Text handed to the format at a time; fits a core's cache together with what inflating it needs.
    private static let bufferBytes = (1 << 20) + (64 << 10)

    /// - Parameter doneLines: Lines that an earlier run has stored. Not heeded where the reader holds records back.
    init(path: String, format: any EventFormat, options: ImportOptions, doneLines: Int) throws(ArchiveError) {
        inflater = try InflatingReader(path: path, options: options.inflate)
        reader = format.makeReader(limits: options.limits)
        self.doneLines = reader.holdsRecords ? 0 : doneLines
        longestBuffer = max(options.limits.longestLine, 1 << 20) * 2 + (64 << 20)
        buffer = .allocate(byteCount: FileFeed.bufferBytes, alignment: 64)
    }

    deinit { buffer.deallocate() }

    /// The next batch that holds anything; nil at the end of the file.
    func next() throws(ArchiveError) -> MessageBatch? {
        while let batch = try nextOfAll() {
            let before = lines
            lines += batch.sourceLines
            if lines <= doneLines && batch.sourceLines > 0 {
                droppedSkips += batch.skippedLines
                continue
            }
            if before < doneLines { return counted(batch.dropping(lines: doneLines - before)) }
            if batch.count > 0 || batch.sourceLines > 0 || !batch.rejects.isEmpty { return counted(batch) }
        }
        return nil
    }

    /// Rows that the mapping passed over count with the next batch where theirs was dropped.
    private func counted(_ batch: MessageBatch) -> MessageBatch {
        var batch = batch
        batch.skippedLines += droppedSkips
        droppedSkips = 0
        return batch
    }

    private func nextOfAll() throws(ArchiveError) -> MessageBatch? {
        while true {
            if drained { return nil }
            if !inflated && wantsMore { try fill() }
            if wasRead && inflated && start == end {
                guard let batch = try translating({ () throws(FormatError) in try reader.drain() }) else {
                    drained = true
                    return nil
                }
                return batch
            }
            let atEnd = inflated && failure == nil
            let bytes = UnsafeRawBufferPointer(rebasing: buffer[start..<end])
            let (batch, consumed) = try translating { () throws(FormatError) in try reader.read(bytes, atEnd: atEnd) }
            start += consumed
            wantsMore = consumed == 0 || end - start < buffer.count / 2
            wasRead = atEnd
            let isEmpty = batch.count == 0 && batch.sourceLines == 0 && batch.rejects.isEmpty
            if consumed == 0 && isEmpty {
                if inflated, let failure { throw failure }
                if atEnd && start < end {
                    throw ArchiveError(
                        .format, "\(inflater.name): the format left the last \(end - start) bytes of the file unread. Check the file's end."
                    )
                }
                if !inflated && start == 0 && end == buffer.count { try grow() }
            }
            if !isEmpty { return batch }
        }
    }

    /// Fills the buffer behind the bytes that the reader left.
    private func fill() throws(ArchiveError) {
        if start > 0 {
            if let base = buffer.baseAddress { memmove(base, base + start, end - start) }
            (start, end) = (0, end - start)
        }
        while end < buffer.count {
            do {
                let count = try inflater.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[end...]))
                end += count
                if count > 0 { continue }
            } catch {
                failure = error  // Whole records before it are given first.
            }
            inflated = true
            return
        }
    }

    private func grow() throws(ArchiveError) {
        guard buffer.count < longestBuffer else {
            throw ArchiveError(
                .limit,
                "\(inflater.name): a record goes on for more than \(buffer.count) bytes. Check the file's format, or raise --max-line.")
        }
        let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: buffer.count * 2, alignment: 64)
        larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[..<end]))
        buffer.deallocate()
        buffer = larger
    }

    private func translating<T>(_ body: () throws(FormatError) -> T) throws(ArchiveError) -> T {
        do { return try body() } catch { throw ArchiveError(.format, "\(inflater.name): \(error.description)") }
    }
}

extension MessageBatch {
    /// The batch without its first lines. A batch that names its lines one by one is left whole: what comes twice is a duplicate.
    func dropping(lines: Int) -> MessageBatch {
        guard lineNumbers.isEmpty, lines > 0 else { return self }
        var rest = MessageBatch(firstLine: firstLine + lines)
        var start = 0
        var left = lines
        text.withUnsafeBufferPointer { text in
            while left > 0 && start < count {
                if text[start] == 10 { left -= 1 }
                start += 1
            }
        }
        rest.text = ContiguousArray(text[start...])
        rest.count = count - start
        rest.derivedIDs = Array(derivedIDs.dropFirst(lines))
        rest.rejects = rejects.filter { $0.line >= rest.firstLine }
        rest.sourceLines = sourceLines - lines
        rest.skippedLines = skippedLines
        return rest
    }
}
