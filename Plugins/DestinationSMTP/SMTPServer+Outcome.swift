import CCurl
import Connectors

extension SMTPServer {
    /// What a server made of a mail.
    enum Verdict: Sendable, Hashable {
        case arrived
        /// It will never take it, and why.
        case refused(String)
        /// It does not take this mail now, and others perhaps.
        case deferred(ConnectorError)
    }

    /// What became of a mail. Of the server's words only its codes are told: they may repeat an address.
    ///
    /// - Throws: Where no other mail would fare better now.
    func verdict(_ outcome: SMTPOutcome) throws(ConnectorError) -> Verdict {
        if outcome.end == TESSERA_SMTP_OK { return .arrived }
        guard outcome.end == TESSERA_SMTP_REFUSED else { throw error(outcome) }
        let isAboutMail = [TESSERA_SMTP_RECIPIENT, TESSERA_SMTP_DATA, TESSERA_SMTP_CONTENT].contains(outcome.stage)
        switch outcome.reply {
        case 421: throw error(outcome)
        case 400..<500 where isAboutMail: return .deferred(error(outcome))
        case 500... where isAboutMail && !Self.wantsLogin.contains(outcome.reply):
            return .refused("The server answers \(outcome.said) to \(outcome.subject).")
        case 552 where outcome.stage == TESSERA_SMTP_SENDER: return .refused("The server answers \(outcome.said) to the mail's size.")
        default: throw error(outcome)
        }
    }

    /// Why a conversation could not go on.
    func error(_ outcome: SMTPOutcome) -> ConnectorError {
        let (recovery, problem, remedy) = help(outcome)
        return ConnectorError(recovery, at: shown, problem, remedy: remedy)
    }

    /// Codes of those who want a login, or another one, or TLS before it (RFC 4954, section 6).
    private static let wantsLogin = [530, 534, 535, 538]
    private static let passes = "It is tried again; where that goes on, look at the server."

    private func help(_ outcome: SMTPOutcome) -> (ConnectorError.Recovery, problem: String, remedy: String) {
        let isTransient = (400..<500).contains(outcome.reply)
        switch outcome.end {
        case TESSERA_SMTP_STOPPED: return (.stop, "it was asked to end", "Start it again.")
        case TESSERA_SMTP_LOGIN_DENIED:
            if isTransient { return (.retry(after: nil), "the server lets nobody in now (\(outcome.said))", Self.passes) }
            if outcome.reply >= 500 {
                return (.mendSettings, "the server does not let the user in (\(outcome.said))", "Mend `user` and `password`.")
            }
            return (
                .mendSettings, "the server has no way of logging in that is known here",
                "Look whether people log in at this port, and with this `security`; where nobody does, leave `user` out."
            )
        case TESSERA_SMTP_NO_STARTTLS:
            if isTransient { return (.retry(after: nil), "the server gives no TLS now (\(outcome.said))", Self.passes) }
            return (
                .mendSettings, "the server offers no STARTTLS",
                "Write `security: tls` where it speaks TLS from the beginning, usually at port 465; with `none` everybody on the way can read."
            )
        case TESSERA_SMTP_CERTIFICATE:
            return (
                .mendSettings, "its certificate is not trusted",
                "Write `certificates`, a file with those of whoever signed it, and as `host` the name that it is for."
            )
        case TESSERA_SMTP_BAD_FILE:
            return (
                .mendSettings, "the file of `certificates` cannot be read, or holds none",
                "Write the path of a PEM file that the worker may read."
            )
        case TESSERA_SMTP_TLS:
            return (
                .retry(after: nil), "TLS could not be agreed upon",
                "It is tried again; where that goes on, look whether the server speaks TLS 1.2 or newer, and from the beginning at this port "
                    + "(`security: tls`) or not (`starttls`)."
            )
        case TESSERA_SMTP_NO_HOST:
            return (.retry(after: nil), "the name of the host is not known", "It is tried again; where that goes on, mend `host`.")
        case TESSERA_SMTP_NO_CONNECTION:
            return (
                .retry(after: nil), "nobody takes a connection there",
                "It is tried again; where that goes on, look at the server, at `host` and `port`, and the network."
            )
        case TESSERA_SMTP_TIMEOUT: return (.retry(after: nil), "no answer came within `timeout`", Self.passes)
        case TESSERA_SMTP_REFUSED: return refused(outcome, isTransient: isTransient)
        default: return (.retry(after: nil), "the connection broke (\(outcome.problem))", Self.passes)
        }
    }

    private func refused(_ outcome: SMTPOutcome, isTransient: Bool) -> (ConnectorError.Recovery, problem: String, remedy: String) {
        if Self.wantsLogin.contains(outcome.reply) {
            return (
                .mendSettings, "the server wants a login (\(outcome.said))",
                user == nil ? "Write `user` and `password`." : "Mend `user` and `password`, or `security`."
            )
        }
        if outcome.stage == TESSERA_SMTP_SENDER, !isTransient {
            return (
                .mendSettings, "the server does not take the sender (\(outcome.said))",
                "Mend `from`, or let the server allow it to this user."
            )
        }
        return (.retry(after: nil), "the server answers \(outcome.said) to \(outcome.subject)", Self.passes)
    }
}

extension SMTPOutcome {
    /// Codes of the answer.
    var said: String { enhanced.isEmpty ? "\(reply)" : "\(reply) \(enhanced)" }

    /// What was answered.
    var subject: String {
        switch stage {
        case TESSERA_SMTP_CONNECT: "the connection"
        case TESSERA_SMTP_HELLO, TESSERA_SMTP_STARTTLS, TESSERA_SMTP_AUTH: "the greeting"
        case TESSERA_SMTP_SENDER: "the sender"
        case TESSERA_SMTP_RECIPIENT: "the recipient"
        default: "the mail"
        }
    }
}
