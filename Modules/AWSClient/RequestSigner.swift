import Crypto
import EventModel
import Foundation
import Secrets

/// Signs requests with Signature Version 4 (AWS, "Signing AWS API requests", 2012 to now).
struct RequestSigner: Sendable {
    let account: AWSAccount
    /// As signatures call it: `s3`, `kinesis`.
    let service: String

    /// What is signed of a request. Names of headers in lower case.
    struct Request {
        var method: String
        /// Escaped.
        var path: String
        var query: [(name: String, value: String)]
        var headers: [(name: String, value: String)]
        var body: [UInt8]
    }

    /// Headers that a request has to have beside its own: its time and its signature.
    func headers(of request: Request, at now: Instant) -> [(name: String, value: String)] {
        let stamp = Self.stamp(now)
        let hash = SHA256.hash(data: request.body).hex
        var added: [(name: String, value: String)] = [("x-amz-date", stamp)]
        if service == "s3" { added.append(("x-amz-content-sha256", hash)) }
        if let token = account.sessionToken { added.append(("x-amz-security-token", token.value)) }
        let signed = (request.headers + added).map { (name: $0.name, value: Self.folded($0.value)) }.sorted { $0.name < $1.name }
        let names = signed.map(\.name).joined(separator: ";")
        let canonical = [
            request.method, request.path, Self.query(request.query), signed.map { "\($0.name):\($0.value)\n" }.joined(), names, hash,
        ].joined(separator: "\n")
        let scope = "\(stamp.prefix(8))/\(account.region)/\(service)/aws4_request"
        let text = ["AWS4-HMAC-SHA256", stamp, scope, SHA256.hash(data: Data(canonical.utf8)).hex].joined(separator: "\n")
        var key = Data("AWS4\(account.key.value)".utf8)
        for part in [String(stamp.prefix(8)), account.region, service, "aws4_request", text] {
            key = Data(HMAC<SHA256>.authenticationCode(for: Data(part.utf8), using: SymmetricKey(data: key)))
        }
        let signature = key.hex
        added.append(
            (
                "authorization",
                "AWS4-HMAC-SHA256 Credential=\(account.keyID.value)/\(scope), SignedHeaders=\(names), Signature=\(signature)"
            ))
        return added
    }

    /// `20150830T123600Z`.
    private static func stamp(_ now: Instant) -> String {
        String(now.text.unicodeScalars.prefix(19).filter { $0 != "-" && $0 != ":" }.map(Character.init)) + "Z"
    }

    /// Without spaces around it, and with one between its words.
    private static func folded(_ value: String) -> String {
        value.split(whereSeparator: { $0 == " " || $0 == "\t" }).joined(separator: " ")
    }

    /// A query as it is signed and sent: escaped, and sorted by name, then value.
    static func query(_ query: [(name: String, value: String)]) -> String {
        query.map { (escaped($0.name), escaped($0.value)) }.sorted { $0 < $1 }.map { "\($0.0)=\($0.1)" }.joined(separator: "&")
    }

    /// Escapes all but the characters of names (RFC 3986, section 2.3), and `/` where that is to stay.
    static func escaped(_ text: String, keepingSlashes: Bool = false) -> String {
        var out = ""
        for byte in text.utf8 {
            switch byte {
            case 48...57, 65...90, 97...122, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
                out.unicodeScalars.append(Unicode.Scalar(byte))
            case UInt8(ascii: "/") where keepingSlashes: out += "/"
            default: out += byte < 16 ? "%0\(String(byte, radix: 16, uppercase: true))" : "%\(String(byte, radix: 16, uppercase: true))"
            }
        }
        return out
    }
}

extension Sequence<UInt8> {
    /// Two small letters a byte.
    fileprivate var hex: String {
        var out = ""
        for byte in self { out += byte < 16 ? "0\(String(byte, radix: 16))" : String(byte, radix: 16) }
        return out
    }
}
