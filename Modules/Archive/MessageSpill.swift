import Foundation

/// Messages on their way into order: thrown into parts by profile rank as the blocks are scanned, kept in memory while they are few, in one
/// nameless temporary file when they are many.
///
/// Sendable unchecked: what threads share is touched under `lock`.
final class MessageSpill: @unchecked Sendable {
    /// Bytes of each record before its texts: rank, time, length of the messageId, length of the JSON.
    static let headBytes = 4 + 8 + 4 + 4

    private struct Extent {
        var offset: Int
        var count: Int
    }

    private let folder: String
    private let memoryLimit: Int
    private let lock = NSLock()
    private var inMemory: [ContiguousArray<UInt8>]
    private var memoryBytes = 0
    private var extents: [[Extent]]
    private var descriptor: Int32 = -1
    private var fileBytes = 0

    /// - Parameter folder: Where the temporary file is made; it has no name there once it is open, so a crash leaves nothing.
    init(parts: Int, folder: String, memoryLimit: Int) {
        (self.folder, self.memoryLimit) = (folder, memoryLimit)
        inMemory = Array(repeating: [], count: parts)
        extents = Array(repeating: [], count: parts)
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    fileprivate func add(_ bytes: ContiguousArray<UInt8>, to part: Int) throws(ArchiveError) {
        lock.lock()
        defer { lock.unlock() }
        inMemory[part].append(contentsOf: bytes)
        memoryBytes += bytes.count
        guard memoryBytes > memoryLimit else { return }
        if descriptor < 0 { try open() }
        for part in inMemory.indices where !inMemory[part].isEmpty {
            try FileWriting.write(inMemory[part], to: descriptor, name: folder)
            extents[part].append(Extent(offset: fileBytes, count: inMemory[part].count))
            fileBytes += inMemory[part].count
            inMemory[part] = []
        }
        memoryBytes = 0
    }

    private func open() throws(ArchiveError) {
        var name = ContiguousArray("\(folder)/.tessera-export-XXXXXX".utf8CString)
        descriptor = name.withUnsafeMutableBufferPointer { name in
            guard let base = name.baseAddress else { return -1 }
            let descriptor = mkstemp(base)
            if descriptor >= 0 { unlink(base) }
            return descriptor
        }
        if descriptor < 0 { throw FileWriting.failure(folder, errno) }
    }

    /// Appends all records of a part, in no promised order.
    func load(_ part: Int, into out: inout ContiguousArray<UInt8>) throws(ArchiveError) {
        out.reserveCapacity(out.count + inMemory[part].count + extents[part].reduce(0) { $0 + $1.count })
        for extent in extents[part] {
            let start = out.count
            out.append(contentsOf: repeatElement(0, count: extent.count))
            var done = 0
            while done < extent.count {
                let count = out.withUnsafeMutableBytes {
                    pread(descriptor, $0.baseAddress.map { $0 + start + done }, extent.count - done, off_t(extent.offset + done))
                }
                if count > 0 {
                    done += count
                } else if count == 0 || errno != EINTR {
                    throw FileWriting.failure(folder, count == 0 ? EIO : errno)
                }
            }
        }
        out.append(contentsOf: inMemory[part])
    }

    /// One thread's way of adding records.
    struct Adder {
        private let spill: MessageSpill
        private let partOfRank: ContiguousArray<UInt32>
        private var buffers: [ContiguousArray<UInt8>]
        private let bufferBytes: Int

        /// - Parameter partOfRank: The part of each rank; shape `[profiles]`.
        init(_ spill: MessageSpill, partOfRank: ContiguousArray<UInt32>) {
            (self.spill, self.partOfRank) = (spill, partOfRank)
            bufferBytes = min(64 << 10, (8 << 20) / spill.inMemory.count)
            buffers = Array(repeating: [], count: spill.inMemory.count)
        }

        mutating func add(
            rank: UInt32, time: Int64, messageID: UnsafeBufferPointer<UInt8>, json: UnsafeBufferPointer<UInt8>
        ) throws(ArchiveError) {
            let part = Int(partOfRank[Int(rank)])
            withUnsafeBytes(of: rank) { buffers[part].append(contentsOf: $0) }
            withUnsafeBytes(of: time) { buffers[part].append(contentsOf: $0) }
            withUnsafeBytes(of: UInt32(messageID.count)) { buffers[part].append(contentsOf: $0) }
            withUnsafeBytes(of: UInt32(json.count)) { buffers[part].append(contentsOf: $0) }
            buffers[part].append(contentsOf: messageID)
            buffers[part].append(contentsOf: json)
            if buffers[part].count > bufferBytes { try flush(part) }
        }

        private mutating func flush(_ part: Int) throws(ArchiveError) {
            try spill.add(buffers[part], to: part)
            buffers[part].removeAll(keepingCapacity: true)
        }

        mutating func finish() throws(ArchiveError) {
            for part in buffers.indices where !buffers[part].isEmpty { try flush(part) }
            buffers = []
        }
    }
}

/// The records of one part, sorted by (rank, time, messageId).
struct SortedMessages {
    private let bytes: ContiguousArray<UInt8>
    private var order: ContiguousArray<Entry>

    private struct Entry {
        var time: Int64
        var rank: UInt32
        /// Where the record starts.
        var offset: Int
    }

    /// Takes the records as `MessageSpill.load` gave them.
    init(_ bytes: ContiguousArray<UInt8>) {
        self.bytes = bytes
        order = []
        bytes.withUnsafeBytes { raw in
            var offset = 0
            while offset < raw.count {
                order.append(
                    Entry(
                        time: raw.loadUnaligned(fromByteOffset: offset + 4, as: Int64.self),
                        rank: raw.loadUnaligned(fromByteOffset: offset, as: UInt32.self), offset: offset))
                offset += MessageSpill.headBytes + SortedMessages.length(raw, offset, 12) + SortedMessages.length(raw, offset, 16)
            }
            order.sort { a, b in
                if a.rank != b.rank { return a.rank < b.rank }
                if a.time != b.time { return a.time < b.time }
                let (x, y) = (SortedMessages.id(raw, a.offset), SortedMessages.id(raw, b.offset))
                guard let p = x.baseAddress, let q = y.baseAddress else { return x.count < y.count }
                let difference = memcmp(p, q, min(x.count, y.count))
                return difference == 0 ? x.count < y.count : difference < 0
            }
        }
    }

    private static func length(_ raw: UnsafeRawBufferPointer, _ offset: Int, _ field: Int) -> Int {
        Int(raw.loadUnaligned(fromByteOffset: offset + field, as: UInt32.self))
    }

    private static func id(_ raw: UnsafeRawBufferPointer, _ offset: Int) -> UnsafeRawBufferPointer {
        let start = offset + MessageSpill.headBytes
        return UnsafeRawBufferPointer(rebasing: raw[start..<start + length(raw, offset, 12)])
    }

    /// Hands over every record in order.
    func forEach(_ body: (_ rank: UInt32, _ json: UnsafeBufferPointer<UInt8>) throws -> Void) rethrows {
        try bytes.withUnsafeBytes { raw in
            for entry in order {
                let start = entry.offset + MessageSpill.headBytes + SortedMessages.length(raw, entry.offset, 12)
                let json = UnsafeRawBufferPointer(rebasing: raw[start..<start + SortedMessages.length(raw, entry.offset, 16)])
                try body(entry.rank, json.bindMemory(to: UInt8.self))
            }
        }
    }
}
