import Foundation

/// Writing to files, with the system's refusals as sentences.
package enum FileWriting {
    /// Writes all bytes to an open file at its position, however many calls that takes; throws `.disk`, with `name` for the file.
    package static func write(_ bytes: ContiguousArray<UInt8>, to descriptor: Int32, name: String) throws(ArchiveError) {
        let result = bytes.withUnsafeBytes { bytes in Result { () throws(ArchiveError) in try write(bytes, to: descriptor, name: name) } }
        try result.get()
    }

    static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, name: String) throws(ArchiveError) {
        var done = 0
        while done < bytes.count {
            let count = Foundation.write(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
            if count >= 0 { done += count } else if errno != EINTR { throw failure(name, errno) }
        }
    }

    /// Puts a file in the place of another at once: what is at `path` afterwards, through a crash too, is the old one or the whole new one.
    ///
    /// - Throws: `.disk`; the old one stays.
    package static func replace(_ path: String, with bytes: ContiguousArray<UInt8>) throws(ArchiveError) {
        let part = path + ".new"
        let descriptor = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure(part, errno) }
        defer { close(descriptor) }
        do throws(ArchiveError) {
            try write(bytes, to: descriptor, name: part)
            guard fdatasync(descriptor) == 0, rename(part, path) == 0 else { throw failure(path, errno) }
        } catch {
            unlink(part)
            throw error
        }
    }

    /// The system's error `code` (an `errno`) about the file `name`, as a `.disk` error that says what to do.
    package static func failure(_ name: String, _ code: Int32) -> ArchiveError {
        switch code {
        // EFBIG is the limit of a file's size that was set for the process.
        case ENOSPC, EDQUOT, EFBIG: ArchiveError(.disk, "\(name): no space is left on the disk. Make room and run the command again.")
        case ENOENT, ENOTDIR: ArchiveError(.disk, "\(name): its folder does not exist. Create it, or name another place.")
        case EACCES, EPERM, EROFS: ArchiveError(.disk, "\(name): no permission to write it. Name another place, or run as its owner.")
        case EISDIR: ArchiveError(.disk, "\(name): this is a directory. Name a file in it.")
        case EPIPE: ArchiveError(.disk, "\(name): nobody reads the pipe any more.")
        default: ArchiveError(.disk, "\(name): \(String(cString: strerror(code))). Check the disk and run the command again.")
        }
    }
}
