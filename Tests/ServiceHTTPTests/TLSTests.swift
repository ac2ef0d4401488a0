import EventModel
import Foundation
import Testing

@testable import ServiceHTTP

/// A certificate for localhost and its key, made by the program openssl.
private struct Certificate {
    let folder: URL
    var certificate: String { folder.appendingPathComponent("certificate.pem").path }
    var key: String { folder.appendingPathComponent("key.pem").path }

    /// Nil where there is no openssl.
    init?() {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("tessera-\(UUID().uuidString)")
        try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-keyout", key, "-out",
            certificate,
        ]
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return nil }
        process.waitUntilExit()
        if process.terminationStatus != 0 { return nil }
    }
}

private let certificate = Certificate()

struct TLSTests {
    @Test(.enabled(if: certificate != nil, "There is no openssl, so TLS was not tried."))
    func `TLS is spoken where a certificate is set, and nothing else`() async throws {
        let files = try #require(certificate)
        try await withServer(settings: { $0.tls = .init(certificate: files.certificate, privateKey: files.key) }) {
            service, client async throws in
            let body = #"{"messageId":"1"}"#
            let connection = try await Connection(port: client.port, isSecure: true)
            let head = "POST /v1/track HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: \(basic(writeSecret))\r\n"
            try await connection.write(Array("\(head)Content-Length: \(body.utf8.count)\r\n\r\n\(body)".utf8))
            #expect(Reply(try await connection.read(within: .seconds(10)) { replies($0).count == 1 }).status == 200)
            #expect(service.lines.count == 1)
            #expect(Reply(try await client.raw(Array("GET /health/live HTTP/1.1\r\n\r\n".utf8))).status == 0)
        }
    }

    @Test(.enabled(if: certificate != nil, "There is no openssl, so TLS was not tried."))
    func `files that are no certificate or no key are told`() async throws {
        let files = try #require(certificate)
        for (certificate, key, path) in [
            ("/nowhere.pem", files.key, "certificate"), (files.key, files.key, "certificate"),
            (files.certificate, "/nowhere.pem", "privateKey"),
            (files.certificate, files.certificate, "privateKey"),
        ] {
            let error = await #expect(throws: SettingsError.self) {
                try await withServer(settings: { $0.tls = .init(certificate: certificate, privateKey: key) }) { _, _ in }
            }
            #expect(error?.path == ["tls", path])
        }
    }
}
