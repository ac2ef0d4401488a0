import ConnectorSinger
import Connectors
import EventModel
import Foundation
import TestFolder
import Testing

/// A published target; nil where `TESSERA_TAPS` names no folder that has its package.
private func published(_ program: String, of package: String) -> String? {
    ProcessInfo.processInfo.environment["TESSERA_TAPS"].map { "\($0)/\(package)/bin/\(program)" }.flatMap {
        FileManager.default.isExecutableFile(atPath: $0) ? $0 : nil
    }
}

/// Targets as others have written and published them. Both write their state when their input ends.
struct PublishedTargetTests {
    private func destination(_ settings: String, in folder: Folder) throws -> any Destination {
        let object = try #require(try JSONValue(parsing: settings).asObject)
        return try DestinationRegistry([SingerDestinationSettings.self]).make(
            "singer", settings: object, environment: [:],
            context: ConnectorContext(formats: FormatRegistry([]), folder: folder.path))
    }

    /// Messages of three batches, with a profile and a membership in each, and what a check finds.
    private func deliverThree(to destination: some Destination) async throws {
        #expect(try await destination.probe().hasSuffix("ends well where there is nothing to deliver."))
        for number in 0..<3 {
            var batch = DeliveryBatch.messages(number * 1_000..<(number + 1) * 1_000)
            batch.append(
                .membership, key: "\(number)/buyers/ada/entered", profile: "ada",
                json:
                    #"{"segment":"buyers","profile":"ada","entered":true,"at":"2026-01-01T00:00:00.000Z","cause":"message","version":\#(number)}"#
                    .utf8)
            batch.append(
                .profile, key: "ada/\(number)", profile: "ada",
                json:
                    #"{"id":"ada","identifiers":[{"namespace":"user_id","id":"ada"}],"traits":{"plan":"pro"},"as_of":{"plan":"2026-01-01T00:00:00.000Z"},"messages":\#(number),"first_seen":"2026-01-01T00:00:00.000Z","last_seen":null,"segments":["buyers"]}"#
                    .utf8)
            #expect(try await destination.deliver(batch).refused.isEmpty)
        }
        await destination.close()
    }

    /// Lines of all files of a folder whose names begin so.
    private func lines(_ folder: Folder, _ start: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder / "out").filter { $0.hasPrefix(start) }.sorted().flatMap { name in
            try String(contentsOfFile: folder / ("out/" + name), encoding: .utf8).split(whereSeparator: \.isNewline).map { String($0) }
        }
    }

    @Test(
        .enabled(
            if: published("target-jsonl", of: "target-jsonl") != nil, "TESSERA_TAPS names no folder with target-jsonl, so it was not tried"),
        .timeLimit(.minutes(5)), arguments: ["object", "text", "columns"])
    func `target-jsonl has every record, once each where nothing fails`(objects: String) async throws {
        let folder = try Folder()
        let command = try #require(published("target-jsonl", of: "target-jsonl"))
        let settings = #"{"command": ["\#(command)"], "config": {"destination_path": "out"}, "perBatch": true, "objects": "\#(objects)"}"#
        try await deliverThree(to: destination(settings, in: folder))
        let messages = try lines(folder, "messages-").map { try #require(try JSONValue(parsing: $0).asObject) }
        #expect(messages.map { $0["messageId"]?.asString } == (0..<3_000).map { "m\($0)" })
        let number = objects == "columns" ? messages.last?["properties__n"] : messages.last?["properties"]
        let expected: [String: JSONValue] = [
            "object": .object(JSONObject([.init("n", .integer(2_999)), .init("text", .string(""))])),
            "text": .string(#"{"n":2999,"text":""}"#), "columns": .integer(2_999),
        ]
        #expect(number == expected[objects])
        #expect(try lines(folder, "memberships-").count == 3 && lines(folder, "profiles-").count == 3)
    }

    @Test(
        .enabled(
            if: published("target-csv", of: "meltanolabs-target-csv") != nil,
            "TESSERA_TAPS names no folder with meltanolabs-target-csv, so it was not tried"),
        .timeLimit(.minutes(5)))
    func `target-csv has every record, in files of their own for each batch`() async throws {
        let folder = try Folder()
        let command = try #require(published("target-csv", of: "meltanolabs-target-csv"))
        let settings = #"""
            {"command": ["\#(command)"], "perBatch": true, "objects": "columns", "config": {
               "output_path": "out", "file_naming_scheme": "{stream_name}-{timestamp}.csv", "timestamp_format": "%Y%m%dT%H%M%S%f"}}
            """#
        try await deliverThree(to: destination(settings, in: folder))
        let rows = try lines(folder, "messages-")
        let heads = rows.filter { $0.hasPrefix("messageId,type,timestamp,profile,userId") }
        #expect(heads.count == 3 && heads.allSatisfy { $0.contains("properties__n") })
        let keys = rows.filter { !$0.hasPrefix("messageId,") }.compactMap { $0.split(separator: ",").first.map { String($0) } }
        #expect(keys == (0..<3_000).map { "m\($0)" })
        #expect(try lines(folder, "memberships-").count == 6 && lines(folder, "profiles-").count == 6)
    }

    @Test(
        .enabled(
            if: published("target-jsonl", of: "target-jsonl") != nil, "TESSERA_TAPS names no folder with target-jsonl, so it was not tried")
    )
    func `a target that only writes states at its end and runs on is told what to set`() async throws {
        let folder = try Folder()
        let command = try #require(published("target-jsonl", of: "target-jsonl"))
        let destination = try destination(#"{"command": ["\#(command)"], "timeout": 5}"#, in: folder)
        do throws(ConnectorError) {
            _ = try await destination.deliver(.messages(0..<10))
            Issue.record("it was taken for delivered")
        } catch {
            #expect(error.problem == "it did not acknowledge a batch within 5 seconds, and was ended")
            #expect(error.remedy.contains("write perBatch: true where it only writes states at its end"))
        }
    }
}
