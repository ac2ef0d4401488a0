import EventModel
import Foundation

/// A file of rejects as it was left by an earlier run, read line by line.
struct RejectsFile {
    let path: String

    /// One line of it.
    struct Line {
        let bytes: UnsafeBufferPointer<UInt8>
        /// Nothing ends it: a crash cut it.
        let isTorn: Bool
        private static let head = ContiguousArray("{\"line\":".utf8)

        init(_ bytes: UnsafeBufferPointer<UInt8>, isTorn: Bool) { (self.bytes, self.isTorn) = (bytes, isTorn) }

        /// Line of the source that was refused, from 1; 0 where none is given.
        var line: Int {
            guard bytes.starts(with: Self.head) else { return 0 }
            return bytes.dropFirst(Self.head.count).prefix { $0 >= 48 && $0 <= 57 }.reduce(0) { $0 &* 10 &+ Int($1 &- 48) }
        }

        /// Whether the record is of that source.
        func isOf(_ source: String) -> Bool {
            let tail = ContiguousArray(",\"file\":\(JSONValue.string(source).text)}".utf8)
            return bytes.suffix(tail.count).elementsEqual(tail)
        }
    }

    /// Takes out the lines that `isUnwanted` holds for, and a last line without its end; all others stay as they are, in their order.
    func drop(_ isUnwanted: (Line) -> Bool) throws(ArchiveError) {
        let stream = InputWindow(try FileStream(path: path))
        /// Where the first line that goes begins: so much stays in any case.
        var kept: Int?
        var rest: Remainder?
        while let line = try nextLine(stream) {
            if line.isTorn || isUnwanted(line) {
                kept = kept ?? stream.offset
            } else if let kept {
                if rest == nil { rest = try Remainder(of: path, upTo: kept) }
                try rest?.append(line.bytes)
            }
            stream.start += line.bytes.count + (line.isTorn ? 0 : 1)
        }
        if let rest {
            try rest.replace(path)
        } else if let kept {
            try RejectsWriter.check(truncate(path, off_t(kept)), path)
        }
    }

    /// The line at the window's start, which stays there; nil at the end.
    private func nextLine(_ stream: InputWindow) throws(ArchiveError) -> Line? {
        var searched = 0
        while true {
            if let hit = memchr(stream.base + stream.start + searched, 10, stream.count - searched) {
                let length = hit.assumingMemoryBound(to: UInt8.self) - (UnsafeMutablePointer(stream.base) + stream.start)
                return Line(UnsafeBufferPointer(start: stream.base + stream.start, count: length), isTorn: false)
            }
            searched = stream.count
            if try !stream.refill() { break }
        }
        if stream.count == 0 { return nil }
        return Line(UnsafeBufferPointer(start: stream.base + stream.start, count: stream.count), isTorn: true)
    }

    /// The file anew, beside itself, until it takes its place.
    private final class Remainder {
        private let path: String
        private let descriptor: Int32
        private var buffer = ContiguousArray<UInt8>()
        private var isPlaced = false

        /// Begins with the first `count` bytes of the file at `original`.
        init(of original: String, upTo count: Int) throws(ArchiveError) {
            path = original + ".new"
            descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
            try RejectsWriter.check(descriptor, path)
            let stream = InputWindow(try FileStream(path: original))
            var left = count
            while left > 0, try stream.require(1) {
                let piece = UnsafeBufferPointer(start: stream.base + stream.start, count: min(left, stream.count))
                try FileWriting.write(UnsafeRawBufferPointer(piece), to: descriptor, name: path)
                stream.start += piece.count
                left -= piece.count
            }
        }

        deinit {
            close(descriptor)
            if !isPlaced { unlink(path) }
        }

        /// Appends a line and its end.
        func append(_ line: UnsafeBufferPointer<UInt8>) throws(ArchiveError) {
            buffer.append(contentsOf: line)
            buffer.append(10)
            if buffer.count > 1 << 20 { try flush() }
        }

        /// Takes the place of the file at `original`, all at once.
        func replace(_ original: String) throws(ArchiveError) {
            try flush()
            try RejectsWriter.check(rename(path, original), original)
            isPlaced = true
        }

        private func flush() throws(ArchiveError) {
            try FileWriting.write(buffer, to: descriptor, name: path)
            buffer.removeAll(keepingCapacity: true)
        }
    }
}
