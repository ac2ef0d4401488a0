import Archive
import Connectors
import EventModel
import Synchronization

/// What one process reads from standard input: how far it is, and what it gave last, whoever asks.
///
/// Bytes of a pipe come once. What was taken of them and may not be stored yet therefore lies here, and not with whoever reads: he may begin
/// again after an error, or be another one because the settings changed.
final class StandardInput: Sendable {
    /// The one of this process.
    static let own = StandardInput(descriptor: 0)
    /// How it is written as a path.
    static let paths = ["-", "/dev/stdin"]
    static let name = "standard input"

    /// Somebody who reads: no second one does as long as this is alive.
    final class Reader: Sendable {}

    private struct Claim {
        weak var reader: Reader?
    }

    fileprivate struct State {
        let text: PipeText
        var cursor: FileCursor?
        var position: FilesPosition
        /// The last batch, until another position than the one before it is asked for.
        var given: SourceBatch?
    }
    private let queue = BlockingQueue("files")
    private let claim = Mutex(Claim())
    /// Only the queue locks it, and holds it while it waits for bytes.
    private let state: Mutex<State>

    /// - Parameter descriptor: Stays open.
    init(descriptor: Int32) {
        // A number that no other process draws: a kept position of an earlier input is none of this one.
        let number = UInt64.random(in: 1...UInt64.max)
        var position = FilesPosition()
        position.files["-"] = .init(number: number, size: FilesPosition.unfinished, text: 0, isDone: false)
        state = Mutex(State(text: PipeText(descriptor: descriptor, name: Self.name), position: position))
    }

    /// The batch behind a position: the last one again where that is not the position behind it; nil at the end, or when the task is cancelled.
    ///
    /// - Parameter formats: Heeded by the first reading: what begins in one format goes on in it.
    func next(after checkpoint: Checkpoint?, for reader: Reader, _ formats: FileFormats) async throws(ConnectorError) -> SourceBatch? {
        try take(reader)
        return try await queue.run { cancellation throws(ConnectorError) in
            try self.state.withLock { state throws(ConnectorError) in try state.next(after: checkpoint, formats, cancellation) }
        }
    }

    private func take(_ reader: Reader) throws(ConnectorError) {
        let isFree = claim.withLock { claim in
            if claim.reader == nil { claim.reader = reader }
            return claim.reader === reader
        }
        if isFree { return }
        throw ConnectorError(
            .retry(after: nil), at: Self.name, "another connector reads it",
            remedy: "Let one connector have the path `-`; the rest of the input is read by whoever comes when that one has ended.")
    }
}

extension StandardInput.State {
    fileprivate mutating func next(
        after checkpoint: Checkpoint?, _ formats: FileFormats, _ cancellation: Cancellation
    ) throws(ConnectorError) -> SourceBatch? {
        if cancellation.hasHappened { return nil }
        if let given, given.checkpoint != checkpoint { return given }
        given = nil
        let cursor: FileCursor
        if let open = self.cursor { cursor = open } else { cursor = try FileCursor(text, formats) }
        self.cursor = cursor
        text.cancellation = cancellation
        do throws(ConnectorError) {
            while !cancellation.hasHappened {
                let isWhole = text.isEnded
                if let messages = try cursor.next(isWhole: isWhole) {
                    position.files["-"]?.text += 1
                    let batch = SourceBatch(messages, then: position.checkpoint)
                    given = batch
                    return batch
                }
                if isWhole { return nil }
                try text.wait()
            }
        } catch { if !cancellation.hasHappened { throw error } }
        return nil
    }
}
