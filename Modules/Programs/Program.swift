package import Connectors
package import EventModel
import Foundation
import Secrets
import Subprocess

#if canImport(System)
import System
#else
import SystemPackage
#endif

/// A program that a connector runs, and how it is started.
package struct Program: Sendable, CustomStringConvertible, CustomReflectable {
    /// A name to be looked for in PATH, or a path.
    package let executable: String
    let arguments: [String]
    /// The program's own settings; nil: it needs none.
    package let config: JSONObject?
    /// Variables beside the usual ones.
    let variables: [String: String]
    /// Where it is started, and where relative paths of its own begin; empty: where this process stands.
    let folder: String
    /// How long it is waited for.
    package let patience: Duration
    /// What is said when that was too long.
    let impatience: Impatience
    /// What no log may show.
    let secrets: [Secret]
    /// Takes sentences for the log.
    package let report: @Sendable (String) -> Void

    /// What is wrong with a program that was waited for in vain, as a sentence without its full stop, and what to do about it.
    package struct Impatience: Sendable {
        let problem, remedy: String

        /// Joins both.
        package init(problem: String, remedy: String) { (self.problem, self.remedy) = (problem, remedy) }
    }

    /// Between being asked to end and being killed.
    package static let grace = Duration.seconds(5)

    /// Without its settings, where secrets stand.
    package var description: String { "program \(name)" }
    package var customMirror: Mirror { Mirror(self, children: []) }

    /// The program without its folders.
    package var name: String { executable.split(separator: "/").last.map { String($0) } ?? executable }

    /// Variables that a program is given: where programs, certificates and proxies are, and how people write. Not the others, since keys
    /// of the worker may stand there.
    private static let inherited = [
        "PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy",
    ]

    /// Where the program is, found without running it.
    ///
    /// - Throws: `.mendSettings` where there is none.
    package func location() async throws(ConnectorError) -> String {
        let missing = failure(of: .unusable("there is no program `\(executable)`"), nil) ?? .cancelled(name)
        let found: String
        do throws(SubprocessError) {
            found = try await executableOfSystem.resolveExecutablePath(in: .custom(environment(scratch: "").map { Array($0.utf8) + [0] }))
                .string
        } catch { throw missing }
        // A path is taken as it stands.
        guard FileManager.default.isExecutableFile(atPath: found) else { throw missing }
        return found
    }

    /// As it is looked for.
    var executableOfSystem: Executable {
        executable.contains("/") ? .path(FilePath(Self.absolute(executable))) : .name(executable)
    }

    /// A path as the process can open it.
    static func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    }

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
    package func masked(_ text: String) -> String {
        secrets.filter { $0.value.utf8.count >= 4 }.reduce(text) { $0.replacingOccurrences(of: $1.value, with: "(secret)") }
    }
}
