import BrokerTesting
import Connectors
import ConnectorsTesting
import EventModel
import LocalServers
import Testing

@testable import ConnectorRedis

extension ServerTests {
    /// Consumers of a real server's groups.
    @Suite struct RedisGroupTests {
        private let server: Server

        init() async throws { server = try await Server.shared.value }

        private func source(_ stream: String, consumer: String = "one", _ more: String = "", runsOnce: Bool = true) throws -> RedisSource {
            let group = #""streams":["\#(stream)"],"group":"g","consumer":"\#(consumer)","batchRecords":100"#
            return try server.source(group + more, runsOnce: runsOnce)
        }

        // A group gives each entry once: nothing can be read twice, or from a place.
        @Test(arguments: [SourceContract.givesEveryRecord, .keepsItsBounds, .endsWhenCancelled])
        func `a consumer keeps the promises that it can`(promise: SourceContract) async throws {
            let stream = "shared-\(promise)"
            try server.fill(stream, (0..<(2_000 * Trial.scale)).lazy.map { line($0) })
            try await promise.verify(source(stream), records: 2_000 * Trial.scale)
            #expect(try server.pending(stream) <= (promise == .endsWhenCancelled ? 300 : 0))
        }

        @Test func `what was given and not stored comes again, and what was stored does not`() async throws {
            try server.fill("again", (0..<1_000).map { line($0) })
            var given: [String] = []
            do {
                var reading = try source("again").batches(after: nil).makeAsyncIterator()
                for _ in 0..<3 { given = lines(try #require(await reading.next(isolation: nil))) }
            }
            // The third was never stored, as far as the source knows. What is gone meanwhile is told.
            try server.say("XDEL", "again", "201-0")
            let all = try await read(source("again"))
            let rejects = all.flatMap(\.messages.rejects)
            #expect(rejects.map(\.reason) == ["again, entry 201-0: It was deleted on the server before it was stored."])
            #expect(all.flatMap { lines($0) } == (201..<1_000).map { line($0) } && given == (200..<300).map { line($0) })
            #expect(try server.pending("again") == 0)
        }

        @Test func `consumers share the entries, through cuts and a server that dies, and nothing is lost`() async throws {
            let count = 6_000 * Trial.scale
            try server.fill("both", (0..<count).lazy.map { line($0) })
            let batches = Counter()
            let failures = Counter()
            let local = server.local
            let seen = try await withThrowingTaskGroup(of: [String].self) { group in
                for consumer in ["one", "two"] {
                    let source = try source("both", consumer: consumer, #","timeout":5"#)
                    group.addTask {
                        var (stored, isOver) = ([String](), false)
                        while !isOver {
                            var reading = source.batches(after: Checkpoint(version: 1, position: "{}")).makeAsyncIterator()
                            do {
                                while let batch = try await reading.next(isolation: nil) {
                                    stored += lines(batch)
                                    let number = batches.next()
                                    if number == 10 || number == 20 { try await local.tell("cut") }
                                    if number == 30 {
                                        try await local.tell("crash")
                                        try await local.tell("start")
                                    }
                                }
                                isOver = true
                            } catch let error as ConnectorError {
                                #expect(error.recovery == .retry(after: nil), "\(error)")
                                _ = failures.next()
                            }
                        }
                        return stored
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            // What was given and not acknowledged as a connection was cut comes again, to the same consumer.
            #expect(Set(seen) == Set((0..<count).map { line($0) }) && seen.count < count + 40 * 100)
            #expect(failures.value >= 3)
            #expect(try server.pending("both") == 0)
        }

        @Test func `entries that a dead consumer left are taken over, and those of one that stores slowly are not`() async throws {
            try server.fill("left", (0..<300).map { line($0) })
            var dead = try source("left", consumer: "dead").batches(after: nil).makeAsyncIterator()
            let slowSource = try source("left", consumer: "slow", #","claimAfter":8"#)
            var slow: ConsumedBatches<StreamConsumer>.Iterator? = slowSource.batches(after: nil).makeAsyncIterator()
            let lost = lines(try #require(await dead.next(isolation: nil)))
            let kept = lines(try #require(await slow?.next(isolation: nil)))
            let others = try source("left", consumer: "other", #","claimAfter":8"#, runsOnce: false)
            var found: [String] = []
            for try await batch in others.batches(after: nil) {
                found += lines(batch)
                if found.count >= 200 { break }
            }
            // The slow one had said for longer than `claimAfter` that it was there, without a word of its own.
            #expect(Set(found) == Set((0..<300).map { line($0) }).subtracting(kept) && found.count == 200)
            #expect(lost.count == 100 && kept.count == 100)
            slow = nil
        }

        @Test func `answers that are too long are asked for again, and nothing of them is lost`() async throws {
            let large = line(0).replacing("Sold", with: String(repeating: "x", count: 700_000))
            try server.fill("heavy", (0..<60).map { large.replacing("\"m0\"", with: "\"m\($0)\"") })
            let all = try await read(source("heavy"))
            #expect(Set(all.flatMap { lines($0) }).count == 60 && all.flatMap { lines($0) }.count == 60)
            #expect(try server.pending("heavy") == 0)
            try server.say("DEL", "heavy")
        }

        @Test func `a group begins where the store stood, or at the end where that is asked for`() async throws {
            try server.fill("joined", (0..<100).map { line($0) })
            let kept = Checkpoint(version: 1, position: #"{"joined":"60-0"}"#)
            #expect(try await read(source("joined"), after: kept).flatMap { lines($0) } == (60..<100).map { line($0) })
            let late = try server.source(#""streams":["joined"],"group":"late","consumer":"c","start":"latest""#)
            #expect(try await read(late).isEmpty)
            try server.fill("joined", [line(100)], first: 200)
            #expect(try await read(late).flatMap { lines($0) } == [line(100)])
        }
    }
}
