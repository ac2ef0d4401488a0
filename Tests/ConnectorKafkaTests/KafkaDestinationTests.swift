import CKafka
import Connectors
import ConnectorsTesting
import EventModel
import KafkaMock
import Testing

@testable import ConnectorKafka

/// Topics of a mock cluster as a destination.
@Suite struct KafkaDestinationTests {
    private let cluster = MockCluster()
    private let settings = #""topic":"out","timeout":30"#

    /// Keys in their order, as a reader has them that passes over what it knows.
    private func arrived(partitions: Int = 1) -> [String] {
        var seen: Set<String> = []
        return cluster.records(of: "out", partitions: partitions).compactMap { $0.headers["tessera-key"] }.filter {
            seen.insert($0).inserted
        }
    }

    @Test(arguments: DestinationContract.allCases)
    func `a topic keeps the promises`(promise: DestinationContract) async throws {
        cluster.create("out", partitions: 1)
        try await promise.verify({ try makeDestination(cluster, settings) }, arrived: { arrived() })
    }

    private func deliver(_ keys: [String], to destination: KafkaDestination) async throws -> DeliveryReceipt {
        try await destination.deliver(DestinationContract.batch(keys[...]))
    }

    @Test func `records of one profile are in one partition and in order, with their key and kind`() async throws {
        cluster.create("out", partitions: 4)
        let destination = try makeDestination(cluster, settings)
        let keys = (0..<(3_000 * scale)).map { "k\($0)" }
        for start in stride(from: 0, to: keys.count, by: 500) {
            #expect(try await deliver(Array(keys[start..<(start + 500)]), to: destination).refused.isEmpty)
        }
        await destination.close()
        let records = cluster.records(of: "out", partitions: 4)
        #expect(records.count == keys.count && records.allSatisfy { $0.headers["tessera-kind"] == "message" })
        #expect(Set(records.compactMap { $0.headers["tessera-key"] }) == Set(keys))
        #expect(records.allSatisfy { $0.value?.contains(#""messageId":"\#($0.headers["tessera-key"] ?? "")""#) == true })
        for (person, own) in Dictionary(grouping: records, by: \.key) {
            #expect(person != nil && Set(own.map(\.partition)).count == 1)
            let numbers = own.compactMap { Int($0.headers["tessera-key"]?.dropFirst() ?? "") }
            #expect(numbers == numbers.sorted())
        }
    }

    @Test func `each kind has its topic, and who is about nobody has no key`() async throws {
        for topic in ["out", "members"] { cluster.create(topic, partitions: 1) }
        let destination = try makeDestination(cluster, #""topic":"out","topics":{"memberships":"members"}"#)
        var batch = DeliveryBatch()
        batch.append(.membership, key: "a", profile: "u1", json: "{}".utf8)
        batch.append(.message, key: "b", profile: "", json: "{}".utf8)
        batch.append(.profile, key: "c", profile: "u1", json: "{}".utf8)
        #expect(try await destination.deliver(batch).refused.isEmpty)
        #expect(cluster.records(of: "members", partitions: 1).map(\.headers) == [["tessera-key": "a", "tessera-kind": "membership"]])
        #expect(cluster.records(of: "out", partitions: 1).map(\.key) == [nil, "u1"])
        await destination.close()
    }

    @Test func `what is too large is refused alone`() async throws {
        cluster.create("out", partitions: 1)
        let destination = try makeDestination(cluster, settings + #","properties":{"message.max.bytes":2000}"#)
        var batch = DeliveryBatch()
        for index in 0..<5 {
            let json = index == 2 ? String(repeating: "x", count: 5_000) : "{}"
            batch.append(.message, key: "k\(index)", profile: "u", json: json.utf8)
        }
        let receipt = try await destination.deliver(batch)
        #expect(receipt.refused.map(\.record) == [2] && receipt.refused[0].reason.contains("larger"))
        #expect(arrived() == ["k0", "k1", "k3", "k4"])
        await destination.close()
    }

    @Test func `what a broker refuses together is sent alone, so that no other is refused`() async throws {
        cluster.create("out", partitions: 1)
        let destination = try makeDestination(cluster, settings)
        cluster.fail(.produce, [RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE])
        let keys = (0..<20).map { "k\($0)" }
        #expect(try await deliver(keys, to: destination).refused.isEmpty)
        #expect(arrived() == keys)
        await destination.close()
    }

    @Test func `brokers that fail and go away lose nothing, and order stays`() async throws {
        cluster.create("out", partitions: 1)
        let destination = try makeDestination(cluster, #""topic":"out","timeout":2,"properties":{"reconnect.backoff.max.ms":100}"#)
        var failures = 0
        let keys = (0..<(2_000 * scale)).map { "k\($0)" }
        for start in stride(from: 0, to: keys.count, by: 100) {
            switch start / 100 % 5 {
            case 1: cluster.fail(.produce, [RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT])
            case 3 where start < 1_000: cluster.stop(1)
            case 4: cluster.fail(.produce, [RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS])
            default: break
            }
            while true {
                do {
                    #expect(try await deliver(Array(keys[start..<(start + 100)]), to: destination).refused.isEmpty)
                    break
                } catch {
                    #expect((error as? ConnectorError)?.recovery == .retry(after: nil), "\(error)")
                    failures += 1
                    cluster.start(1)
                }
            }
        }
        #expect(failures >= 2 && arrived() == keys)
        await destination.close()
    }

    @Test func `who may not write is told, and so is a topic that is not there`() async throws {
        cluster.create("out", partitions: 1)
        cluster.fail(.produce, Array(repeating: RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, count: 5))
        let destination = try makeDestination(cluster, settings)
        await #expect {
            _ = try await deliver(["k"], to: destination)
        } throws: {
            ($0 as? ConnectorError)?.recovery == .mendSettings
        }
        await destination.close()
        cluster.fail("none", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
        let other = try makeDestination(cluster, #""topic":"none""#)
        await #expect {
            _ = try await other.probe()
        } throws: {
            ($0 as? ConnectorError)?.recovery == .mendSettings && "\($0)".hasPrefix("none: there is no such topic.")
        }
    }
}
