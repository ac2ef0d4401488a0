public import Connectors
public import EventModel

/// Reads and writes records of versions of a schema.
struct AvroCodec: PayloadCodec {
    /// How a record says by which version it is written.
    enum Framing: String, CaseIterable {
        /// Byte 0 and four bytes of an id.
        case confluent
        /// C3 01 and the fingerprint of the schema.
        case singleObject = "single-object"
        /// Not at all: it is the newest.
        case none
    }
    let contentType = "avro/binary"
    private let framing: Framing
    private let ids: SchemaFraming
    /// Of each version: what reads it.
    private let readers: [(number: Int, fingerprint: UInt64, consumers: AvroConsumers)]
    private let newest: AvroClass
    private let own: [Int: AvroConsumers]
    private let prefix: [UInt8]

    /// - Throws: Where types of the newest version lie too deep in each other.
    init(_ versions: SchemaVersions<AvroSchema>, framing: Framing, ids: SchemaFraming) throws(PayloadError) {
        let last = versions.newest
        (newest, own) = (try AvroClass(last.schema), last.schema.ownConsumers)
        (self.framing, self.ids) = (framing, ids)
        readers = versions.all.map { ($0.number, $0.schema.fingerprint, AvroConsumers(AvroResolution(of: $0.schema, as: last.schema))) }
        switch framing {
        case .confluent: prefix = [0] + withUnsafeBytes(of: ids.id(of: last.number).bigEndian) { Array($0) }
        case .singleObject: prefix = [0xC3, 0x01] + withUnsafeBytes(of: last.schema.fingerprint.littleEndian) { Array($0) }
        case .none: prefix = []
        }
    }

    func decode(_ bytes: UnsafeRawBufferPointer, longest: Int) throws(PayloadError) -> ContiguousArray<UInt8> {
        let (consumers, start) = try reader(of: bytes)
        let decoder = AvroDecoder(consumers, UnsafeRawBufferPointer(rebasing: bytes[start...]), longest: longest)
        let value = try decoder.value()
        try decoder.checkEnd()
        var json = ContiguousArray<UInt8>()
        value.append(to: &json)
        guard json.count <= longest else { throw PayloadError("The record becomes \(json.count) bytes of JSON, and \(longest) may be.") }
        return json
    }

    private func reader(of bytes: UnsafeRawBufferPointer) throws(PayloadError) -> (AvroConsumers, Int) {
        switch framing {
        case .none: return (readers[readers.count - 1].consumers, 0)
        case .confluent:
            guard bytes.count >= 5, bytes[0] == 0 else {
                throw PayloadError("It does not begin with the byte 0 and four of a schema's id. Look at `framing` of the schema.")
            }
            let id = UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 1, as: UInt32.self))
            let number = ids.version(of: id, among: readers.map(\.number))
            guard let reader = readers.first(where: { $0.number == number }) else {
                throw PayloadError("No version of the schema has the id \(id). Add the version's file, and its id to `ids`.")
            }
            return (reader.consumers, 5)
        case .singleObject:
            guard bytes.count >= 10, bytes[0] == 0xC3, bytes[1] == 0x01 else {
                throw PayloadError("It does not begin with C3 01 and eight bytes of a fingerprint. Look at `framing` of the schema.")
            }
            let fingerprint = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt64.self))
            guard let reader = readers.last(where: { $0.fingerprint == fingerprint }) else {
                let hex = String(fingerprint, radix: 16)
                throw PayloadError("No version of the schema has the fingerprint \(hex). Add the version's file.")
            }
            return (reader.consumers, 10)
        }
    }

    func encode(_ record: JSONObject, _ kind: DeliveryBatch.Kind) throws(PayloadError) -> ContiguousArray<UInt8> {
        var encoder = AvroEncoder(newest, own: own)
        return prefix + (try encoder.bytes(of: .object(record)))
    }
}

extension AvroSchema: RecordSchema {
    public static let language = "avro"
    public static let summary = "Apache Avro: schemas in JSON, records in binary encoding."
    public static let fileExtension = "avsc"
    public static let framings = AvroCodec.Framing.allCases.map(\.rawValue)
    public static let hasSeveralMessages = false
    public static var published: any PayloadCodec { PublishedAvro.codec }

    /// Reads a schema's file.
    public init(file: [UInt8], message: String?) throws(PayloadError) { try self.init(parsing: file) }

    public func obstacles(reading writer: AvroSchema) -> [String] { AvroResolution(of: writer, as: self).obstacles }

    public static func makeCodec(_ versions: SchemaVersions<AvroSchema>, framing: SchemaFraming) throws(SettingsError) -> any PayloadCodec {
        guard let own = AvroCodec.Framing(rawValue: framing.name) else {
            throw SettingsError(at: ["framing"], "there is no framing `\(framing.name)`", remedy: "There are: \(listed(framings)).")
        }
        do throws(PayloadError) { return try AvroCodec(versions, framing: own, ids: framing) } catch {
            throw SettingsError(at: ["path"], error.description, remedy: "Mend the newest version's file.")
        }
    }
}
