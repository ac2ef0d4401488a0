import EventModel
import Foundation
import Secrets
import TestFolder
import Testing
import Yams

@testable import ServiceHTTP

struct SettingsTests {
    @Test func `the sample can be read and shows the defaults of limits`() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "../../Plugins/ServiceHTTP/sample.yaml")
        let node = try compose(yaml: String(contentsOf: file, encoding: .utf8))
        let settings = try HTTPSettings(json: json(of: #require(node)))
        #expect((settings.host, settings.port, settings.collects, settings.serves) == ("0.0.0.0", 8_443, true, true))
        #expect(settings.tls == .init(certificate: "/etc/tessera/certificate.pem", privateKey: "/etc/tessera/key.pem"))
        #expect(settings.limits == HTTPLimits())
        #expect(settings.origins == ["https://shop.example", "https://www.shop.example"])
        #expect(
            settings.keys == [
                .init(name: "web", role: .write, secret: .environment("TESSERA_WEB_KEY"), rate: RequestRate(perSecond: 500, burst: 1_000)),
                .init(name: "desk", role: .read, secret: .file("/run/secrets/tessera_desk_key")),
                .init(name: "page", role: .evaluate, secret: .environment("TESSERA_PAGE_KEY")),
                .init(name: "operator", role: .admin, secret: .environment("TESSERA_ADMIN_KEY")),
            ])
    }

    @Test(
        arguments: [
            (#"7"#, []), (#"{"hosts":"x"}"#, ["hosts"]), (#"{"port":70000}"#, ["port"]), (#"{"port":"80"}"#, ["port"]),
            (#"{"host":""}"#, ["host"]),
            (#"{"roles":["collect","x"]}"#, ["roles", "1"]), (#"{"tls":{"certificate":"a"}}"#, ["tls"]),
            (#"{"limits":{"bodySeconds":0}}"#, ["limits", "bodySeconds"]),
            (#"{"limits":{"x":0}}"#, ["limits", "x"]), (#"{"origins":"x"}"#, ["origins"]),
            (#"{"keys":[{"name":"a","role":"write"}]}"#, ["keys", "0"]),
            (#"{"keys":[{"name":"a","role":"root","secret":"env:A"}]}"#, ["keys", "0", "role"]),
            (#"{"keys":[{"name":"a","role":"write","secret":"hunter2-hunter2"}]}"#, ["keys", "0", "secret"]),
            (
                #"{"keys":[{"name":"a","role":"write","secret":"env:A"},{"name":"a","role":"read","secret":"env:B"}]}"#,
                ["keys", "1", "name"]
            ),
            (#"{"keys":[{"name":"a","role":"write","secret":"env:A","requestsPerSecond":0}]}"#, ["keys", "0", "requestsPerSecond"]),
        ] as [(String, [String])])
    func `a setting that cannot be is told with its place, and no secret with it`(text: String, path: [String]) throws {
        let error = try #require(throws: SettingsError.self) { try HTTPSettings(json: JSONValue(parsing: text)) }
        #expect(error.path == path)
        #expect(!error.description.contains("hunter2"))
    }

    @Test func `secrets come from the environment or a file, and must be long`() throws {
        let folder = try Folder()
        let file = try folder.write("  from-a-file\n", as: "key")
        var settings = HTTPSettings()
        settings.keys = [
            .init(name: "a", role: .write, secret: .environment("A")), .init(name: "b", role: .read, secret: .file(file)),
        ]
        let ring = KeyRing(try settings.accessKeys(environment: ["A": "from-the-environment"]))
        #expect(ring.find("from-the-environment") == 0)
        #expect(ring.find("from-a-file") == 1)
        #expect(ring.find("from-a-fil") == nil)
        #expect(try #require(throws: SettingsError.self) { try settings.accessKeys(environment: [:]) }.path == ["keys", "0", "secret"])
        let short = try #require(throws: SettingsError.self) { try settings.accessKeys(environment: ["A": "hunter2"]) }
        #expect(!short.description.contains("hunter2"))
        settings.keys[1].secret = .file("/nowhere")
        #expect(
            try #require(throws: SettingsError.self) { try settings.accessKeys(environment: ["A": "12345678"]) }.path == [
                "keys", "1", "secret",
            ])
    }

    @Test(arguments: [
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777_000, "Sun, 06 Nov 1994 08:49:37 GMT"), (-1, "Wed, 31 Dec 1969 23:59:59 GMT"),
    ])
    func `dates are written as HTTP has them`(milliseconds: Int64, text: String) {
        #expect(Instant(milliseconds: milliseconds).httpDate == text)
    }
}

/// YAML as the values that settings are read from.
private func json(of node: Node) throws -> JSONValue {
    switch node {
    case .mapping(let mapping): .object(JSONObject(try mapping.map { .init($0.key.string ?? "", try json(of: $0.value)) }))
    case .sequence(let sequence): .array(try sequence.map(json))
    default: if let integer = node.int { .integer(Int64(integer)) } else { .string(node.string ?? "") }
    }
}
