import Crypto
import Foundation

/// Who may do what: the name and role of a key, and what its bearer must know. The secret itself is not kept.
public struct AccessKey: Sendable, CustomStringConvertible {
    /// What a key opens. Whatever a role does not name is denied.
    public enum Role: String, Sendable, CaseIterable {
        /// Sends messages; reads nothing.
        case write
        /// Asks about people, segments and offers; sends nothing.
        case read
        /// Asks which offers a person is given, and nothing else: for keys that stand in pages and apps.
        case evaluate
        /// All of it.
        case admin
    }
    /// Told in counts and in quarantine.
    public var name: String
    public var role: Role
    /// How often it may be used; nil is without measure.
    public var rate: RequestRate?
    /// SHA-256 of the secret.
    let digest: [UInt8]

    /// Keeps the digest of `secret`.
    public init(name: String, role: Role, secret: String, rate: RequestRate? = nil) {
        (self.name, self.role, self.rate) = (name, role, rate)
        digest = Array(SHA256.hash(data: Data(secret.utf8)))
    }

    /// Name and role, nothing of the secret.
    public var description: String { "\(role.rawValue) key '\(name)'" }
}

/// Requests that a key may make: so many at once, and so many a second over time.
public struct RequestRate: Sendable, Hashable {
    /// Requests a second, above 0.
    public var perSecond: Double
    /// Requests at once, from 1.
    public var burst: Double

    /// Joins both; by default a second's requests may come at once.
    public init(perSecond: Double, burst: Double? = nil) {
        self.perSecond = perSecond
        self.burst = max(1, burst ?? perSecond)
    }
}
