import AWSClient
import Archive
public import Connectors
public import EventModel
import Foundation
import Secrets

/// The settings that both ends have.
private enum Shared {
    static let settings: [SettingDescriptor] =
        [
            .required("bucket", .text, "The bucket."),
            .optional("prefix", .text, "The beginning of keys: exports/.", usual: "none"),
        ] + AWSAccount.settings + [
            .optional("timeout", .number(1...3_600), "After how long without an answer a request has failed.", unit: "s", usual: "60")
        ]

    static func bucket(_ name: String, _ account: AWSAccount, timeout: Double?) throws(SettingsError) -> S3Bucket {
        guard (3...63).contains(name.utf8.count),
            name.utf8.allSatisfy({ (48...57).contains($0) || (97...122).contains($0) || $0 == 45 || $0 == 46 })
        else {
            throw SettingsError(
                at: ["bucket"], "this is no name of a bucket", remedy: "Write 3 to 63 small letters, digits, dots and hyphens.")
        }
        // A certificate of Amazon's holds for one step before its own name; servers elsewhere have one name.
        let isInPath = account.endpoint != nil || name.contains(".")
        return S3Bucket(
            client: AWSClient(
                account, service: "s3", hostPrefix: isInPath ? "" : "\(name).", timeout: .milliseconds(Int64((timeout ?? 60) * 1_000)),
                now: { Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000)) }),
            name: name, isInPath: isInPath)
    }
}

/// Settings of `s3` as a source.
public struct S3SourceSettings: SourceSettings {
    var bucket: String
    var prefix: String?
    var region: String
    var accessKeyID: Secret
    var secretAccessKey: Secret
    var sessionToken: Secret?
    var endpoint: String?
    var insecure: Bool?
    var timeout: Double?
    var pattern: String?
    var format: String?
    var mapping: String?
    var follow: Bool?
    var interval: Double?
    var settle: Double?

    public static let descriptor = ConnectorDescriptor(
        name: "s3",
        summary: "Reads the objects of an S3 bucket, of any format that `import` reads, and goes on with those that come later.",
        settings: Shared.settings + [
            .optional("pattern", .text, "Which objects, by the last step of their keys: a shell pattern.", usual: "*"),
            .optional("format", .text, "The format of all objects.", usual: "by the mapping, or by each object's name"),
            .optional("mapping", .text, "The mapping file of the format."),
            .optional("follow", .truth, "Whether it goes on when all is read, with new objects.", usual: "true"),
            .optional("interval", .number(1...86_400), "How often it looks for more when all is read.", unit: "s", usual: "30"),
            .optional(
                "settle", .number(0...86_400), "How old an object has to be before it is read, so that none of its second is missed.",
                unit: "s", usual: "10"),
        ])

    /// Nothing is connected to before the first batch.
    public func makeSource(_ context: ConnectorContext) throws(SettingsError) -> any Source {
        let account = try AWSAccount(
            region: region, keyID: accessKeyID, key: secretAccessKey, sessionToken: sessionToken, endpoint: endpoint, isInsecure: insecure)
        let follows = (follow ?? true) && !context.isRunOnce
        return S3Source(
            bucket: try Shared.bucket(bucket, account, timeout: timeout), prefix: prefix ?? "", pattern: pattern ?? "*",
            formats: try FileFormats(named: format, mapping: mapping, context), interval: follows ? .seconds(interval ?? 30) : nil,
            settle: .seconds(settle ?? 10))
    }
}

/// Settings of `s3` as a destination.
public struct S3DestinationSettings: DestinationSettings {
    var bucket: String
    var prefix: String?
    var region: String
    var accessKeyID: Secret
    var secretAccessKey: Secret
    var sessionToken: Secret?
    var endpoint: String?
    var insecure: Bool?
    var timeout: Double?
    var compress: Bool?

    public static let descriptor = ConnectorDescriptor(
        name: "s3", summary: "Puts records into an S3 bucket, as objects of NDJSON.",
        settings: Shared.settings + [.optional("compress", .truth, "Whether objects are gzip.", usual: "true")])

    /// Nothing is connected to before the first batch.
    public func makeDestination(_ context: ConnectorContext) throws(SettingsError) -> any Destination {
        let account = try AWSAccount(
            region: region, keyID: accessKeyID, key: secretAccessKey, sessionToken: sessionToken, endpoint: endpoint, isInsecure: insecure)
        return S3Destination(
            bucket: try Shared.bucket(bucket, account, timeout: timeout), prefix: prefix ?? "", isCompressed: compress ?? true)
    }
}
