public import EventModel
import Foundation

/// Cuts a file into batches of whole lines, a chunk at a time: one search for the last newline, one pass that counts newlines, one copy.
///
/// Lines are measured one by one only where a chunk is longer than the longest line allowed. Confined to one thread.
public final class LineReader: EventReader {
    /// Bytes of a batch where lines are ordinary: large enough that a call costs nothing, small enough for a core's cache.
    static let batchBytes = 1 << 20

    private let longestLine: Int
    /// Number of the next line.
    private var line = 1
    private var atStart = true
    /// The first bytes of an over-long line whose end has not come yet.
    private var overlong: [UInt8]?
    private var overlongBytes = 0

    /// - Parameter longestLine: Bytes of the longest line that is taken, its end not counted; a longer one is a reject.
    public init(longestLine: Int) { self.longestLine = max(1, longestLine) }

    /// The next whole lines, as they stand in the file, or the reject of one that is too long.
    public func read(_ bytes: UnsafeRawBufferPointer, atEnd: Bool) -> (batch: MessageBatch, consumed: Int) {
        var start = 0
        if atStart {
            let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
            if bytes.count < mark.count, !atEnd, mark.starts(with: bytes) { return (MessageBatch(firstLine: line), 0) }
            if bytes.starts(with: mark) { start = mark.count }
            if start < bytes.count { atStart = false }
        }
        let rest = UnsafeRawBufferPointer(rebasing: bytes[start...])
        let (batch, consumed) = overlong == nil ? lines(rest, atEnd: atEnd) : skip(rest, atEnd: atEnd)
        // A mark alone stays unconsumed, so that it is recognised again with what follows it.
        return (batch, consumed == 0 && !atEnd ? (atStart ? 0 : start) : start + consumed)
    }

    /// A batch of the whole lines at the head of `bytes`, or the reject of an over-long one.
    private func lines(_ bytes: UnsafeRawBufferPointer, atEnd: Bool) -> (MessageBatch, Int) {
        guard var end = endOfWholeLines(bytes, atEnd: atEnd) else {
            // No newline so far. Past the limit the line is given up and its bytes are let go as they come.
            guard bytes.count > longestLine else { return (MessageBatch(firstLine: line), 0) }
            overlong = []
            overlongBytes = 0
            return skip(bytes, atEnd: atEnd)
        }
        if end > longestLine, let bad = firstOverlongLine(bytes, end: end) {
            if bad == 0 {
                overlong = []
                overlongBytes = 0
                return skip(bytes, atEnd: atEnd)
            }
            end = bad
        }
        var batch = MessageBatch(firstLine: line)
        batch.text = padded(bytes, count: end)
        batch.count = end
        batch.sourceLines = countNewlines(bytes, count: end) + (end > 0 && bytes[end - 1] != 10 ? 1 : 0)
        line += batch.sourceLines
        return (batch, end)
    }

    /// Where the batch ends: behind the last newline within `batchBytes`, else behind the first one at all; nil when there is none.
    private func endOfWholeLines(_ bytes: UnsafeRawBufferPointer, atEnd: Bool) -> Int? {
        if atEnd, bytes.count <= Self.batchBytes { return bytes.count }
        var index = min(bytes.count, Self.batchBytes)
        while index > 0 {
            if bytes[index - 1] == 10 { return index }
            index -= 1
        }
        if bytes.count > Self.batchBytes, let next = newline(bytes, from: Self.batchBytes) { return next + 1 }
        return atEnd ? bytes.count : nil
    }

    /// Start of the first line longer than allowed, its end not counted.
    private func firstOverlongLine(_ bytes: UnsafeRawBufferPointer, end: Int) -> Int? {
        var start = 0
        while start < end {
            let next = newline(bytes, from: start).map { min($0, end) } ?? end
            if next - start > longestLine { return start }
            start = next + 1
        }
        return nil
    }

    /// Lets the bytes of an over-long line go; gives its reject once its end has come.
    private func skip(_ bytes: UnsafeRawBufferPointer, atEnd: Bool) -> (MessageBatch, Int) {
        let end = newline(bytes, from: 0)
        let part = bytes[..<(end ?? bytes.count)]
        overlongBytes += part.count
        let room = Reject.longestText - (overlong?.count ?? 0)
        overlong?.append(contentsOf: part.prefix(room))
        var batch = MessageBatch(firstLine: line)
        guard end != nil || atEnd else { return (batch, bytes.count) }
        let reason =
            "line \(line) is \(overlongBytes) bytes long, and \(longestLine) are allowed. Shorten it, or allow longer lines with --max-line."
        batch.rejects = [Reject(line: line, reason: reason, text: String(decoding: overlong ?? [], as: UTF8.self))]
        batch.sourceLines = 1
        line += 1
        overlong = nil
        return (batch, end.map { $0 + 1 } ?? bytes.count)
    }
}

/// Index of the first newline at or behind `start`; nil when there is none.
private func newline(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
    guard let base = bytes.baseAddress, start < bytes.count else { return nil }
    return memchr(base + start, 10, bytes.count - start).map { UnsafeRawPointer($0) - base }
}

/// How many of the first `count` bytes are newlines: eight bytes a step, 255 steps before the eight small sums are added up.
private func countNewlines(_ bytes: UnsafeRawBufferPointer, count: Int) -> Int {
    guard let base = bytes.baseAddress else { return 0 }
    let (ones, low): (UInt64, UInt64) = (0x0101_0101_0101_0101, 0x7F7F_7F7F_7F7F_7F7F)
    var total = 0
    var index = 0
    while index + 8 <= count {
        var sums: UInt64 = 0
        let steps = min(255, (count - index) / 8)
        for step in 0..<steps {
            let other = (base + index + step * 8).loadUnaligned(as: UInt64.self) ^ (ones &* 10)
            sums &+= (~(((other & low) &+ low) | other) >> 7) & ones  // 1 in every byte that was a newline.
        }
        index += steps * 8
        let pairs = (sums & 0x00FF_00FF_00FF_00FF) &+ ((sums >> 8) & 0x00FF_00FF_00FF_00FF)
        total += Int((pairs &* 0x0001_0001_0001_0001) >> 48)
    }
    while index < count {
        if base.load(fromByteOffset: index, as: UInt8.self) == 10 { total += 1 }
        index += 1
    }
    return total
}

/// A copy of the first `count` bytes with the room that decoders may read.
private func padded(_ bytes: UnsafeRawBufferPointer, count: Int) -> ContiguousArray<UInt8> {
    ContiguousArray(unsafeUninitializedCapacity: count + MessageBatch.padding) { buffer, filled in
        let target = UnsafeMutableRawBufferPointer(buffer)
        target.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<count]))
        if let base = target.baseAddress { memset(base + count, 0, MessageBatch.padding) }
        filled = count + MessageBatch.padding
    }
}
