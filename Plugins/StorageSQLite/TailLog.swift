import EventModel
import Foundation
import Storage

/// The tail: accepted messages that wait to be sealed into blocks, in an append-only file beside the store.
///
/// A frame is 4 bytes of length, 8 of checksum, then the lines, each with the id that was derived for it. A frame that was cut short by
/// a crash was never acknowledged and ends the log. Each seal starts a new generation, a file of another name, so that a reader of the
/// old state keeps the tail that belongs to it. While blocks are made of a generation the next one grows already: the store says from which
/// one on they count.
final class TailLog {
    private let path: String
    private var descriptor: Int32 = -1
    private var length: off_t = 0
    /// Bytes that were appended and acknowledged.
    var acknowledged: UInt64 { UInt64(length) }
    private static let headerBytes = 12
    /// What is to be appended next.
    private var frame: [UInt8] = []

    /// The log of that generation of the store at `store`.
    init(store: String, generation: Int64) { path = Self.path(store: store, generation: generation) }

    static func path(store: String, generation: Int64) -> String { "\(store).tail-\(generation)" }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Begins a frame.
    func begin() {
        frame.removeAll(keepingCapacity: true)
        frame.append(contentsOf: repeatElement(0, count: Self.headerBytes))
    }

    /// Adds a line to the frame, with the id of the message that was decoded from it.
    func add(_ line: ContiguousArray<UInt8>.SubSequence, idOf row: Int, in batch: ColumnarBatch) {
        let start = frame.count
        frame.append(contentsOf: repeatElement(0, count: 4))
        batch.appendMessageID(row, to: &frame)
        store(UInt32(frame.count - start - 4), at: start)
        let count = frame.count
        frame.append(contentsOf: repeatElement(0, count: 4))
        store(UInt32(line.count), at: count)
        frame.append(contentsOf: line)
    }

    private func store(_ word: some FixedWidthInteger, at place: Int) {
        frame.withUnsafeMutableBytes { $0.storeBytes(of: word.littleEndian, toByteOffset: place, as: type(of: word)) }
    }

    /// Appends the frame, if it holds any line, and returns once it is on disk; nothing stays of what could not be written whole.
    func end() throws(StoreError) {
        guard frame.count > Self.headerBytes else { return }
        store(UInt32(frame.count - Self.headerBytes), at: 0)
        store(Self.checksum(frame[Self.headerBytes...]), at: 4)
        if descriptor < 0 {
            descriptor = Foundation.open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw failure("cannot be opened") }
            length = lseek(descriptor, 0, SEEK_END)
        }
        var written = 0
        while written < frame.count {
            let count = frame.withUnsafeBytes {
                pwrite(descriptor, $0.baseAddress! + written, frame.count - written, length + off_t(written))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let error = failure("cannot be written")
                ftruncate(descriptor, length)
                throw error
            }
            written += count
        }
        guard fdatasync(descriptor) == 0 else { throw failure("cannot be synced") }
        length += off_t(written)
    }

    private func failure(_ what: String) -> StoreError {
        StoreError(
            .disk, "\(path) \(what) (\(String(cString: strerror(errno)))). Free some space or mend the disk, and send the messages again.")
    }

    private static func checksum(_ payload: ArraySlice<UInt8>) -> UInt64 {
        payload.withUnsafeBufferPointer { ByteHash.sip128($0, key: (0x7465_7373, 0x7461_696C)).0 }
    }

    /// Opens the logs of a generation and of those that follow it, for reading; empty where there is none.
    static func open(store: String, from generation: Int64) -> [FileHandle] {
        var logs: [FileHandle] = []
        while let log = FileHandle(forReadingAtPath: path(store: store, generation: generation + Int64(logs.count))) { logs.append(log) }
        return logs
    }

    /// The batches of logs, each up to its first incomplete frame.
    static func read(_ logs: [FileHandle]) -> [MessageBatch] { logs.flatMap { read($0, from: 0).batches } }

    /// The batches of a log from an offset on, up to its first incomplete frame, which begins where the next call goes on.
    static func read(_ log: FileHandle, from offset: UInt64) -> (batches: [MessageBatch], end: UInt64) {
        guard (try? log.seek(toOffset: offset)) != nil, let data = try? log.readToEnd() else { return ([], offset) }
        return batches([UInt8](data), from: offset)
    }

    /// The batches of about so many bytes of a log from an offset on, and of one frame at least where there is a whole one.
    static func read(_ log: FileHandle, from offset: UInt64, bytes: Int) -> (batches: [MessageBatch], end: UInt64) {
        func piece(_ count: Int) -> [UInt8] {
            guard (try? log.seek(toOffset: offset)) != nil, let data = try? log.read(upToCount: count) else { return [] }
            return [UInt8](data)
        }
        let head = piece(max(bytes, headerBytes))
        guard head.count >= headerBytes else { return ([], offset) }
        let frame = headerBytes + size(ofFrameAt: 0, head).bytes
        return batches(frame > head.count ? piece(frame) : head, from: offset)
    }

    private static func size(ofFrameAt at: Int, _ bytes: [UInt8]) -> (bytes: Int, checksum: UInt64) {
        bytes.withUnsafeBytes {
            (
                Int(UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: at, as: UInt32.self))),
                UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: at + 4, as: UInt64.self))
            )
        }
    }

    private static func batches(_ bytes: [UInt8], from offset: UInt64) -> (batches: [MessageBatch], end: UInt64) {
        var batches: [MessageBatch] = []
        var at = 0
        while at + headerBytes <= bytes.count {
            let (size, checksum) = size(ofFrameAt: at, bytes)
            let start = at + headerBytes
            guard start + size <= bytes.count, Self.checksum(bytes[start..<(start + size)]) == checksum,
                let batch = batch(bytes[start..<(start + size)])
            else { break }
            batches.append(batch)
            at = start + size
        }
        return (batches, offset + UInt64(at))
    }

    private static func batch(_ payload: ArraySlice<UInt8>) -> MessageBatch? {
        var batch = MessageBatch()
        var rest = payload
        func take() -> ArraySlice<UInt8>? {
            guard rest.count >= 4 else { return nil }
            let size = rest.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
            rest = rest.dropFirst(4)
            guard rest.count >= size else { return nil }
            defer { rest = rest.dropFirst(size) }
            return rest.prefix(size)
        }
        while !rest.isEmpty {
            guard let id = take(), let line = take() else { return nil }
            batch.derivedIDs.append(String(decoding: id, as: UTF8.self))
            batch.text.append(contentsOf: line)
            batch.text.append(10)
        }
        batch.count = batch.text.count
        batch.sourceLines = batch.derivedIDs.count
        batch.text.append(contentsOf: repeatElement(0, count: MessageBatch.padding))
        return batch
    }
}
