public import EventModel
public import Secrets

/// How the worker's HTTP interface listens, what it lets in, and whom.
public struct HTTPSettings: Sendable, Hashable {
    /// Certificate and private key, as paths of PEM files.
    public struct TLS: Sendable, Hashable {
        /// The certificate, followed by those that vouch for it.
        public var certificate: String
        public var privateKey: String

        /// Joins both.
        public init(certificate: String, privateKey: String) { (self.certificate, self.privateKey) = (certificate, privateKey) }
    }

    /// A key as settings name it: by reference, never in the clear.
    public struct Key: Sendable, Hashable {
        public var name: String
        public var role: AccessKey.Role
        /// Where the secret is read from.
        public var secret: SecretReference
        public var rate: RequestRate?

        /// Joins the parts.
        public init(name: String, role: AccessKey.Role, secret: SecretReference, rate: RequestRate? = nil) {
            (self.name, self.role, self.secret, self.rate) = (name, role, secret, rate)
        }
    }

    /// Name or address to listen on.
    public var host = "127.0.0.1"
    /// 0 picks one that is free.
    public var port = 8_080
    /// Whether messages are collected.
    public var collects = true
    /// Whether questions are answered.
    public var serves = true
    /// Whether the worker keeps memberships up to date, so that they can be asked for.
    public var follows = true
    /// nil: plain HTTP.
    public var tls: TLS?
    /// Origins of web pages that may call, as browsers write them (`https://shop.example`); `*` is any.
    public var origins: [String] = []
    public var keys: [Key] = []
    public var limits = HTTPLimits()

    /// Plain HTTP on 127.0.0.1:8080, nobody let in.
    public init() {}

    /// Reads settings from the member `http` of a settings file; `sample.yaml` shows them all.
    ///
    /// - Throws: `SettingsError` at the first one that is unknown or not what it must be.
    public init(json: JSONValue) throws(SettingsError) {
        let root = SettingsReader(json, at: [])
        let members = try root.members(["host", "port", "roles", "tls", "origins", "keys", "limits"])
        if let host = members["host"] { self.host = try host.text() }
        if let port = members["port"] { self.port = try port.integer(0...65_535) }
        if let roles = members["roles"] {
            let named = try roles.elements { (role) throws(SettingsError) in try role.word(["collect", "read", "serve"]) }
            // `serve` is the earlier name of `read`.
            (collects, serves) = (named.contains("collect"), named.contains("read") || named.contains("serve"))
        }
        if let tls = members["tls"] {
            let files = try tls.members(["certificate", "privateKey"])
            guard let certificate = files["certificate"], let privateKey = files["privateKey"] else {
                throw SettingsError(at: tls.path, "certificate or privateKey is missing", remedy: "Give both as paths of PEM files.")
            }
            self.tls = TLS(certificate: try certificate.text(), privateKey: try privateKey.text())
        }
        if let origins = members["origins"] {
            self.origins = try origins.elements { (origin) throws(SettingsError) in try origin.text() }
        }
        if let keys = members["keys"] { self.keys = try keys.elements(Self.key) }
        if let limits = members["limits"] { self.limits = try HTTPLimits(limits) }
        for (index, key) in keys.enumerated() where keys[..<index].contains(where: { $0.name.sameScalars(as: key.name) }) {
            throw SettingsError(
                at: ["keys", "\(index)", "name"], "'\(key.name)' names another key too", remedy: "Give every key a name of its own.")
        }
    }

    private static func key(_ reader: SettingsReader) throws(SettingsError) -> Key {
        let members = try reader.members(["name", "role", "secret", "requestsPerSecond", "burst"])
        guard let name = members["name"], let role = members["role"], let secret = members["secret"] else {
            throw SettingsError(
                at: reader.path, "name, role or secret is missing", remedy: "Write {name: web, role: write, secret: env:WEB_KEY}.")
        }
        let word = try role.word(AccessKey.Role.allCases.map(\.rawValue))
        var rate: RequestRate?
        if let perSecond = members["requestsPerSecond"] {
            rate = RequestRate(perSecond: try perSecond.number(0.001...1_000_000), burst: try members["burst"]?.number(1...1_000_000))
        }
        return Key(
            name: try name.text(), role: AccessKey.Role(rawValue: word) ?? .read,
            secret: try SecretReference(secret.text(), at: secret.path),
            rate: rate)
    }

    /// Reads every key's secret.
    ///
    /// - Parameter environment: Variables by name.
    /// - Throws: `SettingsError` where a secret is not there or too short to be one.
    public func accessKeys(environment: [String: String]) throws(SettingsError) -> [AccessKey] {
        var resolved: [AccessKey] = []
        for (index, key) in keys.enumerated() {
            let secret = try key.secret.secret(environment: environment, at: ["keys", "\(index)", "secret"])
            resolved.append(AccessKey(name: key.name, role: key.role, secret: secret, rate: key.rate))
        }
        return resolved
    }
}

/// How much of everything there may be; whoever passes one is answered with a sentence or closed.
public struct HTTPLimits: Sendable, Hashable {
    /// Bytes of a body, counted without compression. Segment's clients keep 500 KB.
    public var batchBytes = 500 << 10
    /// Bytes of a message as it was sent. Segment's clients keep 32 KB.
    public var messageBytes = 32 << 10
    /// Messages of a batch.
    public var batchMessages = 5_000
    /// Bytes of all bodies that are read or worked on at once.
    public var heldBytes = 256 << 20
    /// Connections at once; more wait in the system's queue.
    public var connections = 16_384
    /// Streams of changes at once.
    public var streams = 256
    /// Seconds in which the head of a request must have come once it has begun.
    public var headSeconds = 15
    /// Seconds in which a body must have come.
    public var bodySeconds = 30
    /// Seconds after which a connection that does nothing is closed.
    public var idleSeconds = 75
    /// Seconds for which a client may leave an answer unread.
    public var answerSeconds = 30
    /// Seconds of silence after which a stream of changes says that it lives.
    public var heartbeatSeconds = 15

    /// The defaults above.
    public init() {}

    init(_ reader: SettingsReader) throws(SettingsError) {
        let places: [(name: String, place: WritableKeyPath<HTTPLimits, Int>, range: ClosedRange<Int>)] = [
            ("batchBytes", \.batchBytes, 1_024...64 << 20), ("messageBytes", \.messageBytes, 256...64 << 20),
            ("batchMessages", \.batchMessages, 1...100_000), ("heldBytes", \.heldBytes, 1 << 20...1 << 40),
            ("connections", \.connections, 1...1_000_000), ("streams", \.streams, 1...100_000), ("headSeconds", \.headSeconds, 1...3_600),
            ("bodySeconds", \.bodySeconds, 1...3_600), ("idleSeconds", \.idleSeconds, 1...86_400),
            ("answerSeconds", \.answerSeconds, 1...3_600), ("heartbeatSeconds", \.heartbeatSeconds, 1...3_600),
        ]
        let members = try reader.members(places.map(\.name))
        for (name, place, range) in places { if let value = members[name] { self[keyPath: place] = try value.integer(range) } }
    }
}
