import BrokerTesting
import Connectors
import ConnectorsTesting
import EventModel
import LocalServers
import Testing

@testable import ConnectorRedis

extension ServerTests {
    /// Streams of a real server as a destination.
    @Suite struct RedisDestinationTests {
        private let server: Server

        init() async throws { server = try await Server.shared.value }

        private func keys(_ stream: String) throws -> [String] { try server.entries(stream).compactMap { $0["key"] } }

        private func deliver(_ keys: ArraySlice<String>, to destination: RedisDestination) async throws -> DeliveryReceipt {
            try await destination.deliver(DestinationContract.batch(keys))
        }

        @Test(arguments: DestinationContract.allCases)
        func `a stream keeps the promises`(promise: DestinationContract) async throws {
            // As everybody sees them: the server tells repeats.
            try await promise.verify(
                { try server.destination(#""stream":"kept-\#(promise)""#) }, arrived: { try keys("kept-\(promise)") })
        }

        @Test func `each kind has its stream, and says what it is`() async throws {
            let destination = try makeDestination(
                #"{\#(server.socket),"stream":"out","streams":{"memberships":"out-members"},"database":3}"#)
            let elsewhere = RedisAddress(place: server.address.place, password: server.address.password, database: 3, timeout: .seconds(60))
            var batch = DeliveryBatch()
            batch.append(.membership, key: "a", profile: "u1", json: #"{"n":1}"#.utf8)
            batch.append(.message, key: "a", profile: "", json: #"{"n":"\#u{0}\r\n$5"}"#.utf8)
            batch.append(.profile, key: "a", profile: "u1", json: #"{"n":3}"#.utf8)
            #expect(try await destination.deliver(batch).refused.isEmpty)
            await destination.close()
            #expect(try await destination.probe() == "the stream `out` has 2 entries; the stream `out-members` has 1 entry.")
            #expect(try server.entries("out").isEmpty)
            let there = try RedisConnection(elsewhere).call(RedisCommand("XRANGE", "out", "-", "+"))
            let fields = there.value.list.map { $0.map { entry in entry.list?[1].list.map { $0.map(\.string) } } }
            #expect(
                fields == [
                    ["data", #"{"n":"\#u{0}\r\n$5"}"#, "key", "a", "kind", "message"],
                    ["data", #"{"n":3}"#, "key", "a", "kind", "profile", "profile", "u1"],
                ])
        }

        @Test func `connections that are cut, a server that dies and one that falls silent lose and double nothing`() async throws {
            let destination = try server.destination(#""stream":"out-faults","timeout":1"#)
            let keys = (0..<(6_000 * Trial.scale)).map { "k\($0)" }
            let local = server.local
            let words = [3: Array(repeating: "cut", count: 5), 6: ["crash", "start"]]
            let failures = try await Faults(words, frozen: 9) { try await local.tell($0) }.deliver(keys, to: destination)
            #expect(try self.keys("out-faults") == keys && failures > 0)
        }

        @Test func `the server remembers as many keys as it is asked to, twice at most`() async throws {
            let plan = StreamWritingPlan(
                address: server.address, streams: try DeliveryPlaces("few", at: "", nil, at: "", check: { _, _ in }), maxLength: nil,
                remembered: 100)
            let destination = RedisDestination(plan)
            let all = (0..<350).map { "k\($0)" }
            for start in stride(from: 0, to: 350, by: 50) { _ = try await deliver(all[start..<(start + 50)], to: destination) }
            _ = try await deliver(all[250...], to: destination)
            #expect(try keys("few") == all)
            _ = try await deliver(all[..<1], to: destination)
            #expect(try keys("few") == all + ["k0"])
            let sizes = try [StreamWriter.seen, StreamWriter.before].map { try server.say("SCARD", "few" + $0).value.integer }
            #expect(sizes == [51, 100])
            #expect(try #require(server.say("TTL", "few" + StreamWriter.before).value.integer) > 0)
            await destination.close()
        }

        @Test func `a stream is cut to its length, about`() async throws {
            let destination = try server.destination(#""stream":"short","maxLength":500"#)
            for start in stride(from: 0, to: 3_000, by: 500) {
                _ = try await deliver((0..<3_000).map { "k\($0)" }[start..<(start + 500)], to: destination)
            }
            let left = try keys("short")
            // Whole pieces of a hundred entries or so go.
            #expect((500..<800).contains(left.count) && left == (3_000 - left.count..<3_000).map { "k\($0)" })
            await destination.close()
        }

        @Test func `large records arrive whole, and a server without memory is tried again`() async throws {
            let destination = try server.destination(#""stream":"huge""#)
            let texts = (0..<4).map { String(repeating: "\($0)", count: 5 << 20) }
            var batch = DeliveryBatch()
            for (place, text) in texts.enumerated() { batch.append(.message, key: "k\(place)", profile: "u", json: text.utf8) }
            try server.say("CONFIG", "SET", "maxmemory", "1mb")
            await #expect {
                _ = try await destination.deliver(batch)
            } throws: {
                ($0 as? ConnectorError)?.recovery == .retry(after: nil) && "\($0)".contains("maxmemory")
            }
            try server.say("CONFIG", "SET", "maxmemory", "0")
            #expect(try await destination.deliver(batch).refused.isEmpty)
            #expect(try server.entries("huge").map { $0["data"] } == texts)
            try server.say("DEL", "huge")
            await destination.close()
        }

        @Test func `what is wrong on the server is told`() async throws {
            try server.say("SET", "no-stream", "x")
            let wrong: [(String, ConnectorError.Recovery, String)] = [
                (#"\#(server.settings),"stream":"no-stream""#, .mendSettings, "WRONGTYPE"),
                (
                    #""host":"127.0.0.1","port":\#(server.local.port),"username":"guest","password":"env:PASSWORD","stream":"allowed""#,
                    .mendSettings, "NOPERM"
                ),
            ]
            for (settings, recovery, text) in wrong {
                let destination = try makeDestination("{\(settings)}")
                await #expect("\(text)") {
                    _ = try await deliver(["a"], to: destination)
                } throws: { error in
                    (error as? ConnectorError)?.recovery == recovery && "\(error)".contains(text) && !"\(error)".contains("hunter")
                }
                await destination.close()
            }
        }
    }
}
