import CKafka
import Connectors
import EventModel
import Foundation

/// What a source reads, and how.
struct KafkaReadingPlan: Sendable {
    let connection: KafkaConnection
    let topics: [String]
    /// Nil: it reads all partitions, on its own.
    let group: String?
    /// Whether a first reading leaves out what is there already.
    let startsLatest: Bool
    /// Whether it ends where the partitions end now.
    let isRunOnce: Bool
    /// Records, and bytes of them, that are fetched for a batch.
    let batchRecords, batchBytes: Int
    let decoder: RecordDecoder
}

/// A client that reads: its partitions, where each goes on, and the records that wait to be given. Confined to its queue.
final class KafkaConsumer: RecordConsumer {
    typealias Record = UnsafeMutablePointer<rd_kafka_message_t>

    let plan: KafkaReadingPlan
    let handle: OpaquePointer
    let events = KafkaEvents()
    /// Of the partitions that are read at present.
    var position = KafkaPosition()
    /// What the checkpoint says, until partitions were given for the first time.
    var kept: KafkaPosition
    /// Whether they were.
    var hasPartitions = false
    /// Whether partitions that nobody has read so far begin at their end.
    var startsLatest: Bool
    /// What went wrong as partitions were given.
    var failure: ConnectorError?
    /// Fetched and not given yet, the first one first.
    private(set) var waiting: [Record] = []
    private var waitingBytes = 0
    /// Partitions that have nothing more at present.
    private var ended: Set<TopicPartition> = []
    /// What was given, and is not known to be stored.
    private var unconfirmed: [TopicPartition: Int64] = [:]
    /// Names as the library compares them.
    private let names: [[CChar]]
    private var lastTopic = 0
    /// Polls in a row that brought nothing.
    private var idlePolls = 0

    /// Errors since the last record.
    private var troubles = 0

    /// Errors of each partition, without a record between them, that are waited for to pass.
    private static let mostTroubles = 20
    /// Errors that do not pass by themselves.
    private static let lasting = [
        RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION,
        RD_KAFKA_RESP_ERR__FATAL,
    ]
    /// How long an idle poll lasts, in milliseconds.
    private static let idleWait: Int32 = 100
    /// How long a batch that has begun waits for more, in milliseconds.
    private static let linger: Int32 = 10
    /// How long a group is given to let a member go.
    private static let closePatience = Duration.seconds(3)
    /// Idle polls after which it is looked whether an outage is over.
    private static let outagePolls = 50
    /// Idle polls after which it is looked for new partitions.
    private static let refreshPolls = 300

    /// Makes the client and lets it begin.
    init(_ plan: KafkaReadingPlan, after checkpoint: Checkpoint?) throws(ConnectorError) {
        self.plan = plan
        startsLatest = plan.startsLatest && checkpoint == nil
        kept =
            try checkpoint.map { checkpoint throws(ConnectorError) in try KafkaPosition(checkpoint, topics: plan.topics) }
            ?? KafkaPosition()
        names = plan.topics.map { Array($0.utf8CString) }
        handle = try plan.connection.open(
            RD_KAFKA_CONSUMER,
            // Where one of these is reached, librdkafka fetches nothing for up to a second: they are what can be read in one.
            usual: [.init(name: "queued.max.messages.kbytes", value: "65536"), .init(name: "queued.min.messages", value: "100000")],
            own: [
                .init(name: "group.id", value: plan.group ?? "tessera"), .init(name: "enable.auto.offset.store", value: "false"),
                .init(name: "enable.auto.commit", value: plan.group == nil ? "false" : "true"),
                .init(name: "auto.offset.reset", value: "earliest"),
                .init(name: "enable.partition.eof", value: plan.isRunOnce ? "true" : "false"),
            ], events: events)
        rd_kafka_poll_set_consumer(handle)
        events.rebalanced = { [unowned self] code, partitions in rebalance(code, partitions) }
        do throws(ConnectorError) { try begin() } catch {
            close()
            throw error
        }
    }

    private func begin() throws(ConnectorError) {
        if plan.group == nil { return try assignAll() }
        guard let list = rd_kafka_topic_partition_list_new(Int32(plan.topics.count)) else { return }
        defer { rd_kafka_topic_partition_list_destroy(list) }
        for topic in plan.topics { rd_kafka_topic_partition_list_add(list, topic, RD_KAFKA_PARTITION_UA) }
        let code = rd_kafka_subscribe(handle, list)
        if code != RD_KAFKA_RESP_ERR_NO_ERROR { throw plan.connection.error(code) }
    }

    /// Ends the client: what is confirmed is committed, and the group knows that it is gone, as far as that takes no long time.
    func close() {
        drop { _ in true }
        if plan.group != nil, let queue = rd_kafka_queue_new(handle) {
            if let error = rd_kafka_consumer_close_queue(handle, queue) { rd_kafka_error_destroy(error) }
            let clock = ContinuousClock()
            let end = clock.now + Self.closePatience
            while rd_kafka_consumer_closed(handle) == 0, clock.now < end {
                if let message = rd_kafka_consume_queue(queue, Self.idleWait) { rd_kafka_message_destroy(message) }
            }
            rd_kafka_queue_destroy(queue)
        }
        rd_kafka_destroy_flags(handle, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE)
    }

    // MARK: - batches

    /// What was given so far is stored, and so is the checkpoint: the group may know.
    func confirm() {
        guard plan.group != nil, !unconfirmed.isEmpty, let list = rd_kafka_topic_partition_list_new(Int32(unconfirmed.count)) else {
            return
        }
        defer { rd_kafka_topic_partition_list_destroy(list) }
        for (partition, offset) in unconfirmed {
            rd_kafka_topic_partition_list_add(list, plan.topics[Int(partition.topic)], partition.number).pointee.offset = offset
        }
        // What cannot be taken now is told again with the next batch; of a partition that goes away, whoever has it reads a little again.
        _ = rd_kafka_offsets_store(handle, list)
        for index in 0..<Int(list.pointee.cnt) where list.pointee.elems[index].err == RD_KAFKA_RESP_ERR_NO_ERROR {
            if let partition = partition(list, index) { unconfirmed[partition] = nil }
        }
    }

    /// The next batch; nil where nothing came for a moment.
    func next(_ cancellation: Cancellation) throws(ConnectorError) -> SourceBatch? {
        try fill(cancellation)
        if waiting.isEmpty { return nil }
        var batch = plan.decoder.makeBatch(
            firstLine: waiting.first.map { Int($0.pointee.offset) } ?? 1, bytes: waiting.reduce(0) { $0 + $1.pointee.len + 1 })
        var newest: Int64?
        for record in waiting {
            let offset = Int(record.pointee.offset)
            let bytes = UnsafeRawBufferPointer(start: record.pointee.payload, count: record.pointee.payload == nil ? 0 : record.pointee.len)
            let fits = batch.append(bytes, number: offset) {
                "\(self.plan.topics[self.topic(of: record) ?? 0])/\(record.pointee.partition), offset \(offset)"
            }
            guard fits else { break }
            var type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE
            let time = rd_kafka_message_timestamp(record, &type)
            if time >= 0 { newest = max(newest ?? time, time) }
        }
        for record in waiting.prefix(batch.count) {
            if let partition = partition(of: record) {
                position.offsets[partition] = record.pointee.offset + 1
                unconfirmed[partition] = record.pointee.offset + 1
            }
            waitingBytes -= record.pointee.len
            rd_kafka_message_destroy(record)
        }
        waiting.removeFirst(batch.count)
        return SourceBatch(
            batch.finished(), then: position.checkpoint(plan.topics), newest: newest.map { .init(milliseconds: $0) })
    }

    /// Whether everything that was there has been given.
    func isAtEnd() -> Bool {
        plan.isRunOnce && waiting.isEmpty && hasPartitions && position.offsets.keys.allSatisfy { ended.contains($0) }
    }

    private func fill(_ cancellation: Cancellation) throws(ConnectorError) {
        // The last partition's end may have come with the records of the batch before, and nothing comes behind it.
        while waiting.count < plan.batchRecords, waitingBytes < plan.batchBytes, !cancellation.hasHappened, !isAtEnd() {
            if let message = rd_kafka_consumer_poll(handle, waiting.isEmpty ? Self.idleWait : Self.linger) {
                idlePolls = 0
                events.isWell()
                take(message)
            } else if waiting.isEmpty {
                idlePolls += 1
                if failure == nil { try lookAround() }
            } else {
                return
            }
            guard let problem = failure ?? events.failure.map({ plan.connection.error($0) }) else { continue }
            if waiting.isEmpty { throw problem }
            return
        }
    }

    private func take(_ message: Record) {
        let record = message.pointee
        let partition = partition(of: message)
        switch record.err {
        case RD_KAFKA_RESP_ERR_NO_ERROR:
            // What was fetched before a partition was taken away, or came back, is not wanted any more.
            if let partition, let first = position.offsets[partition], record.offset >= first {
                ended.remove(partition)
                troubles = 0
                waiting.append(message)
                waitingBytes += record.len
                return
            }
        case RD_KAFKA_RESP_ERR__PARTITION_EOF: if let partition { ended.insert(partition) }
        // The group has given the partitions to others, as it tells next.
        case RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED: break
        default:
            let text = record.payload.map { String(cString: $0.assumingMemoryBound(to: CChar.self)) } ?? ""
            let place = record.rkt.map { String(cString: rd_kafka_topic_name($0)) } ?? plan.group
            let error = plan.connection.error(.init(code: record.err, text: text), at: place)
            troubles += 1
            // The library tries again by itself what may pass.
            let isLasting = Self.lasting.contains(record.err) || troubles >= Self.mostTroubles * max(1, position.offsets.count)
            if error.recovery == .mendSettings || isLasting { failure = error }
        }
        rd_kafka_message_destroy(message)
    }

    /// Nothing came for a while: that may have a reason.
    private func lookAround() throws(ConnectorError) {
        if events.outage != nil, idlePolls % Self.outagePolls == 0 {
            _ = try plan.connection.metadata(of: plan.topics[0], handle, events)
            events.isWell()
        }
        if plan.group == nil, idlePolls % Self.refreshPolls == 0 { try assignAll() }
    }

    /// Lets fetched records of some partitions go.
    func drop(where isDropped: (TopicPartition) -> Bool) {
        waiting.removeAll { record in
            guard let partition = partition(of: record), isDropped(partition) else { return false }
            waitingBytes -= record.pointee.len
            rd_kafka_message_destroy(record)
            return true
        }
    }

    /// Nil where the record is of none of the topics.
    private func partition(of record: Record) -> TopicPartition? {
        topic(of: record).map { TopicPartition(topic: Int32($0), number: record.pointee.partition) }
    }

    private func topic(of record: Record) -> Int? {
        guard let object = record.pointee.rkt, let name = rd_kafka_topic_name(object) else { return nil }
        return topic(called: name)
    }

    /// Place of a topic among those of the settings.
    func topic(called name: UnsafePointer<CChar>) -> Int? {
        if strcmp(names[lastTopic], name) == 0 { return lastTopic }
        guard let place = names.firstIndex(where: { strcmp($0, name) == 0 }) else { return nil }
        lastTopic = place
        return place
    }

    /// A partition starts, or goes on, here.
    func begin(_ partition: TopicPartition, at offset: Int64) {
        position.offsets[partition] = offset
        unconfirmed[partition] = offset
        ended.remove(partition)
    }

    /// A partition is somebody else's.
    func end(_ partition: TopicPartition) {
        position.offsets[partition] = nil
        unconfirmed[partition] = nil
        ended.remove(partition)
    }
}
