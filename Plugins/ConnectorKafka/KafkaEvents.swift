import CKafka

/// What librdkafka tells beside records: kept here until the thread that polls looks at it.
///
/// Its functions are called by whoever polls, thus on that thread; its own log goes nowhere.
final class KafkaEvents {
    /// Something went wrong.
    struct Problem {
        var code: rd_kafka_resp_err_t
        var text: String
    }
    /// What only a change of the settings, or a new client, can mend.
    private(set) var failure: Problem?
    /// Why no broker can be reached, since somebody was last seen.
    private(set) var outage: Problem?
    /// The last thing that went wrong.
    private(set) var last: Problem?
    /// Partitions are given, or taken away.
    var rebalanced: (rd_kafka_resp_err_t, UnsafeMutablePointer<rd_kafka_topic_partition_list_t>) -> Void = { _, _ in }
    /// What became of a record that was handed over.
    var delivered: (UnsafePointer<rd_kafka_message_t>) -> Void = { _ in }

    /// Lets a client that is made of `conf` tell its news here; this must outlive it.
    func listen(on conf: OpaquePointer) {
        rd_kafka_conf_set_opaque(conf, Unmanaged.passUnretained(self).toOpaque())
        rd_kafka_conf_set_log_cb(conf) { _, _, _, _ in }
        rd_kafka_conf_set_error_cb(conf) { handle, code, reason, opaque in
            guard let events = KafkaEvents.at(opaque) else { return }
            var problem = Problem(code: rd_kafka_resp_err_t(code), text: reason.map { String(cString: $0) } ?? "")
            if problem.code == RD_KAFKA_RESP_ERR__FATAL, let handle {
                var text = [CChar](repeating: 0, count: 512)
                problem = Problem(code: rd_kafka_fatal_error(handle, &text, text.count), text: KafkaEvents.text(text))
                events.failure = problem
            }
            events.take(problem)
        }
        rd_kafka_conf_set_rebalance_cb(conf) { _, code, partitions, opaque in
            if let partitions { KafkaEvents.at(opaque)?.rebalanced(code, partitions) }
        }
        rd_kafka_conf_set_dr_msg_cb(conf) { _, message, opaque in
            if let message { KafkaEvents.at(opaque)?.delivered(message) }
        }
    }

    /// Somebody answered.
    func isWell() { outage = nil }

    private func take(_ problem: Problem) {
        switch problem.code {
        case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN: outage = last ?? problem
        case RD_KAFKA_RESP_ERR__AUTHENTICATION, RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED,
            RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE:
            if failure == nil { failure = problem }
        // TLS also fails where a broker goes away in the middle: that it goes on failing is an outage.
        default: last = problem
        }
    }

    fileprivate static func at(_ opaque: UnsafeMutableRawPointer?) -> KafkaEvents? {
        opaque.map { Unmanaged<KafkaEvents>.fromOpaque($0).takeUnretainedValue() }
    }

    /// What a buffer of C holds.
    static func text(_ buffer: [CChar]) -> String {
        String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
