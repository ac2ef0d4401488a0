import Connectors
import EventModel
import Secrets

/// Settings that a source and a destination share: how the server is reached.
struct ServerSettings: Decodable, Sendable {
    var host: String?
    var port: Int?
    var socket: String?
    var username: String?
    var password: Secret?
    var database: Int?
    var timeout: Double?

    static let descriptors: [SettingDescriptor] = [
        .optional("host", .text, "The server's host."),
        .optional("port", .integer(1...65_535), "Its port.", usual: "6379"),
        .optional("socket", .text, "The path of the server's socket, in place of a host."),
        .optional("username", .text, "Who logs in with `password`.", usual: "the server's default user"),
        .optional("password", .secret, "The password; without it nobody logs in."),
        .optional("database", .integer(0...1_000_000), "The number of the database.", usual: "0"),
        .optional(
            "timeout", .number(0.1...3_600), "After how long without a word that is due the server has gone away.", unit: "s", usual: "30"),
    ]

    /// Bytes of a socket's path, at most: systems take no longer ones.
    private static let longestSocket = 103

    /// Checks the settings; nothing is connected to.
    func makeAddress(_ context: ConnectorContext) throws(SettingsError) -> RedisAddress {
        if username != nil, password == nil {
            throw SettingsError(
                at: ["username"], "there is no password", remedy: "Write `password: env:NAME` or `file:PATH`, or leave it out.")
        }
        return RedisAddress(
            place: try makePlace(context), username: username, password: password, database: database ?? 0,
            timeout: .milliseconds(Int64((timeout ?? 30) * 1_000)))
    }

    private func makePlace(_ context: ConnectorContext) throws(SettingsError) -> RedisAddress.Place {
        for (name, text) in [("host", host), ("socket", socket)] where text?.utf8.contains(0) == true {
            throw SettingsError(at: [name], "a character stands in it that no name has", remedy: "Take \\u0000 out.")
        }
        switch (host, socket) {
        case (nil, nil):
            throw SettingsError(
                at: [], "nothing says where the server is", remedy: "Write `host`, or `socket` with the path of its socket.")
        case (let host?, nil): return .network(host: host, port: Int32(port ?? 6_379))
        case (nil, let socket?):
            if port != nil { throw SettingsError(at: ["port"], "a socket has no port", remedy: "Leave it out, or write `host`.") }
            let path = context.path(socket)
            if path.utf8.count <= Self.longestSocket { return .socket(path: path) }
            throw SettingsError(at: ["socket"], "this path is too long", remedy: "Write at most \(Self.longestSocket) bytes.")
        case (_?, _?):
            throw SettingsError(at: ["socket"], "the server has a host already", remedy: "Leave one of the two out.")
        }
    }
}

/// A server, and who speaks to it.
struct RedisAddress: Sendable {
    /// Where it listens.
    enum Place: Sendable, Hashable {
        case network(host: String, port: Int32)
        case socket(path: String)
    }
    var place: Place
    var username: String?
    /// Nil: nobody logs in.
    var password: Secret?
    var database: Int
    /// How long a word that is due may take.
    var timeout: Duration

    /// For sentences.
    var shown: String {
        switch place {
        case .network(let host, let port): "Redis at \(host):\(port)"
        case .socket(let path): "Redis at \(path)"
        }
    }
}

/// The name of a stream, which is any text.
enum StreamName {
    static let mostBytes = 1_024

    static func check(_ name: String, at path: [String]) throws(SettingsError) {
        if name.utf8.count <= mostBytes { return }
        throw SettingsError(at: path, "this name is too long", remedy: "Write at most \(mostBytes) bytes.")
    }
}
