public import Connectors
public import EventModel
import Foundation
import Secrets

/// Settings that every connector to Amazon's services, or to servers that speak like them, has beside its own.
public struct AWSSettings: Decodable, Sendable {
    private var region: String
    private var accessKeyID: Secret
    private var secretAccessKey: Secret
    private var sessionToken: Secret?
    private var endpoint: String?
    private var insecure: Bool?
    private var timeout: Double?

    /// For the descriptor of a connector.
    public static let descriptors: [SettingDescriptor] = [
        .required("region", .text, "The region: eu-central-1. Servers that have none take us-east-1."),
        .required("accessKeyID", .secret, "The id of the access key."),
        .required("secretAccessKey", .secret, "The key itself."),
        .optional("sessionToken", .secret, "The token of temporary credentials."),
        .optional("endpoint", .text, "The address of another server that speaks the same.", usual: "Amazon's of the region"),
        .optional("insecure", .truth, "Whether http may be spoken to other machines.", usual: "false"),
        .optional("timeout", .number(1...3_600), "After how long without an answer a request has failed.", unit: "s", usual: "60"),
    ]

    /// Whether another address than Amazon's is asked.
    public var isElsewhere: Bool { endpoint != nil }

    /// A client of a service, as the settings say.
    ///
    /// - Parameter service: As addresses and signatures call it: `s3`, `kinesis`.
    /// - Parameter prefix: Before the host's name, with its dot, where the address is Amazon's own; empty: nothing.
    public func makeClient(service: String, hostPrefix prefix: String = "", now: @escaping @Sendable () -> Instant) throws(SettingsError)
        -> AWSClient
    {
        let account = try AWSAccount(
            region: region, keyID: accessKeyID, key: secretAccessKey, sessionToken: sessionToken, endpoint: endpoint,
            isInsecure: insecure ?? false)
        return AWSClient(
            account, service: service, hostPrefix: prefix, timeout: .milliseconds(Int64((timeout ?? 60) * 1_000)),
            now: now)
    }
}
