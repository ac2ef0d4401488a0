import Connectors
import EventModel
import Service
import Synchronization
import Testing

/// Requests for connectors: what they are given, and what is answered.
struct WebhookTests {
    @Test func `a connector is given the request as it came`() async throws {
        try await withServer { service, client async throws in
            let headers = [("X-Sign", "v1"), ("x-sign", "v2"), ("Content-Type", "text/plain")]
            let reply = try await client.post("/v1/webhooks/shop?a=%C3%BC&b", "{\"n\": 1} ", key: nil, headers: headers)
            #expect(reply.status == 200 && reply.text == #"{"success":true}"#)
            let given = try #require(service.state.withLock { $0.requests.first })
            #expect(given.connector == "shop" && given.request.isSent && given.request.body == Array("{\"n\": 1} ".utf8))
            #expect(given.request.headers["x-sign"] == "v1, v2" && given.request.query == ["a": "ü", "b": ""])
        }
    }

    @Test(
        arguments: [
            (RequestAnswer.taken, 200, nil), (.stranger("The signature is not that of this request."), 401, nil), (.nothing, 404, nil),
            (.busy, 429, "1"), (.unavailable, 503, "5"),
        ] as [(RequestAnswer, Int, String?)])
    func `each outcome has its answer`(answer: RequestAnswer, status: Int, retry: String?) async throws {
        try await withServer { service, client async throws in
            service.state.withLock { $0.answer = answer }
            let reply = try await client.post("/v1/webhooks/shop", "{}", key: nil)
            #expect(reply.status == status && reply.headers["retry-after"] == retry)
        }
    }

    @Test func `a challenge is a text, and refusals of the worker are told`() async throws {
        try await withServer { service, client async throws in
            service.state.withLock { $0.answer = .text("<1158>") }
            let reply = try await client.get("/v1/webhooks/shop?hub.challenge=x")
            #expect(reply.text == "<1158>" && reply.headers["content-type"] == "text/plain; charset=utf-8")
            #expect(service.state.withLock { $0.requests.first?.request.isSent } == false)
            service.refuse(ServiceError(.paused, "The connector is paused.", remedy: "Later.", retryAfter: 60))
            let paused = try await client.post("/v1/webhooks/shop", "{}", key: nil)
            #expect((paused.status, paused.code, paused.headers["retry-after"]) == (503, "paused", "60"))
            service.refuse(ServiceError(.notFound, "No connector of that name takes requests.", remedy: "Name one."))
            #expect(try await client.post("/v1/webhooks/nobody", "{}", key: nil).status == 404)
        }
    }
}
