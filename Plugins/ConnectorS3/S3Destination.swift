import Archive
import Connectors
import Crypto
import EventModel
import Foundation

/// Puts each batch into objects of NDJSON, one for each kind of record.
///
/// An object is called by its first record. A batch that comes again begins with the same one, however much it holds by then: it takes the
/// place of what is there, and no record is there twice.
struct S3Destination: Destination {
    let bucket: S3Bucket
    let prefix: String
    let isCompressed: Bool

    func probe() async throws(ConnectorError) -> String {
        _ = try await bucket.page(prefix: prefix, token: nil)
        return "\(bucket.shown) is there."
    }

    func deliver(_ batch: DeliveryBatch) async throws(ConnectorError) -> DeliveryReceipt {
        for kind in DeliveryBatch.Kind.allCases {
            let places = batch.records.indices.filter { batch.records[$0].kind == kind }
            guard let first = places.first else { continue }
            var text = ContiguousArray<UInt8>()
            for place in places {
                text.append(contentsOf: batch.json(place))
                text.append(10)
            }
            let body = isCompressed ? [UInt8](Deflater.member(text, level: 6)) : [UInt8](text)
            // No `content-encoding`: whoever reads the object gets the file that its name says.
            try await bucket.put(
                body, as: Self.key(of: batch, first, kind, prefix) + (isCompressed ? ".gz" : ""),
                type: isCompressed ? "application/gzip" : "application/x-ndjson")
        }
        return DeliveryReceipt()
    }

    /// `prefix/messages/2026/06/01/120000-3f2a....ndjson`: by the time and the key of the record; what has no time has no date.
    private static func key(of batch: DeliveryBatch, _ place: Int, _ kind: DeliveryBatch.Kind, _ prefix: String) -> String {
        let object = (try? JSONValue(parsing: batch.json(place)))?.asObject
        let time = (object?[kind == .membership ? "at" : "timestamp"]?.asString).flatMap { Instant(text: $0)?.text }
        let digits = (time ?? "").filter(\.isNumber)
        let day =
            digits.count >= 14 && kind != .profile
            ? "\(digits.prefix(4))/\(digits.dropFirst(4).prefix(2))/\(digits.dropFirst(6).prefix(2))/" : ""
        let clock = day.isEmpty ? "" : "\(digits.dropFirst(8).prefix(6))-"
        let hash = SHA256.hash(data: Data(batch.key(place).utf8)).prefix(16).map { byte in
            byte < 16 ? "0\(String(byte, radix: 16))" : String(byte, radix: 16)
        }.joined()
        return "\(prefix)\(kind.rawValue)s/\(day)\(clock)\(hash).ndjson"
    }
}
