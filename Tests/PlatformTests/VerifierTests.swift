import BuiltIn
import EventModel
import Foundation
import Service
import Synchronization
import TestFolder
import Testing

@testable import Platform

/// A verifier that knows a text once it has learnt it, as one does that looks things up.
private final class Oracle: VerifierKind {
    let name = "oracle"
    let settings: [String] = []
    private struct State {
        var known: [String: Bool] = [:]
        var waiting: Set<String> = []
        var canLearn = true
        var bad: Set<String> = []
        var learnt = 0
    }
    private let state = Mutex(State())

    /// - Parameter bad: What it finds out to be wrong.
    init(bad: Set<String> = []) { state.withLock { $0.bad = bad } }

    func makeVerifier(_ settings: JSONObject, in folder: SettingsFolder) throws(SettingsErrors) -> any Verifier { Asking(oracle: self) }
    var counts: [VerifierCount] { [VerifierCount("asked", state.withLock { $0.learnt })] }

    /// Finds out what waits, unless it is blind.
    func learn() {
        state.withLock { state in
            guard state.canLearn else { return }
            for text in state.waiting { state.known[text] = !state.bad.contains(text) }
            state.learnt += state.waiting.count
            state.waiting = []
        }
    }

    /// Forgets everything and cannot learn.
    func goBlind() {
        state.withLock { state in
            state.known = [:]
            state.canLearn = false
        }
    }

    func turn(bad: Set<String>) {
        state.withLock { state in
            (state.bad, state.known) = (bad, [:])
        }
    }

    private struct Asking: Verifier {
        let oracle: Oracle
        func finding(on text: String) -> VerifierFinding {
            oracle.state.withLock { state in
                switch state.known[text] {
                case true?: return .fine
                case false?: return .wrong(problem: "is known to be bad", remedy: "Send a good one.")
                case nil:
                    state.waiting.insert(text)
                    return .unknown
                }
            }
        }
        func learn(within limit: Duration) { oracle.learn() }
    }
}

@Suite struct VerifierTests {
    private let oracle: Oracle
    private let bench: Bench
    private let settings: String

    init() throws {
        oracle = Oracle(bad: ["b@bad.test"])
        var plugins = Plugins.builtIn
        plugins.verifiers = VerifierRegistry([oracle])
        bench = try Bench(plugins: plugins)
        settings = try bench.folder.write(Self.plan(), as: "tessera.yaml")
    }

    private static func plan(_ more: String = "") -> String {
        "trackingPlan: {traits: {properties: {email: {kind: text, verify: oracle\(more)}}}}\n"
    }

    private func identify(_ id: String, _ email: String) -> MessageBatch {
        MessageBatch(
            lines: #"{"type":"identify","messageId":"\#(id)","userId":"\#(id)","timestamp":"2026-05-01T00:00:00Z","#
                + #""traits":{"email":"\#(email)"}}"# + "\n")
    }

    private func reasons() throws -> [String] {
        try QuarantineFolder(store: bench.tessera.path).records(reason: nil, limit: 100).records.map { $0["reason"]?.asString ?? "" }
    }

    @Test func `what is not known passes and is counted, and is judged from then on`() async throws {
        let worker = try bench.worker(settings: settings)
        #expect(try await worker.collect(identify("1", "b@bad.test"), from: "web").accepted == 1)
        oracle.learn()
        #expect(try await worker.collect(identify("2", "b@bad.test"), from: "web").quarantined == 1)
        let figures = worker.figures.map { "\($0.name) \($0.labels.values.sorted()) \($0.value)" }
        for figure in [
            "tessera_plan_unverified_total [\"traits/email/verify\"] 1.0",
            "tessera_plan_rule_total [\"quarantine\", \"traits/email/verify\"] 1.0", "tessera_verifier_total [\"asked\", \"oracle\"] 1.0",
        ] { #expect(figures.contains(figure), "\(figures)") }
        #expect(try reasons() == ["Identify, trait 'email' is known to be bad (rule traits/email/verify). Send a good one."])
        await worker.drain()
    }

    @Test func `a replay judges by what was learnt meanwhile`() async throws {
        let worker = try bench.worker(settings: settings)
        for text in ["b@bad.test", "c@mail.test"] { _ = try await worker.collect(identify("0", text), from: "web") }
        oracle.learn()
        _ = try await worker.collect(identify("1", "b@bad.test"), from: "web")
        _ = try await worker.collect(identify("2", "c@mail.test"), from: "web")
        #expect(try reasons().count == 1)
        #expect(try await worker.replayQuarantine().entries.first?.refused == 1)
        oracle.turn(bad: ["c@mail.test"])
        // It knows nothing at this moment, and learns during the replay.
        #expect(try await worker.replayQuarantine().entries.first?.stored == 1)
        #expect(try reasons().isEmpty)
        await worker.drain()
    }

    @Test func `a replay looks up what was set aside for another reason before it was verified`() async throws {
        try bench.folder.write(Self.plan(", minimumLength: 100"), as: "tessera.yaml")
        let strict = try bench.worker(settings: settings)
        _ = try await strict.collect(identify("1", "b@bad.test"), from: "web")
        _ = try await strict.collect(identify("2", "c@mail.test"), from: "web")
        await strict.drain()
        oracle.turn(bad: ["b@bad.test"])
        try bench.folder.write(Self.plan(), as: "tessera.yaml")
        let mended = try bench.worker(settings: settings)
        let result = try await mended.replayQuarantine()
        #expect(result.entries.first?.stored == 1 && result.entries.first?.refused == 1)
        #expect(try reasons() == ["Identify, trait 'email' is known to be bad (rule traits/email/verify). Send a good one."])
        await mended.drain()
    }

    @Test func `what a verifier refused stays where nothing can be found out`() async throws {
        let worker = try bench.worker(settings: settings)
        _ = try await worker.collect(identify("0", "b@bad.test"), from: "web")
        oracle.learn()
        _ = try await worker.collect(identify("1", "b@bad.test"), from: "web")
        let before = try reasons()
        oracle.goBlind()
        let entry = try #require(try await worker.replayQuarantine().entries.first)
        #expect(entry.left == 1 && entry.stored == 0 && entry.refused == 0)
        #expect(try reasons() == before && before.count == 1)
        // New messages pass: that nothing is known speaks against none.
        #expect(try await worker.collect(identify("2", "b@bad.test"), from: "web").accepted == 1)
        await worker.drain()
    }

    @Test func `a batch judged with a verifier that says nothing is the batch judged without`() throws {
        var plugins = bench.tessera.plugins
        plugins.verifiers = VerifierRegistry([Oracle()])
        let rules = ", normalise: email, maximumLength: 12, actions: {maximumLength: flag}"
        let verified = try PlanKeeper(settings: bench.folder.write(Self.plan(rules), as: "a.yaml"), plugins: plugins)
        let plain = Self.plan(rules).replacingOccurrences(of: ", verify: oracle", with: "")
        let without = try PlanKeeper(settings: bench.folder.write(plain, as: "b.yaml"), plugins: plugins)
        let emails = [" Ada@Mail.test", "ada@mail.test", "a@long-domain.test", "nobody", "5"]
        let lines = (0..<200).map { number in
            number % 17 == 0
                ? "nonsense\n\n"
                : #"{"type":"identify","userId":"\#(number)","timestamp":"2026-05-01T00:00:00Z","#
                    + #""traits":{"email":"\#(emails[number % emails.count])"}}"# + "\r\n"
        }
        let batch = MessageBatch(lines: lines.joined(), firstLine: 7)
        let (a, b) = (verified.judged(batch), without.judged(batch))
        #expect(a.text == b.text && a.count == b.count && a.rejects == b.rejects)
        #expect(a.count != batch.count && !a.rejects.isEmpty)
    }

    @Test func `a wrong verifier is told with its line, and relative paths start from the settings' folder`() throws {
        let text = """
            trackingPlan:
              traits:
                properties:
                  email:
                    verify:
                      disposable-mail: {domains: lists/a.txt}
                      mail-domain: {mxonly: true}
            """
        let path = try bench.folder.write(text, as: "s/tessera.yaml")
        let error = #expect(throws: CommandError.self) { try SettingsFile(path: path).trackingPlan(.builtIn) }
        let place = "trackingPlan.traits.properties.email.verify."
        #expect(
            error?.message == "\(path):6, \(place)disposable-mail.domains: \(bench.folder.path)/s/lists/a.txt is not a file. "
                + "Name a file; a relative path starts from the folder of the settings file.\n"
                + "\(path):7, \(place)mail-domain.mxonly: there is no setting 'mxonly'. Did you mean 'mxOnly'? Choose from: mxOnly, trusted."
        )
        try bench.folder.write("a.example\n???\n", as: "s/lists/a.txt")
        let wrong = #expect(throws: CommandError.self) { try SettingsFile(path: path).trackingPlan(.builtIn) }
        #expect(wrong?.message.contains("s/lists/a.txt, line 2: '???' is not a domain. Write one domain a line") == true)
    }

    /// Nothing of it is looked up: the list is asked first, and the other domain is trusted.
    @Test func `the plugin's sample sets disposable addresses aside`() async throws {
        let sample = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../Plugins/VerifierMail/sample/tessera.yaml").standardizedFileURL.path
        let worker = try Bench().worker(settings: sample)
        #expect(try await worker.collect(identify("1", "Ada@mail.throwaway.example"), from: "web").quarantined == 1)
        #expect(try await worker.collect(identify("2", "ada@shop.example"), from: "web").accepted == 1)
        #expect(worker.figures.contains { $0.name == "tessera_verifier_total" && $0.labels["verifier"] == "mail-domain" })
        await worker.drain()
    }
}
