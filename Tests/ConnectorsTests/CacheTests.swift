import Connectors
import ConnectorsTesting
import EventModel
import Synchronization
import Testing

private func bytes(_ text: String) -> ContiguousArray<UInt8> { ContiguousArray(text.utf8) }

/// A cache that fails as long as it is told to.
private final class ShakyCache: Cache {
    let isDown = Mutex(false)
    let asked = Mutex(0)
    private let inner = MemoryCache(most: 10, now: { Instant(milliseconds: 0) })

    private func ask() throws(ConnectorError) {
        asked.withLock { $0 += 1 }
        if isDown.withLock({ $0 }) { throw ConnectorError(.retry(after: nil), at: "there", "it is down", remedy: "Wait.") }
    }

    func values(of keys: [String]) async throws(ConnectorError) -> [String: ContiguousArray<UInt8>] {
        try ask()
        return inner.values(of: keys)
    }
    func keep(_ value: ContiguousArray<UInt8>, of key: String, for lifetime: Duration) async throws(ConnectorError) {
        try ask()
        inner.keep(value, of: key, for: lifetime)
    }
    func forget(_ keys: [String]) async throws(ConnectorError) { try ask() }
    func forgetAll() async throws(ConnectorError) { try ask() }
    func probe() async throws(ConnectorError) -> String { "shaky" }
}

private final class Clock: Sendable { let now = Mutex(Duration.zero) }
private final class Told: Sendable { let texts = Mutex([String]()) }

@Suite struct CacheTests {
    @Test(arguments: CacheContract.allCases)
    func `memory keeps the promises`(promise: CacheContract) async throws {
        let clock = Mutex(Instant(milliseconds: 1_780_000_000_000))
        let cache = MemoryCache(most: 40) { clock.withLock { $0 } }
        try await promise.verify({ cache }, most: 40) { time in
            clock.withLock { $0 = Instant(milliseconds: $0.milliseconds + time.milliseconds) }
        }
    }

    @Test func `the bytes of values are bounded`() {
        let cache = MemoryCache(most: 1_000, mostBytes: 1_000, now: { Instant(milliseconds: 0) })
        for number in 0..<100 { cache.keep(ContiguousArray(repeating: 1, count: 98), of: "\(10 + number % 90)", for: .seconds(1)) }
        #expect(cache.probe() == "In memory: 10 values with 1000 bytes, of 1000 and 1000.")
        // Replacing one adds nothing.
        for _ in 0..<100 { cache.keep(ContiguousArray(repeating: 1, count: 98), of: "a", for: .seconds(1)) }
        #expect(cache.values(of: ["a"]).count == 1 && cache.probe().hasSuffix("of 1000 and 1000."))
        cache.forgetAll()
        #expect(cache.probe() == "In memory: 0 values with 0 bytes, of 1000 and 1000.")
    }

    @Test func `who uses a cache goes on without it, and asks again after a rest`() async {
        let shaky = ShakyCache()
        let (time, told) = (Clock(), Told())
        let cache = OptionalCache(shaky, elapsed: { time.now.withLock { $0 } }, report: { text in told.texts.withLock { $0.append(text) } })
        await cache.keep(bytes("1"), of: "a", for: .seconds(60))
        #expect(await cache.values(of: ["a", "b"]) == ["a": bytes("1")])
        #expect(cache.counts == .init(hits: 1, misses: 1))
        shaky.isDown.withLock { $0 = true }
        for _ in 0..<3 { #expect(await cache.values(of: ["a"]).isEmpty) }
        #expect(shaky.asked.withLock { $0 } == 3 && cache.counts == .init(hits: 1, misses: 4, failures: 3))
        time.now.withLock { $0 = .seconds(5) }
        #expect(await cache.values(of: ["a"]).isEmpty)
        #expect(shaky.asked.withLock { $0 } == 4 && told.texts.withLock { $0 } == ["It is done without. there: it is down. Wait."])
        shaky.isDown.withLock { $0 = false }
        time.now.withLock { $0 = .seconds(10) }
        #expect(await cache.values(of: ["a"]) == ["a": bytes("1")])
    }

    @Test func `settings are checked and build it`() throws {
        let registry = CacheRegistry([MemoryCacheSettings.self])
        func make(_ text: String) throws -> any Cache {
            try registry.make(
                "memory", settings: try #require(JSONValue(parsing: text).asObject), environment: [:],
                context: ConnectorContext(formats: FormatRegistry([]), folder: ""))
        }
        #expect(try make("{}") is MemoryCache)
        #expect { _ = try make(#"{"entries":0}"#) } throws: { ($0 as? SettingsErrors)?.errors.map(\.path) == [["entries"]] }
        #expect { _ = try make(#"{"ttl":"1h"}"#) } throws: { ($0 as? SettingsErrors)?.errors.map(\.path) == [["ttl"]] }
    }
}
