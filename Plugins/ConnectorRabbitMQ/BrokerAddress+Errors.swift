import CRabbitMQ
import Connectors
import Secrets

extension BrokerAddress {
    /// What something that the library met means for the connector.
    func error(status: Int32) -> ConnectorError {
        let problem = String(cString: amqp_error_string2(status))
        let mends = [AMQP_STATUS_SSL_HOSTNAME_VERIFY_FAILED.rawValue, AMQP_STATUS_SSL_PEER_VERIFY_FAILED.rawValue]
        if mends.contains(status) {
            return ConnectorError(
                .mendSettings, at: shown, "its certificate is not trusted (\(problem))", remedy: "Mend `caFile`, or the host of `url`.")
        }
        return ConnectorError(
            .retry(after: nil), at: shown, "no connection (\(problem))",
            remedy: "It is tried again; where that goes on, look at the broker, at `url` and the network.")
    }

    /// What a broker said as it ended a channel or the connection.
    func error(code: Int, text: String) -> ConnectorError {
        var said = String(text.prefix(300)).replacing("\n", with: " ")
        if !password.value.isEmpty { said = said.replacing(password.value, with: "(secret)") }
        while let last = said.last, last == "." || last == " " { said.removeLast() }
        let (recovery, remedy) = Self.help(for: code, said)
        return ConnectorError(recovery, at: shown, said.isEmpty ? "the broker says \(code)" : said, remedy: remedy)
    }

    private static func help(for code: Int, _ text: String) -> (ConnectorError.Recovery, String) {
        switch code {
        case 403: (.mendSettings, "Mend `url` and `password`, or let the broker allow it to this user.")
        case 404: (.mendSettings, "Create it, or write the name of one that is there.")
        // The same code is for limits, which pass.
        case 530 where !text.contains("limit"): (.mendSettings, "Write a virtual host that is there, and that the user may use.")
        default: (.retry(after: nil), "It is tried again; where that goes on, look at the broker.")
        }
    }
}
