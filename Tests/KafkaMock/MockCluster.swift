public import CKafka

/// A Kafka cluster inside this process that speaks to any client over TCP: librdkafka's own mock.
///
/// Its functions may be called from any thread: the library locks.
public final class MockCluster: @unchecked Sendable {
    private let handle: OpaquePointer
    private let cluster: OpaquePointer
    /// `host:port` of its brokers.
    public let brokers: [String]

    /// Starts brokers, numbered from 1.
    public init(brokers count: Int = 1) {
        let conf = rd_kafka_conf_new()
        rd_kafka_conf_set_log_cb(conf) { _, _, _, _ in }
        guard let handle = rd_kafka_new(RD_KAFKA_PRODUCER, conf, nil, 0), let cluster = rd_kafka_mock_cluster_new(handle, Int32(count))
        else {
            preconditionFailure("the mock cluster does not start")
        }
        (self.handle, self.cluster) = (handle, cluster)
        brokers = String(cString: rd_kafka_mock_cluster_bootstraps(cluster)).split(separator: ",").map { String($0) }
    }

    deinit {
        rd_kafka_mock_cluster_destroy(cluster)
        rd_kafka_destroy(handle)
    }

    /// Creates a topic.
    public func create(_ topic: String, partitions: Int) {
        precondition(rd_kafka_mock_topic_create(cluster, topic, Int32(partitions), 1) == RD_KAFKA_RESP_ERR_NO_ERROR)
    }

    /// A broker takes no connections any more, and lets those go that it has.
    public func stop(_ broker: Int) { rd_kafka_mock_broker_set_down(cluster, Int32(broker)) }

    /// A broker takes connections again.
    public func start(_ broker: Int) { rd_kafka_mock_broker_set_up(cluster, Int32(broker)) }

    /// The next requests of a kind are answered with these errors.
    public func fail(_ request: Request, _ errors: [rd_kafka_resp_err_t]) {
        rd_kafka_mock_push_request_errors_array(cluster, request.rawValue, errors.count, errors)
    }

    /// All that is asked of a topic is answered with an error.
    public func fail(_ topic: String, _ error: rd_kafka_resp_err_t) { rd_kafka_mock_topic_set_error(cluster, topic, error) }

    /// Another broker leads a partition from now on.
    public func lead(_ topic: String, _ partition: Int, by broker: Int) {
        rd_kafka_mock_partition_set_leader(cluster, topic, Int32(partition), Int32(broker))
    }

    /// Kinds of request, by their number in the protocol.
    public enum Request: Int16, Sendable {
        case produce = 0
        case fetch = 1
        case listOffsets = 2
        case metadata = 3
        case offsetCommit = 8
        case offsetFetch = 9
        case joinGroup = 11
        case heartbeat = 12
    }
}
