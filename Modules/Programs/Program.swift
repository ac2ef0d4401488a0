import EventModel
import Foundation
import Secrets

/// A program that speaks the Singer specification, a tap or a target, and how it is started.
struct Program: Sendable, CustomStringConvertible, CustomReflectable {
    /// A name to be looked for in PATH, or a path.
    let executable: String
    let arguments: [String]
    /// The program's own settings; nil: it needs none.
    let config: JSONObject?
    /// Variables beside the usual ones.
    let variables: [String: String]
    /// Where it is started, and where relative paths of its own begin; empty: where this process stands.
    let folder: String
    /// How long it is waited for.
    let patience: Duration
    /// What is said when that was too long.
    let impatience: Impatience
    /// What no log may show.
    let secrets: [Secret]
    /// Takes sentences for the log.
    let report: @Sendable (String) -> Void

    /// What is wrong with a program that was waited for in vain, as a sentence without its full stop, and what to do about it.
    struct Impatience: Sendable {
        let problem, remedy: String
    }

    /// Between being asked to end and being killed.
    static let grace = Duration.seconds(5)

    /// Without its settings, where secrets stand.
    var description: String { "program \(name)" }
    var customMirror: Mirror { Mirror(self, children: []) }

    /// The program without its folders.
    var name: String { executable.split(separator: "/").last.map { String($0) } ?? executable }

    /// Variables that a program is given: where programs, certificates and proxies are, and how people write. Not the others, since keys
    /// of the worker may stand there.
    private static let inherited = [
        "PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy",
    ]

    /// The variables of a run, each as `NAME=value`.
    ///
    /// - Parameter scratch: The folder for files that it makes for itself; it goes away with the run.
    func environment(scratch: String) -> [String] {
        var all = ProcessInfo.processInfo.environment.filter { Self.inherited.contains($0.key) || $0.key.hasPrefix("LC_") }
        all["TMPDIR"] = scratch
        all.merge(variables) { $1 }
        return all.map { "\($0.key)=\($0.value)" }
    }

    /// A text of the program without the secrets that it was given. Those of fewer than four bytes would take ordinary words away.
    func masked(_ text: String) -> String {
        secrets.filter { $0.value.utf8.count >= 4 }.reduce(text) { $0.replacingOccurrences(of: $1.value, with: "(secret)") }
    }
}
