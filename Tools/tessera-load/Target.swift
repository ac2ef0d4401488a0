import Foundation
import Platform

/// The worker that is driven: where it is and the keys that open it.
struct Target: Sendable {
    var host: String
    var port: Int
    var writeKey: String
    var readKey: String

    /// - Parameter url: `http://host:port`.
    init(url: String, writeKey: String, readKey: String) throws(CommandError) {
        guard let parts = URLComponents(string: url), parts.scheme == "http", let host = parts.host, !host.isEmpty,
            parts.path.isEmpty || parts.path == "/"
        else {
            throw CommandError(.usage, "--url \(url) is not understood. Write http://127.0.0.1:8080; TLS and paths are not for load.")
        }
        self.init(host: host, port: parts.port ?? 80, writeKey: writeKey, readKey: readKey)
    }

    init(host: String, port: Int, writeKey: String, readKey: String) {
        (self.host, self.port, self.writeKey, self.readKey) = (host, port, writeKey, readKey)
    }

    /// The value of `Authorization` for a key, as Segment's clients send it.
    static func authorization(_ key: String) -> String { "Basic " + Data((key + ":").utf8).base64EncodedString() }

    /// The head of a request with a batch of so many bytes.
    func batchHead(_ bytes: Int) -> String {
        "POST /v1/batch HTTP/1.1\r\nHost: \(host):\(port)\r\nAuthorization: \(Self.authorization(writeKey))\r\n"
            + "Content-Type: application/json\r\nContent-Length: \(bytes)\r\n\r\n"
    }

    /// A question about a person, all of it but the last letters of the address and what follows `rest`.
    func askHead(_ ask: LoadPlan.Ask) -> (before: String, rest: String) {
        let path =
            switch ask {
            case .decide: "/v1/decide?profile=user_id:p-"
            case .profile: "/v1/profiles/user_id:p-"
            }
        return ("GET \(path)", " HTTP/1.1\r\nHost: \(host):\(port)\r\nAuthorization: \(Self.authorization(readKey))\r\n\r\n")
    }
}
