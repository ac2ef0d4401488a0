public import Connectors
import EventModel
import Foundation
import Synchronization

/// A message that is told from others by its number, of one of 97 people.
public func line(_ number: Int) -> String {
    #"{"type":"track","event":"Sold","userId":"u\#(number % 97)","messageId":"m\#(number)","timestamp":"2026-06-01T00:00:00Z"}"#
}

/// The lines of a batch.
public func lines(_ batch: SourceBatch) -> [String] {
    batch.messages.text.prefix(batch.messages.count).split(separator: 10).map { String(decoding: $0, as: UTF8.self) }
}

/// All batches up to the end.
public func read(_ source: some Source, after checkpoint: Checkpoint? = nil) async throws -> [SourceBatch] {
    var all: [SourceBatch] = []
    for try await batch in source.batches(after: checkpoint) { all.append(batch) }
    return all
}

/// Counts what several tasks meet.
public final class Counter: Sendable {
    private let count = Mutex(0)

    /// Begins at 0.
    public init() {}

    /// The number of this one, from 1.
    public func next() -> Int {
        count.withLock { count in
            count += 1
            return count
        }
    }

    /// How many there were.
    public var value: Int { count.withLock { $0 } }
}
