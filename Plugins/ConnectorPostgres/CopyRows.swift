import Connectors

/// Records of a batch as `COPY ... (FORMAT binary)` reads them: place, kind, key, profile, and the JSON as jsonb.
///
/// - SeeAlso: PostgreSQL, "COPY", File Formats, Binary Format.
struct CopyRows {
    /// All of it, with its head and its end.
    private(set) var bytes: [UInt8]

    init(_ batch: DeliveryBatch, _ places: Range<Int>) {
        bytes = []
        let size = places.reduce(32) { $0 + batch.records[$1].profile.upperBound - batch.records[$1].json.lowerBound + 64 }
        bytes.reserveCapacity(size)
        bytes += [0x50, 0x47, 0x43, 0x4f, 0x50, 0x59, 0x0a, 0xff, 0x0d, 0x0a, 0x00]  // PGCOPY
        append(0 as Int32)  // no flags
        append(0 as Int32)  // no more head
        for place in places {
            let record = batch.records[place]
            append(5 as Int16)  // fields
            append(4 as Int32)
            append(Int32(place))
            append(2 as Int32)
            append(Self.number(of: record.kind))
            append(field: batch.bytes[record.key])
            append(field: batch.bytes[record.profile])
            append(Int32(record.json.count + 1))
            bytes.append(1)  // of jsonb's form
            bytes += batch.bytes[record.json]
        }
        append(-1 as Int16)
    }

    /// How a kind is told in the column `kind`.
    static func number(of kind: DeliveryBatch.Kind) -> Int16 {
        switch kind {
        case .message: 1
        case .membership: 2
        case .profile: 3
        }
    }

    private mutating func append(_ number: some FixedWidthInteger) {
        withUnsafeBytes(of: number.bigEndian) { bytes += $0 }
    }

    private mutating func append(field: ContiguousArray<UInt8>.SubSequence) {
        append(Int32(field.count))
        bytes += field
    }
}
