public import EventModel
import Foundation

/// Where a secret is to be read from, so that settings can be shown to anybody.
public enum SecretReference: Sendable, Hashable {
    /// `env:NAME`: a variable of the environment.
    case environment(String)
    /// `file:PATH`: a file that holds it, white space around it not counted.
    case file(String)

    /// The fewest bytes of a secret: what is shorter is guessed.
    public static let shortestSecret = 8

    /// Reads `env:NAME` or `file:PATH`.
    ///
    /// - Throws: `SettingsError` for anything else. It does not show the text: that may be the secret itself.
    public init(_ text: String, at path: [String]) throws(SettingsError) {
        if text.hasPrefix("env:"), text.utf8.count > 4 {
            self = .environment(String(text.dropFirst(4)))
        } else if text.hasPrefix("file:"), text.utf8.count > 5 {
            self = .file(String(text.dropFirst(5)))
        } else {
            throw SettingsError(
                at: path, "this is not a reference to a secret",
                remedy: "Write env:NAME or file:PATH; keys never stand in settings themselves.")
        }
    }

    /// The secret itself.
    ///
    /// - Parameter shortest: The fewest bytes it may have: fewer where somebody else chose it, never 0.
    /// - Throws: `SettingsError` where it is not there, or has fewer bytes.
    public func secret(
        environment: [String: String], at path: [String], shortest: Int = shortestSecret
    ) throws(SettingsError) -> String {
        let secret: String
        switch self {
        case .environment(let name):
            guard let value = environment[name] else {
                throw SettingsError(at: path, "the environment has no variable \(name)", remedy: "Set it before the worker starts.")
            }
            secret = value
        case .file(let file):
            guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
                throw SettingsError(
                    at: path, "the file \(file) cannot be read as text", remedy: "Put the key into it, and let the worker read it.")
            }
            secret = text.trimmingCharacters(in: .whitespacesAndNewlines)
        }
        guard secret.utf8.count >= max(1, shortest) else {
            throw SettingsError(
                at: path, shortest > 1 ? "the secret has fewer than \(shortest) bytes" : "the secret is empty",
                remedy: "Make a long one, for example with: openssl rand -hex 24.")
        }
        return secret
    }
}
