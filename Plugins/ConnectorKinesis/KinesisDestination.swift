import Connectors
import EventModel
import Synchronization

/// Puts records into a stream, those of one profile into one shard.
final class KinesisDestination: Destination {
    private let stream: KinesisStream
    /// Keys of a batch that did not get through as a whole which are there all the same: when it comes again they are not put again.
    private let settled = Mutex<Set<String>>([])

    /// Of one request (PutRecords).
    private static let mostRecords = 500
    private static let mostBytes = 4 << 20
    /// Of one record, with its partition key.
    private static let mostRecordBytes = 1_048_576
    /// Letters of a partition key.
    private static let longestKey = 256

    init(_ stream: KinesisStream) { self.stream = stream }

    func probe() async throws(ConnectorError) -> String {
        let count = try await stream.shards().count
        return "The stream `\(stream.name)` is there, with \(count == 1 ? "1 shard" : "\(count) shards")."
    }

    func deliver(_ batch: DeliveryBatch) async throws(ConnectorError) -> DeliveryReceipt {
        var receipt = DeliveryReceipt()
        let keys = batch.records.indices.map { batch.key($0) }
        let known = Set(keys)
        let there = settled.withLock { settled in
            settled.formIntersection(known)
            return settled
        }
        var records: [(place: Int, key: String, data: [UInt8])] = []
        for place in batch.records.indices where !there.contains(keys[place]) {
            let (profile, data) = (batch.profile(place), Array(batch.json(place)))
            let key = String((profile.isEmpty ? keys[place] : profile).prefix(Self.longestKey))
            if data.count + key.utf8.count > Self.mostRecordBytes {
                receipt.refused.append(
                    .init(record: place, reason: "It has more than the \(Self.mostRecordBytes) bytes that a record of Kinesis may have."))
            } else {
                records.append((place, key.isEmpty ? "-" : key, data))
            }
        }
        var rest = records[...]
        while let first = rest.first {
            var (count, bytes) = (1, first.data.count + first.key.utf8.count)
            for record in rest.dropFirst() {
                bytes += record.data.count + record.key.utf8.count
                if count == Self.mostRecords || bytes > Self.mostBytes { break }
                count += 1
            }
            try await put(rest.prefix(count).map { $0 }, keys)
            rest = rest.dropFirst(count)
        }
        settled.withLock { $0 = [] }
        return receipt
    }

    /// - Throws: Where not all of them are there.
    private func put(_ records: [(place: Int, key: String, data: [UInt8])], _ keys: [String]) async throws(ConnectorError) {
        let results = try await stream.put(records.map { ($0.key, $0.data) })
        settled.withLock { settled in
            for (record, failure) in zip(records, results) where failure == nil { settled.insert(keys[record.place]) }
        }
        guard let code = results.lazy.compactMap({ $0 }).first else { return }
        let failed = results.count { $0 != nil }
        let word = code.prefix { $0.isLetter }.prefix(80)
        throw ConnectorError(
            .retry(after: nil), at: stream.name, "\(failed) of \(results.count) records were not taken (\(word))",
            remedy: "They are tried again; where that goes on, give the stream more shards.")
    }
}
