import EventModel
import Foundation
import Synchronization
import Testing

@testable import ServiceHTTP

private let start = "POST /v1/track HTTP/1.1\r\nHost: x\r\nAuthorization: \(basic(writeSecret))\r\n"

struct RobustnessTests {
    @Test func `a head or a body that comes too slowly is refused`() async throws {
        let change: (inout HTTPSettings) -> Void = { ($0.limits.headSeconds, $0.limits.bodySeconds) = (1, 1) }
        try await withServer(settings: change) { service, client async throws in
            for (sent, part) in [("POST /v1/tra", "head"), ("\(start)Content-Length: 20\r\n\r\n{\"a\"", "body")] {
                let connection = try await Connection(port: client.port)
                let began = ContinuousClock.now
                try await connection.write(Array(sent.utf8))
                let reply = Reply(try await connection.read(within: .seconds(10)))
                #expect((reply.status, reply.code) == (408, "too_slow"))
                #expect(reply.text.contains("The request's \(part) has not come within 1 s."))
                #expect(!connection.isOpen)
                #expect(ContinuousClock.now - began < .seconds(8))
            }
            #expect(service.lines.isEmpty)
        }
    }

    @Test func `a connection that does nothing is closed`() async throws {
        try await withServer(settings: { $0.limits.idleSeconds = 1 }) { _, client async throws in
            let connection = try await Connection(port: client.port)
            #expect(try await connection.read(within: .seconds(10)).isEmpty)
            #expect(!connection.isOpen)
            let used = try await Connection(port: client.port)
            try await used.write(Array("GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
            #expect(Reply(try await used.read(within: .seconds(10))).status == 200)
            #expect(!used.isOpen)
        }
    }

    @Test func `what is not HTTP is refused in the one shape`() async throws {
        try await withServer { _, client async throws in
            for (bytes, status, code) in [
                ("nonsense\r\n\r\n", 400, "not_http"), ("\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\r\n\r\n", 400, "not_http"),
                ("GET /x HTTP/9.9\r\n\r\n", 400, "not_http"),
                ("GET / HTTP/1.1\r\nHost: x\r\nX: \(String(repeating: "x", count: 60_000))\r\n\r\n", 431, "head_too_large"),
            ] {
                let reply = Reply(try await client.raw(Array(bytes.utf8)))
                #expect((reply.status, reply.code) == (status, code))
            }
            #expect(try await client.get("/health/live").status == 200)
        }
    }

    @Test func `a client that has said all it will say gets its answer`() async throws {
        try await withServer { service, client async throws in
            let body = #"{"messageId":"1"}"#
            let reply = Reply(
                try await client.raw(Array("\(start)Content-Length: \(body.utf8.count)\r\n\r\n\(body)".utf8), halfClose: true))
            #expect(reply.status == 200)
            // Half a body, and then nothing more: nothing is taken.
            _ = try await client.raw(Array("\(start)Content-Length: 500\r\n\r\n\(body)".utf8), halfClose: true)
            #expect(service.lines.count == 1)
            #expect(try await client.get("/metrics").text.contains("tessera_http_body_bytes 0\n"))
        }
    }

    @Test func `requests on one connection are answered in their order`() async throws {
        try await withServer { service, client async throws in
            let body = #"{"messageId":"1"}"#
            let one = "\(start)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
            let bytes = try await client.raw(
                Array((String(repeating: one, count: 50) + "GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n").utf8),
                until: { replies($0).count == 51 })
            #expect(replies(bytes).map(\.status) == Array(repeating: 200, count: 50) + [404])
            #expect(service.lines.count == 50)
        }
    }

    @Test func `more connections than allowed wait for their turn`() async throws {
        try await withServer(settings: { $0.limits.connections = 2 }) { _, client async throws in
            let held = [try await Connection(port: client.port), try await Connection(port: client.port)]
            for connection in held {
                try await connection.write(Array("GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
                _ = try await connection.read(within: .seconds(5)) { !$0.isEmpty }
            }
            let third = try await Connection(port: client.port)
            try await third.write(Array("GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".utf8))
            #expect(try await third.read(within: .milliseconds(200)).isEmpty)
            try await held[0].close()
            #expect(Reply(try await third.read(within: .seconds(10))).status == 200)
            try await held[1].close()
        }
    }

    @Test func `idle connections in numbers keep nobody from being served`() async throws {
        try await withServer { _, client async throws in
            var idle: [Connection] = []
            for _ in 0..<300 { idle.append(try await Connection(port: client.port)) }
            #expect(try await client.post("/v1/track", #"{"messageId":"1"}"#).status == 200)
            for connection in idle { try await connection.close() }
        }
    }

    @Test func `bodies that are held at once have a limit together`() async throws {
        try await withServer(settings: { $0.limits.heldBytes = 1 << 20 }) { _, client async throws in
            var slow: [Connection] = []
            for _ in 0..<2 {
                let connection = try await Connection(port: client.port)
                try await connection.write(Array("\(start)Content-Length: 500001\r\n\r\n".utf8) + [UInt8](repeating: 32, count: 500_000))
                slow.append(connection)
            }
            var reply = Reply([])
            for _ in 0..<500 {
                if reply.status == 429 { break }
                reply = try await client.post("/v1/batch", #"{"batch":["\#(String(repeating: "x", count: 100_000))"]}"#)
            }
            #expect((reply.status, reply.code, reply.headers["retry-after"]) == (429, "overloaded", "1"))
            // Strangers have a quarter of the room, which is long taken.
            let key = #"{"writeKey":"\#(writeSecret)","batch":[]}"#
            #expect(try await client.post("/v1/batch", key, key: nil).status == 429)
            #expect(try await client.post("/v1/batch", #"{"batch":[]}"#).status == 200)
            for connection in slow { try await connection.close() }
            for _ in 0..<500 {
                if reply.status == 200 { break }
                try await Task.sleep(for: .milliseconds(10))
                reply = try await client.post("/v1/batch", #"{"batch":["\#(String(repeating: "x", count: 30_000))"]}"#)
            }
            #expect(reply.status == 200)
        }
    }

    @Test func `a client that asks before it sends is told to go on, or why not`() async throws {
        try await withServer { _, client async throws in
            let body = #"{"messageId":"1"}"#
            let connection = try await Connection(port: client.port)
            let head = "\(start)Expect: 100-continue\r\nConnection: close\r\n"
            try await connection.write(Array("\(head)Content-Length: \(body.utf8.count)\r\n\r\n".utf8))
            let told = try await connection.read(within: .seconds(5)) { !$0.isEmpty }
            #expect(String(decoding: told, as: UTF8.self) == "HTTP/1.1 100 Continue\r\n\r\n")
            try await connection.write(Array(body.utf8))
            #expect(Reply(try await connection.read(within: .seconds(5))).status == 200)
            let refused = try await client.raw(Array("\(head)Content-Length: 99999999\r\n\r\n".utf8), until: { replies($0).count == 1 })
            #expect(Reply(refused).status == 413)
        }
    }

    @Test func `shutting down lets a request that is under way finish, and takes no more`() async throws {
        try await withServer { service, client async throws in
            service.state.withLock { $0.delay = .milliseconds(500) }
            async let reply = client.post("/v1/track", #"{"messageId":"1"}"#)
            let idle = try await Connection(port: client.port)
            try await Task.sleep(for: .milliseconds(200))
            await client.shutDown()
            #expect(try await reply.status == 200)
            #expect(service.lines.count == 1)
            _ = try await idle.read(within: .seconds(5))
            #expect(!idle.isOpen)
            await #expect(throws: (any Error).self) { try await Connection(port: client.port) }
        }
    }

    @Test func `a port that is taken is told with what to do`() async throws {
        try await withServer { _, client async throws in
            let error = await #expect(throws: SettingsError.self) {
                try await withServer(settings: { $0.port = client.port }) { _, _ in }
            }
            #expect(error?.path == ["port"])
        }
    }
}
