import EventModel
import Service
import Synchronization
import Testing

@testable import ServiceHTTP

private let pageSecret = "page-secret-44"
private let keys = usualKeys + [AccessKey(name: "page", role: .evaluate, secret: pageSecret)]
private let single = "/ofrep/v1/evaluate/flags/banner"
private let bulk = "/ofrep/v1/evaluate/flags"
private let ada = #"{"context":{"targetingKey":"ada","plan":"plus"}}"#
private let hint = JSONObject([
    .init("variant", .string("hint")), .init("value", .object(JSONObject([.init("text", .string("Still thinking?"))]))),
    .init("reason", .string("TARGETING_MATCH")), .init("rule", .string("just looked")), .init("title", .string("Banner")),
])

@Suite struct EvaluationTests {
    @Test func `a flag is an offer, with value, variant, reason and who decided`() async throws {
        try await withServer(keys: keys) { service, client async throws in
            service.state.withLock { $0.choices["ada"] = hint }
            let reply = try await client.post(single, ada, key: pageSecret)
            #expect(reply.status == 200 && reply.headers["content-type"] == "application/json")
            #expect(
                reply.text
                    == #"{"key":"banner","value":{"text":"Still thinking?"},"reason":"TARGETING_MATCH","variant":"hint","metadata":{"title":"Banner","rule":"just looked"}}"#
            )
            #expect(service.questions == [.offer(key: "banner", profile: "ada")])
            let other = try await client.post(single, #"{"context":{"targetingKey":"user_id:eve"}}"#, key: pageSecret)
            #expect(other.text == #"{"key":"banner","value":1,"reason":"STATIC","variant":"banner","metadata":{}}"#)
        }
    }

    @Test(arguments: [
        ("{", "PARSE_ERROR"), ("", "PARSE_ERROR"), ("[]", "INVALID_CONTEXT"), ("{}", "INVALID_CONTEXT"),
        (#"{"context":7}"#, "INVALID_CONTEXT"), (#"{"context":{"targetingKey":7}}"#, "INVALID_CONTEXT"),
        (#"{"context":{}}"#, "TARGETING_KEY_MISSING"), (#"{"context":{"targetingKey":""}}"#, "TARGETING_KEY_MISSING"),
        (#"{"context":{"targetingKey":null}}"#, "TARGETING_KEY_MISSING"),
    ])
    func `a request that is not understood is answered in the protocol's shape`(body: String, code: String) async throws {
        try await withServer(keys: keys) { service, client async throws in
            let one = try await client.post(single, body, key: pageSecret)
            #expect(one.status == 400 && one.json["key"] == .string("banner") && one.json["errorCode"] == .string(code), "\(one.text)")
            #expect(one.json["errorDetails"]?.asString?.isEmpty == false)
            let all = try await client.post(bulk, body, key: pageSecret)
            #expect(all.status == 400 && all.json["key"] == nil && all.json["errorCode"] == .string(code), "\(all.text)")
            #expect(service.questions.isEmpty)
        }
    }

    @Test(arguments: [
        (ServiceError.Code.notFound, 404, "FLAG_NOT_FOUND"), (.invalid, 400, "PARSE_ERROR"), (.failed, 500, "GENERAL"),
        (.draining, 503, "GENERAL"), (.overloaded, 429, "GENERAL"),
    ])
    func `what the worker cannot answer has the protocol's status and code`(
        refusal: ServiceError.Code, status: Int, code: String
    ) async throws {
        try await withServer(keys: keys) { service, client async throws in
            service.refuse(ServiceError(refusal, "It cannot be.", remedy: "Mend it."))
            let reply = try await client.post(single, ada, key: pageSecret)
            #expect(reply.status == status && reply.json["errorCode"] == .string(code), "\(reply.text)")
            #expect(reply.json["errorDetails"] == .string("It cannot be. Mend it."))
            #expect((reply.headers["retry-after"] != nil) == [429, 503].contains(status))
        }
    }

    @Test func `keys come as a token, a name or X-API-Key, and the one of a page opens nothing else`() async throws {
        try await withServer(keys: keys) { _, client async throws in
            for headers in [[("Authorization", "Bearer \(pageSecret)")], [("X-API-Key", pageSecret)], [("x-api-key", readSecret)]] {
                #expect(try await client.post(bulk, ada, key: nil, headers: headers).status == 200)
            }
            for (key, status) in [(nil, 401), ("guess", 401), (writeSecret, 403), (readSecret, 200), (adminSecret, 200)]
                as [(String?, Int)]
            {
                let reply = try await client.post(bulk, ada, key: key)
                #expect(reply.status == status && (status == 200 || reply.json["errorCode"] == .string("GENERAL")), "\(reply.text)")
            }
            for path in ["/v1/segments", "/v1/profiles/user_id:ada", "/v1/decide?profile=user_id:ada"] {
                #expect(try await client.get(path, key: pageSecret).status == 403)
                #expect(try await client.get(path, headers: [("X-API-Key", readSecret)]).status == 401)
            }
            #expect(try await client.post("/v1/track", "{}", key: pageSecret).status == 403)
            #expect(try await client.get(single, key: pageSecret).status == 405)
        }
    }

    @Test func `a key that is used too often waits as long as it is told`() async throws {
        let slow = AccessKey(name: "page", role: .evaluate, secret: pageSecret, rate: RequestRate(perSecond: 0.5, burst: 1))
        try await withServer(keys: [slow]) { _, client async throws in
            #expect(try await client.post(single, ada, key: pageSecret).status == 200)
            let reply = try await client.post(single, ada, key: pageSecret)
            #expect(reply.status == 429 && reply.headers["retry-after"] == "2")
        }
    }

    @Test func `all flags have a tag that is the answer's, and 304 comes only while nothing differs`() async throws {
        try await withServer(keys: keys) { service, client async throws in
            service.state.withLock { $0.choices["ada"] = hint }
            let reply = try await client.post(bulk, ada, key: pageSecret)
            let tag = try #require(reply.headers["etag"])
            #expect(reply.status == 200 && tag.hasPrefix("\"") && tag.count == 34)
            let flags = reply.json["flags"]?.asArray?.compactMap(\.asObject) ?? []
            #expect(flags.first?["key"] == .string("a") && flags.first?["variant"] == .string("hint"))
            let refused = try JSONValue(parsing: #"{"key":"b","errorCode":"PARSE_ERROR","errorDetails":"Its rule is no rule."}"#)
            #expect(flags.last == refused.asObject)
            for named in [tag, "W/\(tag)", "\"x\", \(tag)", String(tag.dropFirst().dropLast())] {
                let same = try await client.post(bulk, ada, key: pageSecret, headers: [("If-None-Match", named)])
                #expect(same.status == 304 && same.body.isEmpty && same.headers["etag"] == tag, "\(named)")
                #expect(same.headers["content-type"] == nil)
            }
            for named in ["\"x\"", "*", ""] {
                #expect(try await client.post(bulk, ada, key: pageSecret, headers: [("If-None-Match", named)]).status == 200)
            }
            service.state.withLock { $0.choices["ada"]?.set("variant", .string("thanks")) }
            let changed = try await client.post(bulk, ada, key: pageSecret, headers: [("If-None-Match", tag)])
            #expect(changed.status == 200 && changed.headers["etag"] != tag)
            #expect(service.questions.allSatisfy { $0 == .offers(profile: "ada") })
        }
    }

    @Test func `a page of a listed origin may send what the protocol needs, and see the tag`() async throws {
        try await withServer(keys: keys, settings: { $0.origins = ["https://shop.example"] }) { _, client async throws in
            let origin = ("Origin", "https://shop.example")
            let preflight = try await client.send("OPTIONS", bulk, headers: [origin, ("Access-Control-Request-Method", "POST")])
            #expect(preflight.status == 204)
            for name in ["Authorization", "X-API-Key", "If-None-Match", "Content-Type"] {
                #expect(preflight.headers["access-control-allow-headers"]?.contains(name) == true)
            }
            let reply = try await client.post(bulk, ada, key: pageSecret, headers: [origin])
            #expect(reply.headers["access-control-expose-headers"] == "ETag, Retry-After")
        }
    }
}
