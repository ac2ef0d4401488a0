import Connectors
import EventModel
import Foundation
import Secrets

/// Settings that a source and a destination share: how the servers are reached.
struct ServerSettings: Decodable, Sendable {
    var servers: [String]
    var username: String?
    var password: Secret?
    var token: Secret?
    var credentialsFile: String?
    var caFile: String?
    var timeout: Double?

    static let descriptors: [SettingDescriptor] = [
        .required("servers", .texts, "Servers of one system, each as nats://HOST:PORT, or tls:// with TLS; without a password."),
        .optional("username", .text, "Who logs in with `password`."),
        .optional("password", .secret, "The user's password."),
        .optional("token", .secret, "A token, in place of a user."),
        .optional("credentialsFile", .text, "A file with a user's token and key (.creds), in place of a user."),
        .optional("caFile", .text, "With TLS: a file with the certificates of those who sign the servers'."),
        .optional(
            "timeout", .number(0.1...3_600), "After how long without a word that is due a server has gone away.", unit: "s", usual: "30"),
    ]

    /// Checks the settings; nothing is connected to.
    func makeAddress(_ context: ConnectorContext) throws(SettingsError) -> NATSAddress {
        if servers.isEmpty { throw SettingsError(at: ["servers"], "there is no server", remedy: "Write one or more.") }
        var hasTLS = false
        for (place, server) in servers.enumerated() {
            guard let parts = URLComponents(string: server), let host = parts.host, !host.isEmpty, parts.path.isEmpty, parts.query == nil,
                let scheme = parts.scheme?.lowercased(), ["nats", "tls"].contains(scheme), (1...65_535).contains(parts.port ?? 4_222)
            else {
                throw SettingsError(
                    at: ["servers", "\(place)"], "this is no address of a server", remedy: "Write it as nats://nats.example.com:4222.")
            }
            if parts.user != nil || parts.password != nil {
                throw SettingsError(
                    at: ["servers", "\(place)"], "somebody's name stands in the address",
                    remedy: "Take it out, and write `username` and `password: env:NAME` or `file:PATH`.")
            }
            hasTLS = hasTLS || scheme == "tls"
        }
        if hasTLS != (caFile != nil) {
            throw SettingsError(
                at: hasTLS ? [] : ["caFile"], hasTLS ? "nothing says whose certificates are trusted" : "no server is asked for TLS",
                remedy: hasTLS ? "Write `caFile`, such as /etc/ssl/certs/ca-certificates.crt." : "Write tls://, or leave it out.")
        }
        if (username == nil) != (password == nil) {
            throw SettingsError(
                at: [username == nil ? "password" : "username"], "user and password belong together", remedy: "Write both, or none.")
        }
        let logins = [("username", username != nil), ("token", token != nil), ("credentialsFile", credentialsFile != nil)].filter(\.1)
        if logins.count > 1 {
            throw SettingsError(at: [logins[1].0], "there is another way to log in already", remedy: "Leave one of them out.")
        }
        return NATSAddress(
            servers: servers, username: username, password: password, token: token, credentialsFile: credentialsFile.map(context.path),
            caFile: caFile.map(context.path), timeout: .milliseconds(Int64((timeout ?? 30) * 1_000)))
    }
}

/// Servers of one system, and who speaks to them.
struct NATSAddress: Sendable {
    var servers: [String]
    var username: String?
    var password: Secret?
    var token: Secret?
    var credentialsFile: String?
    /// With TLS.
    var caFile: String?
    /// How long a word that is due may take.
    var timeout: Duration

    /// For sentences.
    var shown: String { "NATS at " + (servers.first ?? "") }

    /// For the library.
    var milliseconds: Int64 { Int64(timeout / .milliseconds(1)) }
}

/// A name of the system: of a stream, or a consumer.
enum JetStreamName {
    static let mostBytes = 255

    static func check(_ name: String, at path: [String]) throws(SettingsError) {
        if name.utf8.count > mostBytes {
            throw SettingsError(at: path, "this name is too long", remedy: "Write at most \(mostBytes) bytes.")
        }
        if name.utf8.contains(where: { $0 <= 32 || $0 == 127 || [".", "*", ">", "/", "\\"].contains(Character(Unicode.Scalar($0))) }) {
            throw SettingsError(at: path, "this name has a character that none may have", remedy: "Write it without spaces and .*>/\\")
        }
    }
}

/// Names of what messages are about, in levels between dots.
enum Subject {
    /// Checks one that messages are published to.
    static func check(_ subject: String, at path: [String]) throws(SettingsError) {
        try checkFilter(subject, at: path)
        if subject.split(separator: ".").contains(where: { $0 == "*" || $0 == ">" }) {
            throw SettingsError(at: path, "records go to one subject, and this stands for several", remedy: "Write it without * and >.")
        }
    }

    /// Checks one that may stand for several.
    static func checkFilter(_ subject: String, at path: [String]) throws(SettingsError) {
        let levels = subject.split(separator: ".", omittingEmptySubsequences: false)
        let isWell = subject.utf8.count <= 1_024 && !subject.utf8.contains { $0 <= 32 || $0 == 127 }
        if isWell, !levels.contains(""), !levels.dropLast().contains(">") { return }
        throw SettingsError(at: path, "this is no subject", remedy: "Write it as shop.orders, at most 1024 bytes without spaces.")
    }
}
