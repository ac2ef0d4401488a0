#if Kafka
import EventModel
import Foundation
import KafkaMock
import Testing

/// Kafka beside the real worker: the cluster is the mock of librdkafka, in the process of the test.
extension ConnectorTests {
    private static func sold(_ number: Int) -> String {
        #"{"type":"track","event":"Sold","userId":"u\#(number % 300)","messageId":"m\#(number)","timestamp":"2026-06-01T00:00:00Z"}"#
    }

    @Test func `topics lose and double nothing through kill -9, and what is no message is in quarantine`() async throws {
        let cluster = MockCluster()
        cluster.create("orders", partitions: 3)
        let brokers = cluster.brokers[0]
        try configure("name: shop, kind: kafka, brokers: [\"\(brokers)\"], topics: [orders], batchRecords: 700")
        let (rounds, size) = (Self.isLong ? 30 : 6, 4_000)
        try await killed(rounds: rounds, life: 150...600) { round in
            cluster.append(((round * size)..<((round + 1) * size)).map { Self.sold($0) }, to: "orders", partitions: 3)
        }
        cluster.append(["nothing", nil, "{\"type\":\"track\"}"], to: "orders", partitions: 3)
        let worker = try start()
        defer {
            worker.terminate()
            worker.waitUntilExit()
        }
        try wait(for: rounds * size)
        try wait { try list().first?["quarantined"]?.asDouble ?? 0 >= 2 }
        #expect(try stored() == [rounds * size, rounds * size])
        let check = try Program.worker.run("connectors", "check", "shop", "--config", config)
        #expect(try check.json["found"] == .string("1 broker; `orders` with 3 partitions."), "\(check.output)\(check.errors)")
    }

    @Test func `what one topic brings, another is given once in effect and in order`() async throws {
        let cluster = MockCluster()
        for topic in ["orders", "copy"] { cluster.create(topic, partitions: 2) }
        let brokers = cluster.brokers[0]
        try configure(
            "name: shop, kind: kafka, brokers: [\"\(brokers)\"], topics: [orders]",
            "name: copy, kind: kafka, brokers: [\"\(brokers)\"], topic: copy, deliver: [messages], batchWait: 0.05")
        let (rounds, size) = (Self.isLong ? 10 : 3, 2_000)
        try await killed(rounds: rounds, life: 400...920) { round in
            cluster.append(((round * size)..<((round + 1) * size)).map { Self.sold($0) }, to: "orders", partitions: 2)
        }
        let worker = try start()
        defer {
            worker.terminate()
            worker.waitUntilExit()
        }
        try wait(for: rounds * size)
        try wait { distinct(cluster) >= rounds * size }
        let records = cluster.records(of: "copy", partitions: 2)
        #expect(Set(records.compactMap { $0.headers["tessera-key"] }).count == rounds * size)
        for (person, own) in Dictionary(grouping: records, by: \.key) {
            #expect(person != nil && Set(own.map(\.partition)).count == 1)
            var seen: Set<String> = []
            let first = own.compactMap { $0.headers["tessera-key"] }.filter { seen.insert($0).inserted }.compactMap { Int($0.dropFirst()) }
            #expect(first == first.sorted())
        }
    }

    private func distinct(_ cluster: MockCluster) -> Int {
        Set(cluster.records(of: "copy", partitions: 2).compactMap { $0.headers["tessera-key"] }).count
    }

    @Test func `the sample of the kafka page is taken`() throws {
        let sample = "Plugins/ConnectorKafka/sample.yaml"
        let list = "\(Program.worker.path) connectors list --db \(store) --config \(sample)"
        let outcome = try Program.bash("KAFKA_PASSWORD=secret-of-the-shop \(list)", folder: packageFolder)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(try outcome.json["connectors"]?.asArray?.map { $0.asObject?["kind"] } == [.string("kafka"), .string("kafka")])
        let refused = try Program.bash("env -u KAFKA_PASSWORD \(list)", folder: packageFolder)
        let expected = "\(sample):11, connectors.0.properties.sasl.password: the environment has no variable KAFKA_PASSWORD"
        #expect(refused.status != 0 && refused.errors.contains(expected), "\(refused.errors)")
    }
}
#endif
