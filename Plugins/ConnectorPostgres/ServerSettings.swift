import CPostgres
import Connectors
import EventModel
import Secrets

/// The settings that say which server it is, and who we are there: the same for the source and the destination.
struct ServerSettings: Decodable, Sendable {
    var connection: String?
    var connectionSecret: Secret?
    var password: Secret?
    var connectTimeout: Double?
    var statementTimeout: Double?

    static let descriptors: [SettingDescriptor] = [
        .optional("connection", .text, "The database: postgresql://user@host/name or host=... dbname=..., without a password."),
        .optional("connectionSecret", .secret, "The same, as a secret: it may hold a password."),
        .optional("password", .secret, "The password of the user."),
        .optional(
            "connectTimeout", .number(0.05...600), "After how long a connection that is not made has failed.", unit: "s", usual: "10"),
        .optional(
            "statementTimeout", .number(0.05...86_400), "After how long a statement without an answer has failed.", unit: "s", usual: "60"),
    ]

    /// Checks the connection's text; nothing is connected to.
    func makeServer() throws(SettingsError) -> PostgresServer {
        let (text, setting): (String, String)
        switch (connection, connectionSecret) {
        case (let connection?, nil): (text, setting) = (connection, "connection")
        case (nil, let secret?): (text, setting) = (secret.value, "connectionSecret")
        case (nil, nil):
            throw SettingsError(
                at: [], "nothing says which database is meant", remedy: "Write connection, or connectionSecret where it holds a password.")
        case (_?, _?):
            throw SettingsError(at: ["connectionSecret"], "there is a connection already", remedy: "Write one of the two.")
        }
        guard let options = Self.options(of: text) else {
            throw SettingsError(
                at: [setting], "this is no connection to PostgreSQL",
                remedy: "Write postgresql://user@host:5432/database or host=... dbname=... user=...")
        }
        if connection != nil, options["password"] != nil {
            throw SettingsError(
                at: [setting], "a password stands in it",
                remedy: "Write it as password: env:NAME, or all of this as connectionSecret: env:NAME.")
        }
        return PostgresServer(
            text: Secret(text), password: password, shown: Self.shown(options), connectTimeout: .seconds(connectTimeout ?? 10),
            statementTimeout: .seconds(statementTimeout ?? 60))
    }

    /// What is written in a connection's text, by libpq's names; nil where it is none. Why not is never told: it may quote a secret.
    private static func options(of text: String) -> [String: String]? {
        guard !text.utf8.contains(0), text.contains("=") || text.hasPrefix("postgres://") || text.hasPrefix("postgresql://") else {
            return nil
        }
        var problem: UnsafeMutablePointer<CChar>?
        defer { PQfreemem(problem) }
        guard let parsed = PQconninfoParse(text, &problem) else { return nil }
        defer { PQconninfoFree(parsed) }
        var options: [String: String] = [:]
        var option = parsed
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { options[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        return options
    }

    private static func shown(_ options: [String: String]) -> String {
        guard let host = options["host"] ?? options["hostaddr"], !host.hasPrefix("/") else { return "PostgreSQL on this machine" }
        return "PostgreSQL at \(host):\(options["port"] ?? "5432")"
    }
}

/// A database, and how it is reached.
struct PostgresServer: Sendable {
    /// As libpq reads it.
    var text: Secret
    var password: Secret?
    /// Host and port, for sentences.
    var shown: String
    var connectTimeout: Duration
    var statementTimeout: Duration
}
