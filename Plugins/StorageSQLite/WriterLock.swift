import Foundation
import Storage

/// The lock beside a store that names the process which may change people; the system frees it when the process dies.
final class WriterLock {
    private let descriptor: Int32

    /// Takes the lock of the store at `path`, or says who holds it.
    init(path: String) throws(StoreError) {
        let file = path + ".lock"
        descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw StoreError(.disk, "\(file) cannot be written (\(String(cString: strerror(errno)))). Check the permissions of the folder.")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            var holder = [UInt8](repeating: 0, count: 256)
            let count = pread(descriptor, &holder, holder.count, 0)
            close(descriptor)
            let who = count > 0 ? String(decoding: holder[..<count], as: UTF8.self) : "another process"
            throw StoreError(.held, "\(path) is being written by \(who). Wait until it is done, or stop it, and try again.")
        }
        let name = ProcessInfo.processInfo.processName
        let text = Array("\(name) (process \(ProcessInfo.processInfo.processIdentifier))".utf8)
        ftruncate(descriptor, 0)
        _ = pwrite(descriptor, text, text.count, 0)
    }

    /// Gives the lock back.
    func release() {
        ftruncate(descriptor, 0)
        close(descriptor)
    }
}
