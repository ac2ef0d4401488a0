public import Connectors
public import EventModel
public import Secrets
public import WebClient

/// Who asks, and where: settings that every connector to Amazon's services, or to one that speaks like them, has.
public struct AWSAccount: Sendable {
    /// The access key's id.
    let keyID: Secret
    /// The key that requests are signed with.
    let key: Secret
    /// Of temporary credentials.
    let sessionToken: Secret?
    /// `eu-central-1`.
    public let region: String
    /// Instead of Amazon's own address.
    public let endpoint: WebAddress?

    /// The settings, for the descriptor of a connector.
    public static let settings: [SettingDescriptor] = [
        .required("region", .text, "The region: eu-central-1. Servers that have none take us-east-1."),
        .required("accessKeyID", .secret, "The id of the access key."),
        .required("secretAccessKey", .secret, "The key itself."),
        .optional("sessionToken", .secret, "The token of temporary credentials."),
        .optional("endpoint", .text, "The address of another server that speaks the same.", usual: "Amazon's of the region"),
        .optional("insecure", .truth, "Whether http may be spoken to other machines.", usual: "false"),
    ]

    /// Checks what was written.
    public init(
        region: String, keyID: Secret, key: Secret, sessionToken: Secret?, endpoint: String?, isInsecure: Bool?
    ) throws(SettingsError) {
        guard region.utf8.allSatisfy({ (48...57).contains($0) || (97...122).contains($0) || $0 == 45 }) else {
            throw SettingsError(at: ["region"], "this is no region", remedy: "Write one such as eu-central-1.")
        }
        (self.region, self.keyID, self.key, self.sessionToken) = (region, keyID, key, sessionToken)
        self.endpoint = try endpoint.map { text throws(SettingsError) in
            let address = try WebAddress(text, isInsecure: isInsecure ?? false, at: ["endpoint"])
            let rest = text.dropFirst(address.shown.count)
            guard rest.isEmpty || rest == "/" else {
                throw SettingsError(at: ["endpoint"], "this has a path", remedy: "Write scheme, host and port alone.")
            }
            return address
        }
    }
}
