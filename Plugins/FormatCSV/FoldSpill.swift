import Connectors
import Foundation

/// A temporary file of folded rows, each partition of them in runs that are read back together.
final class FoldSpill {
    private let file: Int32
    private var end: off_t = 0
    /// Where the rows of each partition stand, in the order they were written.
    private var runs: [[(start: off_t, count: Int)]]

    /// Opens a file in the system's folder for temporary files and takes its name away at once.
    init() throws(FormatError) {
        let folder = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
        var path = Array("\(folder)/tessera-fold-XXXXXX".utf8CString)
        file = mkstemp(&path)
        guard file >= 0 else {
            throw FormatError(
                "\(folder): no temporary file for folded rows could be made: \(Self.reason). Set TMPDIR to a folder with room.")
        }
        unlink(path)
        runs = Array(repeating: [], count: FoldCollector.partitions)
    }

    deinit { close(file) }

    private static var reason: String { String(cString: strerror(errno)) }

    /// Appends rows, a run for each partition that has any.
    func write(_ bytes: UnsafeBufferPointer<UInt8>, order: (offsets: ContiguousArray<Int>, starts: [Int])) throws(FormatError) {
        guard let base = bytes.baseAddress else { return }
        let buffer = ByteBuffer(capacity: 1 << 20)
        for partition in 0..<FoldCollector.partitions {
            var count = 0
            let start = end + off_t(buffer.count)
            for index in order.starts[partition]..<order.starts[partition + 1] {
                let row = base + order.offsets[index]
                let length = FoldHeader.size + FoldHeader(at: row).bodyBytes
                buffer.append(UnsafeBufferPointer(start: row, count: length))
                count += length
                if buffer.count >= 1 << 20 { try flush(buffer) }
            }
            if count > 0 { runs[partition].append((start, count)) }
        }
        try flush(buffer)
    }

    private func flush(_ buffer: ByteBuffer) throws(FormatError) {
        var written = 0
        while written < buffer.count {
            let count = pwrite(file, buffer.base + written, buffer.count - written, end)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                throw FormatError(
                    "folded rows could not be written to a temporary file: \(Self.reason). Make room, or set TMPDIR to a folder with room.")
            }
            written += count
            end += off_t(count)
        }
        buffer.truncate(to: 0)
    }

    /// Reads all rows of a partition into `buffer`, in the order they were taken.
    func read(_ partition: Int, into buffer: ByteBuffer) throws(FormatError) {
        buffer.truncate(to: 0)
        for (start, count) in runs[partition] {
            buffer.reserve(count)
            var done = 0
            while done < count {
                let got = pread(file, buffer.base + buffer.count, count - done, start + off_t(done))
                if got < 0, errno == EINTR { continue }
                guard got > 0 else { throw FormatError("folded rows could not be read back from a temporary file: \(Self.reason).") }
                buffer.grown(by: got)
                done += got
            }
        }
    }
}
