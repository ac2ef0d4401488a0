import AWSClient
public import Connectors
public import EventModel
import Foundation
import Secrets

/// The settings that both ends have.
private enum Shared {
    static let settings: [SettingDescriptor] =
        [.required("stream", .text, "The stream.")] + AWSAccount.settings + [
            .optional("timeout", .number(1...3_600), "After how long without an answer a request has failed.", unit: "s", usual: "60")
        ]

    static func stream(_ name: String, _ account: AWSAccount, timeout: Double?) -> KinesisStream {
        KinesisStream(
            client: AWSClient(
                account, service: "kinesis", timeout: .milliseconds(Int64((timeout ?? 60) * 1_000)),
                now: { Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000)) }),
            name: name)
    }
}

/// Settings of `kinesis` as a source.
public struct KinesisSourceSettings: SourceSettings {
    var stream: String
    var region: String
    var accessKeyID: Secret
    var secretAccessKey: Secret
    var sessionToken: Secret?
    var endpoint: String?
    var insecure: Bool?
    var timeout: Double?
    var format: String?
    var start: String?
    var batchRecords: Int?
    var interval: Double?

    public static let descriptor = ConnectorDescriptor(
        name: "kinesis", summary: "Reads the shards of a Kinesis stream, each record a line of a format.",
        settings: Shared.settings + [
            .optional("format", .text, "What a record holds.", usual: "segment"),
            .optional("start", .word(["earliest", "latest"]), "Where it begins the first time.", usual: "earliest"),
            .optional("batchRecords", .integer(1...10_000), "Records that are fetched at once.", usual: "1000"),
            .optional("interval", .number(0.2...86_400), "How long it waits where nothing came.", unit: "s", usual: "1"),
        ])

    /// Nothing is connected to before the first batch.
    public func makeSource(_ context: ConnectorContext) throws(SettingsError) -> any Source {
        let account = try AWSAccount(
            region: region, keyID: accessKeyID, key: secretAccessKey, sessionToken: sessionToken, endpoint: endpoint, isInsecure: insecure)
        return KinesisSource(
            stream: Shared.stream(stream, account, timeout: timeout), decoder: try RecordDecoder(named: format, context),
            startsLatest: start == "latest", batchRecords: batchRecords ?? 1_000,
            interval: context.isRunOnce ? nil : .seconds(interval ?? 1))
    }
}

/// Settings of `kinesis` as a destination.
public struct KinesisDestinationSettings: DestinationSettings {
    var stream: String
    var region: String
    var accessKeyID: Secret
    var secretAccessKey: Secret
    var sessionToken: Secret?
    var endpoint: String?
    var insecure: Bool?
    var timeout: Double?

    public static let descriptor = ConnectorDescriptor(
        name: "kinesis", summary: "Puts records into a Kinesis stream, those of one profile into one shard.", settings: Shared.settings)

    /// Nothing is connected to before the first batch.
    public func makeDestination(_ context: ConnectorContext) throws(SettingsError) -> any Destination {
        let account = try AWSAccount(
            region: region, keyID: accessKeyID, key: secretAccessKey, sessionToken: sessionToken, endpoint: endpoint, isInsecure: insecure)
        return KinesisDestination(Shared.stream(stream, account, timeout: timeout))
    }
}
