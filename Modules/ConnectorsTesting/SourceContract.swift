public import Connectors
import EventModel
public import EventModelTesting

/// The promises that every source keeps.
public enum SourceContract: CaseIterable, Sendable {
    /// Every record of the other side comes, as a message or as a reject with its reason.
    case givesEveryRecord
    /// A second reading from the first gives what the first gave.
    case repeatsItself
    /// From every checkpoint that it gave, it goes on with what followed; where its batches can be cut (`CutSource`), from those between,
    /// too: a batch then ends where it is full.
    case resumesAnywhere
    /// Batches and positions are no larger than they may be, and batches have the room behind their text.
    case keepsItsBounds
    /// Nothing comes any more once the task that reads it is cancelled, and the reading ends.
    case endsWhenCancelled
    /// Looking at the other side gives a sentence and takes nothing: a reading behind it gives everything.
    case probesQuietly

    /// What is thrown where a promise is not kept.
    public typealias Broken = BrokenPromise<SourceContract>

    /// What is thrown where a source gave nothing: no promise is broken, and none can be tried.
    public struct NothingGiven: Error, CustomStringConvertible {
        public var description: String { "nothing was given, so nothing could be checked" }
    }

    /// Reads a source that has an end, and throws `Broken` at the first batch that breaks this promise, `NothingGiven` where nothing came; an
    /// error of the source as it is.
    ///
    /// - Parameter records: How many records the other side has; at least 1.
    /// - Parameter checkpoints: Of these at most so many are gone on from, spread evenly: reading costs their number times the records.
    /// - Parameter page: Records between two positions, at most: a cut batch may have so many more. Usually those that one record of the other
    ///   side becomes; more where positions lie only behind pages.
    public func verify(_ source: some Source, records: Int, checkpoints: Int = 50, page: Int = SourceContract.usualPage) async throws {
        let all = try await read(source, after: nil)
        let given = Records(all)
        if given.count == 0 { throw NothingGiven() }
        switch self {
        case .givesEveryRecord:
            if given.count != records { throw broken("\(given.count) records came of \(records)") }
        case .repeatsItself:
            let again = Records(try await read(source, after: nil))
            if let difference = again.difference(from: given) { throw broken("in the second reading from the first, \(difference)") }
        case .resumesAnywhere:
            for index in stride(from: 0, to: all.count, by: max(1, all.count / checkpoints)) {
                let rest = Records(try await read(source, after: all[index].checkpoint))
                if let difference = rest.difference(from: Records(all[(index + 1)...])) {
                    throw broken("behind the position `\(all[index].checkpoint.position.prefix(200))` (batch \(index + 1)), \(difference)")
                }
            }
            if let source = source as? any CutSource { try await verifyCut(source, given, page) }
        case .keepsItsBounds:
            for (index, batch) in all.enumerated() where !batch.isBounded {
                throw broken("batch \(index + 1) is too large, or has no room behind its text")
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
            if came > 1 { throw broken("\(came - 1) batches came after the task was cancelled") }
        case .probesQuietly:
            if try await source.probe().isEmpty { throw broken("it says nothing") }
            let behind = Records(try await read(source, after: nil))
            if let difference = behind.difference(from: given) { throw broken("in a reading behind a probe, \(difference)") }
        }
    }

    /// What one record of the other side becomes at most, where nobody says otherwise.
    public static let usualPage = 10

    private func broken(_ place: String) -> Broken { Broken(promise: self, place: place) }

    /// Reads in batches of few records, each of which goes on from the position before it, and holds that against whole ones.
    private func verifyCut(_ source: some CutSource, _ given: Records, _ page: Int) async throws {
        for records in Self.cuts {
            let full = "where a batch is full after \(records) \(records == 1 ? "record" : "records")"
            var (pieces, isWhole): ([Piece], Bool) = ([], true)
            for try await batch in source.cut(after: records).batches(after: nil) {
                let piece = Piece(batch)
                if piece.count > records + page {
                    throw broken(
                        "\(full), batch \(pieces.count + 1) has \(piece.count): nobody sees whether the positions between them are right. "
                            + "End it when it is told to be full; where positions lie only behind pages, say how many records these have "
                            + "(now \(page))")
                }
                pieces.append(piece)
                if pieces.count == Self.mostCutBatches {
                    isWhole = false
                    break
                }
            }
            if let difference = Records(pieces).difference(from: given, isWhole: isWhole) {
                throw broken("\(full), \(difference)")
            }
        }
    }

    private static let cuts = [1, 2, 7, 60]
    /// Reading costs a call for each.
    private static let mostCutBatches = 200

    /// What several batches held. How messages stand to rejects depends on where batches are cut, which is no promise.
    private struct Records: Equatable {
        var lines: [String]
        var rejects: [String]

        init(_ pieces: some Sequence<Piece>) {
            lines = pieces.flatMap(\.lines)
            rejects = pieces.flatMap(\.rejects)
        }

        var count: Int { lines.count + rejects.count }

        /// What came, and what was expected in its place; nil where they are the same.
        ///
        /// - Parameter isWhole: Whether all that was expected had to come.
        func difference(from expected: Records, isWhole: Bool = true) -> String? {
            let counts = isWhole ? " (\(count) records in all, of \(expected.count))" : ""
            for (came, wanted) in [(lines, expected.lines), (rejects, expected.rejects)] {
                for (index, line) in came.enumerated() where !wanted.indices.contains(index) || wanted[index] != line {
                    let rather = wanted.indices.contains(index) ? "\(Self.shown(wanted[index])) was expected" : "nothing more was expected"
                    return "\(Self.shown(line)) came where \(rather)\(counts)"
                }
                if isWhole, came.count < wanted.count {
                    return "nothing more came where \(Self.shown(wanted[came.count])) was expected\(counts)"
                }
            }
            return nil
        }

        /// The id of a message, or the beginning of what has none.
        private static func shown(_ line: String) -> String {
            if let id = (try? JSONValue(parsing: line))?.asObject?["messageId"]?.asString { return "`\(id.prefix(100))`" }
            return "`\(line.prefix(80))`"
        }
    }

    /// What a batch held.
    private struct Piece {
        var lines: [String]
        var rejects: [String]
        var checkpoint: Checkpoint
        var isBounded: Bool
        var count: Int { lines.count + rejects.count }

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
