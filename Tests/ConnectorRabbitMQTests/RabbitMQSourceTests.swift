import BrokerTesting
import Connectors
import ConnectorsTesting
import EventModel
import LocalServers
import Testing

@testable import ConnectorRabbitMQ

extension BrokerTests {
    /// Queues of a real broker as a source.
    @Suite struct RabbitMQSourceTests {
        private let broker: Broker

        init() async throws { broker = try await Broker.shared.value }

        // A queue has no positions: nothing can be read twice, or from a place.
        @Test(arguments: [SourceContract.givesEveryRecord, .keepsItsBounds, .endsWhenCancelled])
        func `a queue keeps the promises that it can`(promise: SourceContract) async throws {
            let queue = "promises-\(promise)"
            try broker.create(queue)
            try broker.fill(queue, (0..<(2_000 * Trial.scale)).lazy.map { line($0) })
            try await promise.verify(broker.source(#""queue":"\#(queue)","prefetch":300"#), records: 2_000 * Trial.scale)
            #expect(try broker.waiting(in: queue) == 0)
        }

        @Test func `what was given and not stored comes again, and what was stored does not`() async throws {
            try broker.create("cut")
            try broker.fill("cut", (0..<1_000).map { line($0) })
            let source = try broker.source(#""queue":"cut","prefetch":100"#)
            var given: [Int] = []
            do {
                var reading = source.batches(after: nil).makeAsyncIterator()
                for _ in 0..<3 { given.append(lines(try #require(await reading.next(isolation: nil))).count) }
            }
            // The third was never stored, as far as the source knows: it comes again, as soon as the connection has ended.
            var rest: Set<String> = []
            while rest.count < 1_000 - given[0] - given[1] { rest.formUnion(try await read(source).flatMap { lines($0) }) }
            #expect(rest == Set(((given[0] + given[1])..<1_000).map { line($0) }))
        }

        @Test func `connections that the broker closes and a broker that dies lose nothing, and repeats change nothing`() async throws {
            let count = 6_000 * Trial.scale
            try broker.create("faults")
            try broker.fill("faults", (0..<count).lazy.map { line($0) })
            let source = try broker.source(#""queue":"faults","prefetch":200"#)
            var (seen, repeats, failures, batches) = (Set<String>(), 0, 0, 0)
            while seen.count < count {
                var reading = source.batches(after: nil).makeAsyncIterator()
                do {
                    while seen.count < count, let batch = try await reading.next(isolation: nil) {
                        let found = lines(batch)
                        repeats += found.count - found.filter { seen.insert($0).inserted }.count
                        batches += 1
                        if batches == 5 { try await broker.server.tell("cut") }
                        if batches == 12 {
                            try await broker.server.tell("crash")
                            try await broker.server.tell("start")
                        }
                    }
                } catch let error as ConnectorError {
                    #expect(error.recovery == .retry(after: nil), "\(error)")
                    failures += 1
                }
            }
            #expect(seen.count == count && failures >= 2 && repeats > 0)
            #expect(try await read(source).flatMap { lines($0) }.allSatisfy { seen.contains($0) })
            #expect(try broker.waiting(in: "faults") == 0)
        }

        @Test func `a body is a file of its format, and what holds no message is in quarantine with its place`() async throws {
            try broker.create("history")
            let event = #"{"uuid":"m-1","event":"Sold","distinct_id":"u1","properties":{},"timestamp":"2026-01-05T09:00:00.000Z"}"#
            try broker.fill("history", [event, "nothing", "", event.replacing("m-1", with: "m-2") + "\n[]"])
            let all = try await read(broker.source(#""queue":"history","format":"posthog""#))
            #expect(all.flatMap { lines($0) }.count == 2 && all.map(\.messages.skippedLines).reduce(0, +) == 1)
            let rejects = all.flatMap(\.messages.rejects)
            #expect(rejects.map(\.text) == ["nothing", "[]"] && rejects.map(\.line) == [2, 4])
            #expect(rejects.first?.reason.hasPrefix("history, message 2: The record is not JSON") == true, "\(rejects)")
            #expect(all.first?.newest == Instant(milliseconds: 1_750_000_000_000))
        }

        @Test func `poison is rejected to the dead-letter exchange where that is asked for`() async throws {
            try broker.create("graves")
            try broker.create("poisoned", ["x-dead-letter-exchange": "", "x-dead-letter-routing-key": "graves"])
            try broker.fill("poisoned", [line(0), "nothing", #"{"type":"track"}"#, line(1)])
            let all = try await read(broker.source(#""queue":"poisoned","poison":"reject""#))
            #expect(all.flatMap { lines($0) } == [line(0), line(1)] && all.flatMap(\.messages.rejects).isEmpty)
            #expect(try broker.drain("graves").map { String(decoding: $0.bytes, as: UTF8.self) } == ["nothing", #"{"type":"track"}"#])
        }

        @Test func `what comes later is given, and cancelling ends the wait`() async throws {
            try broker.create("later")
            let source = try broker.source(#""queue":"later","heartbeat":2"#, runsOnce: false)
            let reading = Task {
                var found: [String] = []
                for try await batch in source.batches(after: nil) {
                    found += lines(batch)
                    if found.count == 3 { withUnsafeCurrentTask { $0?.cancel() } }
                }
                return found
            }
            try broker.fill("later", [line(0)])
            try broker.fill("later", [line(1), line(2)])
            #expect(try await reading.value == [line(0), line(1), line(2)])
        }

        @Test func `a connection outlives a store that takes longer than its heartbeats`() async throws {
            try broker.create("slow")
            try broker.fill("slow", [line(0), line(1)])
            var reading = try broker.source(#""queue":"slow","heartbeat":2,"prefetch":1"#).batches(after: nil).makeAsyncIterator()
            #expect(try await reading.next(isolation: nil).map { lines($0) } == [line(0)])
            // The broker closes a connection that says nothing for two heartbeats and a little more.
            try await Task.sleep(for: .seconds(8))
            #expect(try await reading.next(isolation: nil).map { lines($0) } == [line(1)])
            #expect(try await reading.next(isolation: nil).map { lines($0) } == nil)
        }

        @Test func `a probe says what waits, and what is wrong is told without secrets`() async throws {
            try broker.create("probed")
            try broker.fill("probed", [line(0)])
            #expect(try await broker.source(#""queue":"probed""#).probe() == "the queue `probed` is there; 1 message waits in it.")
            let host = "127.0.0.1:\(broker.server.port)"
            let wrong: [(String, ConnectorError.Recovery, String)] = [
                (#"\#(broker.settings),"queue":"none""#, .mendSettings, "no queue 'none'"),
                (#""url":"amqp://tessera@\#(host)","password":"env:WRONG","queue":"probed""#, .mendSettings, "ACCESS_REFUSED"),
                (#"\#(broker.settings),"vhost":"none","queue":"probed""#, .mendSettings, "vhost none not found"),
                (#"\#(broker.settings),"vhost":"shop","queue":"probed""#, .mendSettings, "in vhost 'shop'"),
                (#""url":"amqp://guest@\#(host)","password":"env:PASSWORD","queue":"probed""#, .mendSettings, "ACCESS_REFUSED"),
                (#""url":"amqp://tessera@127.0.0.1:1","password":"env:PASSWORD","queue":"probed""#, .retry(after: nil), "no connection"),
            ]
            for (settings, recovery, text) in wrong {
                await #expect("\(text)") {
                    _ = try await makeSource("{\(settings)}").batches(after: nil).first { _ in true }
                } throws: { error in
                    (error as? ConnectorError)?.recovery == recovery && "\(error)".contains(text) && !"\(error)".contains("hunter")
                }
            }
        }
    }
}
