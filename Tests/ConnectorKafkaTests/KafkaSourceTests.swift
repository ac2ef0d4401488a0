import BrokerTesting
import CKafka
import Connectors
import ConnectorsTesting
import EventModel
import KafkaMock
import Synchronization
import Testing

@testable import ConnectorKafka

/// Topics of a mock cluster as a source.
@Suite(.timeLimit(.minutes(5))) struct KafkaSourceTests {
    private let cluster = MockCluster()

    private func fill(_ topic: String, _ numbers: Range<Int>, partitions: Int) {
        cluster.append(numbers.map { line($0) }, to: topic, partitions: partitions)
    }

    /// Of a line that `line` made.
    private static func number(of line: String) -> Int? {
        let bytes = line.utf8.dropLast(#"","timestamp":"2026-06-01T00:00:00Z"}"#.utf8.count)
        return bytes.lastIndex(of: UInt8(ascii: "m")).flatMap { Int(String(line[bytes.index(after: $0)..<bytes.endIndex])) }
    }

    @Test(arguments: SourceContract.allCases, [1, 3])
    func `a topic keeps the promises`(promise: SourceContract, partitions: Int) async throws {
        cluster.create("orders", partitions: partitions)
        fill("orders", 0..<(3_000 * scale), partitions: partitions)
        let settings = #""topics":["orders"],"batchRecords":\#(300 * scale)"#
        // Order holds within a partition, and only there.
        if partitions == 1 || ![.repeatsItself, .resumesAnywhere].contains(promise) {
            try await promise.verify(makeSource(cluster, settings), records: 3_000 * scale, checkpoints: 10)
        }
    }

    @Test func `a reading ends where the end of the last partition comes with the last records`() async throws {
        cluster.create("orders", partitions: 2)
        fill("orders", 0..<100, partitions: 2)
        // An end is told by the first fetch that brings nothing: in the middle of the wait for more records of a batch.
        let source = try makeSource(cluster, #""topics":["orders"],"properties":{"fetch.wait.max.ms":1}"#)
        for _ in 0..<5 { #expect(try await read(source).flatMap { lines($0) }.count == 100) }
    }

    @Test func `every checkpoint goes on with what followed, in each partition`() async throws {
        for (topic, partitions) in [("orders", 3), ("views", 2)] {
            cluster.create(topic, partitions: partitions)
            fill(topic, 0..<900, partitions: partitions)
        }
        let source = try makeSource(cluster, #""topics":["orders","views"],"batchRecords":200"#)
        let all = try await read(source)
        for index in all.indices {
            let rest = try await read(source, after: all[index].checkpoint)
            #expect(rest.flatMap { lines($0) }.sorted() == all[(index + 1)...].flatMap { lines($0) }.sorted())
        }
        #expect(all.flatMap { lines($0) }.count == 1_800 && all.allSatisfy { $0.newest != nil })
    }

    @Test func `records that are no message are refused with their place, tombstones are counted, and the rest comes`() async throws {
        cluster.create("orders", partitions: 1)
        let long = String(repeating: "x", count: 400_000)
        let values: [String?] = [line(0), nil, "", "nothing", line(1) + "\n" + line(2), long + "\n" + long, line(3)]
        cluster.append(values, to: "orders", partitions: 1)
        let all = try await read(makeSource(cluster, #""topics":["orders"]"#))
        let found = all.flatMap { lines($0) }
        #expect(found.filter { $0.hasPrefix("{") } == (0..<4).map { line($0) } && found.contains("nothing"))
        #expect(all.map(\.messages.sourceLines).reduce(0, +) == 7 && all.map(\.messages.skippedLines).reduce(0, +) == 2)
        #expect(all.flatMap(\.messages.lineNumbers) == [0, 3, 4, 4, 5, 5, 6])
    }

    @Test func `a record is a file of its format, and what the format refuses is told with its place`() async throws {
        cluster.create("history", partitions: 1)
        let event = #"{"uuid":"m-1","event":"Sold","distinct_id":"u1","properties":{},"timestamp":"2026-01-05T09:00:00.000Z"}"#
        let other = event.replacing("m-1", with: "m-2")
        cluster.append([event, "nothing", event + "\n[]\n" + other], to: "history", partitions: 1)
        let all = try await read(makeSource(cluster, #""topics":["history"],"format":"posthog""#))
        let found = all.flatMap { lines($0) }
        #expect(found.count == 3 && found.allSatisfy { $0.contains(#""event":"Sold""#) })
        #expect(all.flatMap(\.messages.lineNumbers) == [0, 2, 2])
        let rejects = all.flatMap(\.messages.rejects)
        #expect(rejects.map(\.text) == ["nothing", "[]"] && rejects.map(\.line) == [1, 2])
        #expect(rejects.first?.reason.hasPrefix("history/0, offset 1: The record is not JSON") == true, "\(rejects)")
    }

    @Test func `a first reading may begin behind what is there, and misses nothing after that`() async throws {
        cluster.create("orders", partitions: 1)
        fill("orders", 0..<100, partitions: 1)
        let source = try makeSource(cluster, #""topics":["orders"],"start":"latest""#, runsOnce: false)
        let first = Task {
            var reading = source.batches(after: nil).makeAsyncIterator()
            return try await reading.next(isolation: nil)
        }
        // What comes before the source has found the ends is not its own; what comes after them is.
        let written = Mutex(100)
        let writer = Task {
            while !Task.isCancelled {
                let next = written.withLock { $0 }
                fill("orders", next..<(next + 2), partitions: 1)
                written.withLock { $0 = next + 2 }
                await Task.yield()
            }
        }
        let batch = try #require(await first.value)
        writer.cancel()
        await writer.value
        let end = written.withLock { $0 }
        let rest = try await read(makeSource(cluster, #""topics":["orders"]"#), after: batch.checkpoint)
        let found = (lines(batch) + rest.flatMap { lines($0) }).compactMap { Self.number(of: $0) }
        #expect(found.min() ?? 0 >= 100 && Set(found) == Set((found.min() ?? 0)..<end) && found.count == Set(found).count)
    }

    @Test func `a checkpoint of something else stops the source`() async throws {
        cluster.create("orders", partitions: 1)
        let source = try makeSource(cluster, #""topics":["orders"]"#)
        await #expect {
            _ = try await read(source, after: Checkpoint(version: 1, position: "7"))
        } throws: {
            ($0 as? ConnectorError)?.recovery == .stop
        }
    }

    @Test func `a broker that goes and comes back loses nothing`() async throws {
        cluster.create("orders", partitions: 2)
        fill("orders", 0..<1_000, partitions: 2)
        let source = try makeSource(
            cluster, #""topics":["orders"],"batchRecords":100,"properties":{"reconnect.backoff.max.ms":100}"#, runsOnce: false)
        var (seen, checkpoint, failures) = ([String](), Checkpoint?.none, 0)
        while seen.count < 2_000 {
            var reading = source.batches(after: checkpoint).makeAsyncIterator()
            do {
                while seen.count < 2_000, let batch = try await reading.next(isolation: nil) {
                    seen += lines(batch)
                    checkpoint = batch.checkpoint
                    if seen.count == 500 { cluster.stop(1) }
                    if seen.count == 1_000 {
                        cluster.start(1)
                        fill("orders", 1_000..<2_000, partitions: 2)
                        cluster.fail(.fetch, [RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT])
                    }
                }
            } catch {
                #expect(error.recovery == .retry(after: nil), "\(error)")
                failures += 1
                cluster.start(1)
            }
        }
        #expect(Set(seen).count == 2_000 && seen.count == 2_000)
    }

    @Test(.enabled(if: scale > 1, "it takes minutes; $TESSERA_LONG asks for it"))
    func `a million records come once each while fetches fail`() async throws {
        let (count, partitions) = (1_000_000, 40)
        cluster.create("big", partitions: partitions)
        cluster.append((0..<count).lazy.map { line($0) }, to: "big", partitions: partitions)
        let source = try makeSource(cluster, #""topics":["big"]"#)
        var (seen, batches) = ([Bool](repeating: false, count: count), 0)
        for try await batch in source.batches(after: nil) {
            for line in lines(batch) {
                let number = try #require(Self.number(of: line))
                #expect(!seen[number])
                seen[number] = true
            }
            batches += 1
            if batches % 20 == 0 {
                cluster.fail(.fetch, [RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT])
            }
        }
        #expect(seen.allSatisfy { $0 })
    }

    @Test func `a cluster that is not there is told, and cancelling ends the wait`() async throws {
        cluster.create("orders", partitions: 1)
        cluster.stop(1)
        let source = try makeSource(cluster, #""topics":["orders"],"properties":{"sasl.password":"env:SECRET"}"#)
        await #expect {
            _ = try await source.probe()
        } throws: { error in
            (error as? ConnectorError)?.recovery == .retry(after: nil) && "\(error)".contains("no broker answers")
                && !"\(error)".contains("hunter2")
        }
        cluster.start(1)
        let endless = try makeSource(cluster, #""topics":["orders"]"#, runsOnce: false)
        let reading = Task { try await read(endless).count }
        reading.cancel()
        #expect(try await reading.value == 0)
    }

    @Test func `a probe tells brokers and partitions, and which topic is not there`() async throws {
        cluster.create("orders", partitions: 3)
        let found = try await makeSource(cluster, #""topics":["orders"]"#).probe()
        #expect(found == "1 broker; `orders` with 3 partitions.")
        // The mock creates what it is asked for, as brokers do that were told nothing else by old clients.
        cluster.fail("none", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
        await #expect {
            _ = try await makeSource(cluster, #""topics":["orders","none"]"#).probe()
        } throws: {
            "\($0)".hasPrefix("none: there is no such topic.")
        }
    }
}
