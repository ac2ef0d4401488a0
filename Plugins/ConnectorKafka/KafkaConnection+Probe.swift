import CKafka
import Connectors
import EventModel

extension KafkaConnection {
    /// How long a question to the cluster may take, in milliseconds.
    static let patience: Int32 = 5_000

    /// Looks whether the topics are there, and says what was found. Creates nothing. Blocks.
    ///
    /// - Parameter missing: What helps where a topic is not there.
    func probe(_ topics: [String], missing: ConnectorError.Recovery) throws(ConnectorError) -> String {
        let events = KafkaEvents()
        // A consumer's question creates no topic.
        let handle = try open(RD_KAFKA_CONSUMER, events: events)
        defer {
            rd_kafka_destroy(handle)
            withExtendedLifetime(events) {}
        }
        var (brokers, found) = (0, [String]())
        for topic in topics {
            let (brokerCount, partitions) = try metadata(of: topic, handle, events, missing: missing)
            brokers = brokerCount
            found.append("`\(topic)` with \(partitions == 1 ? "1 partition" : "\(partitions) partitions")")
        }
        return "\(brokers == 1 ? "1 broker" : "\(brokers) brokers"); \(found.joined(separator: ", "))."
    }

    /// How many brokers there are, and partitions of a topic. Blocks.
    func metadata(
        of topic: String, _ handle: OpaquePointer, _ events: KafkaEvents, missing: ConnectorError.Recovery = .retry(after: nil)
    ) throws(ConnectorError) -> (brokers: Int, partitions: Int) {
        guard let object = rd_kafka_topic_new(handle, topic, nil) else { throw error(RD_KAFKA_RESP_ERR__INVALID_ARG, at: topic) }
        defer { rd_kafka_topic_destroy(object) }
        var answer: UnsafePointer<rd_kafka_metadata_t>?
        let code = rd_kafka_metadata(handle, 0, object, &answer, Self.patience)
        defer { if let answer { rd_kafka_metadata_destroy(answer) } }
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let answer, answer.pointee.topic_cnt == 1 else {
            rd_kafka_poll(handle, 0)  // What the client was told meanwhile.
            throw silence(events)
        }
        let told = answer.pointee.topics[0]
        switch told.err {
        case RD_KAFKA_RESP_ERR_NO_ERROR where told.partition_cnt > 0: return (Int(answer.pointee.broker_cnt), Int(told.partition_cnt))
        case RD_KAFKA_RESP_ERR_NO_ERROR, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
            RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
            throw ConnectorError(
                missing, at: topic, "there is no such topic", remedy: "Create it, or write the name of one that is there.")
        default: throw error(told.err, at: topic)
        }
    }
}

/// Names of topics, as brokers take them.
enum TopicName {
    /// - Parameter path: Of the setting.
    static func check(_ name: String, at path: [String]) throws(SettingsError) {
        let isRight =
            name.utf8.allSatisfy {
                (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || [45, 46, 95].contains($0)
            } && (1...249).contains(name.utf8.count) && name != "." && name != ".."
        if isRight { return }
        throw SettingsError(
            at: path, "this is no name of a topic", remedy: "Write letters, digits, `.`, `_` and `-`, at most 249 of them.")
    }
}
