import Connectors
import EventModel
import Foundation

/// Appends records to the last file of a folder, and knows which of them were written last.
///
/// Confined to one thread at a time.
final class FolderWriter {
    private let folder: String
    private let rotate: Int
    private var number: Int
    private var descriptor: Int32 = -1
    private var size = 0
    private var known = RememberedKeys()

    /// - Throws: `.retry` where the folder cannot be made or read.
    init(folder: String, rotate: Int) throws(ConnectorError) {
        (self.folder, self.rotate) = (folder, rotate)
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch { throw ConnectorError(.retry(after: nil), at: folder, "the folder cannot be made", remedy: "Make it, or name another.") }
        let files = try Self.files(folder)
        number = files.last.flatMap(Self.number) ?? 1
        // What came last may lie in the file before, when the last one has only begun.
        for file in files.suffix(2) { try remember(file) }
        try open()
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Names of the files that hold records, in their order.
    static func files(_ folder: String) throws(ConnectorError) -> [String] {
        guard FileManager.default.fileExists(atPath: folder) else { return [] }
        do { return try FileManager.default.contentsOfDirectory(atPath: folder).filter { number($0) != nil }.sorted() } catch {
            throw ConnectorError(.retry(after: nil), at: folder, "the folder cannot be read", remedy: "Let the worker read it.")
        }
    }

    /// Who is in which segment by the lines of all files, the first one first. A line that is not whole yet says nothing.
    static func audiences(_ folder: String) throws(ConnectorError) -> [Audience] {
        var fold = AudienceFold()
        let mark = Array(#"{"kind":"membership","#.utf8)
        for file in try files(folder) {
            let path = folder + "/" + file
            guard let data = FileManager.default.contents(atPath: path) else {
                throw ConnectorError(.retry(after: nil), at: path, "it cannot be read", remedy: "Let this program read it.")
            }
            for line in data.split(separator: 10) where line.starts(with: mark) {
                guard let record = (try? JSONValue(parsing: Array(line)))?.asObject?["record"]?.asObject else { continue }
                fold.take(record)
            }
        }
        return fold.audiences
    }

    private static func number(_ file: String) -> Int? {
        file.hasSuffix(".ndjson") ? Int(file.dropLast(7)) : nil
    }

    private var path: String { folder + "/" + String(format: "%06d.ndjson", number) }

    private func failure(_ what: String) -> ConnectorError {
        ConnectorError(
            .retry(after: nil), at: path, "\(what) (\(String(cString: strerror(errno))))", remedy: "Free some space, or mend the folder.")
    }

    private func open() throws(ConnectorError) {
        descriptor = Foundation.open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("it cannot be opened") }
        size = Int(lseek(descriptor, 0, SEEK_END))
    }

    /// Reads the keys of a file, and takes away a last line that was cut short.
    private func remember(_ file: String) throws(ConnectorError) {
        let path = folder + "/" + file
        guard let data = FileManager.default.contents(atPath: path) else { throw failure("it cannot be read") }
        let whole = data.lastIndex(of: 10).map { $0 + 1 } ?? 0
        if whole < data.count, truncate(path, off_t(whole)) != 0 { throw failure("a line that was cut short cannot be taken away") }
        for line in data[..<whole].split(separator: 10).suffix(RememberedKeys.most) {
            guard let key = (try? JSONValue(parsing: Array(line)))?.asObject?["key"]?.asString else { continue }
            known.insert(key)
        }
    }

    /// Writes the records that are not there yet; when it returns they are on disk.
    func write(_ batch: DeliveryBatch) throws(ConnectorError) {
        let (text, keys) = known.newLines(of: batch)
        if text.isEmpty { return }
        if size >= rotate {
            close(descriptor)
            number += 1
            try open()
        }
        var written = 0
        while written < text.count {
            let count = text.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress! + written, text.count - written) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure("it cannot be written") }
            written += count
        }
        guard fdatasync(descriptor) == 0 else { throw failure("it cannot be synced") }
        size += text.count
        for key in keys { known.insert(key) }
    }
}
