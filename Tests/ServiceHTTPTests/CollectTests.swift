import EventModel
import Foundation
import Service
import TestFolder
import Testing

@testable import ServiceHTTP

struct CollectTests {
    @Test(arguments: Message.Kind.allCases)
    func `each call of Segment's takes a message of its kind`(kind: Message.Kind) async throws {
        try await withServer { service, client async throws in
            let reply = try await client.post("/v1/\(kind.word)", #"{"userId":"u-1","messageId":"m-1"}"#)
            #expect(reply.status == 200)
            #expect(reply.text == #"{"success":true}"#)
            #expect(reply.headers["content-type"] == "application/json")
            #expect(reply.headers["date"] == "Tue, 30 Jun 2026 12:00:00 GMT")
            #expect(
                service.lines == [
                    #"{"userId":"u-1","messageId":"m-1","type":"\#(kind.word)","timestamp":"\#(noon.text)","receivedAt":"\#(noon.text)"}"#
                ])
            #expect(service.sources == ["web"])
        }
    }

    @Test(arguments: ["/v1/batch", "/v1/import"])
    func `a batch becomes one line a message, good and bad`(path: String) async throws {
        try await withServer { service, client async throws in
            let body =
                #"{"batch":[{"type":"track","userId":"u","event":"A","messageId":"1"},{"type":"nonsense"},5],"sentAt":"2026-06-30T12:00:00Z"}"#
            #expect(try await client.post(path, body).text == #"{"success":true}"#)
            #expect(service.lines.count == 3)
            #expect(service.lines[2] == "5")
            #expect(try await client.post(path, #"{"batch":[]}"#).status == 200)
            #expect(service.sources.count == 1)
        }
    }

    @Test func `a write key may come as Basic, as Bearer or in the body`() async throws {
        try await withServer { service, client async throws in
            let body = #"{"batch":[{"messageId":"1"}]}"#
            #expect(try await client.post("/v1/batch", body).status == 200)
            #expect(try await client.post("/v1/batch", body, key: nil, headers: [("Authorization", "Bearer \(writeSecret)")]).status == 200)
            #expect(
                try await client.post("/v1/batch", #"{"writeKey":"\#(writeSecret)","batch":[{"messageId":"1"}]}"#, key: nil).status == 200)
            #expect(try await client.post("/v1/track", #"{"writeKey":"\#(writeSecret)","messageId":"1"}"#, key: nil).status == 200)
            #expect(try await client.post("/v1/batch", body, key: adminSecret).status == 200)
            #expect(service.sources == ["web", "web", "web", "web", "boss"])
            #expect(!service.lines.joined().contains(writeSecret))
        }
    }

    @Test func `gzip and deflate bodies are inflated, also when they come in pieces`() async throws {
        try await withServer { service, client async throws in
            let body = Array(#"{"batch":[{"messageId":"1","pad":"\#(String(repeating: "ab", count: 5_000))"}]}"#.utf8)
            let packed = try gzip(body)
            #expect(
                try await client.send("POST", "/v1/batch", key: writeSecret, headers: [("Content-Encoding", "gzip")], body: packed).status
                    == 200)
            let connection = try await Connection(port: client.port)
            let head = "POST /v1/batch HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: \(basic(writeSecret))\r\n"
            try await connection.write(Array((head + "Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n").utf8))
            for start in stride(from: 0, to: packed.count, by: 7) {
                let piece = packed[start..<min(start + 7, packed.count)]
                try await connection.write(Array("\(String(piece.count, radix: 16))\r\n".utf8) + piece + Array("\r\n".utf8))
            }
            try await connection.write(Array("0\r\n\r\n".utf8))
            #expect(Reply(try await connection.read(within: .seconds(10))).status == 200)
            #expect(service.lines.count == 2 && service.lines.allSatisfy { $0.utf8.count > 10_000 })
        }
    }

    @Test func `a gzip bomb ends at the limit, and data that is no gzip is refused`() async throws {
        try await withServer { service, client async throws in
            let encoding = [("Content-Encoding", "gzip")]
            let bomb = try gzip([UInt8](repeating: 32, count: 100 << 20))
            let reply = try await client.send("POST", "/v1/batch", key: writeSecret, headers: encoding, body: bomb)
            #expect((reply.status, reply.code) == (413, "body_too_large"))
            for broken in [Array("not gzip".utf8), Array(try gzip(Array("{}".utf8)).dropLast(4)), []] {
                let reply = try await client.send("POST", "/v1/batch", key: writeSecret, headers: encoding, body: broken)
                #expect((reply.status, reply.code) == (400, "not_gzip"))
            }
            let unknown = try await client.post("/v1/batch", "{}", headers: [("Content-Encoding", "br")])
            #expect((unknown.status, unknown.code) == (415, "unsupported_encoding"))
            #expect(service.lines.isEmpty)
            #expect(try await client.get("/metrics").text.contains("tessera_http_body_bytes 0\n"))
        }
    }

    @Test func `a body and a message have limits`() async throws {
        try await withServer { service, client async throws in
            func pad(_ count: Int) -> String { String(repeating: "x", count: count) }
            let fits = #"{"messageId":"1","p":"\#(pad((32 << 10) - 24))"}"#
            #expect(fits.utf8.count == 32 << 10)
            #expect(try await client.post("/v1/track", fits).status == 200)
            let over = try await client.post("/v1/track", #"{"messageId":"1","p":"\#(pad((32 << 10) - 23))"}"#)
            #expect((over.status, over.code) == (413, "message_too_large"))
            #expect(try await client.post("/v1/batch", #"{"batch":[\#(fits),{"p":"\#(pad(32 << 10))"}]}"#).status == 200)
            #expect(service.rejects.map(\.line) == [2])
            let large = try await client.post("/v1/batch", #"{"batch":["\#(pad(500 << 10))"]}"#)
            #expect((large.status, large.code) == (413, "body_too_large"))
            let chunked =
                "POST /v1/batch HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: \(basic(writeSecret))\r\nTransfer-Encoding: chunked\r\n\r\n"
            let piece = Array("186A0\r\n\(pad(100_000))\r\n".utf8)
            let all = Array(chunked.utf8) + (0..<6).flatMap { _ in piece } + Array("0\r\n\r\n".utf8)
            #expect(Reply(try await client.raw(all)).status == 413)
        }
    }

    @Test func `what is not JSON is refused with its line and column`() async throws {
        try await withServer { service, client async throws in
            let reply = try await client.post("/v1/batch", "{\n \"batch\": [x]}")
            #expect((reply.status, reply.code) == (400, "not_json"))
            #expect(reply.json.value(at: ["error", "line"]) == .integer(2))
            #expect(reply.json.value(at: ["error", "column"]) == .integer(12))
            #expect(try await client.post("/v1/track", "").code == "no_body")
            #expect(service.sources.isEmpty)
        }
    }

    @Test func `deep nesting is refused, and the deepest that is allowed is taken`() async throws {
        try await withServer { service, client async throws in
            func nested(_ depth: Int) -> String { String(repeating: "[", count: depth) + String(repeating: "]", count: depth) }
            #expect(try await client.post("/v1/track", #"{"messageId":"1","a":\#(nested(127))}"#).status == 200)
            #expect(try await client.post("/v1/track", #"{"messageId":"1","a":\#(nested(128))}"#).code == "not_json")
            #expect(try await client.post("/v1/batch", nested(200_000)).code == "not_json")
        }
    }

    @Test(
        arguments: [
            (ServiceError(.overloaded, "Full.", remedy: "Wait.", retryAfter: 7), 429, "7"),
            (ServiceError(.disk, "Full.", remedy: "Wait."), 503, "1"),
            (ServiceError(.draining, "Ending.", remedy: "Wait."), 503, "1"),
            (ServiceError(.starting, "Starting.", remedy: "Wait."), 503, "1"),
            (ServiceError(.notFound, "Nobody.", remedy: "Look."), 404, nil),
            (ServiceError(.invalid, "What?", remedy: "Say.", line: 2, column: 3), 400, nil),
            (ServiceError(.limit, "Too much.", remedy: "Less."), 413, nil), (ServiceError(.failed, "Broken.", remedy: "Tell."), 500, nil),
        ] as [(ServiceError, Int, String?)])
    func `what the worker refuses is answered with its status`(error: ServiceError, status: Int, retryAfter: String?) async throws {
        try await withServer { service, client async throws in
            service.refuse(error)
            for reply in [
                try await client.post("/v1/batch", #"{"batch":[1]}"#),
                try await client.get("/v1/decide?profile=user_id:1", key: readSecret),
            ] {
                #expect((reply.status, reply.code) == (status, error.code.rawValue))
                #expect(reply.headers["retry-after"] == retryAfter)
                #expect(reply.json.value(at: ["error", "line"]) == error.line.map { .integer(Int64($0)) })
            }
        }
    }

    @Test(.enabled(if: testData != nil, "TESSERA_TESTDATA is not set, so the examples of Segment's specification did not run."))
    func `every example of Segment's specification is taken and kept`() async throws {
        let file = try #require(testData).appendingPathComponent("vectors/segment-spec/examples.json")
        let examples = try #require(try JSONValue(parsing: Data(contentsOf: file)).asObject?["examples"]?.asArray)
        #expect(examples.count == 75)
        try await withServer { service, client async throws in
            for example in examples {
                let payload = try #require(example.asObject?["payload"]?.asObject)
                let type = try #require(example.asObject?["type"]?.asString)
                #expect(try await client.post("/v1/\(type)", payload.text).status == 200)
                let line = try #require(service.lines.last)
                var stored = try #require(try JSONValue(parsing: line).asObject)
                // What the collector writes aside, every value and the order of the names are the example's.
                let written = ["type", "messageId", "timestamp", "originalTimestamp", "receivedAt"]
                stored.members.removeAll { written.contains($0.name) }
                #expect(stored.members == payload.members.filter { !written.contains($0.name) })
            }
        }
    }

    @Test(.enabled(if: testData != nil, "TESSERA_TESTDATA is not set, so the JSON test suite did not run."))
    func `every file of the JSON test suite is answered at every address that takes a body`() async throws {
        let folder = try #require(testData).appendingPathComponent("vectors/jsontestsuite/test_parsing")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".json") }.sorted()
        #expect(files.count == 318)
        try await withServer { service, client async throws in
            for file in files {
                let bytes = Array(try Data(contentsOf: folder.appendingPathComponent(file)))
                let isJSON = (try? JSONValue(parsing: bytes)) != nil
                let isObject = (try? JSONValue(parsing: bytes))?.asObject != nil
                let wrapped = Array(#"{"batch":["#.utf8) + bytes + Array("]}".utf8)
                let takesWrapped = (try? JSONValue(parsing: wrapped)) != nil
                let others = ["/v1/batch", "/v1/import", "/v1/segments/preview"]
                let paths = Message.Kind.allCases.map { "/v1/\($0.word)" } + others
                // All on one connection, one behind the other.
                let requests =
                    paths.flatMap { client.request("POST", $0, key: adminSecret, body: bytes) }
                    + client.request("POST", "/v1/batch", key: adminSecret, headers: [("Connection", "close")], body: wrapped)
                let answers = replies(try await client.raw(requests))
                #expect(answers.count == paths.count + 1, "\(file)")
                for (path, reply) in zip(paths, answers) {
                    #expect(reply.status == (!others.contains(path) && isObject ? 200 : 400), "\(file) at \(path)")
                    guard reply.status == 400 else { continue }
                    #expect(reply.code != nil, "\(file) at \(path)")
                    #expect(bytes.isEmpty || (reply.code == "not_json") == !isJSON, "\(file) at \(path)")
                }
                #expect(answers.last?.status == (takesWrapped ? 200 : 400), "\(file)")
            }
            for line in service.lines { #expect(throws: Never.self) { try JSONValue(parsing: line) } }
        }
    }
}

/// Packs bytes with the program gzip, which is not the library under test.
func gzip(_ bytes: [UInt8]) throws -> [UInt8] {
    let folder = try Folder()
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["gzip", "-c", try folder.write(bytes, as: "plain")]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let packed = [UInt8](pipe.fileHandleForReading.readDataToEndOfFile())
    process.waitUntilExit()
    return packed
}
