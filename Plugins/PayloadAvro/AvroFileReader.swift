import CZlib
import Connectors
import EventModel
import Foundation

/// Reads a container file, a block at a time. Confined to one thread.
///
/// - SeeAlso: Apache Avro 1.11.1 Specification, "Object Container Files".
final class AvroFileReader: EventReader {
    private enum Codec: String { case null, deflate }
    private struct Header {
        var consumers: AvroConsumers
        var codec: Codec
        var sync: [UInt8]
    }
    /// Records that follow each other. It keeps their bytes where they are, since its decoder reads there.
    private final class Block {
        /// Records that are not told.
        var left: Int
        let decoder: AvroDecoder
        private let bytes: UnsafeMutableRawBufferPointer

        init(_ read: [UInt8], records: Int, _ consumers: AvroConsumers, longest: Int) {
            bytes = .allocate(byteCount: read.count, alignment: 1)
            bytes.copyBytes(from: read)
            decoder = AvroDecoder(consumers, UnsafeRawBufferPointer(bytes), longest: longest)
            left = records
        }

        deinit { bytes.deallocate() }
    }
    private let limits: FormatLimits
    /// What is read and not taken apart; the first `offset` bytes are.
    private var waiting: [UInt8] = []
    private var offset = 0
    /// Bytes of the file before those.
    private var passed = 0
    private var header: Header?
    private var block: Block?
    private var record = 0

    /// Bytes of a header, and of a block, in the file and inflated.
    private static let mostHeader = 4 << 20, mostBlock = 64 << 20
    /// Bytes and records that are told at once, about.
    private static let batchBytes = 1 << 20, batchRecords = 65_536
    private static let magic: [UInt8] = [0x4F, 0x62, 0x6A, 0x01]

    init(limits: FormatLimits) { self.limits = limits }

    /// A block is read once its end is there: an import is resumed at the file's end only.
    var holdsRecords: Bool { true }

    func read(_ bytes: UnsafeRawBufferPointer, atEnd: Bool) throws(FormatError) -> (batch: MessageBatch, consumed: Int) {
        // What is there is told first: no more is kept than one block, whatever its records become.
        if !atEnd {
            let told = try next(atEnd: false)
            if told.sourceLines > 0 { return (told, 0) }
        }
        waiting.append(contentsOf: bytes)
        return (try next(atEnd: atEnd), bytes.count)
    }

    func drain() throws(FormatError) -> MessageBatch? {
        let batch = try next(atEnd: true)
        return batch.sourceLines > 0 ? batch : nil
    }

    private func wrong(_ what: String) -> FormatError {
        FormatError("At byte \(passed + offset), \(what): it is damaged, or no container file of Avro. Get the file again.")
    }

    /// Some of the messages that are there.
    private func next(atEnd: Bool) throws(FormatError) -> MessageBatch {
        var batch = MessageBatch(firstLine: record + 1)
        while batch.text.count < Self.batchBytes, batch.sourceLines < Self.batchRecords {
            if block != nil {
                tell(&batch)
            } else {
                let isTaken = header == nil ? try takeHeader(atEnd: atEnd) : try takeBlock()
                if isTaken { continue }
                if atEnd, offset < waiting.count { throw wrong("the file ends too early") }
                break
            }
        }
        passed += offset
        waiting.removeFirst(offset)
        offset = 0
        batch.count = batch.text.count
        batch.text.append(contentsOf: repeatElement(0, count: MessageBatch.padding))
        return batch
    }

    // MARK: - records

    private func tell(_ batch: inout MessageBatch) {
        guard let block else { return }
        while block.left > 0, batch.text.count < Self.batchBytes, batch.sourceLines < Self.batchRecords {
            record += 1
            block.left -= 1
            batch.sourceLines += 1
            do throws(PayloadError) {
                let start = batch.text.count
                try block.decoder.value().append(to: &batch.text)
                let length = batch.text.count - start
                if length > limits.longestLine {
                    batch.text.removeLast(length)
                    reject(&batch, "It becomes \(length) bytes of JSON, and \(limits.longestLine) may be.")
                } else {
                    batch.text.append(10)
                    batch.lineNumbers.append(record)
                }
                let rest = block.left == 0 ? block.decoder.countRest() : 0
                if rest > 0 {
                    record += 1
                    batch.sourceLines += 1
                    reject(&batch, "Its block has \(rest) bytes more than the records that it should have.")
                }
            } catch {
                // Where the next one begins, nobody knows.
                let lost = block.left > 0 ? " \(block.left) more behind it, in the same block, cannot be read either." : ""
                reject(&batch, "\(error.description)\(lost)")
                record += block.left
                block.left = 0
            }
        }
        if block.left == 0 { self.block = nil }
    }

    private func reject(_ batch: inout MessageBatch, _ reason: String) {
        batch.rejects.append(Reject(line: record, reason: "Record \(record): \(reason)", text: ""))
    }

    // MARK: - parts of the file

    /// - Returns: False where it is not there as a whole.
    private func takeHeader(atEnd: Bool) throws(FormatError) -> Bool {
        guard waiting.prefix(4).elementsEqual(Self.magic.prefix(waiting.count)) else { throw wrong("the file does not begin with Obj1") }
        guard waiting.count >= 4 else { return false }
        let header: JSONValue
        do throws(PayloadError) { header = try Self.headerValue(waiting, &offset) } catch {
            if waiting.count < Self.mostHeader, !atEnd { return false }
            throw wrong("its header cannot be read (\(error.description))")
        }
        func entry(_ name: String) -> [UInt8]? {
            header.asObject?["meta"]?.asObject?[name]?.asString.flatMap { Data(base64Encoded: $0) }.map { Array($0) }
        }
        let word = entry("avro.codec").map { String(decoding: $0, as: UTF8.self) } ?? Codec.null.rawValue
        guard let codec = Codec(rawValue: word) else {
            throw FormatError(
                "Its blocks are compressed with '\(word.prefix(20))', and 'null' and 'deflate' are read. Write it with one of them.")
        }
        guard let sync = header.asObject?["sync"]?.asString.flatMap({ Data(base64Encoded: $0) }) else { throw wrong("there is no marker") }
        do throws(PayloadError) {
            let schema = try AvroSchema(parsing: entry("avro.schema") ?? [])
            // What others make of Tessera's own schema keeps no word of who takes the other members.
            let reader = schema.nodes[schema.root].name == "tessera.v1.Message" ? PublishedAvro.newestMessage : schema
            self.header = Header(consumers: AvroConsumers(AvroResolution(of: schema, as: reader)), codec: codec, sync: Array(sync))
        } catch { throw FormatError("The schema in its header cannot be read. \(error.description)") }
        return true
    }

    /// The header is a record, too.
    private static func headerValue(_ bytes: [UInt8], _ offset: inout Int) throws(PayloadError) -> JSONValue {
        let schema = try AvroSchema(
            parsing: #"""
                {"type":"record","name":"Header","fields":[{"name":"magic","type":{"type":"fixed","name":"Magic","size":4}},
                 {"name":"meta","type":{"type":"map","values":"bytes"}},{"name":"sync","type":{"type":"fixed","name":"Sync","size":16}}]}
                """#.utf8)
        let consumers = AvroConsumers(AvroResolution(of: schema, as: schema))
        let read = bytes.withUnsafeBytes { bytes in
            let decoder = AvroDecoder(consumers, bytes, longest: 2 * mostHeader)
            return Result { () throws(PayloadError) in (try decoder.value(), bytes.count - decoder.countRest()) }
        }
        let (value, count) = try read.get()
        offset = count
        return value
    }

    /// - Returns: False where it is not there as a whole.
    private func takeBlock() throws(FormatError) -> Bool {
        guard let header else { return false }
        var place = offset
        guard let count = try varint(&place), let size = try varint(&place) else { return false }
        guard size >= 0, size <= Self.mostBlock, count >= 0 else {
            throw wrong("there is a block of \(count) records in \(size) bytes")
        }
        let end = place + Int(size) + header.sync.count
        guard waiting.count >= end else { return false }
        guard waiting[(end - header.sync.count)..<end].elementsEqual(header.sync) else {
            throw wrong("a block does not end with the file's marker")
        }
        let part = Array(waiting[place..<(place + Int(size))])
        guard let bytes = header.codec == .null ? part : Self.inflated(part) else { throw wrong("a block cannot be inflated") }
        guard count <= max(1, bytes.count) else { throw wrong("there is a block of \(count) records in \(bytes.count) bytes") }
        offset = end
        block = count > 0 ? Block(bytes, records: Int(count), header.consumers, longest: limits.longestLine) : nil
        return true
    }

    /// - Returns: nil where its end is not there.
    private func varint(_ place: inout Int) throws(FormatError) -> Int64? {
        var (raw, shift): (UInt64, UInt64) = (0, 0)
        while place < waiting.count {
            let byte = waiting[place]
            if shift > 56 { throw wrong("there is a number of more than 63 bits") }
            raw |= UInt64(byte & 0x7F) << shift
            place += 1
            if byte & 0x80 == 0 { return Int64(bitPattern: raw >> 1) ^ -Int64(raw & 1) }
            shift += 7
        }
        return nil
    }

    /// Nil where the bytes are not deflated, or become too many.
    private static func inflated(_ part: [UInt8]) -> [UInt8]? {
        var stream = z_stream()
        guard inflateInit2_(&stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else { return nil }
        defer { inflateEnd(&stream) }
        var (input, output) = (part, [UInt8]())
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        return input.withUnsafeMutableBufferPointer { input in
            stream.next_in = input.baseAddress
            stream.avail_in = UInt32(input.count)
            while true {
                let (status, count) = piece.withUnsafeMutableBufferPointer { piece in
                    stream.next_out = piece.baseAddress
                    stream.avail_out = UInt32(piece.count)
                    return (inflate(&stream, Z_NO_FLUSH), piece.count - Int(stream.avail_out))
                }
                output.append(contentsOf: piece.prefix(count))
                if status == Z_STREAM_END { return output }
                guard status == Z_OK, output.count <= mostBlock, count > 0 || stream.avail_in > 0 else { return nil }
            }
        }
    }
}
