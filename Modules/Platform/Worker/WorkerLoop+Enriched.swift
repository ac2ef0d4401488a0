import EventModel
import Storage

/// What became of a batch, and of what enrichers know of its people.
struct EnrichedOutcome {
    /// What became of the messages themselves: their senders are told of these alone.
    let own: DurableOutcome
    /// Every batch that was stored, in its order.
    let stored: [(batch: MessageBatch, outcome: DurableOutcome)]
}

extension WorkerLoop {
    /// Stores batches, each with what enrichers know of its people behind it. One disk sync makes all of it durable, before anything is
    /// acknowledged: no message is without its traits after a crash.
    ///
    /// An identify of an enricher that the store refuses is left out: what it says can be found out again, and the message counts.
    func append(_ batches: [EnrichedBatch]) throws(StoreError) -> [EnrichedOutcome] {
        let all = batches.flatMap { [$0.batch] + ($0.given.map { [$0] } ?? []) }
        let outcomes = try writer.appendDurably(all)
        var next = 0
        return batches.map { batch in
            let count = batch.given == nil ? 1 : 2
            defer { next += count }
            return EnrichedOutcome(own: outcomes[next], stored: (next..<(next + count)).map { (all[$0], outcomes[$0]) })
        }
    }
}
