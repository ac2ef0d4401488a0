import Connectors
import ConnectorsTesting
import EventModel
import Foundation
import LocalServers
import Testing

@testable import ConnectorRedis

extension ServerTests {
    /// A real server as a cache of several processes.
    @Suite struct RedisCacheTests {
        private let server: Server

        init() async throws { server = try await Server.shared.value }

        private func cache(_ settings: String) throws -> any Cache {
            try CacheRegistry([RedisCacheSettings.self]).make(
                "redis", settings: try #require(JSONValue(parsing: "{\(server.settings),\(settings)}").asObject),
                environment: ["PASSWORD": LocalRedis.password], context: ConnectorContext(formats: FormatRegistry([]), folder: "/"))
        }

        private func bytes(_ text: String) -> ContiguousArray<UInt8> { ContiguousArray(text.utf8) }

        @Test(arguments: CacheContract.allCases)
        func `a server keeps the promises for those who share it`(promise: CacheContract) async throws {
            try await promise.verify(
                { try cache(#""prefix":"cache-\#(promise)","entries":40"#) }, most: 40, passing: { try await Task.sleep(for: $0) })
        }

        @Test func `caches with other prefixes are others, and nothing stays behind that nobody uses`() async throws {
            let (one, two) = (try cache(#""prefix":"cache-one""#), try cache(#""prefix":"cache-two""#))
            try await one.keep(bytes("1"), of: "a", for: .seconds(600))
            try await two.keep(bytes("2"), of: "a", for: .seconds(600))
            #expect(try await one.values(of: ["a"]) == ["a": bytes("1")])
            try await one.forgetAll()
            #expect(try await one.values(of: ["a"]).isEmpty)
            #expect(try await two.values(of: ["a"]) == ["a": bytes("2")])
            try await one.keep(bytes("1"), of: "a", for: .milliseconds(300))
            for _ in 0..<600 where try server.say("KEYS", "cache-one*").value.list?.isEmpty == false {
                try await Task.sleep(for: .milliseconds(100))
            }
            #expect(try server.say("KEYS", "cache-one*").value.list?.isEmpty == true)
            #expect(try await two.probe().hasSuffix("`cache-two` has 1 values of at most 100000."))
        }

        @Test func `a server that was killed is asked again`() async throws {
            let cache = try cache(#""prefix":"cache-killed""#)
            try await cache.keep(bytes("1"), of: "a", for: .seconds(600))
            try await server.local.tell("crash")
            await #expect(throws: ConnectorError.self) { _ = try await cache.values(of: ["a"]) }
            try await server.local.tell("start")
            try await cache.keep(bytes("2"), of: "a", for: .seconds(600))
            #expect(try await cache.values(of: ["a"]) == ["a": bytes("2")])
        }

        @Test func `a wrong password is to be mended, and is not shown`() async throws {
            let wrong = try CacheRegistry([RedisCacheSettings.self]).make(
                "redis",
                settings: try #require(JSONValue(parsing: "{\(server.settings)}").asObject), environment: ["PASSWORD": "hunter3-password"],
                context: ConnectorContext(formats: FormatRegistry([]), folder: "/"))
            let error = await #expect(throws: ConnectorError.self) { _ = try await wrong.values(of: ["a"]) }
            #expect(error?.recovery == .mendSettings && error?.description.contains("hunter3") == false)
        }
    }
}
