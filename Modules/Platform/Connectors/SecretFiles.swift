import Foundation

/// Files with secrets, and what they held, as digests: enough to see that one was changed, and nothing that could be read.
struct SecretFiles: Sendable, Equatable {
    /// By path; nil: there was no text of a file.
    private var digests: [String: Int?] = [:]

    init() {}

    /// Looks at the files as they are now.
    init(_ paths: some Sequence<String>) { for path in paths { digests.updateValue(Self.digest(path), forKey: path) } }

    /// The same files as they are now.
    var again: SecretFiles { SecretFiles(digests.keys) }

    /// Takes others in.
    mutating func formUnion(_ others: SecretFiles) { digests.merge(others.digests) { $1 } }

    /// Drawn anew in each process (SipHash with a key of its own), so that it says nothing outside of it.
    private static func digest(_ path: String) -> Int? {
        var status = stat()
        // A pipe gives its bytes once, and reading it could wait for ever.
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, let text = try? String(contentsOfFile: path, encoding: .utf8)
        else { return nil }
        // What does not count of a secret does not make it another one.
        return text.trimmingCharacters(in: .whitespacesAndNewlines).hashValue
    }
}
