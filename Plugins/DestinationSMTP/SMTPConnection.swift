import CCurl
import Connectors
import Secrets

/// A conversation with a server: one connection for mail after mail, made anew where the server ended it. Its calls block the thread for a
/// bounded time, and look now and then whether they were cancelled. Confined to its queue.
final class SMTPConnection {
    private let server: SMTPServer
    private let handle: OpaquePointer

    /// Nothing is connected to.
    init(_ server: SMTPServer) throws(ConnectorError) {
        self.server = server
        let timeout = server.timeout.components
        let milliseconds = Int(timeout.seconds) * 1_000 + Int(timeout.attoseconds / 1_000_000_000_000_000)
        let made = withTexts([server.url, server.certificates, server.user, server.password?.value]) { texts in
            var settings = tessera_smtp_server(
                url: texts[0].unsafelyUnwrapped, requires_starttls: server.security == .starttls ? 1 : 0, certificates: texts[1],
                user: texts[2], password: texts[3], timeout_milliseconds: milliseconds)
            return tessera_smtp_make(&settings)
        }
        guard let made else {
            throw ConnectorError(
                .stop, at: server.shown, "the library libcurl cannot be used", remedy: "Install one that speaks SMTP with TLS.")
        }
        handle = made
    }

    /// Ends it at once, where the last mail did not.
    deinit { tessera_smtp_free(handle) }

    /// Connects, agrees upon TLS and logs in.
    func probe(_ cancellation: Cancellation) -> SMTPOutcome {
        withExtendedLifetime(cancellation) {
            SMTPOutcome(tessera_smtp_probe(handle, Self.isStopped, Unmanaged.passUnretained(cancellation).toOpaque()))
        }
    }

    /// Hands over a mail.
    ///
    /// - Parameter isLast: Whether farewell is said behind it.
    func send(_ mail: Mail, isLast: Bool, _ cancellation: Cancellation) -> SMTPOutcome {
        withTexts([mail.sender, mail.recipient, mail.text, mail.html] + mail.headers) { texts in
            texts[4...].withUnsafeBufferPointer { headers in
                var given = tessera_smtp_mail(
                    sender: texts[0].unsafelyUnwrapped, recipient: texts[1].unsafelyUnwrapped,
                    headers: UnsafeRawPointer(headers.baseAddress.unsafelyUnwrapped).assumingMemoryBound(to: UnsafePointer<CChar>.self),
                    header_count: headers.count, text: texts[2], text_length: mail.text?.utf8.count ?? 0, html: texts[3],
                    html_length: mail.html?.utf8.count ?? 0)
                return withExtendedLifetime(cancellation) {
                    SMTPOutcome(
                        tessera_smtp_send(handle, &given, isLast ? 1 : 0, Self.isStopped, Unmanaged.passUnretained(cancellation).toOpaque())
                    )
                }
            }
        }
    }

    private static let isStopped: tessera_smtp_is_stopped = {
        Unmanaged<Cancellation>.fromOpaque($0).takeUnretainedValue().hasHappened ? 1 : 0
    }
}

/// What became of a mail, or of a conversation; see `tessera_smtp_outcome`.
struct SMTPOutcome: Sendable {
    var end: tessera_smtp_end
    var stage: tessera_smtp_stage
    /// The server's answer to what was said last; 0: none came.
    var reply: Int
    /// Its enhanced status code, such as `5.1.1`; empty where there is none.
    var enhanced: String
    /// What the library calls the problem.
    var problem: String
    /// The largest mail that the server takes, in bytes; nil: it does not say.
    var mostBytes: Int?

    init(_ outcome: tessera_smtp_outcome) {
        (end, stage, reply) = (outcome.end, outcome.stage, Int(outcome.reply))
        enhanced = withUnsafeBytes(of: outcome.enhanced) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        problem = String(cString: outcome.problem)
        mostBytes = outcome.size > 0 ? Int(outcome.size) : nil
    }
}

/// Texts as C takes them, for the time of a call.
private func withTexts<Answer>(_ texts: [String?], _ call: ([UnsafePointer<CChar>?]) -> Answer) -> Answer {
    var (bytes, starts) = (ContiguousArray<CChar>(), [Int?]())
    for text in texts {
        starts.append(text == nil ? nil : bytes.count)
        if let text { bytes.append(contentsOf: text.utf8CString) }
    }
    return bytes.withUnsafeBufferPointer { buffer in
        call(starts.map { start in start.flatMap { start in buffer.baseAddress.map { $0 + start } } })
    }
}
