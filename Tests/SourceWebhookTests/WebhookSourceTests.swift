import Connectors
import EventModel
import Foundation
import SourceWebhook
import Testing

/// What bodies become, and when a request is answered.
struct WebhookSourceTests {
    private static let plain = #"{"signature": "hmac", "header": "X-Sign", "secret": "env:SECRET", "userId": ".who"}"#

    /// A shop's: the topic and the delivery's id stand in headers.
    private static let shop = #"""
        {"signature": "hmac", "header": "X-Sign", "secret": "env:SECRET", "streamHeader": "X-Shop-Topic", "idHeader": "X-Shop-Delivery",
         "streams": {
           "orders/create": [
             {"event": "Order Completed", "userId": ".customer.id", "timestamp": ".created_at",
              "properties": {"order_id": ".id", "total": ".total_price", "products": ".line_items"}},
             {"when": "exists(.coupon)", "event": "Coupon Used", "userId": ".customer.id", "properties": {"coupon": ".coupon"}}],
           "customers/update": {"type": "identify", "userId": ".id", "traits": {"email": ".email"}}, "carts/update": "skip"}}
        """#
    private static let order = #"""
        {"id": 820982911946154508, "created_at": "2026-05-01T09:30:00Z", "total_price": 59.8, "coupon": "SPRING",
         "customer": {"id": "c-115", "email": "ada@example.com"}, "line_items": [{"sku": "TEA-1", "quantity": 2, "price": 29.9}]}
        """#

    @Test func `a shop's orders become messages, once however often they are sent`() async throws {
        let one = try Receiving(Self.shop)
        func send(_ topic: String, _ delivery: String, _ body: String) async -> RequestAnswer {
            await one.send(body, ["x-shop-topic": topic, "x-shop-delivery": delivery])
        }
        #expect(await send("orders/create", "d-1", Self.order) == .taken)
        #expect(await send("orders/create", "d-1", Self.order) == .taken)
        #expect(await send("orders/create", "d-2", Self.order) == .taken)
        #expect(await send("customers/update", "d-3", #"{"id": "c-115", "email": "ada@example.com"}"#) == .taken)
        #expect(await send("carts/update", "d-4", #"{"id": 1}"#) == .taken)
        let messages = one.messages
        #expect(messages.map { $0["type"]?.asString ?? "" } == ["track", "track", "track", "track", "track", "track", "identify"])
        let first = messages[0]
        #expect(first["event"] == .string("Order Completed") && first["userId"] == .string("c-115"))
        #expect(first["timestamp"] == .string("2026-05-01T09:30:00.000Z"))
        #expect(
            first["properties"]?.text
                == #"{"order_id":820982911946154508,"total":59.8,"products":[{"sku":"TEA-1","quantity":2,"price":29.9}]}"#)
        #expect(messages[1]["event"] == .string("Coupon Used") && messages[1]["timestamp"] == .string(Receiving.now.text))
        let ids = messages.compactMap { $0["messageId"]?.asString }
        #expect(ids[0...1] == ids[2...3] && Set(ids).count == 5, "another delivery is another message: \(ids)")
        #expect(one.rejects.isEmpty && one.batches.map(\.messages.skippedLines).reduce(0, +) == 1)
    }

    @Test func `a platform's lists of changes become a message each`() async throws {
        let one = try Receiving(
            #"""
            {"signature": "hmac", "header": "X-Sign", "secret": "env:SECRET", "records": ".entry.changes", "streamPath": ".field",
             "idPath": ".id", "streams": {"comments": {"event": "Commented", "userId": ".value.from", "properties": {"text": ".value.text"}},
                                          "follows": {"event": "Followed", "userId": ".value.from"}}}
            """#)
        let body = #"""
            {"object": "page", "entry": [
              {"id": "page-1", "time": 1780000000, "changes": [
                {"id": "c1", "field": "comments", "value": {"from": "u-1", "text": "Lovely!"}},
                {"id": "c2", "field": "follows", "value": {"from": "u-2"}}]},
              {"id": "page-2", "time": 1780000001, "changes": [
                {"id": "c3", "field": "comments", "value": {"from": "u-3", "text": "Where?"}}, {"id": "c4", "field": "comments", "value": {}}]}]}
            """#
        #expect(await one.send(body) == .taken)
        #expect(await one.send(body) == .taken)
        #expect(one.messages.prefix(3).map { $0["userId"]?.asString } == ["u-1", "u-2", "u-3"])
        #expect(one.messages.prefix(3).map { $0["event"]?.asString } == ["Commented", "Followed", "Commented"])
        #expect(Set(one.messages.compactMap { $0["messageId"]?.asString }).count == 3)
        #expect(one.rejects.map(\.line) == [4, 4] && one.rejects[0].reason.hasPrefix("neither userId nor anonymousId"))
    }

    @Test(arguments: [
        ("", 1, "the body is not JSON"), ("who=ada", 1, "the body is not JSON"), ("3", 1, "the record is no object"),
        (#"[{"who": "a"}, [1], {"who": "b"}]"#, 2, "the record is no object"), (#"{"a": 1}"#, 1, "neither userId nor anonymousId"),
        (#"{"who": "a", "text": "\ud800"}"#, 1, "the body is not JSON"),
    ])
    func `what cannot be mapped is in quarantine with its place, and not sent again`(body: String, place: Int, reason: String) async throws
    {
        let one = try Receiving(Self.plain)
        #expect(await one.send(body) == .taken)
        #expect(one.rejects.map(\.line) == [place] && one.rejects[0].reason.hasPrefix(reason), "\(one.rejects)")
        #expect(one.messages.count == (body.hasPrefix("[{") ? 2 : 0))
    }

    @Test func `a body without what tells its deliveries apart is known by what it says`() async throws {
        let one = try Receiving(Self.plain)
        for body in [#"{"who":"a","n":1}"#, #"{"n":1,"who":"a"}"#, #"{"who":"a","n":2}"#] { #expect(await one.send(body) == .taken) }
        let ids = one.messages.compactMap { $0["messageId"]?.asString }
        #expect(ids.count == 3 && ids[0] == ids[1] && ids[1] != ids[2])
        #expect(one.messages[0]["event"] == .string("webhook"))
    }

    @Test func `a request is answered when what it brought is durable, and many share a batch`() async throws {
        let one = try Receiving(Self.plain)
        one.hold(true)
        let answered = Answered()
        let requests = (0..<50).map { number in
            Task {
                let answer = await one.send(#"{"who":"u\#(number)"}"#)
                answered.count()
                return answer
            }
        }
        try await waitUntil("the first is read") { !one.batches.isEmpty }
        #expect(answered.value == 0)
        one.hold(false)
        for request in requests { #expect(await request.value == .taken) }
        #expect(Set(one.messages.compactMap { $0["userId"]?.asString }).count == 50 && one.batches.count < 50)
    }

    @Test func `a request is not acknowledged where nobody keeps it`() async throws {
        let one = try Receiving(Self.plain, isRead: false)
        #expect(await one.send(#"{"who":"a"}"#) == .unavailable)
        one.start()
        one.hold(true)
        let first = Task { await one.send(#"{"who":"b"}"#) }
        try await waitUntil("it is read") { !one.batches.isEmpty }
        let second = Task { await one.send(#"{"who":"c"}"#) }
        await one.stop()
        #expect(await first.value == .unavailable)
        #expect(await second.value == .unavailable)
    }

    @Test func `requests that wait are bounded, and a disk that does not answer keeps nobody for ever`() async throws {
        let one = try Receiving(Self.plain)
        one.hold(true)
        let text = String(repeating: "x", count: 3 << 20)
        let answers = await withTaskGroup(of: RequestAnswer.self) { group in
            for number in 0..<12 { group.addTask { await one.send(#"{"who":"u\#(number)","text":"\#(text)"}"#) } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers.filter { $0 == .busy }.count >= 4 && answers.contains(.unavailable) && !answers.contains(.taken), "\(answers)")
        one.hold(false)
    }

    @Test func `a check says how it is sent to`() async throws {
        let found = try await Receiving(Self.plain, isRead: false).source.probe()
        #expect(
            found == "it is sent to: a worker takes requests signed as sha256 in x-sign, with one secret, at /v1/webhooks/ and its name.")
    }
}
