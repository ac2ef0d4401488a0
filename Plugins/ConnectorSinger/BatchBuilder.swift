import Connectors
import EventModel

/// Gathers messages and rejects, and cuts them into batches at the states of the tap.
struct BatchBuilder {
    /// Counts of what was gathered, up to some line.
    private struct Mark {
        var bytes = 0
        var messages = 0
        var rejects = 0
        var lines = 0
        var skipped = 0
        var newest: Instant?
    }
    private var text: ContiguousArray<UInt8> = []
    private var lineNumbers: [Int] = []
    private var rejects: [Reject] = []
    private var rejectBytes = 0
    private var present = Mark()
    /// What stands before the last state.
    private var covered: Mark?
    private var state: Checkpoint
    private var isStateNew = false
    /// Whole batches that wait to be asked for.
    private var ready: [SourceBatch] = []

    /// Bytes of a batch that does not wait for a state any more.
    private static let usualBytes = 2 << 20

    /// - Parameter state: Where the tap began.
    init(after state: Checkpoint) { self.state = state }

    /// The next batch; nil where none is ready.
    mutating func next() -> SourceBatch? { ready.isEmpty ? nil : ready.removeFirst() }

    /// Whether there is one.
    var isReady: Bool { !ready.isEmpty }

    /// Adds the messages of one record.
    ///
    /// - Returns: False where they are too large for a batch.
    mutating func add(_ messages: [JSONObject], line: Int, at time: Instant) -> Bool {
        var bytes = ContiguousArray<UInt8>()
        for message in messages {
            message.append(to: &bytes)
            bytes.append(UInt8(ascii: "\n"))
        }
        guard bytes.count <= SourceBatch.mostBytes else { return false }
        if text.count + bytes.count > SourceBatch.mostBytes { cutAll() }
        text += bytes
        lineNumbers += messages.map { _ in line }
        present.lines += 1
        if messages.isEmpty { present.skipped += 1 } else { present.newest = max(present.newest ?? time, time) }
        count()
        return true
    }

    /// Adds a record that cannot become a message.
    mutating func reject(_ line: Int, _ reason: String, _ record: [UInt8]) {
        let text = String(decoding: record.prefix(Reject.longestText), as: UTF8.self)
        rejects.append(Reject(line: line, reason: reason, text: text))
        rejectBytes += text.utf8.count
        present.lines += 1
        count()
    }

    /// The tap goes on here the next time; everything so far came before.
    mutating func reach(_ state: Checkpoint) {
        if state != self.state { (self.state, isStateNew) = (state, true) }
        covered = present
    }

    /// Cuts a batch where the last state covers something, as what was read so far has been looked through.
    mutating func settle() {
        if let covered, covered.lines > 0 || isStateNew { cut(covered) } else if isFull { cutAll() }
    }

    /// Cuts a batch of everything, since nothing more comes: what no state covers is read again the next time.
    mutating func cutAll() { if present.lines > 0 || isStateNew { cut(present) } }

    private var isFull: Bool { text.count + rejectBytes >= Self.usualBytes }

    private mutating func count() { (present.bytes, present.messages, present.rejects) = (text.count, lineNumbers.count, rejects.count) }

    private mutating func cut(_ mark: Mark) {
        var batch = MessageBatch(firstLine: lineNumbers.first ?? 1)
        batch.text = ContiguousArray(text[..<mark.bytes])
        batch.text.append(contentsOf: repeatElement(0, count: MessageBatch.padding))
        batch.count = mark.bytes
        batch.lineNumbers = Array(lineNumbers[..<mark.messages])
        batch.rejects = Array(rejects[..<mark.rejects])
        (batch.sourceLines, batch.skippedLines) = (mark.lines, mark.skipped)
        ready.append(SourceBatch(batch, then: state, newest: mark.newest))
        text.removeFirst(mark.bytes)
        lineNumbers.removeFirst(mark.messages)
        rejects.removeFirst(mark.rejects)
        rejectBytes = rejects.reduce(0) { $0 + $1.text.utf8.count }
        present = Mark(
            lines: present.lines - mark.lines, skipped: present.skipped - mark.skipped,
            newest: present.lines > mark.lines ? present.newest : nil)
        count()
        (covered, isStateNew) = (nil, false)
    }
}
