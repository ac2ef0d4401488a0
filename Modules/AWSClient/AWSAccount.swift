import EventModel
import Secrets
import WebClient

/// Who asks, and where.
struct AWSAccount: Sendable {
    /// The access key's id.
    let keyID: Secret
    /// The key that requests are signed with.
    let key: Secret
    /// Of temporary credentials.
    let sessionToken: Secret?
    /// `eu-central-1`.
    let region: String
    /// Instead of Amazon's own address.
    let endpoint: WebAddress?

    /// Checks what was written.
    init(
        region: String, keyID: Secret, key: Secret, sessionToken: Secret? = nil, endpoint: String? = nil, isInsecure: Bool = false
    ) throws(SettingsError) {
        guard region.utf8.allSatisfy({ (48...57).contains($0) || (97...122).contains($0) || $0 == 45 }) else {
            throw SettingsError(at: ["region"], "this is no region", remedy: "Write one such as eu-central-1.")
        }
        (self.region, self.keyID, self.key, self.sessionToken) = (region, keyID, key, sessionToken)
        self.endpoint = try endpoint.map { text throws(SettingsError) in
            let address = try WebAddress(text, isInsecure: isInsecure, at: ["endpoint"])
            let rest = text.dropFirst(address.shown.count)
            guard rest.isEmpty || rest == "/" else {
                throw SettingsError(at: ["endpoint"], "this has a path", remedy: "Write scheme, host and port alone.")
            }
            return address
        }
    }
}
