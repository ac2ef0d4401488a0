import EventModel
import Foundation
import Storage

/// The tail: accepted messages that wait to be sealed into blocks, in an append-only file beside the store.
///
/// A frame is 4 bytes of length, 8 of checksum, then the lines, each with the id that was derived for it. A frame that was cut short by
/// a crash was never acknowledged and ends the log. Each seal starts a new generation, a file of another name, so that a reader of the
/// old state keeps the tail that belongs to it.
final class TailLog {
    private let path: String
    private var descriptor: Int32 = -1
    private var length: off_t = 0
    private static let headerBytes = 12

    /// The log of that generation of the store at `store`.
    init(store: String, generation: Int64) { path = Self.path(store: store, generation: generation) }

    static func path(store: String, generation: Int64) -> String { "\(store).tail-\(generation)" }

    /// Whether anything was appended through this log.
    var isEmpty: Bool { length == 0 }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Appends lines and returns once they are on disk; nothing stays of what could not be written whole.
    func append(_ lines: [(text: ArraySlice<UInt8>, derivedID: String)]) throws(StoreError) {
        guard !lines.isEmpty else { return }
        var payload: [UInt8] = []
        for line in lines {
            Self.append(line.derivedID.utf8, to: &payload)
            Self.append(line.text, to: &payload)
        }
        var frame: [UInt8] = []
        frame.reserveCapacity(payload.count + Self.headerBytes)
        withUnsafeBytes(of: UInt32(payload.count).littleEndian) { frame.append(contentsOf: $0) }
        withUnsafeBytes(of: Self.checksum(payload[...]).littleEndian) { frame.append(contentsOf: $0) }
        frame.append(contentsOf: payload)
        if descriptor < 0 {
            descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
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

    /// Removes the file; its messages are in blocks.
    func remove() {
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
        length = 0
        unlink(path)
    }

    private func failure(_ what: String) -> StoreError {
        StoreError(
            .disk, "\(path) \(what) (\(String(cString: strerror(errno)))). Free some space or mend the disk, and send the messages again.")
    }

    private static func append(_ bytes: some Collection<UInt8>, to payload: inout [UInt8]) {
        withUnsafeBytes(of: UInt32(bytes.count).littleEndian) { payload.append(contentsOf: $0) }
        payload.append(contentsOf: bytes)
    }

    private static func checksum(_ payload: ArraySlice<UInt8>) -> UInt64 {
        payload.withUnsafeBufferPointer { ByteHash.sip128($0, key: (0x7465_7373, 0x7461_696C)).0 }
    }

    /// The batches of a log that is open for reading, up to its first incomplete frame.
    static func read(_ descriptor: Int32) -> [MessageBatch] {
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: false)
        guard let data = try? handle.readToEnd() else { return [] }
        let bytes = [UInt8](data)
        var batches: [MessageBatch] = []
        var at = 0
        while at + headerBytes <= bytes.count {
            let (size, checksum) = bytes.withUnsafeBytes {
                (
                    Int(UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: at, as: UInt32.self))),
                    UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: at + 4, as: UInt64.self))
                )
            }
            at += headerBytes
            guard at + size <= bytes.count, Self.checksum(bytes[at..<(at + size)]) == checksum, let batch = batch(bytes[at..<(at + size)])
            else { break }
            batches.append(batch)
            at += size
        }
        return batches
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
