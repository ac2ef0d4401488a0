import Connectors
import EventModel
import Foundation
import ConnectorSinger
import TestFolder
import Testing

/// Settings, and what is looked at before anything is read.
@Suite(.enabled(if: WrittenTap.isThere, "python3 is not there, and the taps of these tests are written in it"))
struct SingerSettingsTests {
    /// Two streams, one of them with a column that cannot be read.
    private static let discovering = """
        if given.discover:
            meta = [{"breadcrumb": ["properties", "id"], "metadata": {"inclusion": "available"}},
                    {"breadcrumb": ["properties", "blob"], "metadata": {"inclusion": "unsupported"}}]
            print(json.dumps({"streams": [{"tap_stream_id": "orders", "stream": "orders", "schema": {"type": "object"}, "metadata": meta},
                {"tap_stream_id": "people", "stream": "people", "schema": {}, "metadata": [{"breadcrumb": [], "metadata": {}}]}]}, indent=2))
            sys.exit(0)
        note("catalog", json.dumps(catalog))
        out(schema(), record(1), at(1))
        """

    private func probe(_ source: some Source) async -> Result<String, ConnectorError> {
        do throws(ConnectorError) { return .success(try await source.probe()) } catch { return .failure(error) }
    }

    @Test func `a check tells the streams, and rules for those that are not there`() async throws {
        let tap = try WrittenTap(Self.discovering)
        #expect(try await probe(tap.source()) == .success("2 streams: orders, people."))
        let streams = JSONValue.object(JSONObject([.init("ordrs", .string("skip"))]))
        #expect(
            try await probe(tap.source([.init("streams", streams)]))
                == .success("2 streams: orders, people. There is no stream `ordrs`, for which there are rules. Did you mean `orders`?"))
    }

    @Test func `a check of a tap that does not know the question is content with Singer`() async throws {
        let tap = try WrittenTap("note('pid', os.getpid())\nwhile True: out(schema(), record(1), at(1))")
        #expect(try await probe(tap.source()) == .success("python3 speaks Singer, and does not tell its streams."))
        try await tap.waitUntilGone("pid")
    }

    @Test func `a check of something else says what it is`() async throws {
        #expect(
            try await probe(WrittenTap("print('usage: none')").source())
                == .failure(
                    ConnectorError(
                        .mendSettings, at: "python3", "it answers --discover with something that is no catalog",
                        remedy: "See that `command` starts a Singer tap.")))
        let refusal = try await probe(WrittenTap("sys.exit('password is wrong.')").source())
        #expect(
            refusal
                == .failure(
                    ConnectorError(
                        .retry(after: nil), at: "python3", "it ended with status 1: password is wrong",
                        remedy: "What it says stands in the log.")))
    }

    @Test func `everything that was discovered is chosen, but for what cannot be read`() async throws {
        let tap = try WrittenTap(Self.discovering)
        let reading = await Reading(try tap.source([.init("discover", .bool(true))]))
        #expect(reading.error == nil && reading.numbers == [1])
        let catalog = try #require(try tap.notes("catalog").first.flatMap { try JSONValue(parsing: $0).asObject })
        let streams = try #require(catalog["streams"]?.asArray).compactMap(\.asObject)
        func chosen(_ stream: JSONObject) -> [String: Bool] {
            var chosen: [String: Bool] = [:]
            for entry in stream["metadata"]?.asArray?.compactMap(\.asObject) ?? [] {
                let path = entry["breadcrumb"]?.asArray?.compactMap(\.asString).joined(separator: ".") ?? "?"
                chosen[path] = entry.value(at: ["metadata", "selected"]) == .bool(true)
            }
            return chosen
        }
        #expect(streams.map(chosen) == [["": true, "properties.id": true, "properties.blob": false], ["": true]])
        #expect(streams.allSatisfy { $0.value(at: ["schema", "selected"]) == .bool(true) })
    }

    @Test func `a catalog of the user's own is handed over`() async throws {
        let tap = try WrittenTap(Self.discovering)
        try tap.folder.write(#"{"streams": []}"#, as: "mine.json")
        let reading = await Reading(try tap.source([.init("catalog", .string("mine.json"))]))
        #expect(reading.error == nil && tap.notes("catalog") == [#"{"streams": []}"#])
    }

    @Test(arguments: [
        (#"{"command": []}"#, "command: there is no program in it"), (#"{"command": "tap-x"}"#, "command: this is not a list of texts"),
        (#"{"userId": ""}"#, "userId: this text is empty"), (#"{"userId": ".a +"}"#, "userId: "),
        (#"{"catalog": "c.json", "discover": true}"#, "discover: there is a catalog already"),
        (#"{"config": 3}"#, "config: this is not a map, with env:NAME or file:PATH where a secret belongs"),
        (#"{"config": {"a": [{"b": "env:NOT_THERE"}]}}"#, "config.a.0.b: the environment has no variable NOT_THERE"),
        (#"{"config": {"a": "file:/not/there"}}"#, "config.a: the file /not/there cannot be read as text"),
        (#"{"environment": {"A": 3}}"#, "environment.A: this is not a text"), (#"{"streams": []}"#, "streams: this is not a map"),
        (#"{"streams": {"o": {"evnt": "x"}}}"#, "streams.o.evnt: a rule has no such setting. Did you mean `event`?"),
        (#"{"idle": 0}"#, "idle: this is not a number"), (#"{"evry": 5}"#, "evry: `singer` has no such setting. Did you mean `every`?"),
    ])
    func `settings that cannot be taken are named`(settings: String, expected: String) throws {
        let object = try #require(try JSONValue(parsing: settings).asObject)
        do {
            _ = try WrittenTap("").source(object.members)
            Issue.record("the settings were taken")
        } catch let errors as SettingsErrors { #expect(errors.description.contains(expected), "\(errors)") }
    }

    @Test func `somebody must be named`() throws {
        let settings = JSONObject([.init("command", .array([.string("tap-x")]))])
        do {
            _ = try SourceRegistry([SingerSourceSettings.self]).make(
                "singer", settings: settings, environment: [:], context: ConnectorContext(formats: FormatRegistry([]), folder: ""))
            Issue.record("the settings were taken")
        } catch { #expect(error.description.contains("nothing says whose the messages are"), "\(error)") }
    }
}
