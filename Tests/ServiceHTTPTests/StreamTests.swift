import EventModel
import Foundation
import Service
import Synchronization
import Testing

@testable import ServiceHTTP

private func notice(_ number: Int64, _ profile: String, entered: Bool = true) -> MembershipNotice {
    MembershipNotice(number: number, profile: profile, segment: "buyers", entered: entered, at: noon, cause: "message")
}

private func open(_ client: Client, _ headers: String = "", query: String = "") async throws -> Connection {
    let connection = try await Connection(port: client.port)
    let head = "GET /v1/changes\(query) HTTP/1.1\r\nHost: x\r\nAuthorization: \(basic(readSecret))\r\n\(headers)\r\n"
    try await connection.write(Array(head.utf8))
    return connection
}

/// What a stream has brought, once it holds `text` or is over.
private func read(_ connection: Connection, until text: String) async throws -> String {
    let bytes = try await connection.read(within: .seconds(10)) { String(decoding: $0, as: UTF8.self).contains(text) }
    return String(decoding: bytes, as: UTF8.self)
}

private func ids(_ text: String) -> [String] {
    text.components(separatedBy: .newlines).filter { $0.hasPrefix("id: ") }.map { String($0.dropFirst(4)) }
}

private func waitUntil(_ condition: () async throws -> Bool) async throws {
    for _ in 0..<2_000 {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(5))
    }
}

struct StreamTests {
    @Test func `changes come as events in the order of their records`() async throws {
        try await withServer { service, client async throws in
            let connection = try await open(client)
            try await waitUntil { service.followers == 1 }
            service.tell(notice(41, "u-1"))
            service.tell(notice(41, "u-2", entered: false))
            service.tell(notice(43, "ü\n"))
            let text = try await read(connection, until: "id: 43.1")
            #expect(text.hasPrefix("HTTP/1.1 200 OK"))
            #expect(text.contains("text/event-stream"))
            #expect(ids(text) == ["41.1", "41.2", "43.1"])
            #expect(
                text.contains(
                    "event: membership\ndata: {\"number\":41,\"profile\":\"u-2\",\"segment\":\"buyers\",\"change\":\"exited\","
                        + "\"at\":\"2026-06-30T12:00:00.000Z\",\"cause\":\"message\"}\n\n"))
            #expect(try await client.get("/metrics").text.contains("tessera_http_streams 1\n"))
            try await connection.close()
            try await waitUntil { try await client.get("/metrics").text.contains("tessera_http_streams 0\n") }
            #expect(try await client.get("/metrics").text.contains("tessera_http_streams 0\n"))
        }
    }

    @Test(arguments: [
        ("Last-Event-ID: 41.1\r\n", "", ["41.2", "42.1"]), ("Last-Event-ID: 41\r\n", "", ["42.1"]),
        ("", "?after=40", ["41.1", "41.2", "42.1"]),
        ("", "?after=41.2", ["42.1"]), ("Last-Event-ID: 0\r\n", "?after=41", ["40.1", "41.1", "41.2", "42.1"]),
    ])
    func `a stream goes on behind the last event that was seen`(headers: String, query: String, expected: [String]) async throws {
        try await withServer { service, client async throws in
            for number in [40, 41, 41, 42] { service.tell(notice(Int64(number), "u")) }
            let connection = try await open(client, headers, query: query)
            #expect(ids(try await read(connection, until: "id: 42.1")) == expected)
            try await connection.close()
        }
    }

    @Test(arguments: ["x", "-1", "+1", "01", "1.", ".1", "1.0", "1.1.1", "1 ", "1234567890123456789", "1.1234567890"])
    func `what is no event's id is no place`(text: String) { #expect(ChangePlace(text) == nil) }

    @Test func `a silent stream says that it lives, and a limit keeps their number`() async throws {
        let change: (inout HTTPSettings) -> Void = { ($0.limits.heartbeatSeconds, $0.limits.streams) = (1, 1) }
        try await withServer(settings: change) { service, client async throws in
            let connection = try await open(client)
            #expect(try await read(connection, until: ": alive\n\n").contains(": alive\n\n"))
            let refused = try await client.get("/v1/changes", key: readSecret)
            #expect((refused.status, refused.code) == (429, "too_many_streams"))
            try await connection.close()
        }
    }

    @Test func `a stream ends when the server shuts down, and when the worker ends it`() async throws {
        try await withServer { service, client async throws in
            let connection = try await open(client)
            try await waitUntil { service.followers == 1 }
            service.state.withLock { $0.followers.forEach { $0.end() } }
            #expect(try await read(connection, until: "0\r\n\r\n").hasSuffix("0\r\n\r\n"))
            let other = try await open(client)
            try await waitUntil { service.followers == 2 }
            await client.shutDown()
            let text = try await read(other, until: "never")
            #expect(text.hasSuffix("0\r\n\r\n"))
            #expect(!other.isOpen)
        }
    }

    @Test func `a reader that reads nothing is let go`() async throws {
        try await withServer(settings: { $0.limits.answerSeconds = 1 }) { service, client async throws in
            let connection = try await Connection(port: client.port, reads: false)
            try await connection.write(Array("GET /v1/changes HTTP/1.1\r\nHost: x\r\nAuthorization: \(basic(readSecret))\r\n\r\n".utf8))
            try await waitUntil { service.followers == 1 }
            let long = String(repeating: "x", count: 100_000)
            // More comes all the time: how much the system holds for a reader is not known.
            var number = Int64(0)
            for _ in 0..<100 where try await !client.get("/metrics").text.contains("tessera_http_streams 0\n") {
                for _ in 0..<20 {
                    number += 1
                    service.tell(notice(number, long))
                }
                try await Task.sleep(for: .milliseconds(200))
            }
            #expect(try await client.get("/metrics").text.contains("tessera_http_streams 0\n"))
            try await connection.close()
        }
    }
}
