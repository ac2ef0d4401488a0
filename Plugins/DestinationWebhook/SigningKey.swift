import Crypto
import EventModel
import Foundation
import Secrets

/// A symmetric key of Standard Webhooks (github.com/standard-webhooks/standard-webhooks), written as `whsec_` and its bytes in base64.
struct SigningKey: Sendable {
    private let key: SymmetricKey

    /// Bytes of a key, as the specification wants them.
    private static let sizes = 24...64

    /// - Parameter setting: Its name, for the error.
    init(_ secret: Secret, setting: String) throws(SettingsError) {
        let prefix = "whsec_"
        guard secret.value.hasPrefix(prefix), let bytes = Data(base64Encoded: String(secret.value.dropFirst(prefix.count))),
            Self.sizes.contains(bytes.count)
        else {
            throw SettingsError(
                at: [setting], "this leads to no secret of Standard Webhooks",
                remedy: "It is whsec_ and 24 to 64 random bytes in base64; make one with: echo whsec_$(openssl rand -base64 32).")
        }
        key = SymmetricKey(data: bytes)
    }

    /// What the header `webhook-signature` says of a request: `v1,` and HMAC-SHA256 of `id.seconds.body` in base64.
    func signature(id: String, seconds: Int64, body: [UInt8]) -> String {
        var code = HMAC<SHA256>(key: key)
        code.update(data: Array("\(id).\(seconds).".utf8))
        code.update(data: body)
        return "v1," + Data(code.finalize()).base64EncodedString()
    }
}
