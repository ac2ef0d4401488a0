import Crypto
import EventModel
import Foundation
import HTTPTypes
import Synchronization

/// The keys of a server: finds who bears a secret without telling by its time how near a guess came, and counts their requests.
final class KeyRing: Sendable {
    private let keys: [AccessKey]
    private let buckets: Mutex<[TokenBucket?]>

    init(_ keys: [AccessKey]) {
        self.keys = keys
        buckets = Mutex(keys.map { $0.rate.map(TokenBucket.init) })
    }

    /// The place of the key whose secret this is; nil where there is none. Every key is compared in full, whatever the secret.
    func find(_ secret: String) -> Int? {
        let digest = SHA256.hash(data: Data(secret.utf8))
        var found = -1
        digest.withUnsafeBytes { digest in
            for (index, key) in keys.enumerated() {
                var difference: UInt8 = 0
                for place in key.digest.indices { difference |= key.digest[place] ^ digest[place] }
                // All ones where nothing differs, else zero: no branch on what was compared.
                let same = Int(truncatingIfNeeded: (Int16(difference) - 1) >> 15)
                found = (index & same) | (found & ~same)
            }
        }
        return found < 0 ? nil : found
    }

    /// Lets a request in: the name of the key that opens what asks for one of `roles`.
    func admit(_ secret: String?, roles: [AccessKey.Role], now: Instant) throws(HTTPFailure) -> String {
        guard let secret else { throw Self.unauthorized("The request names no key.") }
        guard let index = find(secret) else { throw Self.unauthorized("The key is not known here.") }
        let key = keys[index]
        guard roles.contains(key.role) else {
            throw HTTPFailure(
                .forbidden, "forbidden", "The \(key) does not open this.",
                remedy: "Use a key with the role \(roles.map { "'\($0.rawValue)'" }.joined(separator: " or ")).")
        }
        if let wait = buckets.withLock({ $0[index]?.take(at: now) }) {
            throw HTTPFailure(
                .tooManyRequests, "rate_limited", "The \(key) was used more often than it may.",
                remedy: "Try again after \(wait) s, send larger batches, or raise the key's requestsPerSecond.", retryAfter: wait)
        }
        return key.name
    }

    /// The secret that the header carries: Basic's user name, as Segment's clients send a write key, or a Bearer's token.
    static func secret(_ header: String) -> String? {
        let parts = header.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
        guard parts.count == 2 else { return nil }
        let credentials = parts[1].trimmingCharacters(in: .whitespaces)
        switch parts[0].lowercased() {
        case "bearer": return credentials
        case "basic":
            guard let data = Data(base64Encoded: credentials), let text = String(data: data, encoding: .utf8) else { return nil }
            return String(text.prefix { $0 != ":" })
        default: return nil
        }
    }

    private static func unauthorized(_ message: String) -> HTTPFailure {
        var failure = HTTPFailure(
            .unauthorized, "unauthorized", message,
            remedy: "Send it as the user name of Basic authentication with an empty password, or as 'Authorization: Bearer KEY'.")
        failure.headers[.wwwAuthenticate] = "Basic realm=\"tessera\", charset=\"UTF-8\""
        return failure
    }
}

/// A bucket that fills steadily and gives one token a request (token bucket, as in RFC 2697).
struct TokenBucket {
    private let rate: RequestRate
    private var tokens: Double
    private var filled: Instant?

    init(_ rate: RequestRate) {
        self.rate = rate
        tokens = rate.burst
    }

    /// Takes a token; else the whole seconds until there is one. A clock that is set back fills nothing and takes nothing.
    mutating func take(at now: Instant) -> Int? {
        if let filled, now > filled {
            tokens = min(rate.burst, tokens + Double(now.milliseconds - filled.milliseconds) / 1_000 * rate.perSecond)
        }
        filled = now
        if tokens >= 1 {
            tokens -= 1
            return nil
        }
        return Int(min(3_600, max(1, ((1 - tokens) / rate.perSecond).rounded(.up))))
    }
}
