import AWSClient
import Connectors
import EventModel
import Foundation
import WebClient

/// A stream, by the service's JSON interface.
struct KinesisStream: Sendable {
    /// A part of the stream, with an order of its own.
    struct Shard: Sendable, Hashable {
        var id: String
        /// The one or two that it continues.
        var parents: [String]
    }
    /// What lies behind a place in a shard.
    struct Piece: Sendable {
        struct Record: Sendable {
            var number: String
            var data: [UInt8]
            var arrived: Instant?
        }
        var records: [Record]
        /// What the next piece is asked for with; nil: the shard is closed, and this was its end.
        var next: String?
        /// How far the newest record of the shard is ahead.
        var millisecondsBehind: Int64
    }
    let client: AWSClient
    let name: String

    /// Bytes of an answer: ten megabytes of records in base64 and what is around them.
    private static let mostBytes = 24 << 20

    private func ask(_ action: String, _ body: [JSONObject.Member]) async throws(ConnectorError) -> JSONObject {
        let answer = try await client.send(
            "POST", path: "/",
            headers: [("content-type", "application/x-amz-json-1.1"), ("x-amz-target", "Kinesis_20131202.\(action)")],
            body: Array(JSONObject(body).text.utf8), keeping: Self.mostBytes)
        if answer.body.isEmpty { return JSONObject() }
        guard !answer.isCut, let object = (try? JSONValue(parsing: answer.body))?.asObject else { throw unreadable }
        return object
    }

    private var unreadable: ConnectorError {
        ConnectorError(
            .retry(after: nil), at: client.shown, "an answer about the stream `\(name)` cannot be read",
            remedy: "It is tried again; look whether it is a server that speaks Kinesis.")
    }

    /// All shards that still hold records.
    func shards() async throws(ConnectorError) -> [Shard] {
        var shards: [Shard] = []
        var token: String?
        repeat {
            let page = try await ask(
                "ListShards", token.map { [.init("NextToken", .string($0))] } ?? [.init("StreamName", .string(name))])
            for entry in page["Shards"]?.asArray ?? [] {
                guard let shard = entry.asObject, let id = shard["ShardId"]?.asString else { throw unreadable }
                shards.append(Shard(id: id, parents: ["ParentShardId", "AdjacentParentShardId"].compactMap { shard[$0]?.asString }))
            }
            token = page["NextToken"]?.asString
        } while token != nil
        return shards
    }

    /// Where reading of a shard begins.
    enum Start: Sendable, Hashable {
        case earliest
        /// What came then or later.
        case at(Instant)
        /// Behind a record.
        case after(String)
    }

    /// What the first piece of a shard is asked for with.
    func iterator(of shard: String, from start: Start) async throws(ConnectorError) -> String {
        var body: [JSONObject.Member] = [.init("StreamName", .string(name)), .init("ShardId", .string(shard))]
        switch start {
        case .earliest: body.append(.init("ShardIteratorType", .string("TRIM_HORIZON")))
        case .at(let instant):
            body.append(.init("ShardIteratorType", .string("AT_TIMESTAMP")))
            body.append(.init("Timestamp", .number(Double(instant.milliseconds) / 1_000)))
        case .after(let number):
            body.append(.init("ShardIteratorType", .string("AFTER_SEQUENCE_NUMBER")))
            body.append(.init("StartingSequenceNumber", .string(number)))
        }
        guard let iterator = try await ask("GetShardIterator", body)["ShardIterator"]?.asString else { throw unreadable }
        return iterator
    }

    func piece(_ iterator: String, most: Int) async throws(ConnectorError) -> Piece {
        let answer = try await ask("GetRecords", [.init("ShardIterator", .string(iterator)), .init("Limit", .integer(Int64(most)))])
        var records: [Piece.Record] = []
        for entry in answer["Records"]?.asArray ?? [] {
            guard let record = entry.asObject, let number = record["SequenceNumber"]?.asString,
                let data = record["Data"]?.asString.flatMap({ Data(base64Encoded: $0) })
            else { throw unreadable }
            let arrived = record["ApproximateArrivalTimestamp"]?.asDouble.map { Instant(milliseconds: Int64($0 * 1_000)) }
            records.append(.init(number: number, data: Array(data), arrived: arrived))
        }
        return Piece(
            records: records, next: answer["NextShardIterator"]?.asString,
            millisecondsBehind: answer["MillisBehindLatest"]?.asDouble.map { Int64($0) } ?? 0)
    }

    /// Puts records into the stream.
    ///
    /// - Returns: Why each did not get there; nil for those that did.
    func put(_ records: [(key: String, data: [UInt8])]) async throws(ConnectorError) -> [String?] {
        let entries = records.map { record in
            JSONValue.object(
                JSONObject([
                    .init("Data", .string(Data(record.data).base64EncodedString())), .init("PartitionKey", .string(record.key)),
                ]))
        }
        let answer = try await ask("PutRecords", [.init("StreamName", .string(name)), .init("Records", .array(entries))])
        let results = answer["Records"]?.asArray ?? []
        guard results.count == records.count else { throw unreadable }
        return results.map { $0.asObject?["ErrorCode"]?.asString }
    }
}
