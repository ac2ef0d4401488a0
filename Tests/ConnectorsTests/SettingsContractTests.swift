import Connectors
import ConnectorsTesting
import EventModel
import Testing

/// A source that was never made.
private struct Unmade: Source {
    struct Batches: AsyncSequence, AsyncIteratorProtocol {
        func makeAsyncIterator() -> Self { self }
        mutating func next(isolation actor: isolated (any Actor)?) async throws(ConnectorError) -> SourceBatch? { nil }
    }
    func batches(after checkpoint: Checkpoint?) -> Batches { Batches() }
    func probe() async throws(ConnectorError) -> String { "It is there." }
}

/// Reads all that it describes.
private struct Right: SourceSettings {
    static let descriptor = ConnectorDescriptor(
        name: "right", summary: "",
        settings: [
            .required("address", .text, "Where."), .required("token", .secret, "Which."), .optional("way", .word(["a", "b"]), "How."),
            .optional("count", .integer(1...1_000), "How many."), .optional("share", .number(0...1), "How much."),
            .optional("wait", .duration(.seconds(1)...(.seconds(3_600))), "How long."), .optional("isOn", .truth, "Whether."),
            .optional("names", .texts, "Who."), .optional("headers", .map, "With."), .optional("more", .object(withSecrets: true), "What."),
        ])
    var address: String, token: String, way: String?, count: Int?, share: Double?, wait: String?, isOn: Bool?, names: [String]?
    func makeSource(_ context: ConnectorContext) throws(SettingsError) -> any Source { Unmade() }
}

/// Describes more than it can read.
private struct Boastful: SourceSettings {
    static let descriptor = ConnectorDescriptor(
        name: "boastful", summary: "", settings: [.optional("count", .integer(1...1_000), "How many.")])
    var count: Int8?
    func makeSource(_ context: ConnectorContext) throws(SettingsError) -> any Source { Unmade() }
}

@Suite struct SettingsContractTests {
    @Test(arguments: SettingsContract.allCases) func `settings that are read as they are described keep every promise`(
        promise: SettingsContract
    ) throws {
        let settings = try #require(try JSONValue(parsing: #"{"address":"here","token":"env:TOKEN"}"#).asObject)
        try promise.verify(SourceRegistry([Right.self]), "right", settings: settings, environment: ["TOKEN": "t0ken"])
    }

    @Test func `a descriptor that says more than its type reads is found`() {
        let broken = #expect(throws: SettingsContract.Broken.self) {
            try SettingsContract.readsWhatItDescribes.verify(SourceRegistry([Boastful.self]), "boastful", settings: JSONObject())
        }
        #expect(String(describing: broken).contains("`count` as 1000"), "\(String(describing: broken))")
    }

    @Test func `nothing is tried with settings that are wrong already`() {
        let broken = #expect(throws: SettingsContract.Broken.self) {
            try SettingsContract.refusesOtherKinds.verify(SourceRegistry([Right.self]), "right", settings: JSONObject())
        }
        #expect(String(describing: broken).contains("settings that are right are refused"), "\(String(describing: broken))")
    }
}
