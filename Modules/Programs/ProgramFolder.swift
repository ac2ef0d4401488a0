package import Connectors
import Foundation

/// A private folder for one run of a program: its settings with their secrets, its state and its catalog. It is gone with the run.
///
/// A run that was killed leaves its folder; the next run of anybody takes it away, as nobody holds its lock any more.
package final class ProgramFolder: Sendable {
    package let path: String
    private let lock: Int32

    private static let prefix = "tessera-program-"

    /// Makes an empty folder that only this user can look into, and takes those away that were left.
    package init() throws(ConnectorError) {
        let parent = FileManager.default.temporaryDirectory.path
        Self.removeLeft(in: parent)
        var template = Array((parent + "/" + Self.prefix + "XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else { throw Self.failure(parent) }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        lock = open(path + "/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0, flock(lock, LOCK_EX | LOCK_NB) == 0 else { throw Self.failure(path) }
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
        close(lock)
    }

    /// Writes a file that only this user can read, and gives its path.
    package func write(_ text: String, as name: String) throws(ConnectorError) -> String {
        let file = path + "/" + name
        let descriptor = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failure(file) }
        defer { close(descriptor) }
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let written = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { throw Self.failure(file) }
            bytes = bytes.dropFirst(written)
        }
        return file
    }

    private static func removeLeft(in parent: String) {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? [] where name.hasPrefix(prefix) {
            let path = parent + "/" + name
            let lock = open(path + "/lock", O_RDWR | O_CLOEXEC)
            // Somebody else's cannot be opened; one that is being made has no lock yet.
            guard lock >= 0 else { continue }
            if flock(lock, LOCK_EX | LOCK_NB) == 0 { try? FileManager.default.removeItem(atPath: path) }
            close(lock)
        }
    }

    private static func failure(_ path: String) -> ConnectorError {
        ConnectorError(
            .retry(after: nil), at: path, "the program's settings cannot be written there (\(String(cString: strerror(errno))))",
            remedy: "Let the worker write into the folder that TMPDIR names.")
    }
}
