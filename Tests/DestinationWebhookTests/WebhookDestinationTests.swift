import Connectors
import ConnectorsTesting
import EventModel
import Foundation
import ScriptedWeb
import Synchronization
import Testing

@testable import DestinationWebhook

/// 2026-06-30T12:00:00.700Z
let noon = Instant(milliseconds: 1_782_820_800_700)
/// The bytes 0 to 31, and 32 to 63.
let secret = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
let key = [UInt8](0..<32)

/// A destination as settings make it.
func makeWebhook(_ settings: String, _ context: ConnectorContext = ConnectorContext(formats: FormatRegistry([]), folder: "")) throws
    -> any Destination
{
    try DestinationRegistry([WebhookSettings.self]).make(
        "webhook", settings: #require(try JSONValue(parsing: settings).asObject),
        environment: ["SECRET": secret, "OLD": "whsec_ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=", "TOKEN": "t0ken", "BAD": "hunter2"],
        context: context)
}

func makeWebhook(_ server: ScriptedWebServer, _ more: String = "") throws -> any Destination {
    try makeWebhook(#"{"url":"\#(server.url)?token=hidden","secret":"env:SECRET"\#(more.isEmpty ? "" : ",")\#(more)}"#)
}

extension ScriptedWebServer.Request {
    /// `data` of what it holds, one or more.
    var records: [JSONObject] {
        let value = try? JSONValue(parsing: body)
        return (value?.asArray ?? value.map { [$0] } ?? []).compactMap { $0.asObject?["data"]?.asObject }
    }
    var keys: [String] { records.compactMap { $0["messageId"]?.asString } }
}

private let keys = (0..<12).map { "key-\($0)" }

@Suite struct WebhookDestinationTests {
    @Test(arguments: DestinationContract.allCases, ["", #""concurrency":1,"body":"single""#, #""body":"batch","records":1"#])
    func `a receiver gets what was promised`(promise: DestinationContract, more: String) async throws {
        let server = try await ScriptedWebServer()
        try await promise.verify({ try makeWebhook(server, more) }, arrived: { server.taken.flatMap(\.keys) })
        #expect(server.requests.allSatisfy { $0.method == "OPTIONS" || $0.isSigned(with: key) })
        await server.close()
    }

    @Test(arguments: DestinationFaultContract.allCases, ["", #""concurrency":1,"body":"single""#, #""body":"batch","records":1"#])
    func `a receiver that refuses, fails or asks to wait gets what was promised`(
        promise: DestinationFaultContract, more: String
    ) async throws {
        let fault = Mutex(DestinationFaultContract.Fault.none)
        let server = try await ScriptedWebServer { request in
            switch fault.withLock({ $0 }) {
            case .refuses(let keys) where !request.keys.allSatisfy { !keys.contains($0) }: .answer(422)
            case .fails(at: let key) where request.keys.contains(key): .answer(503)
            case .asksToWait(let wait, at: let key) where request.keys.contains(key):
                .answer(429, headers: ["Retry-After": "\(wait.components.seconds)"])
            default: .answer(200)
            }
        }
        try await promise.verify(
            { try makeWebhook(server, more) }, fault: { next in fault.withLock { $0 = next } },
            arrived: { server.taken.flatMap(\.keys) })
        await server.close()
    }

    @Test func `a request says what, when and who sent it`() async throws {
        let server = try await ScriptedWebServer()
        let headers = #""headers":{"Authorization":"env:TOKEN","X-Team":"growth"},"previousSecret":"env:OLD""#
        let settings = #"{"url":"\#(server.url)","secret":"env:SECRET",\#(headers)}"#
        let decoded = try makeWebhook(settings)
        var batch = DestinationContract.batch(keys[..<1])
        let membership = #"{"segment":"buyers","profile":"u0","entered":true,"at":"2026-06-02T00:00:00.000Z","cause":"live","version":3}"#
        batch.append(.membership, key: "3/buyers/u0/entered", profile: "u0", json: membership.utf8)
        batch.append(.profile, key: "u0/1/2/3", profile: "u0", json: #"{"id":"u0"}"#.utf8)
        #expect(try await decoded.deliver(batch) == DeliveryReceipt())
        let requests = server.requests
        let ids = [keys[0], RecordID.of(.membership, key: "3/buyers/u0/entered"), RecordID.of(.profile, key: "u0/1/2/3")]
        #expect(requests.map(\.id) == ids)
        #expect(requests[1].text == #"{"type":"membership","timestamp":"2026-06-02T00:00:00.000Z","data":\#(membership)}"#)
        #expect(requests[0].text.hasPrefix(#"{"type":"message","timestamp":"2026-06-01T00:00:00.000Z","data":{"type":"track""#))
        #expect(requests[2].text.hasPrefix(#"{"type":"profile","timestamp":"#))
        for request in requests {
            #expect(request.headers["authorization"] == "t0ken" && request.headers["x-team"] == "growth")
            #expect(request.headers["content-type"] == "application/json")
            // While secrets change both are signed with.
            #expect(request.isSigned(with: key) && request.isSigned(with: Array(32..<64)) && !request.isSigned(with: [1]))
        }
        await server.close()
    }

    @Test func `the time of a request is the clock's`() async throws {
        let server = try await ScriptedWebServer()
        let settings = try JSONDecoder().decode(WebhookSettings.self, from: Data(#"{"url":"\#(server.url)","secret":"\#(secret)"}"#.utf8))
        var batch = DeliveryBatch()
        batch.append(.profile, key: "u0", profile: "u0", json: #"{"id":"u0"}"#.utf8)
        _ = try await settings.makeDestination { noon }.deliver(batch)
        #expect(server.requests.map { $0.headers["webhook-timestamp"] } == ["1782820800"])
        #expect(server.requests.first?.text == #"{"type":"profile","timestamp":"2026-06-30T12:00:00.700Z","data":{"id":"u0"}}"#)
        await server.close()
    }

    @Test func `of a batch that fails in the middle the receipt says what comes later, and for how long to wait`() async throws {
        let count = Mutex(0)
        let server = try await ScriptedWebServer { request in
            if request.keys == ["key-1"] { return .answer(422) }
            guard request.keys == ["key-5"] else { return .answer(200) }
            return count.withLock { count in
                count += 1
                return switch count {
                case 1: .answer(429, headers: ["Retry-After": "7"])
                case 2: .answer(503)
                case 3: .cut
                default: .answer(202)
                }
            }
        }
        let destination = try makeWebhook(server)
        let receipt = try await destination.deliver(DestinationContract.batch(keys[...]))
        #expect(receipt.refused == [.init(record: 1, reason: "The receiver answered 422.")])
        let later = try #require(receipt.later)
        #expect(later.records == Array(5..<12) && later.error.recovery == .retry(after: .seconds(7)))
        // What is kept as a reason says nothing of another try.
        #expect(later.error.reason == "http://127.0.0.1:\(server.port): the receiver answered 429.")
        // Where nothing of the rest gets through, it comes again whole.
        let rest = DestinationContract.batch(keys[5...])
        for _ in 0..<2 {
            await #expect {
                _ = try await destination.deliver(rest)
            } throws: { ($0 as? ConnectorError)?.recovery == .retry(after: nil) }
        }
        #expect(try await destination.deliver(rest) == DeliveryReceipt())
        #expect(server.requests.count == keys.count + 3 && server.requests.flatMap(\.keys).filter { $0 == "key-5" }.count == 4)
        #expect(server.taken.flatMap(\.keys) == keys.filter { $0 != "key-1" })
        // What is refused may be sent again later.
        #expect(try await destination.deliver(DestinationContract.batch(keys[1..<2])).refused.count == 1)
        #expect(server.requests.count == keys.count + 4)
        await server.close()
    }

    @Test(arguments: [301, 307, 308, 401, 403, 404, 405, 410])
    func `what only settings can mend stops, and nothing secret is said`(status: Int) async throws {
        let server = try await ScriptedWebServer { _ in .answer(status, headers: ["Location": "/elsewhere"]) }
        let destination = try makeWebhook(server, #""headers":{"Authorization":"env:TOKEN"}"#)
        let error = await #expect(throws: ConnectorError.self) { _ = try await destination.deliver(DestinationContract.batch(keys[...])) }
        #expect(error?.recovery == .mendSettings && error?.place == "http://127.0.0.1:\(server.port)")
        #expect(error?.description.contains("\(status)") == true)
        for text in ["hidden", "t0ken", "ada@", "whsec"] { #expect(error?.description.contains(text) == false) }
        #expect(server.requests.count == 1)
        await server.close()
    }

    @Test func `a receiver that keeps silent, cuts off or is not there can be tried again`() async throws {
        let batch = DestinationContract.batch(keys[..<1])
        for reaction in [ScriptedWebServer.Reaction.silence, .cut, .takeAndCut, .answer(200, after: .seconds(600))] {
            let server = try await ScriptedWebServer { _ in reaction }
            let destination = try makeWebhook(server, #""timeout":0.3"#)
            let error = await #expect(throws: ConnectorError.self) { _ = try await destination.deliver(batch) }
            #expect(error?.recovery == .retry(after: nil))
            await server.close()
            if case .cut = reaction {
                let patient = try makeWebhook(server, #""timeout":60"#)
                let gone = await #expect(throws: ConnectorError.self) { _ = try await patient.deliver(batch) }
                #expect(gone?.recovery == .retry(after: nil) && gone?.problem == "nobody takes connections there")
            }
        }
        // An answer whose status came has come, however long the rest takes.
        let server = try await ScriptedWebServer { _ in .endless }
        #expect(try await makeWebhook(server, #""timeout":0.3"#).deliver(batch) == DeliveryReceipt())
        await server.close()
    }

    @Test func `a task that is cancelled ends before its time is up`() async throws {
        let (came, tell) = AsyncStream.makeStream(of: Void.self)
        let server = try await ScriptedWebServer { _ in
            tell.yield()
            return .silence
        }
        let destination = try makeWebhook(server, #""timeout":3600"#)
        let task = Task { try await destination.deliver(DestinationContract.batch(keys[...])) }
        _ = await came.first { _ in true }
        task.cancel()
        await #expect(throws: ConnectorError.self) { _ = try await task.value }
        #expect(server.requests.count == 1)
        await server.close()
    }

    @Test func `of an array that is refused only those are dead that the receiver does not want`() async throws {
        let server = try await ScriptedWebServer { $0.keys.contains("key-3") || $0.keys.contains("key-4") ? .answer(400) : .answer(200) }
        let destination = try makeWebhook(server, #""body":"batch","records":8"#)
        let receipt = try await destination.deliver(DestinationContract.batch(keys[...]))
        #expect(receipt.refused.map(\.record) == [3, 4])
        #expect(server.taken.flatMap(\.keys) == keys.filter { $0 != "key-3" && $0 != "key-4" })
        #expect(server.requests.allSatisfy { $0.isSigned(with: key) && $0.keys.count <= 8 })
        let first = try #require(try JSONValue(parsing: server.requests[0].body).asArray?.first?.asObject)
        #expect(first["id"] == .string("key-0") && first["type"] == .string("message"))
        await server.close()
    }

    @Test func `requests run beside one another, and records of a profile one after another`() async throws {
        let server = try await ScriptedWebServer { _ in .answer(200, after: .milliseconds(.random(in: 0...20))) }
        let destination = try makeWebhook(server, #""concurrency":4"#)
        let keys = (0..<60).map { "key-\($0)" }
        _ = try await destination.deliver(DestinationContract.batch(keys[...]))
        let arrived = server.taken.compactMap { $0.keys.first.flatMap { Int($0.dropFirst(4)) } }
        #expect(arrived.sorted() == Array(0..<60) && server.mostUnderWay > 1)
        for person in 0..<3 { #expect(arrived.filter { $0 % 3 == person } == stride(from: person, to: 60, by: 3).map { $0 }) }
        await server.close()
    }

    @Test func `a probe asks, whatever is answered, and says so`() async throws {
        let server = try await ScriptedWebServer { _ in .answer(404) }
        let sentence = try await makeWebhook(server).probe()
        #expect(sentence == "http://127.0.0.1:\(server.port) is there; it answers OPTIONS with 404.")
        #expect(server.requests.map(\.method) == ["OPTIONS"])
        await server.close()
    }
}
