import Connectors
import EventModel
import Foundation
import Secrets

/// Settings that a source and a destination share: how the broker is reached.
struct BrokerSettings: Decodable, Sendable {
    var url: String
    var password: Secret?
    var vhost: String?
    var caFile: String?
    var heartbeat: Int?

    static let descriptors: [SettingDescriptor] = [
        .required("url", .text, "The broker, as amqp://USER@HOST:PORT/VHOST, or amqps:// with TLS; without the password."),
        .optional("password", .secret, "The user's password."),
        .optional("vhost", .text, "The virtual host, where the url names none.", usual: "/"),
        .optional("caFile", .text, "With TLS: a file with the certificates of those who sign the broker's."),
        .optional("heartbeat", .integer(2...3_600), "How often both sides show that they are there.", unit: "s", usual: "30"),
    ]

    /// Checks the settings; nothing is connected to.
    func makeAddress(_ context: ConnectorContext) throws(SettingsError) -> BrokerAddress {
        let form = "Write it as amqp://tessera@rabbit.example.com/shop."
        guard let parts = URLComponents(string: url), let host = parts.host, !host.isEmpty, parts.query == nil, parts.fragment == nil,
            let scheme = parts.scheme?.lowercased(), ["amqp", "amqps"].contains(scheme), (parts.port ?? 1) > 0, (parts.port ?? 1) < 65_536
        else { throw SettingsError(at: ["url"], "this is no address of a broker", remedy: form) }
        if parts.password != nil {
            throw SettingsError(
                at: ["url"], "a password stands in the address", remedy: "Take it out, and write `password: env:NAME` or `file:PATH`.")
        }
        let path = parts.percentEncodedPath.dropFirst()
        guard let named = String(path).removingPercentEncoding, !path.contains("/") else {
            throw SettingsError(at: ["url"], "its path is no virtual host", remedy: "Write %2F for a slash in its name.")
        }
        if !named.isEmpty, vhost != nil {
            throw SettingsError(at: ["vhost"], "the url names a virtual host already", remedy: "Leave one of the two out.")
        }
        let isTLS = scheme == "amqps"
        if isTLS != (caFile != nil) {
            throw SettingsError(
                at: isTLS ? [] : ["caFile"], isTLS ? "nothing says whose certificates are trusted" : "the url asks for no TLS",
                remedy: isTLS ? "Write `caFile`, such as /etc/ssl/certs/ca-certificates.crt." : "Write amqps://, or leave it out.")
        }
        let texts = [host, parts.user ?? "guest", vhost ?? named, password?.value ?? ""]
        if texts.contains(where: { $0.utf8.contains(0) }) {
            throw SettingsError(at: ["url"], "a text has a character that no name has", remedy: "Take \\u0000 out.")
        }
        return BrokerAddress(
            host: host, port: Int32(parts.port ?? (isTLS ? 5_671 : 5_672)), user: parts.user ?? "guest",
            password: password ?? Secret("guest"), vhost: vhost ?? (named.isEmpty ? "/" : named), caFile: caFile.map(context.path),
            heartbeat: Int32(heartbeat ?? 30))
    }
}

/// A broker, and who speaks to it.
struct BrokerAddress: Sendable {
    var host: String
    var port: Int32
    var user: String
    var password: Secret
    var vhost: String
    /// With TLS.
    var caFile: String?
    /// In seconds.
    var heartbeat: Int32

    /// For sentences.
    var shown: String { "RabbitMQ at \(host):\(port)" }
}

/// A name of the protocol, which has at most 255 bytes.
enum ShortName {
    static let mostBytes = 255

    static func check(_ name: String, at path: [String]) throws(SettingsError) {
        if name.utf8.count <= mostBytes { return }
        throw SettingsError(at: path, "this name is too long", remedy: "Write at most \(mostBytes) bytes.")
    }
}
