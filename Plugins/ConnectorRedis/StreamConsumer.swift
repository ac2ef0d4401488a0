import Connectors
import EventModel

/// A client that reads: where each stream goes on, and the entries that wait to be given. Confined to its queue.
final class StreamConsumer: RecordConsumer {
    let plan: StreamReadingPlan
    var connection: RedisConnection
    /// Where each stream's next answer goes on; with a group, that knows.
    var fetched: [StreamID]
    /// The last entry of each stream that was given.
    private var given: [StreamID]
    /// Nil: it reads on its own.
    var group: StreamGroup?
    /// Fetched and not given yet, the first one first.
    private(set) var waiting: [StreamEntry] = []
    private var waitingBytes = 0
    /// Entries that are asked for at once.
    var count = firstCount
    /// Whether the last answer had no entry.
    var isDry = false
    /// Whether nothing is kept of where it begins, and that is not what the next one would choose.
    private var isAdrift: Bool
    private var nextLook = ContinuousClock.now + lookInterval
    /// What went wrong while nobody asked.
    private var failure: ConnectorError?

    /// Entries that are asked for first, before it is known how large they are.
    private static let firstCount = 100
    /// How long it waits for an entry.
    private static let idleWait = Duration.seconds(1)
    /// How long a batch that has begun waits for more.
    private static let linger = Duration.milliseconds(10)
    /// How often it is looked, where nothing comes, whether streams are those that were read.
    private static let lookInterval = Duration.seconds(5)

    /// Connects and finds out where to begin.
    init(_ plan: StreamReadingPlan, after checkpoint: Checkpoint?) throws(ConnectorError) {
        self.plan = plan
        let kept = try StreamPosition(checkpoint, streams: plan.streams).last
        connection = try RedisConnection(plan.address)
        let startsLatest = plan.startsLatest && checkpoint == nil
        isAdrift = startsLatest && plan.membership == nil
        fetched = kept.map { $0 ?? .zero }
        given = fetched
        if let membership = plan.membership {
            group = try StreamGroup(membership, plan.streams, connection, kept: kept, startsLatest: startsLatest)
        } else if startsLatest {
            for (place, stream) in plan.streams.enumerated() { fetched[place] = try connection.state(of: stream)?.last ?? .zero }
        } else {
            try lookForOthers()
        }
        given = fetched
    }

    /// The connection ends with it.
    func close() {}

    func confirm() throws(ConnectorError) {
        if let failure { throw failure }
        try group?.acknowledge(connection)
    }

    func keepAlive() {
        do throws(ConnectorError) {
            if failure == nil { try group?.refresh(connection, waiting) }
        } catch { failure = error }
    }

    func next(_ cancellation: Cancellation) throws(ConnectorError) -> SourceBatch? {
        if isAdrift {
            isAdrift = false
            return SourceBatch(plan.decoder.makeBatch(firstLine: 1, bytes: 0).finished(), then: checkpoint)
        }
        while hasRoom, !cancellation.hasHappened {
            if try fetch(within: waiting.isEmpty ? Self.idleWait : Self.linger, cancellation) { continue }
            if waiting.isEmpty, !cancellation.hasHappened, ContinuousClock.now >= nextLook {
                try lookForOthers()
                nextLook = .now + Self.lookInterval
            }
            break
        }
        return waiting.isEmpty ? nil : makeBatch()
    }

    func isAtEnd() -> Bool { plan.isRunOnce && isDry && waiting.isEmpty }

    /// Whether a batch is not full.
    var hasRoom: Bool { waiting.count < plan.batchRecords && waitingBytes < plan.batchBytes }

    /// Keeps an entry to be given.
    func keep(_ entry: StreamEntry) {
        waiting.append(entry)
        waitingBytes += entry.size
    }

    private var checkpoint: Checkpoint {
        plan.membership == nil ? StreamPosition.checkpoint(plan.streams, given) : Checkpoint(version: 1, position: "{}")
    }

    /// A stream that ends before what was read of it is another one, or the server has lost entries: it is read from its first.
    private func lookForOthers() throws(ConnectorError) {
        if plan.membership != nil { return }
        for (place, stream) in plan.streams.enumerated() where fetched[place] > .zero {
            let last = try connection.state(of: stream)?.last ?? .zero
            if last >= fetched[place] { continue }
            plan.report(
                "The stream `\(stream)` ends at \(last.text), before \(fetched[place].text) which was read: it was made anew, or the server lost "
                    + "entries. It is read from its first entry; what is read again is stored once.")
            (fetched[place], given[place]) = (.zero, .zero)
        }
    }

    private func makeBatch() -> SourceBatch {
        var batch = plan.decoder.makeBatch(
            firstLine: waiting.first.map { Int(clamping: $0.id.milliseconds) } ?? 1, bytes: waitingBytes + waiting.count)
        var (newest, taken) = (UInt64(0), 0)
        for entry in waiting.prefix(plan.batchRecords) {
            guard plan.add(entry, to: &batch) else { break }
            taken += 1
            newest = max(newest, entry.id.milliseconds)
            waitingBytes -= entry.size
            given[entry.stream] = max(given[entry.stream], entry.id)
            group?.gave(entry)
        }
        waiting.removeFirst(taken)
        return SourceBatch(batch.finished(), then: checkpoint, newest: Self.time(newest))
    }

    /// Ids that the server makes are times; others are small numbers as a rule.
    private static func time(_ milliseconds: UInt64) -> Instant? {
        guard milliseconds >= 946_684_800_000, let milliseconds = Int64(exactly: milliseconds) else { return nil }
        return Instant(milliseconds: milliseconds)
    }
}
