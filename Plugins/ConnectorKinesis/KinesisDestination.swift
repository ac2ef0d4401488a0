import Connectors
import EventModel
import Synchronization

/// Puts records into a stream, those of one profile into one shard.
final class KinesisDestination: Destination {
    private let stream: KinesisStream
    private let settled = Mutex(SettledRecords())

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
        var lots = settled.withLock { $0.lots(of: batch) }
        var records: [(place: Int, key: String, data: [UInt8])] = []
        for place in batch.records.indices where lots[place] == .unknown {
            let (profile, data) = (batch.profile(place), Array(batch.json(place)))
            let key = String((profile.isEmpty ? batch.key(place) : profile).prefix(Self.longestKey))
            if data.count + key.utf8.count > Self.mostRecordBytes {
                lots[place] = .refused("It has more than the \(Self.mostRecordBytes) bytes that a record of Kinesis may have.")
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
            do throws(ConnectorError) { try await put(Array(rest.prefix(count)), &lots) } catch {
                settled.withLock { [lots] in $0.keep(lots, of: batch) }
                throw error
            }
            rest = rest.dropFirst(count)
        }
        settled.withLock { $0.forget(batch) }
        return DeliveryReceipt(lots)
    }

    /// - Throws: Where not all of them are there.
    private func put(_ records: [(place: Int, key: String, data: [UInt8])], _ lots: inout [RecordLot]) async throws(ConnectorError) {
        let results = try await stream.put(records.map { ($0.key, $0.data) })
        for (record, failure) in zip(records, results) where failure == nil { lots[record.place] = .arrived }
        guard let code = results.lazy.compactMap({ $0 }).first else { return }
        let failed = results.count { $0 != nil }
        let word = code.prefix { $0.isLetter }.prefix(80)
        throw ConnectorError(
            .retry(after: nil), at: stream.name, "\(failed) of \(results.count) records were not taken (\(word))",
            remedy: "They are tried again; where that goes on, give the stream more shards.")
    }
}
