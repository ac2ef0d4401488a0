import EventModel
import Foundation
import Service
import Synchronization
import Testing

@testable import ServiceHTTP

struct ReadTests {
    @Test(
        arguments: [
            ("/v1/profiles/user_id:1", .profile("user_id:1")), ("/v1/profiles/email%3Aa%40b.c", .profile("email:a@b.c")),
            ("/v1/profiles/email:a+b@c.d/traits", .traits("email:a+b@c.d")),
            ("/v1/profiles/user_id:a%2Fb%20%C3%A9/links", .links("user_id:a/b é")),
            ("/v1/profiles/user_id:1/events", .events("user_id:1", limit: 100)),
            ("/v1/profiles/user_id:1/events?limit=7", .events("user_id:1", limit: 7)),
            ("/v1/profiles/anonymous_id:1/merges", .merges("anonymous_id:1")),
            ("/v1/profiles/user_id:1/segments", .segments("user_id:1")), ("/v1/profiles/user_id:1/consent", .consent("user_id:1")),
            ("/v1/segments", .segmentList), ("/v1/segments/buyers/members", .members(segment: "buyers", after: nil, limit: 100)),
            ("/v1/segments/big%20spenders/members?after=u%2F1&limit=2", .members(segment: "big spenders", after: "u/1", limit: 2)),
            ("/v1/decide?profile=user_id:1", .decide("user_id:1")),
        ] as [(String, ServiceQuestion)])
    func `an address is a question`(path: String, question: ServiceQuestion) async throws {
        try await withServer { service, client async throws in
            let reply = try await client.get(path, key: readSecret)
            #expect(reply.status == 200)
            let answer = try await service.answer(question)
            #expect(reply.json == answer)
            #expect(service.questions == [question, question])
            let head = try await client.send("HEAD", path, key: readSecret)
            #expect(head.status == 200 && head.body.isEmpty && head.headers["content-length"] == "\(reply.body.count)")
        }
    }

    @Test func `a preview asks with an expression`() async throws {
        try await withServer { service, client async throws in
            #expect(
                try await client.post("/v1/segments/preview", #"{"expression":"traits.plan = \"plus\"","limit":3.0}"#, key: readSecret)
                    .status
                    == 200)
            #expect(service.questions == [.preview(expression: "traits.plan = \"plus\"", limit: 3)])
            for body in ["[]", "{}", #"{"expression":7}"#, #"{"expression":"x","limit":-1}"#, #"{"expression":"x","limit":1.5}"#, "{"] {
                #expect(try await client.post("/v1/segments/preview", body, key: readSecret).status == 400)
            }
        }
    }

    @Test func `who is who is changed by admin keys alone, and says whose`() async throws {
        try await withServer { service, client async throws in
            for key in [readSecret, writeSecret] {
                #expect(try await client.post("/v1/profiles/user_id:1/unmerge", "{}", key: key).status == 403)
            }
            let reply = try await client.post(
                "/v1/profiles/anonymous_id:a%2F1/unmerge", #"{"from":"user_id:2","reason":"a shared tablet"}"#, key: adminSecret)
            #expect(reply.status == 200 && reply.json["unmerge"] == .integer(1))
            #expect(try await client.post("/v1/profiles/user_id:1/unmerge", "", key: adminSecret).status == 200)
            #expect(try await client.post("/v1/unmerges/7/rejoin", #"{"reason":"one person"}"#, key: adminSecret).status == 200)
            guard case .unmerge(_, _, let by, _)? = service.changes.first else { throw ServiceError(.failed, "", remedy: "") }
            #expect(!by.isEmpty)
            #expect(
                service.changes == [
                    .unmerge("anonymous_id:a/1", from: "user_id:2", by: by, reason: "a shared tablet"),
                    .unmerge("user_id:1", from: nil, by: by, reason: ""), .rejoin(7, by: by, reason: "one person"),
                ])
            for body in ["[]", #"{"from":7}"#, #"{"reason":[]}"#, "{"] {
                #expect(try await client.post("/v1/profiles/user_id:1/unmerge", body, key: adminSecret).status == 400)
            }
            #expect(try await client.post("/v1/unmerges/x/rejoin", "{}", key: adminSecret).status == 400)
        }
    }

    @Test func `a source says what it sent with a key that may write`() async throws {
        try await withServer { service, client async throws in
            let count = #"{"from":"2026-06-01T00:00:00Z","to":"2026-06-02T00:00:00.000Z","messages":1200}"#
            #expect(try await client.post("/v1/sources/crm/sent", count, key: readSecret).status == 403)
            for body in [count, #"{"writeKey":"\#(writeSecret)","from":"2026-06-01","to":"2026-06-02","messages":1}"#] {
                #expect(try await client.post("/v1/sources/crm/sent", body, key: nil).status == 401)
            }
            let turned = #"{"from":"2026-06-02","to":"2026-06-02","messages":1}"#
            #expect(try await client.post("/v1/sources/crm/sent", turned, key: writeSecret).status == 409)
            let reply = try await client.post("/v1/sources/the%20crm/sent", count, key: writeSecret)
            #expect(reply.status == 200 && reply.json["source"] == .string("the crm") && reply.json["messages"] == .integer(1200))
            let span = (Instant(milliseconds: 1_780_272_000_000), Instant(milliseconds: 1_780_358_400_000))
            #expect(service.sent == [SentCount(source: "the crm", from: span.0, to: span.1, messages: 1200)])
            for body in [
                "[]", "{", #"{"from":"x","to":"2026-06-02","messages":1}"#,
                #"{"from":"2026-06-01","to":"2026-06-02","messages":1.5}"#, #"{"from":"2026-06-01","to":"2026-06-02","messages":-1}"#,
                #"{"from":"2026-06-01","to":"2026-06-02"}"#,
            ] { #expect(try await client.post("/v1/sources/crm/sent", body, key: writeSecret).status == 400) }
            let long = String(repeating: "x", count: 201)
            #expect(try await client.post("/v1/sources/\(long)/sent", count, key: writeSecret).status == 400)
        }
    }

    @Test(arguments: [
        ("/v1/decide", 400, "invalid"), ("/v1/decide?profile=", 400, "invalid"), ("/v1/profiles/a:b/events?limit=0", 400, "invalid"),
        ("/v1/segments/x/members?limit=1001", 400, "invalid"), ("/v1/profiles/%zz", 400, "bad_address"),
        ("/v1/profiles/%ff", 400, "bad_address"),
        ("/v1/profiles//traits", 404, "not_found"), ("/v1/profiles", 404, "not_found"), ("/nowhere", 404, "not_found"),
        ("/", 404, "not_found"),
        ("/v1/track", 405, "method"), ("/v1/changes?after=x", 400, "invalid"),
    ])
    func `what cannot be answered is refused in one shape`(path: String, status: Int, code: String) async throws {
        try await withServer { service, client async throws in
            let reply = try await client.get(path, key: readSecret)
            #expect((reply.status, reply.code) == (status, code))
            if status == 405 { #expect(reply.headers["allow"] == "POST, OPTIONS") }
            #expect(service.questions.isEmpty)
        }
    }

    @Test func `roles that are switched off are not there`() async throws {
        try await withServer(settings: { $0.serves = false }) { _, client async throws in
            #expect(try await client.get("/v1/segments", key: adminSecret).status == 404)
            #expect(try await client.post("/v1/batch", #"{"batch":[]}"#).status == 200)
            #expect(try await client.get("/openapi.json").json.value(at: ["paths", "/v1/segments"]) == nil)
        }
        try await withServer(settings: { $0.collects = false }) { _, client async throws in
            #expect(try await client.get("/v1/segments", key: adminSecret).status == 200)
            let reply = try await client.post("/v1/batch", #"{"batch":[]}"#)
            #expect(reply.status == 404 && reply.code == "not_found" && reply.text.contains("switched off"))
            #expect(try await client.get("/v1/nonsense", key: adminSecret).text.contains("There is nothing"))
        }
        try await withServer(settings: { $0.follows = false }) { _, client async throws in
            for path in ["segments", "segments/x/members", "profiles/user_id:1/segments", "decide?profile=user_id:1", "changes"] {
                #expect(try await client.get("/v1/" + path, key: adminSecret).text.contains("switched off"), "\(path)")
            }
            #expect(try await client.get("/v1/profiles/user_id:1", key: adminSecret).status == 200)
            let paths = try #require(try await client.get("/openapi.json").json["paths"]?.asObject)
            #expect(paths.members.count == 25 && paths["/v1/decide"] == nil)
        }
    }

    @Test func `the quarantine opens to admin keys alone`() async throws {
        try await withServer { service, client async throws in
            for (key, status) in [(nil, 401), (writeSecret, 403), (readSecret, 403), (adminSecret, 200)] as [(String?, Int)] {
                #expect(try await client.get("/v1/quarantine", key: key).status == status)
                #expect(try await client.post("/v1/quarantine/replay", "", key: key).status == status)
            }
            #expect(service.questions == [.quarantine, .replayQuarantine])
            #expect(try await client.get("/v1/quarantine/replay", key: adminSecret).status == 405)
        }
    }

    @Test func `health and figures need no key`() async throws {
        try await withServer { service, client async throws in
            #expect(try await client.get("/health/live").text == #"{"status":"live"}"#)
            #expect(try await client.get("/health/ready").text == #"{"status":"ready"}"#)
            service.state.withLock { $0.notReady = "The store is being read." }
            let reply = try await client.get("/health/ready")
            #expect((reply.status, reply.code, reply.headers["retry-after"]) == (503, "not_ready", "1"))
            #expect(reply.text.contains("The store is being read."))
            #expect(try await client.get("/health/live").status == 200)
            let metrics = try await client.get("/metrics")
            #expect(metrics.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
            for line in [
                "# TYPE tessera_messages_accepted_total counter", #"tessera_messages_accepted_total{source="a\"b\\c\nd"} 3"#,
                "tessera_lag_seconds 0.25",
                #"tessera_http_requests_total{method="GET",path="/health/ready",status="503"} 1"#,
                #"tessera_http_request_seconds_bucket{method="GET",path="/health/live",le="+Inf"} 2"#,
                #"tessera_http_request_seconds_count{method="GET",path="/health/live"} 2"#, "tessera_http_connections 1",
            ] { #expect(metrics.text.components(separatedBy: "\n").contains(line), "\(line)") }
        }
    }

    @Test func `the document tells of every route that serves`() async throws {
        try await withServer { _, client async throws in
            let document = try await client.get("/openapi.json").json
            #expect(document["openapi"] == .string("3.1.0"))
            let paths = try #require(document["paths"]?.asObject)
            #expect(paths.members.count == 32)
            for path in paths.members {
                for operation in try #require(path.value.asObject).members {
                    let method = operation.name.uppercased()
                    let address = path.name.replacingOccurrences(of: "{reference}", with: "user_id:1").replacingOccurrences(
                        of: "{name}", with: "x"
                    ).replacingOccurrences(of: "{key}", with: "x")
                    let status = try await client.send(method, address, key: nil, body: method == "POST" ? Array("{}".utf8) : []).status
                    let isOpen = operation.value.asObject?["security"] == .array([])
                    #expect(isOpen ? status == 200 : [400, 401].contains(status), "\(method) \(address)")
                    #expect(operation.value.asObject?.value(at: ["responses", "\(status)"]) != nil, "\(method) \(address) \(status)")
                }
            }
        }
    }
}
