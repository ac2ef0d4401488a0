import EventModel

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Takes a body apart into lines at the speed of a copy: simdjson checks the text, one walk over its bytes finds each message and the few
/// members that matter, and each line is the message's own bytes with those members put right.
///
/// Nothing is allocated for a message. What is odd (names with escapes, names given twice, numbers
/// beyond a float64) goes through `PlainSplitter`. Confined to one
/// task at a time.
// Sendable: a collector hands each to one task at a time, through the lock of its pool.
final class BatchSplitter: @unchecked Sendable {
    private let parser = BulkParser()
    private var marks: ContiguousArray<MessageMarks> = []
    private var edits: ContiguousArray<Edit> = []

    /// - Parameter count: Bytes of `body` that count; `MessageBatch.padding` more follow.
    func split(_ body: ContiguousArray<UInt8>, count: Int, _ collecting: Collecting) throws(HTTPFailure) -> SplitBody {
        let result: Result<SplitBody, HTTPFailure> = body.withUnsafeBufferPointer { buffer in
            precondition(buffer.count >= count + MessageBatch.padding, "a body needs room behind its text")
            let text = UnsafeBufferPointer(rebasing: buffer[..<count])
            do throws(HTTPFailure) { return .success(try split(text, collecting)) } catch { return .failure(error) }
        }
        return try result.get()
    }

    private func split(_ text: UnsafeBufferPointer<UInt8>, _ collecting: Collecting) throws(HTTPFailure) -> SplitBody {
        guard let base = text.baseAddress, parser.parse(text) != nil else { return try PlainSplitter.split(text, collecting) }
        let raw = RawJSON(base: base, end: text.count)
        let start = raw.pastSpace(0)
        // Of a byte order mark, which simdjson passes over, the plain decoder says what to do.
        if raw[start] == 0xEF { return try PlainSplitter.split(text, collecting) }
        guard raw[start] == UInt8(ascii: "{") else { throw Collecting.notAnObject }
        marks.removeAll(keepingCapacity: true)
        guard case .batch = collecting.call else {
            marks.append(MessageMarks(raw, at: start))
            try collecting.refuseLongSingle(marks[0].whole.count)
            return lines(raw, SharedMembers(), collecting)
        }
        guard let shared = walkBatch(raw, open: start) else { return try PlainSplitter.split(text, collecting) }
        guard shared.hasMessages else { throw Collecting.noBatch }
        for (name, value) in [("context", shared.context), ("integrations", shared.integrations)] {
            if let value, raw[value.lowerBound] != UInt8(ascii: "{") { throw Collecting.notMergeable(name) }
        }
        try collecting.refuseGrowth(messages: marks.count, sharedBytes: shared.bytes)
        return lines(raw, shared, collecting)
    }

    /// Walks over `{"batch":[...]}` and marks its messages; nil where a name is given twice or spelled with escapes.
    private func walkBatch(_ raw: RawJSON, open: Int) -> SharedMembers? {
        var shared = SharedMembers()
        var seen: UInt8 = 0
        var next = firstName(raw, raw.pastSpace(open + 1))
        while let (name, value) = next {
            if raw.hasEscape(name) { return nil }
            var bit: UInt8 = 0
            var end: Int?
            if raw.equals(name, "\"batch\"") {
                bit = 1
                if raw[value] == UInt8(ascii: "[") {
                    shared.hasMessages = true
                    end = markMessages(raw, open: value)
                }
            } else if raw.equals(name, "\"context\"") {
                bit = 2
            } else if raw.equals(name, "\"integrations\"") {
                bit = 4
            } else if raw.equals(name, "\"sentAt\"") {
                bit = 8
            } else if raw.equals(name, "\"writeKey\"") {
                bit = 16
            }
            if seen & bit != 0 { return nil }
            seen |= bit
            let past = end ?? raw.pastValue(value)
            if bit > 1, raw[value] != UInt8(ascii: "n") {
                switch bit {
                case 2: shared.context = value..<past
                case 4: shared.integrations = value..<past
                case 8: shared.sentAt = value..<past
                default: shared.writeKey = value..<past
                }
            }
            let comma = raw.pastSpace(past)
            next = raw[comma] == UInt8(ascii: ",") ? firstName(raw, raw.pastSpace(comma + 1)) : nil
        }
        // Names that are merged are compared byte by byte, so none may be spelled with escapes.
        for value in [shared.context, shared.integrations, shared.sentAt, shared.writeKey] {
            if let value, raw.hasEscape(value) { return nil }
        }
        return shared
    }

    /// The name that begins at `start` and where its value begins; nil at the end of the object.
    private func firstName(_ raw: RawJSON, _ start: Int) -> (name: Range<Int>, value: Int)? {
        guard raw[start] == UInt8(ascii: "\"") else { return nil }
        let end = raw.pastString(start)
        return (start..<end, raw.pastSpace(raw.pastSpace(end) + 1))
    }

    /// Marks every element of the array whose `[` stands at `open`; gives the place behind it.
    private func markMessages(_ raw: RawJSON, open: Int) -> Int {
        var at = raw.pastSpace(open + 1)
        while at < raw.end, raw[at] != UInt8(ascii: "]") {
            marks.append(MessageMarks(raw, at: at))
            at = raw.pastSpace(marks[marks.count - 1].whole.upperBound)
            if raw[at] == UInt8(ascii: ",") { at = raw.pastSpace(at + 1) }
        }
        return min(at + 1, raw.end)
    }

    // MARK: Lines

    /// Writes every marked message as one line.
    private func lines(_ raw: RawJSON, _ shared: SharedMembers, _ collecting: Collecting) -> SplitBody {
        var batch = MessageBatch()
        var out = ContiguousArray<UInt8>()
        // Times, an id and what the batch shares come on top; a little too much costs less than growing.
        out.reserveCapacity(raw.end + marks.count * (192 + shared.bytes) + MessageBatch.padding)
        let hasBreaks = memchr(raw.base, 10, raw.end) != nil || memchr(raw.base, 13, raw.end) != nil
        let writer = LineWriter(raw: raw, shared: shared, collecting: collecting)
        for index in marks.indices {
            let start = out.count
            let message = marks[index]
            if message.isOdd || writer.mergesOddly(message) {
                writer.appendPlainly(message.whole, to: &out)
            } else if message.isObject {
                writer.append(message, edits: &edits, to: &out)
            } else {
                out.append(contentsOf: raw.bytes(message.whole))
            }
            // Valid JSON holds line breaks between its words only, where a space says the same.
            if hasBreaks { for place in start..<out.count where out[place] == 10 || out[place] == 13 { out[place] = 32 } }
            if message.whole.count > collecting.longestMessage {
                batch.rejects.append(collecting.putAside(out[start...], number: index + 1, bytes: message.whole.count))
                out.removeLast(out.count - start)
            }
            out.append(10)
        }
        batch.count = out.count
        out.append(contentsOf: repeatElement(0, count: MessageBatch.padding))
        batch.text = out
        batch.sourceLines = marks.count
        return SplitBody(batch: batch, writeKey: key(raw, shared))
    }

    /// The write key of a batch, or of a message that was sent by itself.
    private func key(_ raw: RawJSON, _ shared: SharedMembers) -> String? {
        let value = shared.hasMessages ? shared.writeKey : marks.first?.writeKey?.value
        guard let value else { return nil }
        return (try? JSONValue(parsing: raw.bytes(value)))?.asString
    }
}

/// What a batch says once for all its messages; a null counts as absent.
struct SharedMembers {
    var hasMessages = false
    var context, integrations, sentAt, writeKey: Range<Int>?
    /// Bytes that a message may take from here.
    var bytes: Int { (context?.count ?? 0) + (integrations?.count ?? 0) + (sentAt?.count ?? 0) }
}
