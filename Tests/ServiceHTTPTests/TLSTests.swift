import EventModel
import Foundation
import TestFolder
import Testing

@testable import ServiceHTTP

/// The program openssl, which is not the library under test.
private func openssl(_ arguments: String...) -> Bool {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["openssl"] + arguments
    (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
}

private let hasOpenSSL = openssl("version")

@Suite(.enabled(if: hasOpenSSL, "There is no openssl, so TLS was not tried."))
struct TLSTests {
    private let folder: Folder
    /// A certificate for localhost, and its key.
    private let certificate, key: String

    init() throws {
        folder = try Folder()
        (certificate, key) = (folder / "certificate.pem", folder / "key.pem")
        try #require(
            openssl(
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-keyout", key, "-out", certificate
            ))
    }

    @Test func `TLS is spoken where a certificate is set, and nothing else`() async throws {
        try await withServer(settings: { $0.tls = .init(certificate: certificate, privateKey: key) }) {
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

    @Test func `files that are no certificate or no key are told`() async throws {
        for (certificate, key, path) in [
            ("/nowhere.pem", key, "certificate"), (key, key, "certificate"), (certificate, "/nowhere.pem", "privateKey"),
            (certificate, certificate, "privateKey"),
        ] {
            let error = await #expect(throws: SettingsError.self) {
                try await withServer(settings: { $0.tls = .init(certificate: certificate, privateKey: key) }) { _, _ in }
            }
            #expect(error?.path == ["tls", path])
        }
    }
}
