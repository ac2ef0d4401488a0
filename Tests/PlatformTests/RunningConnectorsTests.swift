import BuiltIn
import Connectors
import EventModel
import Foundation
import Synchronization
import TestFolder
import Testing

@testable import Platform

/// The secrets of sources that began, by the place that their settings name: a kind of source is a type and has nowhere else to note them.
private let begun = Mutex<[String: [String]]>([:])

/// A source that another side lets in by the secret `right`, and refuses by every other one.
private struct GuardedSettings: SourceSettings {
    var place: String
    var secret: String
    static let descriptor = ConnectorDescriptor(
        name: "guarded", summary: "",
        settings: [.required("place", .text, "Where it notes that it began."), .required("secret", .secret, "Its secret.")])
    func makeSource(_ context: ConnectorContext) throws(SettingsError) -> any Source { GuardedSource(place: place, secret: secret) }
}

private struct GuardedSource: Source {
    let place: String
    let secret: String
    func probe() async throws(ConnectorError) -> String { "" }
    func batches(after checkpoint: Checkpoint?) -> Batches { Batches(source: self) }

    struct Batches: AsyncSequence, AsyncIteratorProtocol {
        typealias Failure = ConnectorError
        let source: GuardedSource
        func makeAsyncIterator() -> Self { self }
        func next(isolation: isolated (any Actor)?) async throws(ConnectorError) -> SourceBatch? {
            begun.withLock { $0[source.place, default: []].append(source.secret) }
            guard source.secret == "right" else {
                throw ConnectorError(.mendSettings, at: "there", "it lets nobody in (401)", remedy: "Mend `secret`.")
            }
            try? await Task.sleep(for: .seconds(600))
            return nil
        }
    }
}

/// A source, or a destination, of whom every try fails.
private struct FailingSettings: SourceSettings, DestinationSettings {
    static let descriptor = ConnectorDescriptor(name: "failing", summary: "", settings: [])
    static let error = ConnectorError(.retry(after: nil), at: "there", "nobody answers", remedy: "Wait.")
    func makeSource(_ context: ConnectorContext) throws(SettingsError) -> any Source { FailingSource() }
    func makeDestination(_ context: ConnectorContext) throws(SettingsError) -> any Destination { FailingDestination() }
}

private struct FailingSource: Source {
    func probe() async throws(ConnectorError) -> String { "" }
    func batches(after checkpoint: Checkpoint?) -> Batches { Batches() }

    struct Batches: AsyncSequence, AsyncIteratorProtocol {
        typealias Failure = ConnectorError
        func makeAsyncIterator() -> Self { self }
        func next(isolation: isolated (any Actor)?) async throws(ConnectorError) -> SourceBatch? { throw FailingSettings.error }
    }
}

private struct FailingDestination: Destination {
    func deliver(_ batch: DeliveryBatch) async throws(ConnectorError) -> DeliveryReceipt { throw FailingSettings.error }
    func probe() async throws(ConnectorError) -> String { "" }
}

/// The connectors of a settings file at work, and what makes them begin anew or end.
@Suite struct RunningConnectorsTests {
    private let bench: Bench
    private let config: String

    init() throws {
        bench = try Bench()
        config = bench.folder / "tessera.yaml"
    }

    /// Time passes a thousand times as fast for those who wait.
    private func connectors() throws -> RunningConnectors {
        let bench = bench
        let slept = Mutex(Duration.zero)
        let kinds = ConnectorRegistries(
            sources: SourceRegistry([GuardedSettings.self, FailingSettings.self]), destinations: DestinationRegistry([FailingSettings.self])
        )
        let surroundings = ConnectorSurroundings(
            now: bench.clock, elapsed: { slept.withLock { $0 } },
            sleep: { duration in
                try await Task.sleep(for: max(duration / 1_000, .milliseconds(5)))
                slept.withLock { $0 += duration }
            }, chance: { 0.5 }, report: { sentence in bench.sentences.withLock { $0.append(sentence) } })
        return try RunningConnectors(store: bench.tessera.path, settings: config, surroundings: surroundings) { file throws(CommandError) in
            do throws(SettingsErrors) {
                var plan = try ConnectorPlan(
                    settings: file["connectors"] ?? .array([]), kinds: kinds, environment: [:],
                    context: ConnectorContext(formats: FormatRegistry([]), folder: ""))
                plan.caches = CachePlan()
                return plan
            } catch { throw CommandError(.syntax, "\(error)") }
        }
    }

    private func configure(_ entries: String...) throws {
        _ = try bench.folder.write("connectors:\n" + entries.map { "  - {\($0)}\n" }.joined(), as: "tessera.yaml")
    }

    private func wait(until holds: () throws -> Bool) async throws {
        for _ in 0..<1_000 {
            if try holds() { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        Issue.record("it never came to hold")
    }

    @Test(.timeLimit(.minutes(2)))
    func `a mended secret begins exactly the connectors anew that use its file`() async throws {
        let place = bench.folder.path
        func secrets(_ name: String) -> [String] { begun.withLock { $0[place + name] ?? [] } }
        let (one, other) = (bench.folder / "one", bench.folder / "other")
        _ = try bench.folder.write("wrong\n", as: "one")
        _ = try bench.folder.write("right\n", as: "other")
        let entries = [("a", one), ("b", other)].map { "name: \($0), kind: guarded, place: \"\(place + $0)\", secret: \"file:\($1)\"" }
        try configure(entries[0], entries[1])
        let (worker, connectors) = (try bench.worker(), try connectors())
        let task = Task { await connectors.run(into: worker) }
        try await wait { secrets("a") == ["wrong"] && secrets("b") == ["right"] }

        _ = try bench.folder.write("right\n", as: "one")
        try await wait { secrets("a") == ["wrong", "right"] }
        // White space does not make another secret, nor does a comment in the settings.
        _ = try bench.folder.write("right", as: "other")
        try configure(entries[0] + ",", entries[1])
        // A secret that is none is told, and the connectors go on.
        _ = try bench.folder.write("\n", as: "one")
        try await wait { bench.sentences.withLock { $0.contains { $0.contains("the secret is empty") } } }
        try FileManager.default.removeItem(atPath: one)
        _ = try bench.folder.write("right", as: "one")
        try await Task.sleep(for: .milliseconds(200))
        #expect(secrets("a") == ["wrong", "right"] && secrets("b") == ["right"])
        let told = bench.sentences.withLock { $0 }
        #expect(told.allSatisfy { !$0.contains("wrong") && !$0.contains("right") }, "\(told)")
        task.cancel()
        await task.value
        await worker.drain()
    }

    @Test(.timeLimit(.minutes(2)), arguments: ["", ", deliver: [messages]"])
    func `a run by hand that only fails ends, and makes no dead letters`(deliver: String) async throws {
        try configure("name: a, kind: failing\(deliver)")
        let (worker, connectors) = (try bench.worker(), try connectors())
        let entry = try #require(try plan().entries.first)
        if !deliver.isEmpty {
            // From the first run on, it has something to deliver.
            _ = await connectors.runOnce(entry, into: worker, patience: .seconds(1))
            let line = #"{"type":"track","messageId":"m1","userId":"u","event":"E","timestamp":"2026-06-01T00:00:00Z"}"# + "\n"
            _ = try await worker.collect(MessageBatch(lines: line), from: "k")
        }
        let end = await connectors.runOnce(entry, into: worker, patience: .seconds(30))
        guard case .stopped(let error) = end.phase else {
            Issue.record("\(end.phase)")
            return
        }
        #expect(error.problem == "nobody answers" && error.remedy.contains("for 30 s and more") && error.remedy.contains("--within"))
        #expect(ConnectorFolder(store: bench.tessera.path).deadLetters(of: "a").isEmpty)
        await worker.drain()
    }

    private func plan() throws -> ConnectorPlan {
        try ConnectorPlan(
            settings: SettingsFile(path: config)["connectors"] ?? .null,
            kinds: ConnectorRegistries(
                sources: SourceRegistry([FailingSettings.self]), destinations: DestinationRegistry([FailingSettings.self])),
            environment: [:], context: ConnectorContext(formats: FormatRegistry([]), folder: ""))
    }
}
