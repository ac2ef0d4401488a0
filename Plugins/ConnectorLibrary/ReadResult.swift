import Connectors
import EventModel

/// What one call of `read` gave.
struct ReadResult: Sendable {
    /// How the call ended.
    enum Progress: UInt8, Sendable { case more, idle, end }
    /// A record that cannot become a message, and why.
    struct Rejected: Sendable, Hashable {
        var record: [UInt8]
        var reason: String
    }
    /// Messages, one a line.
    var text: ContiguousArray<UInt8> = []
    var lines = 0
    var rejects: [Rejected] = []
    /// Where to go on; nil: it did not get further.
    var position: Checkpoint?
    var progress = Progress.idle

    /// As the platform takes it, behind a position.
    func batch(then position: Checkpoint) -> SourceBatch {
        var batch = MessageBatch()
        batch.count = text.count
        batch.text = text
        batch.text.append(contentsOf: repeatElement(0, count: MessageBatch.padding))
        (batch.sourceLines, batch.lineNumbers) = (lines + rejects.count, Array(1...max(1, lines)).prefix(lines).map { $0 })
        batch.rejects = rejects.enumerated().map { index, reject in
            Reject(
                line: lines + index + 1, reason: reject.reason,
                text: String(decoding: reject.record.prefix(Reject.longestText), as: UTF8.self))
        }
        return SourceBatch(batch, then: position)
    }
}
