import BrokerTesting
import CKafka
import Connectors
import ConnectorsTesting
import EventModel
import KafkaMock
import Synchronization
import Testing

@testable import ConnectorKafka

/// Sources that share partitions.
@Suite(.timeLimit(.minutes(5))) struct KafkaGroupTests {
    private let cluster = MockCluster()
    private let settings =
        #""topics":["orders"],"group":"shop","batchRecords":200,"properties":{"session.timeout.ms":6000,"heartbeat.interval.ms":500}"#

    /// What several sources stored, as a store would.
    private final class Store: Sendable {
        let kept = Mutex((seen: Set<String>(), repeats: 0, by: [Int: Int]()))

        func take(_ batch: SourceBatch, by reader: Int) {
            kept.withLock { kept in
                for line in lines(batch) {
                    if kept.seen.insert(line).inserted { kept.by[reader, default: 0] += 1 } else { kept.repeats += 1 }
                }
            }
        }

        var count: Int { kept.withLock { $0.seen.count } }
    }

    private func follow(_ source: KafkaSource, _ store: Store, by reader: Int, after checkpoint: Checkpoint? = nil) -> Task<
        Checkpoint?, any Error
    > {
        Task {
            var last = checkpoint
            for try await batch in source.batches(after: checkpoint) {
                store.take(batch, by: reader)
                last = batch.checkpoint
            }
            return last
        }
    }

    @Test(arguments: ["range", "cooperative-sticky"])
    func `members come and go, nothing is lost, and each has its share`(strategy: String) async throws {
        let all = 4_000 * scale
        cluster.create("orders", partitions: 4)
        let settings = settings.replacing("{\"session", with: "{\"partition.assignment.strategy\":\"\(strategy)\",\"session")
        let store = Store()
        func add(_ quarter: Int) {
            cluster.append(((quarter * all / 4)..<((quarter + 1) * all / 4)).map { line($0) }, to: "orders", partitions: 4)
        }
        add(0)
        let one = follow(try makeSource(cluster, settings, runsOnce: false), store, by: 1)
        try await wait("the first quarter") { store.count == all / 4 }
        let two = follow(try makeSource(cluster, settings, runsOnce: false), store, by: 2)
        // Another one joins, which takes a while: records come until it has some.
        var number = all
        try await wait("the second has partitions") {
            cluster.append((number..<(number + 4)).map { line($0) }, to: "orders", partitions: 4)
            number += 4
            return store.kept.withLock { $0.by[2] ?? 0 > 0 && $0.by[1] ?? 0 > 0 }
        }
        add(1)
        try await wait("half of them") { store.count == number - all / 2 }
        one.cancel()
        let checkpoint = try await one.value
        add(2)
        try await wait("three quarters") { store.count == number - all / 4 }
        let again = follow(try makeSource(cluster, settings, runsOnce: false), store, by: 3, after: checkpoint)
        add(3)
        try await wait("all of them") { store.count == number }
        two.cancel()
        again.cancel()
        _ = try await (two.value, again.value)
    }

    /// Takes batches and lets the source go without asking for more: the last of them was never stored, as far as it knows.
    private func take(_ batches: Int, from source: KafkaSource) async throws -> [Int] {
        var reading = source.batches(after: nil).makeAsyncIterator()
        var counts: [Int] = []
        while counts.count < batches { counts.append(lines(try #require(await reading.next(isolation: nil))).count) }
        return counts
    }

    @Test func `what was given and not stored comes again to whoever takes over, and what was stored does not`() async throws {
        cluster.create("orders", partitions: 1)
        cluster.append((0..<1_000).map { line($0) }, to: "orders", partitions: 1)
        let source = try makeSource(cluster, settings)
        let counts = try await take(3, from: source)
        #expect(try await gather(source, after: nil) == ((counts[0] + counts[1])..<1_000).map { line($0) })
    }

    private func gather(_ source: KafkaSource, after checkpoint: Checkpoint?) async throws -> [String] {
        var all: [String] = []
        for try await batch in source.batches(after: checkpoint) { all += lines(batch) }
        return all
    }

    @Test func `a group goes on where it stands, and a checkpoint where it says`() async throws {
        cluster.create("orders", partitions: 2)
        cluster.append((0..<1_000).map { line($0) }, to: "orders", partitions: 2)
        let source = try makeSource(cluster, settings)
        var checkpoints: [Checkpoint] = []
        var counts: [Int] = []
        for try await batch in source.batches(after: nil) {
            checkpoints.append(batch.checkpoint)
            counts.append(lines(batch).count)
        }
        #expect(counts.reduce(0, +) == 1_000)
        // All is committed: another one without a checkpoint finds nothing, one with a checkpoint what followed it.
        #expect(try await gather(source, after: nil).isEmpty)
        #expect(try await gather(source, after: checkpoints[1]).count == 1_000 - counts[0] - counts[1])
        #expect(try await gather(source, after: checkpoints.last).isEmpty)
    }

    @Test func `where a group began is known to whoever takes over`() async throws {
        cluster.create("orders", partitions: 2)
        cluster.append((0..<100).map { line($0) }, to: "orders", partitions: 2)
        let settings = settings + #","start":"latest""#
        let store = Store()
        let one = follow(try makeSource(cluster, settings, runsOnce: false), store, by: 1)
        var number = 100
        try await wait("it reads the first partition") {
            cluster.append([line(number)], to: "orders", partitions: 1)
            number += 1
            return store.count > 0
        }
        one.cancel()
        _ = try await one.value
        // The second partition had nothing new so far, and has now, while nobody reads.
        cluster.append([nil, line(1_000_000)], to: "orders", partitions: 2)
        let rest = try await gather(makeSource(cluster, settings), after: nil)
        #expect(rest.contains(line(1_000_000)) && (0..<100).allSatisfy { !rest.contains(line($0)) })
        #expect(store.kept.withLock { $0.seen.isDisjoint(with: (0..<100).map { line($0) }) })
    }

    @Test func `a group that may not be joined is told`() async throws {
        cluster.create("orders", partitions: 1)
        cluster.fail(.joinGroup, Array(repeating: RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, count: 5))
        await #expect {
            _ = try await gather(makeSource(cluster, settings), after: nil)
        } throws: {
            ($0 as? ConnectorError)?.recovery == .mendSettings
        }
    }
}
