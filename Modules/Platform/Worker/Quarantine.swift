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
            JSONObject([
                .init("line", .integer(Int64(reject.line))), .init("reason", .string(reject.reason)), .init("text", .string(reject.text)),
                .init("file", .string(source)), .init("at", .string(now.text)),
            ]).append(to: &text)
            text.append(10)
        }
        if descriptor < 0 {
            guard mkdir(folder, 0o700) == 0 || errno == EEXIST else { throw failure(folder) }
            descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw failure(path) }
        }
        let length = lseek(descriptor, 0, SEEK_END)
        var written = 0
        while written < text.count {
            let count = text.withUnsafeBytes { write(descriptor, $0.baseAddress! + written, text.count - written) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let error = failure(path)
                ftruncate(descriptor, length)
                throw error
            }
            written += count
        }
        guard fdatasync(descriptor) == 0 else { throw failure(path) }
    }

    private func failure(_ path: String) -> StoreError {
        StoreError(.disk, "\(path) cannot be written (\(String(cString: strerror(errno)))). Free some space or mend the disk.")
    }
}
