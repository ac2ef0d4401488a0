import Foundation

/// Bytes from somewhere, in order.
protocol ByteStream: AnyObject {
    /// How error messages call it.
    var name: String { get }
    /// Bytes taken from the outside so far: of the file itself, whatever is done to them on the way.
    var bytesTaken: Int { get }
    /// Size of the file itself, nil where it has none.
    var size: Int? { get }
    /// Fills as much of `buffer` as there is at hand; 0 only at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(ArchiveError) -> Int
    /// Goes to a place, counted from the first byte; false where the stream cannot go back.
    func seek(to offset: Int) throws(ArchiveError) -> Bool
}

/// A file, a pipe, or standard input.
final class FileStream: ByteStream {
    let name: String
    let size: Int?
    private(set) var bytesTaken = 0
    private let descriptor: Int32
    private let ownsDescriptor: Bool

    /// Opens `path`; `-` is standard input.
    init(path: String) throws(ArchiveError) {
        if path == "-" {
            (name, descriptor, ownsDescriptor) = ("standard input", 0, false)
        } else {
            (name, descriptor, ownsDescriptor) = (path, open(path, O_RDONLY | O_CLOEXEC), true)
            guard descriptor >= 0 else { throw FileStream.failure(path, errno) }
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let code = errno
            if ownsDescriptor { close(descriptor) }
            throw FileStream.failure(name, code)
        }
        switch status.st_mode & S_IFMT {
        case S_IFDIR:
            if ownsDescriptor { close(descriptor) }
            throw FileStream.failure(name, EISDIR)
        case S_IFREG: size = Int(status.st_size)
        default: size = nil
        }
        #if os(Linux)
        if size != nil { posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL) }
        #endif
    }

    deinit { if ownsDescriptor { close(descriptor) } }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(ArchiveError) -> Int {
        while true {
            let count = Foundation.read(descriptor, buffer.baseAddress, buffer.count)
            if count >= 0 {
                bytesTaken += count
                return count
            }
            if errno != EINTR { throw FileStream.failure(name, errno) }
        }
    }

    func seek(to offset: Int) throws(ArchiveError) -> Bool {
        guard size != nil, lseek(descriptor, off_t(offset), SEEK_SET) >= 0 else { return false }
        bytesTaken = offset
        return true
    }

    /// Bytes of the regular file at `path`; 0 where there is nothing to read, nil for a pipe. Opens nothing: a pipe's writer would notice.
    static func size(path: String) -> Int? {
        if path == "-" { return nil }
        var status = stat()
        guard stat(path, &status) == 0 else { return 0 }
        return status.st_mode & S_IFMT == S_IFREG ? Int(status.st_size) : status.st_mode & S_IFMT == S_IFDIR ? 0 : nil
    }

    /// The sentence for an error number of the system.
    static func failure(_ name: String, _ code: Int32) -> ArchiveError {
        switch code {
        case ENOENT, ENOTDIR: ArchiveError(.missing, "\(name): there is no such file. Check the path.")
        case EISDIR: ArchiveError(.unreadable, "\(name): this is a directory. Name the files in it.")
        case EACCES, EPERM: ArchiveError(.unreadable, "\(name): no permission to read it. Change its mode, or run as its owner.")
        case ENOSPC, EDQUOT: ArchiveError(.disk, "\(name): no space is left on the disk. Make room and run the command again.")
        default: ArchiveError(.unreadable, "\(name): \(String(cString: strerror(code))). Check the disk and run the command again.")
        }
    }
}

/// A stream seen through a buffer: what was read a moment ago is still there, what comes next can be looked at.
final class InputWindow {
    let stream: any ByteStream
    private(set) var base: UnsafeMutablePointer<UInt8>
    /// The unread bytes are `base[start ..< end]`.
    var start = 0
    private(set) var end = 0
    /// No byte follows `end`.
    private(set) var ended = false
    /// Offset of `base[0]` in the stream.
    private var origin = 0
    private let capacity: Int
    /// Read bytes that stay when more come: enough for the 8 bytes an inflater may give back, and for a search in a pipe.
    private static let history = 128 << 10

    init(_ stream: any ByteStream, capacity: Int = 1 << 20) {
        self.stream = stream
        self.capacity = capacity + InputWindow.history
        base = .allocate(capacity: self.capacity)
    }

    deinit { base.deallocate() }

    /// Unread bytes at hand.
    var count: Int { end - start }
    /// Where the next unread byte stands in the stream.
    var offset: Int { origin + start }

    /// Reads more behind the unread bytes; true when some came.
    @discardableResult
    func refill() throws(ArchiveError) -> Bool {
        if ended { return false }
        let kept = max(0, start - InputWindow.history)
        if kept > 0 {
            memmove(base, base + kept, end - kept)
            start -= kept
            end -= kept
            origin += kept
        }
        guard end < capacity else { return false }
        let count = try stream.read(into: UnsafeMutableRawBufferPointer(start: base + end, count: capacity - end))
        end += count
        if count == 0 { ended = true }
        return count > 0
    }

    /// Makes `count` unread bytes available; false when the stream ends before.
    func require(_ count: Int) throws(ArchiveError) -> Bool {
        while self.count < count { if try !refill() { return false } }
        return true
    }

    /// Goes back to `offset`, or, in a stream that cannot, to the earliest byte still here.
    func rewind(to offset: Int) throws(ArchiveError) {
        if offset >= origin && offset <= origin + end {
            start = offset - origin
        } else if try stream.seek(to: offset) {
            (origin, start, end, ended) = (offset, 0, 0, false)
        } else {
            start = max(0, min(end, offset - origin))
        }
    }
}
