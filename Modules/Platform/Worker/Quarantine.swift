import Archive
import EventModel
import Foundation
import Storage

/// Messages that were refused, kept beside the store with their reasons: one JSON object a line, as `import` keeps its rejects.
///
/// When `keep` returns they are on disk. Confined to the worker's thread.
final class Quarantine {
    private let folder: String
    private var path: String { folder + "/worker.ndjson" }
    private var descriptor: Int32 = -1

    init(store path: String) { folder = path + ".rejected" }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Writes rejects down.
    ///
    /// - Parameter source: Who sent them.
    /// - Throws: `.disk` where they cannot be written; nothing of them stays then.
    func keep(_ rejects: [(reject: Reject, source: String)], at now: Instant) throws(StoreError) {
        guard !rejects.isEmpty else { return }
        var text = ContiguousArray<UInt8>()
        for (reject, source) in rejects {
            var record = reject.record(from: source)
            record.set("at", .string(now.text))
            record.append(to: &text)
            text.append(10)
        }
        do throws(ArchiveError) { try append(text) } catch { throw StoreError(.disk, error.description) }
    }

    /// Puts what a replay left in place of the first `count` bytes of a file; what was added meanwhile stays, behind it.
    func replace(_ file: String, first count: Int, by left: RemainingRecords) throws(ArchiveError) {
        try left.append(from: file, behind: count)
        try left.replace(file)
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
    }

    private func append(_ text: ContiguousArray<UInt8>) throws(ArchiveError) {
        if descriptor < 0 {
            guard mkdir(folder, 0o700) == 0 || errno == EEXIST else { throw FileWriting.failure(folder, errno) }
            descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw FileWriting.failure(path, errno) }
        }
        let length = lseek(descriptor, 0, SEEK_END)
        do throws(ArchiveError) {
            try FileWriting.write(text, to: descriptor, name: path)
            guard fdatasync(descriptor) == 0 else { throw FileWriting.failure(path, errno) }
        } catch {
            ftruncate(descriptor, length)
            throw error
        }
    }
}
