public import Connectors
public import EventModel
import Foundation
import Secrets
import WebClient

/// Settings of `webhook`: an address that records are posted to, and how they are signed.
public struct WebhookSettings: DestinationSettings {
    var url: String
    var secret: Secret
    var previousSecret: Secret?
    var headers: SettingObject?
    var body: String?
    var records: Int?
    var timeout: Double?
    var concurrency: Int?
    var insecure: Bool?

    public static let descriptor = ConnectorDescriptor(
        name: "webhook", summary: "Posts records to an address as JSON, signed as Standard Webhooks says.",
        settings: [
            .required("url", .text, "The address: https, or http on this machine."),
            .required("secret", .secret, "What requests are signed with: whsec_ and 24 to 64 bytes in base64."),
            .optional("previousSecret", .secret, "A second one to sign with, while the receiver goes over to a new secret."),
            .optional("headers", .object(withSecrets: true), "Headers that every request has besides, texts by their names."),
            .optional("body", .word(["single", "batch"]), "What a request holds: a record, or an array of them.", usual: "single"),
            .optional("records", .integer(1...10_000), "Records of a request at most, where it holds an array.", usual: "100"),
            .optional("timeout", .number(0.05...3_600), "After how long without an answer a request has failed.", unit: "s", usual: "15"),
            .optional(
                "concurrency", .integer(1...WebClient.mostConnections),
                "Requests at once; records of one profile go one after another all the same.", usual: "1"),
            .optional("insecure", .truth, "Whether http may be spoken to other machines.", usual: "false"),
        ])

    /// Nothing is connected to before the first batch.
    public func makeDestination(_ context: ConnectorContext) throws(SettingsError) -> any Destination {
        try makeDestination(now: context.now)
    }

    func makeDestination(now: @escaping @Sendable () -> Instant) throws(SettingsError) -> WebhookDestination {
        if records != nil, body != "batch" {
            throw SettingsError(at: ["records"], "a request holds one record", remedy: "Write `body: batch` as well, or leave it out.")
        }
        var keys = [try SigningKey(secret, setting: "secret")]
        if let previousSecret { keys.append(try SigningKey(previousSecret, setting: "previousSecret")) }
        let receiver = Receiver(
            address: try WebAddress(url, isInsecure: insecure ?? false), keys: keys, headers: try WebHeaders(headers, reserved: "webhook-"),
            timeout: .milliseconds(Int64((timeout ?? 15) * 1_000)), now: now)
        return WebhookDestination(
            receiver: receiver, form: body == "batch" ? .array(most: records ?? 100) : .single, concurrency: concurrency ?? 1, now: now)
    }
}
