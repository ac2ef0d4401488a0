import CRabbitMQ
import Connectors
import EventModel

/// What a source reads, and how.
struct QueueReadingPlan: Sendable {
    let address: BrokerAddress
    let queue: String
    /// Messages that the broker gives before it hears of the first of them.
    let prefetch: Int
    /// Bytes of messages that are stored together, about.
    let batchBytes: Int
    /// Whether what cannot become a message is rejected, for the queue's dead-letter exchange.
    let rejectsPoison: Bool
    /// Whether it ends where the queue is empty.
    let isRunOnce: Bool
    let decoder: RecordDecoder
}

/// Takes messages from a queue, and acknowledges them when they are stored. Confined to its queue.
final class QueueConsumer: RecordConsumer {
    private let plan: QueueReadingPlan
    private let connection: BrokerConnection
    /// Taken and not given yet, the first one first.
    private var waiting: [Content] = []
    private var waitingBytes = 0
    /// The last that was given, and those given before it that are rejected, until they are acknowledged.
    private var unconfirmed: UInt64?
    private var poison: [UInt64] = []
    /// Messages that were given.
    private var given = 0
    /// What went wrong while nobody asked.
    private var failure: ConnectorError?

    /// How long it waits for a message.
    private static let idleWait = Duration.milliseconds(100)
    /// How long a batch that has begun waits for more.
    private static let linger = Duration.milliseconds(10)
    /// Bytes that are taken ahead while a batch is stored.
    private static let mostAhead = 16 << 20

    init(_ plan: QueueReadingPlan) throws(ConnectorError) {
        self.plan = plan
        connection = try BrokerConnection(plan.address)
        _ = try connection.waiting(in: plan.queue)
        try limit()
        _ = plan.queue.withBytes {
            amqp_basic_consume(connection.handle, BrokerConnection.channel, $0, amqp_empty_bytes, 0, 0, 0, amqp_empty_table)
        }
        try connection.check(amqp_get_rpc_reply(connection.handle))
    }

    func close() { connection.close() }

    func confirm() throws(ConnectorError) {
        for tag in poison { try connection.check(amqp_basic_nack(connection.handle, BrokerConnection.channel, tag, 0, 0)) }
        poison = []
        guard let last = unconfirmed else { return }
        try connection.check(amqp_basic_ack(connection.handle, BrokerConnection.channel, last, 1))
        unconfirmed = nil
    }

    func next(_ cancellation: Cancellation) throws(ConnectorError) -> SourceBatch? {
        if let failure { throw failure }
        while waiting.count < plan.prefetch, waitingBytes < plan.batchBytes, !cancellation.hasHappened {
            guard try take(within: waiting.isEmpty ? Self.idleWait : Self.linger) else { break }
        }
        return waiting.isEmpty ? nil : makeBatch()
    }

    func isAtEnd() throws(ConnectorError) -> Bool {
        guard plan.isRunOnce, try connection.waiting(in: plan.queue) == 0 else { return false }
        // What the broker was about to give comes before its answer to this.
        try limit()
        return try !take(within: .zero)
    }

    func keepAlive() {
        do throws(ConnectorError) {
            // The library shows that this side is there as it looks for the other.
            while failure == nil, waiting.count < plan.prefetch, waitingBytes < Self.mostAhead, try take(within: .zero) {}
        } catch { failure = error }
    }

    private func limit() throws(ConnectorError) {
        amqp_basic_qos(connection.handle, BrokerConnection.channel, 0, UInt16(plan.prefetch), 0)
        try connection.check(amqp_get_rpc_reply(connection.handle))
    }

    /// Takes a message; false where none comes for so long.
    private func take(within wait: Duration) throws(ConnectorError) -> Bool {
        while let incoming = try connection.next(within: wait) {
            guard case .delivery(let content) = incoming else { continue }
            waiting.append(content)
            waitingBytes += content.bytes.count
            return true
        }
        return false
    }

    private func makeBatch() -> SourceBatch {
        var batch = plan.decoder.makeBatch(firstLine: given + 1, bytes: waitingBytes + waiting.count)
        var (newest, taken) = (UInt64?.none, 0)
        for content in waiting {
            if plan.rejectsPoison, isPoison(content) {
                poison.append(content.tag)
            } else if !add(content, at: given + taken + 1, to: &batch) {
                break
            }
            taken += 1
            newest = [newest, content.timestamp].compactMap { $0 }.max()
        }
        given += taken
        unconfirmed = waiting[taken - 1].tag
        waitingBytes -= waiting.prefix(taken).reduce(0) { $0 + $1.bytes.count }
        waiting.removeFirst(taken)
        return SourceBatch(
            batch.finished(), then: Checkpoint(version: 1, position: "acknowledged"),
            newest: newest.flatMap { Int64(exactly: $0) }.map { Instant(milliseconds: min($0, Int64.max / 1_000) * 1_000) })
    }

    private func add(_ content: Content, at number: Int, to batch: inout RecordBatch) -> Bool {
        func place() -> String { "\(plan.queue), message \(number)" }
        if content.isCut {
            batch.refuse(content.bytes, number: number, place: place(), "It has more than \(Content.mostBytes) bytes. Send less at once.")
            return true
        }
        return content.bytes.withUnsafeBytes { batch.append($0, number: number, place: place) }
    }

    /// Whether nothing in it can become a message.
    private func isPoison(_ content: Content) -> Bool {
        if content.isCut { return true }
        var alone = plan.decoder.makeBatch(firstLine: 1, bytes: content.bytes.count + 1)
        _ = content.bytes.withUnsafeBytes { alone.append($0, number: 1) { "" } }
        let messages = alone.finished()
        let lines = messages.text.prefix(messages.count).split(separator: 10)
        if lines.isEmpty { return !messages.rejects.isEmpty }
        return lines.allSatisfy { line in
            line.withUnsafeBufferPointer { (try? Message(parsing: $0, derivedID: "derived")) == nil }
        }
    }
}
