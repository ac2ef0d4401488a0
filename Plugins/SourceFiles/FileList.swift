import Connectors
import Foundation

/// The files to be read, in the order of their names.
struct FileList: Sendable {
    /// A file or a folder.
    let path: String
    let pattern: String

    /// One of them, as it is now.
    struct Entry {
        /// Its name in the folder; the whole path of a single file.
        var name: String
        var path: String
        var size: Int
        /// The system's number of it: another one is another file under the same name.
        var number: UInt64
        /// Seconds since its last change.
        var age: Double
        /// When the system last noted a change of it, of its text or of who may read it, in seconds since 1970.
        var noted: Double

        /// Whether it is one of a folder, where others can be read if it cannot.
        var isInFolder: Bool { name != path }

        /// Whether nothing of it has changed.
        func isSame(as other: Entry) -> Bool { number == other.number && size == other.size && noted == other.noted }
    }

    /// What is there now; nil where the path leads to nothing.
    ///
    /// - Throws: Where the path leads to what is read once: opening it could wait for ever, and its end would be taken for that of a file.
    func entries(now: Date) throws(ConnectorError) -> [Entry]? {
        var status = stat()
        guard stat(path, &status) == 0 else {
            if errno == ENOENT { return nil }
            throw failure(path)
        }
        if status.st_mode & S_IFMT == S_IFREG { return [Self.entry(path, path, status, now)] }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw ConnectorError(
                .mendSettings, at: path, "it is neither a file nor a folder but a pipe, a socket or a device",
                remedy: "Lead what comes from it into the worker's standard input, and write `path: \"-\"` and `format`.")
        }
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else { throw failure(path) }
        var entries: [Entry] = []
        for name in names.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) where fnmatch(pattern, name, FNM_PERIOD) == 0 {
            // A file that went away since is not there.
            guard stat(path + "/" + name, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
            entries.append(Self.entry(name, path + "/" + name, status, now))
        }
        return entries
    }

    private static func entry(_ name: String, _ path: String, _ status: stat, _ now: Date) -> Entry {
        func seconds(_ time: timespec) -> Double { Double(time.tv_sec) + Double(time.tv_nsec) / 1e9 }
        return Entry(
            name: name, path: path, size: Int(status.st_size), number: UInt64(status.st_ino),
            age: now.timeIntervalSince1970 - seconds(status.st_mtim), noted: seconds(status.st_ctim))
    }

    private func failure(_ path: String) -> ConnectorError {
        ConnectorError(
            .retry(after: nil), at: path, "it cannot be looked at (\(String(cString: strerror(errno))))",
            remedy: "Let the worker read it.")
    }
}
