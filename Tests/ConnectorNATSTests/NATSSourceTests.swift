import BrokerTesting
import Connectors
import ConnectorsTesting
import EventModel
import LocalServers
import Synchronization
import Testing

@testable import ConnectorNATS

extension ServerTests {
    /// Streams of a real server as a source.
    @Suite struct NATSSourceTests {
        private let server: Server

        init() async throws { server = try await Server.shared.value }

        @Test(arguments: SourceContract.allCases)
        func `a stream keeps the promises`(promise: SourceContract) async throws {
            let stream = "promises-\(promise)"
            try server.create(stream)
            try server.fill("\(stream).a", (0..<(2_000 * Trial.scale)).lazy.map { $0 % 50 == 49 ? "nothing" : line($0) })
            let source = try server.source(#""stream":"\#(stream)","batchRecords":300"#)
            try await promise.verify(source, records: 2_000 * Trial.scale, checkpoints: 10)
        }

        @Test func `messages of one subject are read alone, from where the last reading stopped`() async throws {
            try server.create("shop")
            for number in 0..<300 { try server.fill(number % 3 == 0 ? "shop.views.a" : "shop.orders", [line(number)]) }
            let source = try server.source(#""stream":"shop","subject":"shop.views.*","batchRecords":30"#)
            let all = try await read(source)
            let wanted = stride(from: 0, to: 300, by: 3).map { line($0) }
            #expect(all.flatMap { lines($0) } == wanted)
            let (done, rest) = (all.prefix(2), all.dropFirst(2).flatMap { lines($0) })
            #expect(try await read(source, after: done.last?.checkpoint).flatMap { lines($0) } == rest && all.count >= 4)
            await #expect(throws: ConnectorError.self) { _ = try await read(source, after: Checkpoint(version: 2, position: "x")) }
        }

        @Test func `what begins behind the last message keeps that place at once`() async throws {
            try server.create("late")
            try server.fill("late.a", (0..<10).map { line($0) })
            let source = try server.source(#""stream":"late","start":"latest""#)
            let first = try await read(source)
            #expect(first.count == 1 && first.flatMap { lines($0) }.isEmpty)
            try server.fill("late.a", (10..<20).map { line($0) })
            #expect(try await read(source, after: first.first?.checkpoint).flatMap { lines($0) } == (10..<20).map { line($0) })
        }

        @Test func `a server that dies and one that falls silent lose and double nothing`() async throws {
            let count = 6_000 * Trial.scale
            try server.create("faults")
            try server.fill("faults.a", (0..<count).lazy.map { line($0) })
            let source = try server.source(#""stream":"faults","batchRecords":200,"timeout":2"#)
            let local = server.local
            let faults = Faults([5: ["crash", "start"], 12: ["crash", "start"]], frozen: 18) { try await local.tell($0) }
            let (seen, failures) = try await faults.read(count, from: source)
            #expect(seen == (0..<count).map { line($0) } && failures >= 3)
        }

        @Test func `a stream that was made anew is read from its first message, and that is told`() async throws {
            try server.create("anew")
            try server.fill("anew.a", (0..<50).map { line($0) })
            let told = Mutex<[String]>([])
            let source = try server.source(#""stream":"anew""#) { text in told.withLock { $0.append(text) } }
            let first = try await read(source)
            try server.delete("anew")
            try server.create("anew")
            // As many as were read: it is told by its age.
            try server.fill("anew.a", (50..<120).map { line($0) })
            #expect(try await read(source, after: first.last?.checkpoint).flatMap { lines($0) } == (50..<120).map { line($0) })
            #expect(told.withLock { $0 }.count == 1 && told.withLock { $0 }.first?.contains("`anew` was made anew") == true)
        }

        @Test func `a message is a file of its format, and what holds none is in quarantine with stream and number`() async throws {
            let event = #"{"uuid":"m-1","event":"Sold","distinct_id":"u1","properties":{},"timestamp":"2026-01-05T09:00:00.000Z"}"#
            try server.create("history")
            try server.fill("history.a", [event, "nothing", "", event.replacing("m-1", with: "m-2") + "\n[]"])
            try server.fill("history.a", [String(repeating: "y", count: 9 << 20)])
            let all = try await read(server.source(#""stream":"history","format":"posthog""#))
            #expect(all.flatMap { lines($0) }.count == 2 && all.map(\.messages.skippedLines).reduce(0, +) == 1)
            let rejects = all.flatMap(\.messages.rejects)
            #expect(rejects.map(\.text.count) == [7, 2, 65_536] && rejects.map(\.line) == [2, 4, 5])
            #expect(rejects.first?.reason.hasPrefix("history, message 2: The record is not JSON") == true, "\(rejects.map(\.reason))")
            #expect(rejects.last?.reason == "history, message 5: It has more than 8388608 bytes. Send less at once.")
            #expect(all.last?.newest.map { $0 > Instant(milliseconds: 1_700_000_000_000) } == true)
        }

        @Test func `what comes later is given, and cancelling ends the wait`() async throws {
            try server.create("later")
            let source = try server.source(#""stream":"later""#, runsOnce: false)
            let reading = Task {
                var found: [String] = []
                for try await batch in source.batches(after: nil) {
                    found += lines(batch)
                    if found.count == 3 { withUnsafeCurrentTask { $0?.cancel() } }
                }
                return found
            }
            try server.fill("later.a", [line(0)])
            try server.fill("later.a", [line(1), line(2)])
            #expect(try await reading.value == [line(0), line(1), line(2)])
        }

        // A shared consumer gives each message once: nothing can be read twice, or from a place.
        @Test(arguments: [SourceContract.givesEveryRecord, .keepsItsBounds, .endsWhenCancelled])
        func `a durable consumer keeps the promises that it can`(promise: SourceContract) async throws {
            let stream = "shared-\(promise)"
            try server.create(stream)
            try server.fill("\(stream).a", (0..<(2_000 * Trial.scale)).lazy.map { line($0) })
            try await promise.verify(
                server.source(#""stream":"\#(stream)","durable":"tessera","batchRecords":300"#), records: 2_000 * Trial.scale)
        }

        @Test func `workers share a consumer through a server that dies, and what one left comes to the other`() async throws {
            let count = 3_000 * Trial.scale
            try server.create("both")
            try server.fill("both.a", (0..<count).lazy.map { line($0) })
            let settings = #""stream":"both","durable":"d","batchRecords":100,"timeout":5"#
            var dead = try server.source(settings).batches(after: nil).makeAsyncIterator()
            let left = lines(try #require(await dead.next(isolation: nil)))
            let batches = Counter()
            let seen = SeenLines()
            let local = server.local
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<2 {
                    let source = try server.source(settings, runsOnce: false)
                    group.addTask {
                        while seen.all.count < count {
                            var reading = source.batches(after: Checkpoint(version: 1, position: "{}")).makeAsyncIterator()
                            do {
                                while seen.all.count < count, let batch = try await reading.next(isolation: nil) {
                                    seen.add(lines(batch))
                                    let number = batches.next()
                                    if number == 10 {
                                        try await local.tell("crash")
                                        try await local.tell("start")
                                    }
                                }
                            } catch let error as ConnectorError {
                                #expect(error.recovery == .retry(after: nil), "\(error)")
                            }
                        }
                    }
                }
                // Both wait for messages as long as some are missing; the one that has them all ends the other.
                try await group.next()
                group.cancelAll()
            }
            // What the first was given, and had not stored, came again after the server's patience.
            #expect(seen.all == Set((0..<count).map { line($0) }) && left.count == 100)
        }

        @Test func `a probe says what is there, and what is wrong is told without secrets`() async throws {
            try server.create("probed")
            try server.fill("probed.a", [line(0)])
            #expect(try await server.source(#""stream":"probed""#).probe() == "the stream `probed` has 1 message.")
            let host = #""servers":["nats://127.0.0.1:\#(server.local.port)"]"#
            let wrong: [(String, ConnectorError.Recovery, String)] = [
                (#"\#(server.settings),"stream":"none""#, .mendSettings, "the stream `none` is not there"),
                (#"\#(host),"username":"tessera","password":"env:WRONG","stream":"probed""#, .mendSettings, "uthorization"),
                (#"\#(host),"stream":"probed""#, .mendSettings, "uthorization"),
                (#""servers":["nats://127.0.0.1:1"],"stream":"probed""#, .retry(after: nil), "no connection"),
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
