import BrokerTesting
import Connectors
import ConnectorsTesting
import EventModel
import LocalServers
import Testing

@testable import ConnectorRabbitMQ

extension BrokerTests {
    /// Exchanges of a real broker as a destination.
    @Suite struct RabbitMQDestinationTests {
        private let broker: Broker

        init() async throws { broker = try await Broker.shared.value }

        private func deliver(_ keys: ArraySlice<String>, to destination: RabbitMQDestination) async throws -> DeliveryReceipt {
            try await destination.deliver(DestinationContract.batch(keys))
        }

        @Test(arguments: DestinationContract.allCases)
        func `a queue keeps the promises`(promise: DestinationContract) async throws {
            let queue = "kept-\(promise)"
            try broker.create(queue)
            var (seen, arrived) = (Set<String>(), [String]())
            try await promise.verify(
                { try broker.destination(#""routingKey":"\#(queue)""#) },
                arrived: {
                    // As a reader has them that passes over what it knows.
                    for key in try broker.drain(queue).compactMap(\.key) where seen.insert(key).inserted { arrived.append(key) }
                    return arrived
                })
        }

        @Test func `each kind has its routing key, and says what it is`() async throws {
            for queue in ["messages", "members"] { try broker.create(queue) }
            try broker.createExchange("segments", bound: "messages", to: "all.#")
            try broker.createExchange("segments", bound: "members", to: "members.*")
            let destination = try broker.destination(
                #""exchange":"segments","routingKey":"all.records","routingKeys":{"memberships":"members.all"}"#)
            let long = String(repeating: "k", count: 300)
            var batch = DeliveryBatch()
            batch.append(.membership, key: "a", profile: "u1", json: #"{"n":1}"#.utf8)
            batch.append(.message, key: long, profile: "", json: #"{"n":2}"#.utf8)
            batch.append(.profile, key: "a", profile: "u1", json: #"{"n":3}"#.utf8)
            #expect(try await destination.deliver(batch).refused.isEmpty)
            await destination.close()
            let (members, messages) = try (broker.drain("members"), broker.drain("messages"))
            #expect(members.map(\.kind) == ["membership"] && members.map(\.profile) == ["u1"] && members.map(\.key) == ["a"])
            #expect(messages.map(\.kind) == ["message", "profile"] && messages.map(\.profile) == [nil, "u1"])
            #expect(messages.map(\.key) == [long, "a"])
            #expect(messages.map { String(decoding: $0.bytes, as: UTF8.self) } == [#"{"n":2}"#, #"{"n":3}"#])
        }

        @Test func `what reaches no queue is refused alone, or gone where that is asked for`() async throws {
            try broker.create("bound")
            let keys = #""routingKey":"bound","routingKeys":{"profiles":"nowhere"}"#
            var batch = DeliveryBatch()
            batch.append(.message, key: "a", profile: "u1", json: "{}".utf8)
            batch.append(.profile, key: "a", profile: "u1", json: "{}".utf8)
            batch.append(.profile, key: "b", profile: "u1", json: "{}".utf8)
            batch.append(.message, key: "c", profile: "u1", json: "{}".utf8)
            let strict = try broker.destination(keys)
            let refused = try await strict.deliver(batch).refused
            #expect(refused.map(\.record) == [1, 2] && refused.allSatisfy { $0.reason.contains("NO_ROUTE") }, "\(refused)")
            await strict.close()
            #expect(try broker.drain("bound").map(\.key) == ["a", "c"])
            let loose = try broker.destination(keys + #","mandatory":false"#)
            #expect(try await loose.deliver(batch).refused.isEmpty)
            await loose.close()
        }

        @Test func `what a full queue does not take is tried again, without what it took`() async throws {
            try broker.create("full", ["x-max-length": "5", "x-overflow": "reject-publish"])
            let destination = try broker.destination(#""routingKey":"full""#)
            let keys = (0..<20).map { "k\($0)" }
            var arrived: [String] = []
            var failures = 0
            while arrived.count < keys.count, failures < 100 {
                do { _ = try await deliver(keys[...], to: destination) } catch let error as ConnectorError {
                    #expect(error.recovery == .retry(after: nil), "\(error)")
                    failures += 1
                }
                arrived += try broker.drain("full").compactMap(\.key)
            }
            #expect(failures > 0 && Set(arrived) == Set(keys) && arrived.count == keys.count)
            await destination.close()
        }

        @Test func `a broker that closes connections and dies has every record, in order`() async throws {
            try broker.create("stream")
            let destination = try broker.destination(#""routingKey":"stream","timeout":60"#)
            let keys = (0..<(6_000 * Trial.scale)).map { "k\($0)" }
            let server = broker.server
            let failures = try await Faults([3: ["cut"], 6: ["crash", "start"]]) { try await server.tell($0) }.deliver(
                keys, to: destination)
            var seen: Set<String> = []
            #expect(try broker.drain("stream").compactMap(\.key).filter { seen.insert($0).inserted } == keys && failures > 0)
        }

        @Test func `a probe says what is there, and a missing exchange is told`() async throws {
            #expect(try await broker.destination(#""routingKey":"x""#).probe() == "the exchange of all queues is there.")
            let missing = try broker.destination(#""exchange":"none","routingKey":"x""#)
            await #expect {
                _ = try await deliver(["a"], to: missing)
            } throws: {
                ($0 as? ConnectorError)?.recovery == .mendSettings && "\($0)".contains("no exchange 'none'")
            }
        }
    }
}
