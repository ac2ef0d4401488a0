import Connectors
import EventModel
import ScriptedWeb
import Synchronization
import Testing

@testable import DestinationLookup

private let noon = Instant(milliseconds: 1_780_000_000_000)

private func settings(_ server: ScriptedWebServer, _ more: String = "") -> String {
    #"{"url":"\#(server.url)/{key}?full=1","key":"traits.email","purpose":"scoring","timeout":300,"traits":{"company":"company.name","size":"company.size"}\#(more)}"#
}

private func make(
    _ settings: String, _ context: ConnectorContext = ConnectorContext(formats: FormatRegistry([]), folder: "")
) throws -> any Destination {
    try DestinationRegistry([LookupSettings.self]).make(
        "lookup", settings: JSONValue(parsing: settings).asObject ?? JSONObject(), environment: [:],
        context: context)
}

private func batch(_ emails: [String?]) -> DeliveryBatch {
    var batch = DeliveryBatch()
    for (number, email) in emails.enumerated() {
        let traits = email.map { #"{"email":"\#($0)"}"# } ?? "{}"
        batch.append(
            .message, key: "m\(number)", profile: "p",
            json: #"{"type":"identify","messageId":"m\#(number)","userId":"u\#(number)","traits":\#(traits)}"#.utf8)
    }
    return batch
}

private func body(_ name: String) -> ScriptedWebServer.Reaction {
    .answer(200, body: #"{"company":{"name":"\#(name)","size":7,"x":null}}"#)
}

/// A cache that cannot be reached.
private struct GoneCache: Cache {
    private var failure: ConnectorError { ConnectorError(.retry(after: nil), at: "there", "it is gone", remedy: "Wait.") }

    func values(of keys: [String]) async throws(ConnectorError) -> [String: ContiguousArray<UInt8>] { throw failure }
    func keep(_ value: ContiguousArray<UInt8>, of key: String, for lifetime: Duration) async throws(ConnectorError) { throw failure }
    func forget(_ keys: [String]) async throws(ConnectorError) { throw failure }
    func forgetAll() async throws(ConnectorError) { throw failure }
    func probe() async throws(ConnectorError) -> String { throw failure }
}

@Suite struct LookupTests {
    @Test func `parts of answers are traits, and each key is asked once`() async throws {
        let server = try await ScriptedWebServer { request in
            switch request.target {
            case "/hook/ada%40x%2Fy%2Ez?full=1": body("Analytical")
            case "/hook/bob?full=1": .answer(404)
            default: body(request.target)
            }
        }
        let destination = try make(settings(server, #","headers":{"X-Key":"7"},"ttl":"30d""#))
        let receipt = try await destination.deliver(batch(["ada@x/y.z", nil, "bob", "ada@x/y.z", ""]))
        let traits = try #require(JSONValue(parsing: #"{"company":"Analytical","size":7}"#).asObject)
        let given = GivenTraits(traits, purpose: "scoring", timeToLive: .seconds(30 * 86_400))
        #expect(receipt == DeliveryReceipt(given: [.init(record: 0, traits: given), .init(record: 3, traits: given)]))
        #expect(server.requests.count == 2 && server.requests.allSatisfy { $0.headers["x-key"] == "7" && $0.method == "GET" })
        // Answers stand for their key, those of nobody as well.
        let again = try await destination.deliver(batch(["bob", "ada@x/y.z"]))
        #expect(again.given.map(\.record) == [1])
        #expect(server.requests.count == 2)
        await server.close()
    }

    @Test func `an answer stands for its time`() async throws {
        let server = try await ScriptedWebServer { $0.target.contains("nobody") ? .answer(404) : body("x") }
        let clock = Mutex(noon)
        var context = ConnectorContext(formats: FormatRegistry([]), folder: "")
        context.now = { clock.withLock { $0 } }
        let destination = try make(settings(server, #","cache":"1m""#), context)
        for (milliseconds, requests) in [(0, 2), (59_999, 2), (60_000, 4)] as [(Int64, Int)] {
            clock.withLock { $0 = Instant(milliseconds: noon.milliseconds + milliseconds) }
            #expect(try await destination.deliver(batch(["ada", "nobody"])).given.map(\.record) == [0])
            #expect(server.requests.count == requests)
        }
        await server.close()
    }

    @Test func `those who share a cache share answers of one service, and go on where it cannot be reached`() async throws {
        let server = try await ScriptedWebServer { $0.target.contains("bad") ? .answer(400) : body($0.target) }
        var context = ConnectorContext(formats: FormatRegistry([]), folder: "")
        let shared = OptionalCache(MemoryCache(most: 100, now: { noon }), elapsed: { .zero }, report: { _ in })
        context.caches = ["answers": shared, "gone": OptionalCache(GoneCache(), elapsed: { .zero }, report: { _ in })]
        let (first, second) = (
            try make(settings(server, #","cacheIn":"answers""#), context), try make(settings(server, #","cacheIn":"answers""#), context)
        )
        let receipt = try await first.deliver(batch(["ada", "bad"]))
        #expect(try await second.deliver(batch(["ada", "bad"])) == receipt && receipt.refused.count == 1)
        #expect(server.requests.count == 2 && shared.counts == .init(hits: 2, misses: 2))
        // Another address is another service.
        let other = settings(server, #","cacheIn":"answers""#).replacing("full=1", with: "full=2")
        #expect(try await make(other, context).deliver(batch(["ada"])).given != Array(receipt.given.prefix(1)))
        #expect(server.requests.count == 3)
        #expect(try await make(settings(server, #","cacheIn":"gone""#), context).deliver(batch(["ada"])).given == receipt.given)
        #expect(server.requests.count == 4 && context.caches["gone"]?.counts.failures == 2)
        await server.close()
    }

    @Test func `what fails on the way comes again, and what was answered is not asked again`() async throws {
        let failures = Mutex(0)
        let server = try await ScriptedWebServer { request in
            guard request.target.contains("/k7?") else { return body("x") }
            return failures.withLock { failures in
                failures += 1
                return failures == 1 ? .answer(429, headers: ["Retry-After": "9"]) : failures == 2 ? .cut : body("late")
            }
        }
        let destination = try make(settings(server, #","concurrency":1"#))
        let keys = (0..<10).map { "k\($0)" }
        let first = await #expect(throws: ConnectorError.self) { _ = try await destination.deliver(batch(keys)) }
        #expect(first?.recovery == .retry(after: .seconds(9)))
        await #expect(throws: ConnectorError.self) { _ = try await destination.deliver(batch(keys)) }
        let third = try await destination.deliver(batch(keys))
        #expect(third.given.count == 10)
        #expect(server.requests.count == 12)
        await server.close()
    }

    @Test(arguments: [
        (ScriptedWebServer.Reaction.answer(400), "The service answered 400."), (.answer(200), "something else than a JSON object"),
        (.answer(200, body: "[1]"), "something else than a JSON object"),
        (.answer(200, body: "{" + String(repeating: " ", count: 1_100_000) + "}"), "more than 1048576 bytes"),
        (.answer(200, body: #"{"company":{"name":"\#(String(repeating: "x", count: 40_000))"}}"#), "more than 32768 bytes"),
    ])
    func `an answer that cannot be used refuses its message alone, without showing it`(
        reaction: ScriptedWebServer.Reaction, said: String
    ) async throws {
        let server = try await ScriptedWebServer { $0.target.contains("bad") ? reaction : body("x") }
        let receipt = try await make(settings(server)).deliver(batch(["good", "bad"]))
        #expect(receipt.given.map(\.record) == [0] && receipt.refused.map(\.record) == [1])
        #expect(receipt.refused[0].reason.contains(said) && !receipt.refused[0].reason.contains("ada"))
        await server.close()
    }

    @Test(arguments: [301, 401, 403, 405])
    func `what somebody has to mend stops the connector`(status: Int) async throws {
        let server = try await ScriptedWebServer { _ in .answer(status) }
        let destination = try make(settings(server))
        let error = await #expect(throws: ConnectorError.self) { _ = try await destination.deliver(batch(["a"])) }
        #expect(error?.recovery == .mendSettings && error?.place == "http://127.0.0.1:\(server.port)")
        await server.close()
    }

    @Test func `it is probed, and takes messages alone`() async throws {
        let server = try await ScriptedWebServer()
        let destination = try make(settings(server))
        let found = try await destination.probe()
        #expect(found.hasSuffix("it answers OPTIONS with 204."))
        let error = await #expect(throws: ConnectorError.self) {
            var wrong = DeliveryBatch()
            wrong.append(.profile, key: "k", profile: "p", json: "{}".utf8)
            _ = try await destination.deliver(wrong)
        }
        #expect(error?.recovery == .mendSettings && destination.learns)
        await server.close()
    }

    @Test(arguments: [
        (#""url":"https://example.com/people","key":"userId","traits":{"a":"b"}"#, ["url"]),
        (#""url":"https://example.com/{key}/{key}","key":"userId","traits":{"a":"b"}"#, ["url"]),
        (#""url":"https://{key}.example.com/","key":"userId","traits":{"a":"b"}"#, ["url"]),
        (#""url":"https://example.com{key}","key":"userId","traits":{"a":"b"}"#, ["url"]),
        (#""url":"http://example.com/{key}","key":"userId","traits":{"a":"b"}"#, ["url"]),
        (#""url":"https://example.com/{key}","key":"user..id","traits":{"a":"b"}"#, ["key"]),
        (#""url":"https://example.com/{key}","key":"userId","traits":{}"#, ["traits"]),
        (#""url":"https://example.com/{key}","key":"userId","traits":{"a":7}"#, ["traits", "a"]),
        (#""url":"https://example.com/{key}","key":"userId","traits":{"a":".b"}"#, ["traits", "a"]),
        (#""url":"https://example.com/{key}","key":"userId","traits":{"a":"b"},"cache":"soon""#, ["cache"]),
        (#""url":"https://example.com/{key}","key":"userId","traits":{"a":"b"},"headers":{"Host":"x"}"#, ["headers", "Host"]),
        (#""url":"https://example.com/{key}","key":"userId","traits":{"a":"b"},"cacheIn":"answers""#, ["cacheIn"]),
    ])
    func `wrong settings are refused at their place`(settings: String, path: [String]) {
        #expect { _ = try make(#"{"purpose":"x",\#(settings)}"#) } throws: { ($0 as? SettingsErrors)?.errors.map(\.path) == [path] }
    }
}
