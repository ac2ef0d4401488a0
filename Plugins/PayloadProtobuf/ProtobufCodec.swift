import Connectors
import EventModel
import SwiftProtobuf

/// Reads and writes records of versions of a message.
struct ProtobufCodec: PayloadCodec {
    /// How a record says by which version it is written.
    enum Framing: String, CaseIterable {
        /// Not at all: numbers of fields mean the same in all versions.
        case none
        /// Byte 0, four bytes of an id, and the message's place in its file.
        case confluent
    }
    let contentType = "application/x-protobuf"
    private let newest: ProtobufSchema
    private let framing: Framing
    private let ids: SchemaFraming
    private let places: [(number: Int, path: [Int])]

    init(_ versions: SchemaVersions<ProtobufSchema>, framing: Framing, ids: SchemaFraming) {
        newest = versions.newest.schema
        (self.framing, self.ids) = (framing, ids)
        places = versions.all.map { ($0.number, $0.schema.root.path) }
    }

    func decode(_ bytes: UnsafeRawBufferPointer, longest: Int) throws(PayloadError) -> ContiguousArray<UInt8> {
        var start = 0
        if framing == .confluent { start = try checkFrame(bytes) }
        var decoder = ProtobufDecoder(newest, UnsafeRawBufferPointer(rebasing: bytes[start...]), longest: longest)
        let value = try decoder.record()
        var json = ContiguousArray<UInt8>()
        value.append(to: &json)
        guard json.count <= longest else { throw PayloadError("The record becomes \(json.count) bytes of JSON, and \(longest) may be.") }
        return json
    }

    func encode(_ record: JSONObject, _ kind: DeliveryBatch.Kind) throws(PayloadError) -> ContiguousArray<UInt8> {
        var encoder = ProtobufEncoder(newest)
        let body = try encoder.record(record)
        guard framing == .confluent, let last = places.last else { return body }
        var bytes: ContiguousArray<UInt8> = [0]
        withUnsafeBytes(of: ids.id(of: last.number).bigEndian) { bytes.append(contentsOf: $0) }
        if last.path == [0] {
            bytes.append(0)
        } else {
            for number in [last.path.count] + last.path { bytes.append(varint: UInt64(number) << 1) }
        }
        return bytes + body
    }

    /// - Returns: Where the message begins.
    private func checkFrame(_ bytes: UnsafeRawBufferPointer) throws(PayloadError) -> Int {
        guard bytes.count >= 6, bytes[0] == 0 else {
            throw PayloadError(
                "It does not begin with the byte 0, four of a schema's id and a message's place. Look at `framing` of the schema.")
        }
        let id = UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 1, as: UInt32.self))
        let number = ids.version(of: id, among: places.map(\.number))
        guard let place = places.first(where: { $0.number == number }) else {
            throw PayloadError("No version of the schema has the id \(id). Add the version's file, and its id to `ids`.")
        }
        var reader = ProtobufBytes(UnsafeRawBufferPointer(rebasing: bytes[5...]))
        // Numbers are zigzag: none here is negative.
        let count = try reader.varint() >> 1
        guard count <= 32 else { throw PayloadError("At byte 5, the place of a message has \(count) steps.") }
        var path: [Int] = []
        for _ in 0..<count { path.append(Int(truncatingIfNeeded: try reader.varint() >> 1)) }
        guard (path.isEmpty ? [0] : path) == place.path else {
            throw PayloadError("It is another message of the schema's file than `message` names.")
        }
        return 5 + reader.offset
    }
}

/// The parts that messages are made of.
struct ProtobufBytes {
    let bytes: UnsafeRawBufferPointer
    /// Bytes that are read.
    private(set) var offset = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var isAtEnd: Bool { offset == bytes.count }

    func wrong(_ what: String) -> PayloadError { PayloadError("At byte \(offset) of \(bytes.count), \(what).") }

    mutating func varint() throws(PayloadError) -> UInt64 {
        var (number, shift): (UInt64, UInt64) = (0, 0)
        while true {
            guard offset < bytes.count else { throw wrong("it ends within a number") }
            let byte = bytes[offset]
            if shift == 63, byte > 1 { throw wrong("a number has more than 64 bits") }
            number |= UInt64(byte & 0x7F) << shift
            offset += 1
            if byte & 0x80 == 0 { return number }
            shift += 7
        }
    }

    mutating func fixed<Bits: FixedWidthInteger>(_: Bits.Type) throws(PayloadError) -> Bits {
        let size = Bits.bitWidth / 8
        guard bytes.count - offset >= size else { throw wrong("it ends within a number") }
        defer { offset += size }
        return Bits(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Bits.self))
    }

    /// A length and as many bytes.
    mutating func part() throws(PayloadError) -> UnsafeRawBufferPointer {
        let count = try varint()
        guard count <= UInt64(bytes.count - offset) else {
            throw wrong("a part has a length of \(count), and \(bytes.count - offset) bytes are left")
        }
        defer { offset += Int(count) }
        return UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + Int(count))])
    }

    /// Passes over a field that the schema does not know.
    mutating func skip(wire: UInt64) throws(PayloadError) {
        switch wire {
        case 0: _ = try varint()
        case 1: _ = try fixed(UInt64.self)
        case 2: _ = try part()
        case 5: _ = try fixed(UInt32.self)
        default: throw wrong("a field has the wire type \(wire), which is not read")
        }
    }
}

extension ContiguousArray<UInt8> {
    mutating func append(varint: UInt64) {
        var rest = varint
        while rest >= 0x80 {
            append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        append(UInt8(rest))
    }
}
