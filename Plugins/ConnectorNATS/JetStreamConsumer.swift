import CNATS
import Connectors
import EventModel

/// A client that reads a stream, and the messages that wait to be given. Confined to its queue.
final class JetStreamConsumer: RecordConsumer {
    let plan: JetStreamReadingPlan
    let connection: NATSConnection
    /// Of what was given.
    private var position: JetStreamPosition
    /// Whether nothing is kept of where it begins, and that is not what the next one would choose.
    private var isAdrift: Bool
    private var subscription: OpaquePointer?
    /// The consumer at the server.
    private var name = ""
    /// The number of the message that comes next, among those of the consumer.
    private var nextDelivery: UInt64 = 1
    /// Taken and not given yet, the first one first.
    private var waiting: [JetStreamMessage] = []
    private var waitingBytes = 0
    /// Given, and not known to be stored.
    private var unconfirmed: [JetStreamMessage] = []
    /// How long the server waits for an acknowledgment.
    private var patience = Duration.zero
    private var nextSign = ContinuousClock.now
    private var isDry = false
    /// What went wrong while nobody asked.
    private var failure: ConnectorError?

    /// How long it waits for a message, and how long a batch that has begun waits for more.
    private static let idleWait = Duration.milliseconds(500), linger = Duration.milliseconds(50)
    /// How long the server keeps what nobody reads any more.
    private static let abandoned = Duration.seconds(60)

    init(_ plan: JetStreamReadingPlan, after checkpoint: Checkpoint?) throws(ConnectorError) {
        self.plan = plan
        let kept = try checkpoint.flatMap { checkpoint throws(ConnectorError) in try JetStreamPosition(checkpoint) }
        connection = try NATSConnection(plan.address)
        let state = try connection.state(of: plan.stream)
        let startsLatest = plan.startsLatest && checkpoint == nil
        isAdrift = startsLatest && plan.durable == nil
        position = JetStreamPosition(created: state.created, last: startsLatest ? state.last : 0)
        if let kept {
            if kept.created == state.created, kept.last <= state.last {
                position = kept
            } else {
                plan.report(
                    "The stream `\(plan.stream)` was made anew, or the server lost messages: it ends at \(state.last), and "
                        + "\(kept.last) was read. It is read from its first message; what is read again is stored once.")
            }
        }
        try subscribe()
    }

    deinit { for message in waiting + unconfirmed { message.destroy() } }

    func close() {
        guard let subscription else { return }
        // What belongs to nobody else ends with it.
        if plan.durable == nil, !connection.isClosed { js_DeleteConsumer(connection.stream, plan.stream, name, nil, nil) }
        natsSubscription_Destroy(subscription)
        self.subscription = nil
    }

    func confirm() throws(ConnectorError) {
        if let failure { throw failure }
        defer {
            for message in unconfirmed { message.destroy() }
            unconfirmed = []
        }
        if plan.durable == nil { return }
        for message in unconfirmed.dropLast() { try connection.check(natsMsg_Ack(message.handle, nil)) }
        // The server has heard all when it has answered the last.
        if let last = unconfirmed.last { try connection.check(natsMsg_AckSync(last.handle, nil, nil)) }
    }

    func keepAlive() {
        guard plan.durable != nil, failure == nil, ContinuousClock.now >= nextSign else { return }
        do throws(ConnectorError) {
            for message in unconfirmed + waiting { try connection.check(natsMsg_InProgress(message.handle, nil)) }
            nextSign = .now + patience / 4
        } catch { failure = error }
    }

    func next(_ cancellation: Cancellation) throws(ConnectorError) -> SourceBatch? {
        if isAdrift {
            isAdrift = false
            return SourceBatch(plan.decoder.makeBatch(firstLine: 1, bytes: 0).finished(), then: checkpoint)
        }
        while waiting.count < plan.batchRecords, waitingBytes < plan.batchBytes, !cancellation.hasHappened {
            guard try fetch(within: waiting.isEmpty ? Self.idleWait : Self.linger) else { break }
        }
        return waiting.isEmpty ? nil : makeBatch()
    }

    func isAtEnd() throws(ConnectorError) -> Bool {
        guard plan.isRunOnce, isDry, waiting.isEmpty else { return false }
        // That nothing came may also mean that it was slow.
        var info: UnsafeMutablePointer<jsConsumerInfo>?
        try connection.check(js_GetConsumerInfo(&info, connection.stream, plan.stream, name, nil, nil))
        defer { jsConsumerInfo_Destroy(info) }
        return info?.pointee.NumPending == 0 && (plan.durable != nil || info?.pointee.Delivered.Consumer == nextDelivery - 1)
    }

    private var checkpoint: Checkpoint { plan.durable == nil ? position.checkpoint : Checkpoint(version: 1, position: "{}") }

    // MARK: - the server

    private func subscribe() throws(ConnectorError) {
        let stream = "the stream `\(plan.stream)`"
        if let durable = plan.durable {
            var info: UnsafeMutablePointer<jsConsumerInfo>?
            let status = js_GetConsumerInfo(&info, connection.stream, plan.stream, durable, nil, nil)
            if status == NATS_OK {
                defer { jsConsumerInfo_Destroy(info) }
                try adopt(info?.pointee)
            } else if status == NATS_NOT_FOUND {
                try make(missing: stream)
            } else {
                try connection.check(status)
            }
        } else {
            try make(missing: stream)
        }
        var options = jsSubOptions()
        jsSubOptions_Init(&options)
        let status = withTexts([plan.stream, name]) { texts in
            (options.Stream, options.Consumer) = (texts[0], texts[1])
            return js_PullSubscribe(&subscription, connection.stream, plan.subject ?? ">", nil, nil, &options, nil)
        }
        try connection.check(status, missing: "the consumer `\(name)`")
    }

    /// Makes the consumer at the server.
    private func make(missing: String) throws(ConnectorError) {
        var config = jsConsumerConfig()
        jsConsumerConfig_Init(&config)
        var info: UnsafeMutablePointer<jsConsumerInfo>?
        let status = withTexts([plan.durable ?? "", plan.subject ?? ""]) { texts in
            if plan.durable != nil {
                config.Durable = texts[0]
                config.AckPolicy = js_AckExplicit
                config.MaxAckPending = Int64(max(1_000, plan.batchRecords * 10))
            } else {
                config.AckPolicy = js_AckNone
                config.InactiveThreshold = Int64(Self.abandoned / .nanoseconds(1))
            }
            if plan.subject != nil { config.FilterSubject = texts[1] }
            config.DeliverPolicy = position.last == 0 ? js_DeliverAll : js_DeliverByStartSequence
            if position.last > 0 { config.OptStartSeq = position.last + 1 }
            return js_AddConsumer(&info, connection.stream, plan.stream, &config, nil, nil)
        }
        try connection.check(status, missing: missing)
        defer { jsConsumerInfo_Destroy(info) }
        try adopt(info?.pointee)
    }

    private func adopt(_ info: jsConsumerInfo?) throws(ConnectorError) {
        guard let info, let name = info.Name, let config = info.Config?.pointee else {
            throw plan.address.failed("the server does not say which consumer it has")
        }
        self.name = String(cString: name)
        patience = .nanoseconds(config.AckWait)
        if config.DeliverSubject != nil || (plan.durable != nil && config.AckPolicy != js_AckExplicit) {
            throw ConnectorError(
                .mendSettings, at: plan.address.shown, "the consumer `\(self.name)` is none that is pulled from and acknowledged",
                remedy: "Write the name of another in `durable`; it is made where it is not there.")
        }
    }

    /// Takes messages; false where none comes for so long.
    private func fetch(within wait: Duration) throws(ConnectorError) -> Bool {
        isDry = false
        var request = jsFetchRequest()
        jsFetchRequest_Init(&request)
        request.Batch = Int32(plan.batchRecords - waiting.count)
        // Room for one of the largest at least: the server would give none else.
        request.MaxBytes = Int64(plan.batchBytes - waitingBytes) + natsConnection_GetMaxPayload(connection.handle) + 4_096
        request.Expires = Int64(wait / .nanoseconds(1))
        var list = natsMsgList()
        let status = natsSubscription_FetchRequest(&list, subscription, &request)
        defer { natsMsgList_Destroy(&list) }
        for place in 0..<Int(list.Count) {
            guard let handle = list.Msgs[place] else { continue }
            // The message is this object's from now on.
            list.Msgs[place] = nil
            guard let message = JetStreamMessage(handle) else {
                natsMsg_Destroy(handle)
                throw plan.address.failed("a message came that does not say where it stands")
            }
            waiting.append(message)
            waitingBytes += message.bytes.count
            if plan.durable != nil { continue }
            if message.delivery != nextDelivery { throw plan.address.failed("messages were lost on their way") }
            nextDelivery += 1
        }
        if list.Count > 0 { return true }
        isDry = status == NATS_OK || status == NATS_TIMEOUT || status == NATS_NOT_FOUND
        if !isDry || connection.isClosed { throw plan.address.error(isDry ? NATS_CONNECTION_CLOSED : status) }
        return false
    }

    // MARK: - batches

    private func makeBatch() -> SourceBatch {
        var batch = plan.decoder.makeBatch(firstLine: Int(clamping: waiting[0].sequence), bytes: waitingBytes + waiting.count)
        var (newest, taken) = (Int64.min, 0)
        for message in waiting {
            guard add(message, to: &batch) else { break }
            taken += 1
            newest = max(newest, message.time)
            waitingBytes -= message.bytes.count
            position.last = max(position.last, message.sequence)
        }
        unconfirmed += waiting.prefix(taken)
        waiting.removeFirst(taken)
        return SourceBatch(batch.finished(), then: checkpoint, newest: Instant(milliseconds: newest / 1_000_000))
    }

    private func add(_ message: JetStreamMessage, to batch: inout RecordBatch) -> Bool {
        let number = Int(clamping: message.sequence)
        func place() -> String { "\(plan.stream), message \(message.sequence)" }
        if message.bytes.count > SourceBatch.mostBytes {
            batch.refuse(
                message.bytes.prefix(Reject.longestText), number: number, place: place(),
                "It has more than \(SourceBatch.mostBytes) bytes. Send less at once.")
            return true
        }
        return batch.append(message.bytes, number: number, place: place)
    }
}

/// A message of a stream. Whoever has it destroys it.
struct JetStreamMessage {
    let handle: OpaquePointer
    /// Its number in the stream, and among those of the consumer.
    let sequence, delivery: UInt64
    /// In nanoseconds.
    let time: Int64

    /// Nil where it does not say where it stands.
    init?(_ handle: OpaquePointer) {
        var found: UnsafeMutablePointer<jsMsgMetaData>?
        guard natsMsg_GetMetaData(&found, handle) == NATS_OK, let found else { return nil }
        defer { jsMsgMetaData_Destroy(found) }
        self.handle = handle
        (sequence, delivery, time) = (found.pointee.Sequence.Stream, found.pointee.Sequence.Consumer, found.pointee.Timestamp)
    }

    /// What it holds, until it is destroyed.
    var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: natsMsg_GetData(handle), count: Int(natsMsg_GetDataLength(handle)))
    }

    func destroy() { natsMsg_Destroy(handle) }
}
