import Foundation

/// An SMTP server for tests, which writes what it accepts into a folder of its own and fails on demand. It ends with the process that runs the
/// tests, however that ends. It stands on aiosmtpd, of PyPI.
///
/// Its user is `tessera`; without TLS everybody may hand over mails.
public final class LocalSMTP: Sendable {
    /// A Python that has aiosmtpd; nil: none.
    public static let python: String? = ProcessInfo.processInfo.environment["TESSERA_SMTP"].flatMap {
        FileManager.default.isExecutableFile(atPath: $0) ? $0 : nil
    }
    /// What tests say that need one where there is none.
    public static let missing = "TESSERA_SMTP names no Python with aiosmtpd, so this was not tried. Tools/test installs it from PyPI."
    /// The user's password.
    public static let password = "hunter2-password"
    private let server: ScriptedServer

    /// A mail as it was accepted.
    public struct Mail: Sendable {
        /// Those of the envelope.
        public var sender, recipient: String
        /// The number of the connection that it came on.
        public var connection: Int
        /// The mail itself.
        public var text: String

        /// The lines of a header, joined; nil where there is none.
        public func header(_ name: String) -> String? {
            let head = text.components(separatedBy: "\r\n\r\n")[0].replacing("\r\n ", with: "\n")
            return head.components(separatedBy: "\r\n").first { $0.lowercased().hasPrefix(name.lowercased() + ": ") }
                .map { String($0.dropFirst(name.count + 2)) }
        }
    }

    /// Makes one, and starts it.
    ///
    /// - Parameter security: `starttls`, `tls` or `none`.
    public init(_ security: String = "starttls") async throws {
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "smtp.py").path
        let text = try String(contentsOfFile: script, encoding: .utf8)
        server = try await ScriptedServer("smtp.sh", [Self.python ?? "", Self.password, security, text], isUnprivileged: false)
    }

    private var parts: [Substring] { server.place.split(separator: " ") }
    /// On this machine.
    public var port: Int { parts.first.flatMap { Int($0) } ?? 0 }
    private var folder: String { String(parts.last ?? "") }
    /// Where its certificate is, which signs itself and is for `localhost`.
    public var certificate: String { folder + "/certificate.pem" }
    /// The folder of the mails that it has accepted, by number.
    public var mailFolder: String { folder + "/mails" }

    /// `start`; `crash`; `freeze`, after which it says nothing until `thaw`; or `faults` and rules, see `smtp.py`. Returns when that is done.
    public func tell(_ words: String) async throws { try await server.tell(words) }

    /// What it has accepted so far, in that order.
    public func mails() throws -> [Mail] {
        try FileManager.default.contentsOfDirectory(atPath: mailFolder).sorted().map { name in
            let text = String(decoding: FileManager.default.contents(atPath: mailFolder + "/" + name) ?? Data(), as: UTF8.self)
            let lines = text.split(separator: "\n", maxSplits: 3, omittingEmptySubsequences: false)
            return Mail(sender: String(lines[0]), recipient: String(lines[1]), connection: Int(lines[2]) ?? 0, text: String(lines[3]))
        }
    }
}
