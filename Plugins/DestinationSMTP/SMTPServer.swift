import Connectors
import Secrets

/// Where mails are handed over, and how it is spoken to.
struct SMTPServer: Sendable {
    /// How a conversation is protected.
    enum Security: String, Sendable, CaseIterable {
        /// TLS is asked for first, and nothing is said without it.
        case starttls
        /// TLS from the beginning.
        case tls
        case none
    }
    var host: String
    var port: Int
    var security: Security
    /// A file with the certificates of those who sign the server's; nil: the system's.
    var certificates: String?
    var user: String?
    var password: Secret?
    /// For a mail, connecting included.
    var timeout: Duration

    /// For sentences.
    var shown: String { "SMTP at \(host):\(port)" }

    /// As the library takes it.
    var url: String { (security == .tls ? "smtps://" : "smtp://") + (host.contains(":") ? "[\(host)]" : host) + ":\(port)" }
}
