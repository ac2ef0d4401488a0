import BrokerTesting
import Connectors
import ConnectorsTesting
import EventModel
import LocalServers
import Testing

@testable import ConnectorNATS

extension ServerTests {
    /// Streams of a real server as a destination.
    @Suite struct NATSDestinationTests {
        private let server: Server

        init() async throws { server = try await Server.shared.value }

        private func deliver(_ keys: ArraySlice<String>, to destination: NATSDestination) async throws -> DeliveryReceipt {
            try await destination.deliver(DestinationContract.batch(keys))
        }

        @Test(arguments: DestinationContract.allCases)
        func `a stream keeps the promises`(promise: DestinationContract) async throws {
            let stream = "kept-\(promise)"
            try server.create(stream)
            // As everybody sees them: the server tells repeats.
            try await promise.verify(
                { try server.destination(#""subject":"\#(stream).all""#) }, arrived: { try server.messages(stream).compactMap(\.key) })
        }

        @Test func `each kind has its subject, and says what it is`() async throws {
            try server.create("kinds")
            let destination = try server.destination(#""subject":"kinds.all","subjects":{"memberships":"kinds.members"}"#)
            var batch = DeliveryBatch()
            batch.append(.membership, key: "a", profile: "u1", json: #"{"n":1}"#.utf8)
            batch.append(.message, key: "a b%\r\nä", profile: "", json: #"{"n":2}"#.utf8)
            batch.append(.profile, key: "a", profile: "u1", json: #"{"n":3}"#.utf8)
            #expect(try await destination.deliver(batch).refused.isEmpty)
            await destination.close()
            let key = "a%20b%25%0D%0Aä"
            #expect(
                try server.messages("kinds") == [
                    Stored(
                        subject: "kinds.members", data: #"{"n":1}"#,
                        headers: ["Nats-Msg-Id": "membership/a", "tessera-key": "a", "tessera-kind": "membership", "tessera-profile": "u1"]),
                    Stored(
                        subject: "kinds.all", data: #"{"n":2}"#,
                        headers: ["Nats-Msg-Id": "message/" + key, "tessera-key": key, "tessera-kind": "message"]),
                    Stored(
                        subject: "kinds.all", data: #"{"n":3}"#,
                        headers: ["Nats-Msg-Id": "profile/a", "tessera-key": "a", "tessera-kind": "profile", "tessera-profile": "u1"]),
                ])
            let probe = try await destination.probe()
            #expect(
                probe.hasPrefix("`kinds.all` goes to `kinds`, which has 3 messages and tells repeats for 120 s; `kinds.members`"),
                "\(probe)")
        }

        @Test func `a server that dies and one that falls silent lose and double nothing`() async throws {
            try server.create("out")
            let destination = try server.destination(#""subject":"out.all","timeout":2"#)
            let keys = (0..<(4_000 * Trial.scale)).map { "k\($0)" }
            let local = server.local
            let faults = Faults([3: ["crash", "start"], 5: ["crash", "start"]], frozen: 6) { try await local.tell($0) }
            let failures = try await faults.deliver(keys, to: destination)
            let there = try server.messages("out").compactMap(\.key)
            #expect(there == keys && failures > 0, "\(there.count) of \(keys.count), \(Set(there).count) different")
        }

        @Test func `what is too large is refused alone, and what no stream takes is told`() async throws {
            try server.create("small", mostBytes: 2_000)
            let destination = try server.destination(#""subject":"small.all""#)
            var batch = DeliveryBatch()
            batch.append(.message, key: "a", profile: "u1", json: "{}".utf8)
            batch.append(.message, key: "b", profile: "u1", json: String(repeating: "x", count: 3_000).utf8)
            batch.append(.message, key: "c", profile: "u1", json: String(repeating: "x", count: 11 << 20).utf8)
            batch.append(.message, key: "d", profile: "u1", json: "{}".utf8)
            let refused = try await destination.deliver(batch).refused
            #expect(refused.map(\.record) == [1, 2], "\(refused)")
            #expect(refused.first?.reason.contains("message size exceeds maximum allowed") == true, "\(refused)")
            #expect(refused.last?.reason.contains("max_payload") == true, "\(refused)")
            #expect(try server.messages("small").map(\.key) == ["a", "d"])
            await destination.close()
            let missing = try server.destination(#""subject":"nowhere.all""#)
            await #expect {
                _ = try await deliver(["a"], to: missing)
            } throws: {
                ($0 as? ConnectorError)?.recovery == .mendSettings && "\($0)".contains("no stream takes the subject `nowhere.all`")
            }
        }
    }
}
