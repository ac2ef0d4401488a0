import BrokerTesting
import Connectors
import ConnectorsTesting
import EventModel
import LocalServers
import Synchronization
import Testing

@testable import ConnectorRedis

extension ServerTests {
    /// Streams of a real server as a source.
    @Suite struct RedisSourceTests {
        private let server: Server

        init() async throws { server = try await Server.shared.value }

        @Test(arguments: SourceContract.allCases)
        func `a stream keeps the promises`(promise: SourceContract) async throws {
            let stream = "promises-\(promise)"
            try server.fill(stream, (0..<(2_000 * Trial.scale)).lazy.map { $0 % 50 == 49 ? "nothing" : line($0) })
            let records = #""streams":["\#(stream)"],"batchRecords":300,"format":"posthog""#
            try await promise.verify(server.source(records.replacing(#","format":"posthog""#, with: "")), records: 2_000 * Trial.scale)
            // Every one of another format is refused, with its place.
            try await promise.verify(server.source(records), records: 2_000 * Trial.scale, checkpoints: 5)
        }

        @Test func `each stream has its own position, and one that comes later is read from its first entry`() async throws {
            let names = ["one", "two", "three"]
            for (place, name) in names.enumerated() { try server.fill(name, (0..<400).map { line(place * 400 + $0) }) }
            let streams = #""streams":["one","two","three"],"batchRecords":90"#
            let all = try await read(server.source(streams))
            #expect(all.flatMap { lines($0) }.sorted() == (0..<1_200).map { line($0) }.sorted() && all.count >= 13)
            for place in stride(from: 0, to: all.count, by: 3) {
                let rest = try await read(server.source(streams), after: all[place].checkpoint).flatMap { lines($0) }
                #expect(rest.sorted() == all[(place + 1)...].flatMap { lines($0) }.sorted())
            }
            let two = try #require(try await read(server.source(#""streams":["one","three"]"#)).last)
            #expect(try await read(server.source(streams), after: two.checkpoint).flatMap { lines($0) } == (400..<800).map { line($0) })
            let foreign = Checkpoint(version: 2, position: "x")
            await #expect(throws: ConnectorError.self) { _ = try await read(server.source(streams), after: foreign) }
        }

        @Test func `what begins behind the last entry keeps that place at once`() async throws {
            try server.fill("late", (0..<10).map { line($0) })
            let source = try server.source(#""streams":["late"],"start":"latest""#)
            let first = try await read(source)
            #expect(first.count == 1 && first.flatMap { lines($0) }.isEmpty)
            try server.fill("late", (10..<20).map { line($0) }, first: 100)
            let rest = try await read(source, after: first.first?.checkpoint)
            #expect(rest.flatMap { lines($0) } == (10..<20).map { line($0) })
            #expect(try await read(source, after: rest.last?.checkpoint).isEmpty)
        }

        @Test func `connections that are cut, a server that dies and one that falls silent lose and double nothing`() async throws {
            let count = 6_000 * Trial.scale
            try server.fill("faults", (0..<count).lazy.map { line($0) })
            let source = try server.source(#""streams":["faults"],"batchRecords":200,"timeout":1"#)
            let local = server.local
            let faults = Faults([5: ["cut"], 12: ["crash", "start"]], frozen: 18) { try await local.tell($0) }
            let (seen, failures) = try await faults.read(count, from: source)
            #expect(seen == (0..<count).map { line($0) } && failures >= 3)
        }

        @Test func `a stream that was made anew is read from its first entry, and that is told`() async throws {
            try server.fill("anew", (0..<50).map { line($0) }, first: 1_000)
            let told = Mutex<[String]>([])
            let source = try server.source(#""streams":["anew"]"#, runsOnce: false) { text in told.withLock { $0.append(text) } }
            var reading = source.batches(after: nil).makeAsyncIterator()
            var seen: [String] = []
            while seen.count < 50 { seen += lines(try #require(await reading.next(isolation: nil))) }
            // While it is being read, which it notices after a while, and between two readings.
            try server.say("DEL", "anew")
            try server.fill("anew", [line(50), line(51)])
            let batch = try #require(await reading.next(isolation: nil))
            #expect(lines(batch) == [line(50), line(51)])
            #expect(told.withLock { $0 }.count == 1 && told.withLock { $0 }.first?.contains("`anew` ends at 2-0, before 1049-0") == true)
            try server.say("DEL", "anew")
            try server.fill("anew", [line(52)])
            let again = try server.source(#""streams":["anew"]"#) { text in told.withLock { $0.append(text) } }
            #expect(try await read(again, after: batch.checkpoint).flatMap { lines($0) } == [line(52)])
            #expect(told.withLock { $0 }.count == 2)
        }

        @Test func `a record is a file of its format, and what holds no message is in quarantine with stream and id`() async throws {
            let event = #"{"uuid":"m-1","event":"Sold","distinct_id":"u1","properties":{},"timestamp":"2026-01-05T09:00:00.000Z"}"#
            try server.fill("history", [event, "nothing", "", event.replacing("m-1", with: "m-2") + "\n[]"])
            try server.fill("history", ["other"], field: "note", first: 1_750_000_000_000)
            let all = try await read(server.source(#""streams":["history"],"format":"posthog""#))
            #expect(all.flatMap { lines($0) }.count == 2 && all.map(\.messages.skippedLines).reduce(0, +) == 1)
            let rejects = all.flatMap(\.messages.rejects)
            #expect(rejects.map(\.text) == ["nothing", "[]", #"{"note":"other"}"#] && rejects.map(\.line) == [2, 4, 1_750_000_000_000])
            #expect(rejects.first?.reason.hasPrefix("history, entry 2-0: The record is not JSON") == true, "\(rejects)")
            #expect(rejects.last?.reason.hasPrefix("history, entry 1750000000000-0: It has no field \"data\"") == true, "\(rejects)")
            #expect(all.last?.newest == Instant(milliseconds: 1_750_000_000_000))
        }

        @Test func `fields are the record where that is asked for`() async throws {
            try server.say(
                "XADD", "flat", "1-0", "type", "track", "event", "Sold", "userId", "123", "messageId", "m1", "timestamp",
                "2026-06-01T00:00:00Z", "properties.total", "12.5", "properties.gift", "true", "properties.note", "3 \"pieces\"",
                "context", #"{"ip":"::1"}"#, "properties.tags", #"["a"]"#, "traits", "[")
            try server.say("XADD", "flat", "2-0", "type", "")
            let all = try await read(server.source(#""streams":["flat"],"flat":true"#))
            #expect(
                all.flatMap { lines($0) } == [
                    #"{"type":"track","event":"Sold","userId":"123","messageId":"m1","timestamp":"2026-06-01T00:00:00Z","#
                        + #""properties":{"total":12.5,"gift":true,"note":"3 \"pieces\"","tags":["a"]},"context":{"ip":"::1"},"traits":"["}"#,
                    #"{"type":""}"#,
                ])
        }

        @Test func `large entries come in small answers, and one that is too large is in quarantine`() async throws {
            let large = line(0).replacing("Sold", with: String(repeating: "x", count: 700_000))
            try server.fill("large", (0..<60).map { large.replacing("\"m0\"", with: "\"m\($0)\"") })
            try server.fill("large", [String(repeating: "y", count: 9 << 20)], first: 500)
            let all = try await read(server.source(#""streams":["large"]"#))
            #expect(
                all.flatMap { lines($0) }.count == 60 && all.allSatisfy { $0.messages.count <= 3 << 20 }, "\(all.map(\.messages.count))")
            let reject = try #require(all.flatMap(\.messages.rejects).first)
            #expect(
                reject.reason == "large, entry 500-0: It has more than 8388608 bytes. Send less at once." && reject.text.count == 65_536)
            try server.say("DEL", "large")
        }

        @Test func `what comes later is given, also of a stream that is not there yet, and cancelling ends the wait`() async throws {
            let source = try makeSource("{\(server.socket),\"streams\":[\"later\"]}", runsOnce: false)
            let reading = Task {
                var found: [String] = []
                for try await batch in source.batches(after: nil) {
                    found += lines(batch)
                    if found.count == 3 { withUnsafeCurrentTask { $0?.cancel() } }
                }
                return found
            }
            try server.fill("later", [line(0)])
            try server.fill("later", [line(1), line(2)], first: 2)
            #expect(try await reading.value == [line(0), line(1), line(2)])
            let idle = Task { try await read(source, after: Checkpoint(version: 1, position: #"{"later":"3-0"}"#)) }
            try await Task.sleep(for: .milliseconds(300))
            idle.cancel()
            #expect(try await idle.value.isEmpty)
        }

        @Test func `a probe says what is there, and what is wrong is told without secrets`() async throws {
            try server.fill("probed", [line(0)])
            try server.say("SET", "text", "x")
            let probe = try await server.source(#""streams":["probed","none"]"#).probe()
            #expect(probe == "the stream `probed` has 1 entry; the stream `none` is not there yet.")
            let host = #""host":"127.0.0.1","port":\#(server.local.port)"#
            let wrong: [(String, ConnectorError.Recovery, String)] = [
                (#"\#(server.settings),"streams":["probed","text"]"#, .mendSettings, "WRONGTYPE"),
                (#"\#(host),"password":"env:WRONG","streams":["probed"]"#, .mendSettings, "WRONGPASS"),
                (#"\#(host),"username":"nobody","password":"env:PASSWORD","streams":["probed"]"#, .mendSettings, "WRONGPASS"),
                (#"\#(host),"username":"guest","password":"env:PASSWORD","streams":["probed"]"#, .mendSettings, "NOPERM"),
                (#"\#(host),"streams":["probed"]"#, .mendSettings, "NOAUTH"),
                (#"\#(server.settings),"database":9999,"streams":["probed"]"#, .mendSettings, "DB index is out of range"),
                (#""host":"127.0.0.1","port":1,"streams":["probed"]"#, .retry(after: nil), "no connection (Connection refused)"),
                (#""socket":"/nowhere/socket","streams":["probed"]"#, .retry(after: nil), "Redis at /nowhere/socket: no connection"),
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
