import Archive
import Foundation

/// A file that only grows: when `append` returns, what it was given is on disk, and where it fails nothing of it stays.
///
/// Opened, and its folder made, at the first `append`. Confined to one thread at a time.
final class AppendedFile {
    private let path: String
    private var descriptor: Int32 = -1

    init(_ path: String) { self.path = path }

    deinit { close() }

    /// - Throws: `.disk` where it cannot be written.
    func append(_ bytes: ContiguousArray<UInt8>) throws(ArchiveError) {
        if descriptor < 0 {
            let folder = path.contains("/") ? String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]) : "."
            guard folder.isEmpty || mkdir(folder, 0o700) == 0 || errno == EEXIST else { throw FileWriting.failure(folder, errno) }
            descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw FileWriting.failure(path, errno) }
        }
        let length = lseek(descriptor, 0, SEEK_END)
        do throws(ArchiveError) {
            try FileWriting.write(bytes, to: descriptor, name: path)
            guard fdatasync(descriptor) == 0 else { throw FileWriting.failure(path, errno) }
        } catch {
            ftruncate(descriptor, length)
            throw error
        }
    }

    /// Lets go of the file: another may stand in its place at the next `append`.
    func close() {
        if descriptor >= 0 { Foundation.close(descriptor) }
        descriptor = -1
    }
}
