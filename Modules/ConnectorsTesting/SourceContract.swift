public import Connectors
import EventModel
public import EventModelTesting

/// The promises that every source keeps.
public enum SourceContract: CaseIterable, Sendable {
    /// Every record of the other side comes, as a message or as a reject with its reason.
    case givesEveryRecord
    /// A second reading from the first gives what the first gave.
    case repeatsItself
    /// From every checkpoint that it gave, it goes on with what followed.
    case resumesAnywhere
    /// Batches and positions are no larger than they may be, and batches have the room behind their text.
    case keepsItsBounds
    /// Nothing comes any more once the task that reads it is cancelled, and the reading ends.
    case endsWhenCancelled

    /// What is thrown where a promise is not kept.
    public typealias Broken = BrokenPromise<SourceContract>

    /// Reads a source that has an end, and throws `Broken` at the first batch that breaks this promise; an error of the source as it is.
    ///
    /// - Parameter records: How many records the other side has; at least 1.
    /// - Parameter checkpoints: Of these at most so many are gone on from, spread evenly: reading costs their number times the records.
    public func verify(_ source: some Source, records: Int, checkpoints: Int = 50) async throws {
        let all = try await read(source, after: nil)
        let given = Records(all)
        if given.count == 0 { throw Broken(promise: self, place: "nothing was given, so nothing was checked") }
        switch self {
        case .givesEveryRecord:
            if given.count != records { throw Broken(promise: self, place: "\(given.count) records came of \(records)") }
        case .repeatsItself:
            let again = Records(try await read(source, after: nil))
            if again != given {
                throw Broken(promise: self, place: "the second reading gave \(again.count) records, not the same \(given.count)")
            }
        case .resumesAnywhere:
            for index in stride(from: 0, to: all.count, by: max(1, all.count / checkpoints)) {
                let rest = Records(try await read(source, after: all[index].checkpoint))
                if rest != Records(all[(index + 1)...]) {
                    throw Broken(promise: self, place: "after batch \(index), at \(all[index].checkpoint.position.prefix(200))")
                }
            }
        case .keepsItsBounds:
            for (index, batch) in all.enumerated() where !batch.isBounded {
                throw Broken(promise: self, place: "batch \(index) is too large, or has no room behind its text")
            }
        case .endsWhenCancelled:
            let came = try await Task {
                var came = 0
                for try await _ in source.batches(after: nil) {
                    came += 1
                    withUnsafeCurrentTask { $0?.cancel() }
                }
                return came
            }.value
            if came > 1 { throw Broken(promise: self, place: "\(came - 1) batches came after the task was cancelled") }
        }
    }

    /// What several batches held. How messages stand to rejects depends on where batches are cut, which is no promise.
    private struct Records: Equatable {
        var lines: [String]
        var rejects: [String]

        init(_ pieces: some Sequence<Piece>) {
            lines = pieces.flatMap(\.lines)
            rejects = pieces.flatMap(\.rejects)
        }

        var count: Int { lines.count + rejects.count }
    }

    /// What a batch held.
    private struct Piece {
        var lines: [String]
        var rejects: [String]
        var checkpoint: Checkpoint
        var isBounded: Bool

        init(_ batch: SourceBatch) {
            let messages = batch.messages
            lines = messages.text.prefix(messages.count).split(separator: 10).map { String(decoding: $0, as: UTF8.self) }
            rejects = messages.rejects.map { "\($0.reason) \($0.text)" }
            checkpoint = batch.checkpoint
            isBounded =
                messages.count <= SourceBatch.mostBytes && checkpoint.position.utf8.count <= Checkpoint.longestPosition
                && (messages.count == 0 || messages.text.count >= messages.count + MessageBatch.padding)
        }
    }

    private func read(_ source: some Source, after start: Checkpoint?) async throws -> [Piece] {
        var pieces: [Piece] = []
        for try await batch in source.batches(after: start) { pieces.append(Piece(batch)) }
        return pieces
    }
}
