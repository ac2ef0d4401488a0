import CKafka

/// What one record says.
public struct MockRecord: Sendable, Hashable {
    public var partition: Int
    public var offset: Int64
    /// Nil: it has none.
    public var key: String?
    /// Nil: a tombstone.
    public var value: String?
    /// The value as it is.
    public var bytes: [UInt8]
    public var headers: [String: String]
}

extension MockCluster {
    /// Appends values to a topic, in turn to each of its partitions; returns when all are there. Nil is a tombstone.
    public func append(_ values: some Sequence<String?>, to topic: String, partitions: Int) {
        append(bytes: values.map { $0.map { Array($0.utf8) } }, to: topic, partitions: partitions)
    }

    /// The same with values that are no text.
    public func append(bytes values: some Sequence<[UInt8]?>, to topic: String, partitions: Int) {
        let writer = MockWriter(self, topic: topic, linger: 1)
        for (index, value) in values.enumerated() {
            if let value {
                value.withUnsafeBytes { writer.write($0, partition: index % partitions) }
            } else {
                writer.write(nil, partition: index % partitions)
            }
        }
        writer.flush()
    }

    /// Every record of a topic, partition after partition.
    public func records(of topic: String, partitions: Int) -> [MockRecord] {
        let consumer = client(RD_KAFKA_CONSUMER, ["group.id": "reader", "enable.partition.eof": "true", "enable.auto.commit": "false"])
        defer { rd_kafka_destroy(consumer) }
        guard let list = rd_kafka_topic_partition_list_new(Int32(partitions)) else { return [] }
        for partition in 0..<partitions { rd_kafka_topic_partition_list_add(list, topic, Int32(partition)).pointee.offset = -2 }
        rd_kafka_assign(consumer, list)
        rd_kafka_topic_partition_list_destroy(list)
        var (found, ended) = ([MockRecord](), Set<Int32>())
        while ended.count < partitions {
            guard let message = rd_kafka_consumer_poll(consumer, 1_000) else { continue }
            if message.pointee.err == RD_KAFKA_RESP_ERR__PARTITION_EOF { ended.insert(message.pointee.partition) }
            if message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR { found.append(MockRecord(message)) }
            rd_kafka_message_destroy(message)
        }
        return found.sorted { ($0.partition, $0.offset) < ($1.partition, $1.offset) }
    }

    fileprivate func client(_ type: rd_kafka_type_t, _ properties: [String: String]) -> OpaquePointer {
        let conf = rd_kafka_conf_new()
        rd_kafka_conf_set_log_cb(conf) { _, _, _, _ in }
        for (name, value) in properties.merging(["bootstrap.servers": brokers.joined(separator: ",")], uniquingKeysWith: { $1 }) {
            precondition(rd_kafka_conf_set(conf, name, value, nil, 0) == RD_KAFKA_CONF_OK)
        }
        guard let handle = rd_kafka_new(type, conf, nil, 0) else { preconditionFailure("no client") }
        return handle
    }
}

/// Writes to a topic. Confined to one thread.
public final class MockWriter {
    private let producer: OpaquePointer
    private let topic: OpaquePointer

    /// - Parameter linger: Milliseconds that a record waits for others.
    public init(_ cluster: MockCluster, topic: String, linger: Int) {
        producer = cluster.client(RD_KAFKA_PRODUCER, ["linger.ms": "\(linger)", "queue.buffering.max.messages": "1000000"])
        guard let object = rd_kafka_topic_new(producer, topic, nil) else { preconditionFailure("no topic") }
        self.topic = object
    }

    deinit {
        rd_kafka_topic_destroy(topic)
        rd_kafka_destroy(producer)
    }

    /// Hands a value over; waits where there is no room. Nil is a tombstone.
    public func write(_ value: UnsafeRawBufferPointer?, partition: Int) {
        let bytes = UnsafeMutableRawPointer(mutating: value?.baseAddress)
        while rd_kafka_produce(topic, Int32(partition), RD_KAFKA_MSG_F_COPY, bytes, value?.count ?? 0, nil, 0, nil) != 0 {
            precondition(rd_kafka_last_error() == RD_KAFKA_RESP_ERR__QUEUE_FULL, "a record cannot be written")
            rd_kafka_poll(producer, 10)
        }
    }

    /// Returns when everything is there.
    public func flush() {
        precondition(rd_kafka_flush(producer, 60_000) == RD_KAFKA_RESP_ERR_NO_ERROR, "not everything was written")
    }
}

extension MockRecord {
    fileprivate init(_ message: UnsafeMutablePointer<rd_kafka_message_t>) {
        func text(_ bytes: UnsafeRawPointer?, _ count: Int) -> String? {
            bytes.map { String(decoding: UnsafeRawBufferPointer(start: $0, count: count), as: UTF8.self) }
        }
        partition = Int(message.pointee.partition)
        offset = message.pointee.offset
        key = text(message.pointee.key, message.pointee.key_len)
        value = text(message.pointee.payload, message.pointee.len)
        bytes = message.pointee.payload.map { Array(UnsafeRawBufferPointer(start: $0, count: message.pointee.len)) } ?? []
        headers = [:]
        var all: OpaquePointer?
        guard rd_kafka_message_headers(message, &all) == RD_KAFKA_RESP_ERR_NO_ERROR, let all else { return }
        var (index, name, bytes, count) = (0, UnsafePointer<CChar>?.none, UnsafeRawPointer?.none, 0)
        while rd_kafka_header_get_all(all, index, &name, &bytes, &count) == RD_KAFKA_RESP_ERR_NO_ERROR {
            if let name { headers[String(cString: name)] = text(bytes, count) }
            index += 1
        }
    }
}
