import CKafka
import Connectors

extension KafkaConnection {
    /// What something that librdkafka or a broker said means for the connector.
    ///
    /// - Parameter place: What it was about: a topic, the group; nil: the cluster.
    func error(_ problem: KafkaEvents.Problem, at place: String? = nil) -> ConnectorError {
        let text = problem.text.isEmpty ? String(cString: rd_kafka_err2str(problem.code)) : problem.text
        let (recovery, remedy) = Self.help(for: problem.code)
        return ConnectorError(recovery, at: place ?? brokers, masked(text), remedy: remedy)
    }

    /// The same of a bare code.
    func error(_ code: rd_kafka_resp_err_t, at place: String? = nil) -> ConnectorError {
        error(KafkaEvents.Problem(code: code, text: ""), at: place)
    }

    /// What keeps a client from its work: what it was told, else that nobody answered.
    func silence(_ events: KafkaEvents) -> ConnectorError {
        if let failure = events.failure { return error(failure) }
        let reason = (events.outage ?? events.last).map { ": " + masked($0.text) } ?? ""
        return ConnectorError(
            .retry(after: nil), at: brokers, "no broker answers" + reason,
            remedy: "It is tried again; where that goes on, look at brokers, `properties` and the network.")
    }

    private static func help(for code: rd_kafka_resp_err_t) -> (ConnectorError.Recovery, String) {
        switch code {
        case RD_KAFKA_RESP_ERR__AUTHENTICATION, RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED, RD_KAFKA_RESP_ERR__SSL,
            RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE, RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM, RD_KAFKA_RESP_ERR_ILLEGAL_SASL_STATE,
            RD_KAFKA_RESP_ERR_SECURITY_DISABLED:
            (.mendSettings, "Mend what `properties` says of security.protocol, sasl and ssl.")
        case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED,
            RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
            (.mendSettings, "Let the cluster allow it to this user, or name another user, topic or group.")
        case RD_KAFKA_RESP_ERR_INVALID_GROUP_ID, RD_KAFKA_RESP_ERR_INVALID_SESSION_TIMEOUT, RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION,
            RD_KAFKA_RESP_ERR_INCONSISTENT_GROUP_PROTOCOL, RD_KAFKA_RESP_ERR__INVALID_ARG, RD_KAFKA_RESP_ERR_INVALID_REQUIRED_ACKS,
            RD_KAFKA_RESP_ERR_UNSUPPORTED_COMPRESSION_TYPE:
            (.mendSettings, "Mend the settings.")
        default: (.retry(after: nil), "It is tried again; where that goes on, look at the cluster.")
        }
    }
}
