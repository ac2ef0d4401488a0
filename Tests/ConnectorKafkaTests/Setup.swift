import Connectors
import ConnectorsTesting
import EventModel
import FormatCSV
import FormatPostHog
import FormatSegment
import Foundation
import KafkaMock
import Testing

@testable import ConnectorKafka

/// How much more a run with `TESSERA_LONG` does.
let scale = ProcessInfo.processInfo.environment["TESSERA_LONG"] == nil ? 1 : 10

private let formats = FormatRegistry([SegmentFormat.self, CSVFormat.self, PostHogFormat.self])

/// A source of a cluster.
///
/// - Parameter settings: Members of the settings beside `brokers`, as JSON.
func makeSource(_ cluster: MockCluster, _ settings: String, runsOnce: Bool = true) throws -> KafkaSource {
    let context = ConnectorContext(formats: formats, folder: "/", isRunOnce: runsOnce)
    return try makeSource(#"{"brokers":\#(cluster.list),\#(settings)}"#, context)
}

func makeSource(_ settings: String, _ context: ConnectorContext = ConnectorContext(formats: formats, folder: "/")) throws -> KafkaSource {
    let object = try #require(JSONValue(parsing: Array(settings.utf8)).asObject)
    let source = try SourceRegistry([KafkaSourceSettings.self]).make(
        "kafka", settings: object, environment: ["SECRET": "hunter2"], context: context)
    return try #require(source as? KafkaSource)
}

/// A destination of a cluster.
func makeDestination(_ cluster: MockCluster, _ settings: String) throws -> KafkaDestination {
    try makeDestination(#"{"brokers":\#(cluster.list),\#(settings)}"#)
}

func makeDestination(_ settings: String) throws -> KafkaDestination {
    let object = try #require(JSONValue(parsing: Array(settings.utf8)).asObject)
    let destination = try DestinationRegistry([KafkaDestinationSettings.self]).make(
        "kafka", settings: object, environment: ["SECRET": "hunter2"], context: ConnectorContext(formats: formats, folder: "/"))
    return try #require(destination as? KafkaDestination)
}

extension MockCluster {
    /// As settings name its brokers.
    var list: String { JSONValue.array(brokers.map { .string($0) }).text }
}

/// Waits, for minutes, until something holds.
func wait(_ what: String, until holds: () -> Bool) async throws {
    for _ in 0..<12_000 {
        if holds() { return }
        try await Task.sleep(for: .milliseconds(10))
    }
    Issue.record("it never came to hold: \(what)")
}
