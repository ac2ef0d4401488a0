import Crypto
import Foundation

/// Writes parts of text as gzip members, compressed on several threads, in the order they came. Encrypts each where there is a key.
///
/// Sendable unchecked: everything below `condition` is touched under it.
final class MemberWriter: @unchecked Sendable {
    private final class Part {
        let text: ContiguousArray<UInt8>
        let number: Int
        let isLast: Bool
        var taken = false
        var member: Data?

        init(_ text: ContiguousArray<UInt8>, number: Int, isLast: Bool) { (self.text, self.number, self.isLast) = (text, number, isLast) }
    }

    private let file: OutputFile
    private let level: Int
    private let key: SymmetricKey?
    private let threads: Int

    private let condition = NSCondition()
    private var parts: [Part] = []
    private var count = 0
    private var isDone = false
    private var isWriting = false
    private var failure: ArchiveError?
    private let running = DispatchGroup()

    init(_ file: OutputFile, level: Int, threads: Int, key: SymmetricKey?) {
        (self.file, self.level, self.threads, self.key) = (file, level, max(1, threads), key)
        for _ in 0..<self.threads {
            running.enter()
            let thread = Thread { [self] in
                work()
                running.leave()
            }
            thread.stackSize = 4 << 20
            thread.start()
        }
    }

    /// Takes a part; waits while many are under way.
    func submit(_ text: ContiguousArray<UInt8>, isLast: Bool) throws(ArchiveError) {
        condition.lock()
        defer { condition.unlock() }
        while parts.count > threads * 2 && failure == nil { condition.wait() }
        if let failure { throw failure }
        parts.append(Part(text, number: count, isLast: isLast))
        count += 1
        condition.broadcast()
    }

    /// Waits until everything is written and ends the threads.
    func finish() throws(ArchiveError) {
        condition.lock()
        isDone = true
        condition.broadcast()
        condition.unlock()
        running.wait()
        if let failure { throw failure }
    }

    /// Ends the threads without writing the rest.
    func abandon() {
        condition.lock()
        isDone = true
        parts = []
        condition.broadcast()
        condition.unlock()
        running.wait()
    }

    private func work() {
        condition.lock()
        defer { condition.unlock() }
        while failure == nil {
            if !isWriting, let first = parts.first, let member = first.member {
                isWriting = true
                condition.unlock()
                let refusal: ArchiveError?
                do throws(ArchiveError) {
                    try file.write(member)
                    refusal = nil
                } catch { refusal = error }
                condition.lock()
                isWriting = false
                if parts.first === first { parts.removeFirst() }
                if let refusal { failure = refusal }
                condition.broadcast()
            } else if let part = parts.first(where: { !$0.taken }) {
                part.taken = true
                condition.unlock()
                let member = sealed(part)
                condition.lock()
                part.member = member
                condition.broadcast()
            } else if isDone && parts.isEmpty {
                return
            } else {
                condition.wait()
            }
        }
    }

    private func sealed(_ part: Part) -> Data {
        let member = Deflater.member(part.text, level: level)
        guard let key else { return member }
        do {
            return try SealedFrames.seal(member, number: UInt64(part.number), isLast: part.isLast, key: key)
        } catch { preconditionFailure("AES-GCM takes any member: \(error)") }
    }
}

/// A file that appears under its name only when it is whole.
final class OutputFile {
    /// Bytes written.
    private(set) var count = 0
    private let path: String
    private let partial: String?
    private var descriptor: Int32

    /// Opens `path` for writing: beside it first, unless it is a pipe or a device. `-` is standard output.
    init(path: String) throws(ArchiveError) {
        self.path = path
        if path == "-" {
            (partial, descriptor) = (nil, dup(1))
        } else {
            var status = stat()
            if stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR { throw FileWriting.failure(path, EISDIR) }
            let isSpecial = stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFREG
            partial = isSpecial ? nil : path + ".partial"
            descriptor = open(partial ?? path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        }
        if descriptor < 0 { throw FileWriting.failure(path, errno) }
    }

    func write(_ bytes: Data) throws(ArchiveError) {
        let result = bytes.withUnsafeBytes { bytes in
            Result { () throws(ArchiveError) in try FileWriting.write(bytes, to: descriptor, name: path) }
        }
        try result.get()
        count += bytes.count
    }

    /// Makes the file durable and gives it its name.
    func close() throws(ArchiveError) {
        guard descriptor >= 0 else { return }
        defer { descriptor = -1 }
        if partial != nil && fsync(descriptor) != 0 { throw FileWriting.failure(path, errno) }
        if Foundation.close(descriptor) != 0 { throw FileWriting.failure(path, errno) }
        if let partial, rename(partial, path) != 0 { throw FileWriting.failure(path, errno) }
    }

    deinit {
        guard descriptor >= 0 else { return }
        Foundation.close(descriptor)
        if let partial { unlink(partial) }
    }
}
