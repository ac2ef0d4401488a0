import EventModel
import Foundation

/// Writes refused records down, in the order of their lines, one JSON object a line.
///
/// What is written may run ahead of what is committed; an import that goes on cuts the file back to the committed line first.
final class RejectsWriter {
    /// Files written, in order of their first reject.
    private(set) var files: [String] = []
    private let place: RejectsPlace
    private let resume: Bool
    private var names: Set<ContiguousArray<UInt8>> = []
    private var path: String?
    private var source = ""
    private var descriptor: Int32 = -1
    private var buffer = ContiguousArray<UInt8>()

    init(place: RejectsPlace, resume: Bool) { (self.place, self.resume) = (place, resume) }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Starts with a source of which `doneLines` lines are stored: rejects behind them are cut off, since they come again.
    func begin(source: String, doneLines: Int) throws(ArchiveError) {
        self.source = source
        switch place {
        case .nowhere: return
        case .file(let path):
            if self.path == nil && !resume { try RejectsWriter.check(unlink(path), path, ignoring: ENOENT) }
            self.path = path
        case .folder(let folder):
            try end()
            var name =
                source == "standard input" ? "standard-input" : String(decoding: source.utf8.split(separator: 47).last ?? [], as: UTF8.self)
            var number = 1
            while !names.insert(ContiguousArray(name.utf8)).inserted {
                number += 1
                name = "\(name)-\(number)"
            }
            let path = "\(folder)/\(name).ndjson"
            self.path = path
            if doneLines == 0 { try RejectsWriter.check(unlink(path), path, ignoring: ENOENT) }
        }
        if resume, let path, access(path, F_OK) == 0 { try cut(path, behind: doneLines) }
    }

    func write(_ rejects: [Reject]) throws(ArchiveError) {
        guard let path else { return }
        for reject in rejects {
            let line = JSONObject([
                .init("line", .integer(Int64(reject.line))), .init("reason", .string(reject.reason)), .init("text", .string(reject.text)),
                .init("file", .string(source)),
            ])
            line.append(to: &buffer)
            buffer.append(10)
            if buffer.count > 1 << 20 { try flush() }
        }
        if !rejects.isEmpty && !files.contains(where: { $0.sameScalars(as: path) }) { files.append(path) }
    }

    /// Hands everything to the system.
    func flush() throws(ArchiveError) {
        guard let path, !buffer.isEmpty else { return }
        if descriptor < 0 {
            if case .folder(let folder) = place { try RejectsWriter.check(mkdir(folder, 0o700), folder, ignoring: EEXIST) }
            descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
            try RejectsWriter.check(descriptor, path)
        }
        try FileWriting.write(buffer, to: descriptor, name: path)
        buffer.removeAll(keepingCapacity: true)
    }

    /// Flushes and closes the present file.
    func end() throws(ArchiveError) {
        try flush()
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
    }

    /// Cuts the file at the first reject of the present source behind line `lines`.
    private func cut(_ path: String, behind lines: Int) throws(ArchiveError) {
        let stream = InputWindow(try FileStream(path: path))
        let tail = ContiguousArray(",\"file\":\(JSONValue.string(source).text)}".utf8)
        let head = ContiguousArray("{\"line\":".utf8)
        while true {
            let offset = stream.offset
            var length = 0
            while true {
                if let hit = memchr(stream.base + stream.start + length, 10, stream.count - length) {
                    length = hit.assumingMemoryBound(to: UInt8.self) - (UnsafeMutablePointer(stream.base) + stream.start)
                    break
                }
                length = stream.count
                if try !stream.refill() { break }
            }
            let line = UnsafeBufferPointer(start: stream.base + stream.start, count: length)
            if line.isEmpty && stream.count == 0 { return }
            let number = line.dropFirst(head.count).prefix { $0 >= 48 && $0 <= 57 }.reduce(0) { $0 &* 10 &+ Int($1 &- 48) }
            let isTorn = length == stream.count  // A line without its end: a crash cut it.
            if isTorn || line.starts(with: head) && line.suffix(tail.count).elementsEqual(tail) && number > lines {
                return try RejectsWriter.check(truncate(path, off_t(offset)), path)
            }
            stream.start += length + 1
        }
    }

    private static func check(_ code: Int32, _ path: String, ignoring: Int32? = nil) throws(ArchiveError) {
        if code < 0 && errno != ignoring { throw FileWriting.failure(path, errno) }
    }
}

/// Writing to files, with the system's refusals as sentences.
enum FileWriting {
    static func write(_ bytes: ContiguousArray<UInt8>, to descriptor: Int32, name: String) throws(ArchiveError) {
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

    static func failure(_ name: String, _ code: Int32) -> ArchiveError {
        switch code {
        case ENOSPC, EDQUOT: ArchiveError(.disk, "\(name): no space is left on the disk. Make room and run the command again.")
        case ENOENT, ENOTDIR: ArchiveError(.disk, "\(name): its folder does not exist. Create it, or name another place.")
        case EACCES, EPERM, EROFS: ArchiveError(.disk, "\(name): no permission to write it. Name another place, or run as its owner.")
        case EISDIR: ArchiveError(.disk, "\(name): this is a directory. Name a file in it.")
        case EPIPE: ArchiveError(.disk, "\(name): nobody reads the pipe any more.")
        default: ArchiveError(.disk, "\(name): \(String(cString: strerror(code))). Check the disk and run the command again.")
        }
    }
}
