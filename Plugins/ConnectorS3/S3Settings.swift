import AWSClient
import Archive
public import Connectors
public import EventModel

/// Settings that both ends have.
struct S3Place: Decodable, Sendable {
    private var bucket: String
    private(set) var prefix: String?

    static let descriptors: [SettingDescriptor] =
        [
            .required("bucket", .text, "The bucket."),
            .optional("prefix", .text, "The beginning of keys: exports/.", usual: "none"),
        ] + AWSSettings.descriptors

    func makeBucket(_ aws: AWSSettings, _ context: ConnectorContext) throws(SettingsError) -> S3Bucket {
        let isName = bucket.utf8.allSatisfy { (48...57).contains($0) || (97...122).contains($0) || $0 == 45 || $0 == 46 }
        guard (3...63).contains(bucket.utf8.count), isName else {
            throw SettingsError(
                at: ["bucket"], "this is no name of a bucket", remedy: "Write 3 to 63 small letters, digits, dots and hyphens.")
        }
        // A certificate of Amazon's holds for one step before its own name; servers elsewhere have one name.
        let isInPath = aws.isElsewhere || bucket.contains(".")
        return S3Bucket(
            client: try aws.makeClient(service: "s3", hostPrefix: isInPath ? "" : "\(bucket).", now: context.now), name: bucket,
            isInPath: isInPath)
    }
}

/// Settings of `s3` as a source.
public struct S3SourceSettings: SourceSettings {
    private struct Own: Decodable {
        var pattern: String?
        var format: String?
        var mapping: String?
        var follow: Bool?
        var interval: Double?
        var settle: Double?
    }
    private let own: Own
    private let place: S3Place
    private let aws: AWSSettings

    public static let descriptor = ConnectorDescriptor(
        name: "s3",
        summary: "Reads the objects of an S3 bucket, of any format that `import` reads, and goes on with those that come later.",
        settings: S3Place.descriptors + [
            .optional("pattern", .text, "Which objects, by the last step of their keys: a shell pattern.", usual: "*"),
            .optional("format", .text, "The format of all objects.", usual: "by the mapping, or by each object's name"),
            .optional("mapping", .text, "The mapping file of the format."),
            .optional("follow", .truth, "Whether it goes on when all is read, with new objects.", usual: "true"),
            .optional("interval", .number(1...86_400), "How often it looks for more when all is read.", unit: "s", usual: "30"),
            .optional(
                "settle", .number(0...86_400), "How old an object has to be before it is read, so that none of its second is missed.",
                unit: "s", usual: "10"),
        ])

    public init(from decoder: any Decoder) throws {
        (own, place, aws) = (try Own(from: decoder), try S3Place(from: decoder), try AWSSettings(from: decoder))
    }

    /// Nothing is connected to before the first batch.
    public func makeSource(_ context: ConnectorContext) throws(SettingsError) -> any Source {
        let follows = (own.follow ?? true) && !context.isRunOnce
        return S3Source(
            bucket: try place.makeBucket(aws, context), prefix: place.prefix ?? "", pattern: own.pattern ?? "*",
            formats: try FileFormats(named: own.format, mapping: own.mapping, context),
            interval: follows ? .seconds(own.interval ?? 30) : nil, settle: .seconds(own.settle ?? 10),
            report: context.report)
    }
}

/// Settings of `s3` as a destination.
public struct S3DestinationSettings: DestinationSettings {
    private struct Own: Decodable {
        var compress: Bool?
    }
    private let own: Own
    private let place: S3Place
    private let aws: AWSSettings

    public static let descriptor = ConnectorDescriptor(
        name: "s3", summary: "Puts records into an S3 bucket, as objects of NDJSON.",
        settings: S3Place.descriptors + [.optional("compress", .truth, "Whether objects are gzip.", usual: "true")])

    public init(from decoder: any Decoder) throws {
        (own, place, aws) = (try Own(from: decoder), try S3Place(from: decoder), try AWSSettings(from: decoder))
    }

    /// Nothing is connected to before the first batch.
    public func makeDestination(_ context: ConnectorContext) throws(SettingsError) -> any Destination {
        S3Destination(bucket: try place.makeBucket(aws, context), prefix: place.prefix ?? "", isCompressed: own.compress ?? true)
    }
}
