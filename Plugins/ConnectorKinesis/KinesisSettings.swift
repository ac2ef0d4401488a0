import AWSClient
public import Connectors
public import EventModel
import Foundation

/// Settings that both ends have.
struct KinesisPlace: Decodable, Sendable {
    private var stream: String

    static let descriptors: [SettingDescriptor] = [.required("stream", .text, "The stream.")] + AWSSettings.descriptors

    func makeStream(_ aws: AWSSettings, _ context: ConnectorContext) throws(SettingsError) -> KinesisStream {
        KinesisStream(client: try aws.makeClient(service: "kinesis", now: context.now), name: stream)
    }
}

/// Settings of `kinesis` as a source.
public struct KinesisSourceSettings: SourceSettings {
    private struct Own: Decodable {
        var format: String?
        var payload: String?
        var start: String?
        var batchRecords: Int?
        var interval: Double?
    }
    private let own: Own
    private let place: KinesisPlace
    private let aws: AWSSettings

    public static let descriptor = ConnectorDescriptor(
        name: "kinesis", summary: "Reads the shards of a Kinesis stream, each record a line of a format.",
        settings: KinesisPlace.descriptors + [
            .optional("format", .text, "What a record holds.", usual: "segment"),
            Payloads.read,
            .optional("start", .word(["earliest", "latest"]), "Where it begins the first time.", usual: "earliest"),
            .optional("batchRecords", .integer(1...10_000), "Records that are fetched at once.", usual: "1000"),
            .optional("interval", .number(0.2...86_400), "How long it waits where nothing came.", unit: "s", usual: "1"),
        ])

    public init(from decoder: any Decoder) throws {
        (own, place, aws) = (try Own(from: decoder), try KinesisPlace(from: decoder), try AWSSettings(from: decoder))
    }

    /// Nothing is connected to before the first batch.
    public func makeSource(_ context: ConnectorContext) throws(SettingsError) -> any Source {
        KinesisSource(
            stream: try place.makeStream(aws, context), decoder: try RecordDecoder(named: own.format, payload: own.payload, context),
            startsLatest: own.start == "latest",
            now: context.now, batchRecords: own.batchRecords ?? 1_000,
            interval: context.isRunOnce ? nil : .seconds(own.interval ?? 1))
    }
}

/// Settings of `kinesis` as a destination.
public struct KinesisDestinationSettings: DestinationSettings {
    private struct Own: Decodable {
        var payload: String?
    }
    private let own: Own
    private let place: KinesisPlace
    private let aws: AWSSettings

    public static let descriptor = ConnectorDescriptor(
        name: "kinesis", summary: "Puts records into a Kinesis stream, those of one profile into one shard.",
        settings: KinesisPlace.descriptors + [Payloads.written])

    public init(from decoder: any Decoder) throws {
        (own, place, aws) = (try Own(from: decoder), try KinesisPlace(from: decoder), try AWSSettings(from: decoder))
    }

    /// Nothing is connected to before the first batch.
    public func makeDestination(_ context: ConnectorContext) throws(SettingsError) -> any Destination {
        try context.encoding(own.payload, for: KinesisDestination(try place.makeStream(aws, context)))
    }
}
