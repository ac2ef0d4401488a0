import Connectors
import Crypto
import EventModel
import Foundation
import Secrets

/// How a sender shows that a request is its own: a code made of the request with a secret that both know.
struct RequestSignature: Sendable {
    /// Where the code stands, and what it is made of.
    enum Scheme: Sendable, Hashable {
        /// `webhook-signature: v1,CODE v1,CODE` of `ID.SECONDS.BODY`, as github.com/standard-webhooks/standard-webhooks says.
        case standard
        /// A header such as `t=SECONDS,v1=CODE,v1=CODE` of `SECONDS.BODY`, in hexadecimal digits.
        case timed(header: String)
        /// A header that is the code of the body, behind a prefix.
        case plain(header: String, Algorithm, Encoding, prefix: String)
    }
    enum Algorithm: String, Sendable, CaseIterable { case sha256, sha1 }
    enum Encoding: String, Sendable, CaseIterable { case hex, base64 }

    let scheme: Scheme
    /// The secret, and the one before where senders still use it.
    let keys: [SymmetricKey]

    /// Seconds that a sender's clock may be off.
    static let tolerance: Int64 = 300
    /// Codes of a header that are looked at.
    private static let mostCodes = 16

    /// Why a request is not the sender's; nil where it is. No time tells how near a guess came.
    func refusal(of request: ReceivedRequest) -> String? {
        switch scheme {
        case .standard:
            guard let id = request.headers["webhook-id"], let time = request.headers["webhook-timestamp"],
                let header = request.headers["webhook-signature"]
            else { return "webhook-id, webhook-timestamp or webhook-signature is missing." }
            if let refusal = Self.refusal(of: time, at: request.receivedAt) { return refusal }
            let codes = header.split(separator: " ").prefix(Self.mostCodes).compactMap { part in
                part.hasPrefix("v1,") ? Data(base64Encoded: String(part.dropFirst(3))) : nil
            }
            return isOne(of: codes, .sha256, Array("\(id).\(time).".utf8), request.body) ? nil : Self.wrong
        case .timed(let name):
            guard let header = request.headers[name] else { return "\(name) is missing." }
            var (time, codes) = (String?.none, [Data]())
            for part in header.split(separator: ",").prefix(Self.mostCodes) {
                let pair = part.split(separator: "=", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
                if pair.count == 2, pair[0] == "t" { time = pair[1] }
                if pair.count == 2, pair[0] == "v1", let code = Data(hex: pair[1]) { codes.append(code) }
            }
            guard let time else { return "\(name) has no time." }
            if let refusal = Self.refusal(of: time, at: request.receivedAt) { return refusal }
            return isOne(of: codes, .sha256, Array("\(time).".utf8), request.body) ? nil : Self.wrong
        case .plain(let name, let algorithm, let encoding, let prefix):
            guard let header = request.headers[name] else { return "\(name) is missing." }
            guard header.hasPrefix(prefix) else { return "\(name) does not begin with its prefix." }
            let text = String(header.dropFirst(prefix.count)).trimmingCharacters(in: .whitespaces)
            let code = encoding == .hex ? Data(hex: text) : Data(base64Encoded: text)
            return isOne(of: code.map { [$0] } ?? [], algorithm, [], request.body) ? nil : Self.wrong
        }
    }

    private static let wrong = "The signature is not that of this request."

    private static func refusal(of time: String, at now: Instant) -> String? {
        guard let seconds = Int64(time), seconds > 0, seconds < 1 << 40 else {
            return "The time of the request is no whole number of seconds."
        }
        return abs(seconds - now.milliseconds / 1_000) <= tolerance ? nil : "The request's time is more than \(tolerance) s off."
    }

    private func isOne(of codes: [Data], _ algorithm: Algorithm, _ head: [UInt8], _ body: [UInt8]) -> Bool {
        var isOne = false
        for key in keys {
            for code in codes {
                // Every pair is compared, in constant time each.
                let isRight =
                    switch algorithm {
                    case .sha256: HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: head + body, using: key)
                    case .sha1: HMAC<Insecure.SHA1>.isValidAuthenticationCode(code, authenticating: head + body, using: key)
                    }
                isOne = isRight || isOne
            }
        }
        return isOne
    }
}

extension Data {
    /// Bytes written as hexadecimal digits; nil where they are something else.
    fileprivate init?(hex: String) {
        let digits = Array(hex.utf8)
        guard digits.count.isMultiple(of: 2) else { return nil }
        self.init(capacity: digits.count / 2)
        for place in stride(from: 0, to: digits.count, by: 2) {
            guard let pair = UInt8(String(decoding: digits[place..<place + 2], as: UTF8.self), radix: 16),
                digits[place] != UInt8(ascii: "+")
            else { return nil }
            append(pair)
        }
    }
}
