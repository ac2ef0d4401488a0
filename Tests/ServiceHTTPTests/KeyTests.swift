import EventModel
import Foundation
import Synchronization
import Testing

@testable import ServiceHTTP

struct KeyTests {
    @Test func `nobody is let in without the right key`() async throws {
        try await withServer { service, client async throws in
            let read = "/v1/segments"
            for (key, status) in [(nil, 401), ("guess", 401), ("", 401), (writeSecret, 403), (readSecret, 200), (adminSecret, 200)]
                as [(String?, Int)]
            {
                let reply = try await client.get(read, key: key)
                #expect(reply.status == status, "\(key ?? "none")")
                if status == 401 { #expect(reply.code == "unauthorized" && reply.headers["www-authenticate"]?.hasPrefix("Basic") == true) }
                if status == 403 { #expect(reply.code == "forbidden") }
                if let key, key.count > 6 { #expect(!reply.text.contains(key)) }
            }
            for (key, status) in [(nil, 401), ("guess", 401), (readSecret, 403)] as [(String?, Int)] {
                #expect(try await client.post("/v1/batch", #"{"batch":[1]}"#, key: key).status == status)
            }
            #expect(try await client.post("/v1/batch", #"{"writeKey":"guess","batch":[1]}"#, key: nil).status == 401)
            // A header that is wrong is not mended by the body.
            #expect(try await client.post("/v1/batch", #"{"writeKey":"\#(writeSecret)","batch":[1]}"#, key: "guess").status == 401)
            for header in ["Basic !!!", "Basic", "Digest x", "Bearer ", "Basic \(Data([0xFF]).base64EncodedString())"] {
                #expect(try await client.get(read, headers: [("Authorization", header)]).status == 401)
            }
            #expect(service.sources.isEmpty)
        }
    }

    @Test func `without keys nobody is let in`() async throws {
        try await withServer(keys: []) { _, client async throws in
            #expect(try await client.get("/v1/segments", key: readSecret).status == 401)
            #expect(try await client.post("/v1/batch", #"{"batch":[]}"#).status == 401)
        }
    }

    @Test func `a key has its rate`() async throws {
        let clock = Mutex(noon)
        let keys = [AccessKey(name: "web", role: .write, secret: writeSecret, rate: RequestRate(perSecond: 0.5, burst: 2)), usualKeys[1]]
        try await withServer(keys: keys, now: { clock.withLock { $0 } }) { service, client async throws in
            func post() async throws -> Reply { try await client.post("/v1/track", #"{"messageId":"1"}"#) }
            #expect(try await post().status == 200)
            #expect(try await post().status == 200)
            let refused = try await post()
            #expect((refused.status, refused.code, refused.headers["retry-after"]) == (429, "rate_limited", "2"))
            #expect(try await client.get("/v1/segments", key: readSecret).status == 200)
            clock.withLock { $0.milliseconds += 2_000 }
            #expect(try await post().status == 200)
            #expect(try await post().status == 429)
            clock.withLock { $0.milliseconds -= 3_600_000 }
            #expect(try await post().status == 429)
            clock.withLock { $0.milliseconds += 2_000 }
            #expect(try await post().status == 200)
            #expect(service.lines.count == 4)
        }
    }

    @Test func `pages of listed origins may call, others may not`() async throws {
        try await withServer(settings: { $0.origins = ["https://shop.example"] }) { _, client async throws in
            let asked = [("Origin", "https://shop.example"), ("Access-Control-Request-Method", "POST")]
            let preflight = try await client.send("OPTIONS", "/v1/track", headers: asked)
            #expect(preflight.status == 204)
            #expect(preflight.headers["access-control-allow-origin"] == "https://shop.example")
            #expect(preflight.headers["access-control-allow-methods"] == "POST, OPTIONS")
            #expect(preflight.headers["access-control-allow-headers"]?.contains("Authorization") == true)
            let foreign = try await client.send("OPTIONS", "/v1/track", headers: [("Origin", "https://evil.example"), asked[1]])
            #expect((foreign.status, foreign.headers["access-control-allow-origin"]) == (403, nil))
            let reply = try await client.post("/v1/track", #"{"messageId":"1"}"#, headers: [asked[0]])
            #expect(
                (reply.status, reply.headers["access-control-allow-origin"], reply.headers["vary"]) == (
                    200, "https://shop.example", "Origin"
                ))
            #expect(
                try await client.post("/v1/track", "{", headers: [asked[0]]).headers["access-control-allow-origin"]
                    == "https://shop.example")
            #expect(
                try await client.post("/v1/track", "{}", headers: [("Origin", "https://evil.example")]).headers[
                    "access-control-allow-origin"] == nil)
            #expect(try await client.send("OPTIONS", "/v1/segments").headers["allow"] == "GET, HEAD, OPTIONS")
        }
        try await withServer(settings: { $0.origins = ["*"] }) { _, client async throws in
            let reply = try await client.get("/health/live", headers: [("Origin", "https://a.example")])
            #expect(reply.headers["access-control-allow-origin"] == "*")
        }
        try await withServer { _, client async throws in
            let reply = try await client.get("/health/live", headers: [("Origin", "https://a.example")])
            #expect(reply.headers["access-control-allow-origin"] == nil)
        }
    }
}
