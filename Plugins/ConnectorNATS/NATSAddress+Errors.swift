import CNATS
import Connectors
import Secrets

extension NATSAddress {
    /// What something that the library met means for the connector.
    ///
    /// - Parameter missing: What was asked for and may not be there.
    func error(_ status: natsStatus, missing: String? = nil) -> ConnectorError {
        let said = shortened(nats_GetLastError(nil).map { String(cString: $0) } ?? "")
        let text = shortened(natsStatus_GetText(status).map { String(cString: $0) } ?? "")
        let problem = said.isEmpty || said == text ? text : "\(text): \(said)"
        switch status {
        case NATS_CONNECTION_AUTH_FAILED, NATS_NOT_PERMITTED:
            return ConnectorError(
                .mendSettings, at: shown, problem, remedy: "Mend who logs in, or let the server allow it to this user.")
        case NATS_SECURE_CONNECTION_WANTED, NATS_SECURE_CONNECTION_REQUIRED:
            return ConnectorError(.mendSettings, at: shown, problem, remedy: "Write nats:// or tls://, as the server has it.")
        case NATS_SSL_ERROR where said.contains("certificate"):
            return ConnectorError(.mendSettings, at: shown, problem, remedy: "Mend `caFile`, or the host in `servers`.")
        case NATS_NOT_FOUND where missing != nil:
            return ConnectorError(
                .mendSettings, at: shown, "\(missing ?? "it") is not there", remedy: "Create it, or write the name of one that is there.")
        default: return failed("no connection, or no answer (\(problem))")
        }
    }

    /// What may pass by itself.
    func failed(_ problem: String) -> ConnectorError {
        ConnectorError(
            .retry(after: nil), at: shown, problem, remedy: "It is tried again; where that goes on, look at the server and the settings.")
    }

    /// The other side's words as part of a sentence.
    func shortened(_ text: String) -> String {
        var said = text.replacing("\n", with: " ")
        for secret in [password, token] {
            if let value = secret?.value, !value.isEmpty { said = said.replacing(value, with: "(secret)") }
        }
        said = String(said.prefix(300))
        while let last = said.last, ". ".contains(last) { said.removeLast() }
        return said
    }
}
