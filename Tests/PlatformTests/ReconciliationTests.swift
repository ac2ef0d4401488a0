import BuiltIn
import Connectors
import EventModel
import Foundation
import Service
import TestFolder
import Testing

@testable import Platform

/// Destinations of a settings file, run to their end one by one, and held against the store.
@Suite struct ReconciliationTests {
    private let bench: Bench
    private var config: String { bench.folder / "tessera.yaml" }
    private var folder: ConnectorFolder { ConnectorFolder(store: bench.tessera.path) }

    init() throws {
        bench = try Bench()
        try bench.apply(["segments/buyers.segment": "did \"Sold\"", "segments/seers.segment": "did \"Seen\""])
    }

    private func configure(_ connectors: String...) throws {
        _ = try bench.folder.write("connectors:\n" + connectors.map { "  - {\($0), batchWait: 0}\n" }.joined(), as: "tessera.yaml")
    }

    private func connectors() throws -> RunningConnectors {
        let start = ContinuousClock.now
        return try RunningConnectors(
            store: bench.tessera.path, settings: config,
            surroundings: .init(
                now: bench.clock, elapsed: { ContinuousClock.now - start },
                sleep: { try await Task.sleep(for: min($0, .milliseconds(20))) },
                chance: { 0 }, report: { Issue.record("\($0)") }),
            read: { file throws(CommandError) in try file.connectors(.builtIn, environment: [:]) })
    }

    private func entry(_ name: String) throws -> ConnectorPlan.Entry {
        try #require(try SettingsFile(path: config).connectors(.builtIn, environment: [:]).entries.first { $0.name == name })
    }

    /// Takes messages, and runs one connector to its end.
    private func run(_ name: String, _ lines: String..., isThere: (Worker) async throws -> Void = { _ in }) async throws {
        let worker = try bench.worker()
        let connectors = try connectors()
        await connectors.begin(into: worker)
        _ = try await worker.collect(MessageBatch(lines: lines.map { $0 + "\n" }.joined()), from: "k")
        #expect(await connectors.runOnce(try entry(name), into: worker).phase == .finished)
        try await isThere(worker)
        await worker.drain()
    }

    private func line(_ id: String, _ event: String, by person: String, as key: String = "userId") -> String {
        #"{"type":"track","messageId":"\#(id)","\#(key)":"\#(person)","event":"\#(event)","timestamp":"2026-06-01T00:00:00Z"}"#
    }

    private func reconcile(_ name: String = "lake") async throws -> Reconciliation {
        try await Reconciliation(of: entry(name), in: folder, bench.tessera)
    }

    private func mend(_ found: Reconciliation) async throws {
        let now = bench.clock()
        try await folder.deliver(found.corrections(for: entry("lake"), in: bench.tessera, now: now), to: "lake", at: now)
    }

    private func lake(_ name: String = "lake") throws -> [String] {
        let path = bench.folder / name
        return try FileManager.default.contentsOfDirectory(atPath: path).sorted().flatMap { file in
            String(decoding: FileManager.default.contents(atPath: path + "/" + file) ?? Data(), as: UTF8.self).split(separator: "\n").map(
                String.init)
        }
    }

    private func write(_ lines: [String]) throws {
        _ = try bench.folder.write(lines.joined(separator: "\n") + "\n", as: "lake/000001.ndjson")
    }

    @Test func `drift is shown by person, and mended`() async throws {
        try configure("name: lake, kind: files, path: lake, deliver: [memberships]")
        try await run("lake", line("m1", "Sold", by: "ada"), line("m2", "Sold", by: "bob"), line("m3", "Seen", by: "cyd"))
        var found = try await reconcile()
        #expect(!found.hasDrift && found.delivered == found.recorded && found.segments?.map(\.name) == ["buyers", "seers"])
        #expect(found.segments?.map(\.there) == [2, 1] && found.segments?.map(\.here) == [2, 1])
        #expect(found.segments?.compactMap(\.version).max() == found.recorded)

        // Somebody there lost a line and wrote another.
        let all = try lake()
        let strange =
            #"{"kind":"membership","key":"k","profile":"eve","record":{"segment":"seers","profile":"eve","entered":true,"version":1}}"#
        try write(all.filter { !$0.contains("\"ada\"") } + [strange])
        found = try await reconcile()
        #expect(found.hasDrift && found.segments?[0].missing == ["ada"] && found.segments?[0].surplus == [])
        #expect(found.segments?[1].surplus == ["eve"] && found.segments?[1].missing == [])
        #expect(found.told(of: "lake", showsIDs: false)["drift"] == .bool(true))

        try await mend(found)
        try await run("lake")
        #expect(try await !reconcile().hasDrift)
        #expect(try lake().filter { $0.contains("reconcile") }.count == 2)
        #expect(try await folder.deliveryState(of: "lake")?.dead == 0)
    }

    @Test func `what mends a drift has the traits that are wanted`() async throws {
        try configure("name: lake, kind: files, path: lake, deliver: [memberships], traits: [plan, email]")
        let identify = #"{"type":"identify","messageId":"i1","userId":"ada","traits":{"email":"ada@example.com"},"timestamp":"#
        try await run("lake", identify + #""2026-06-01T00:00:00Z"}"#, line("m1", "Sold", by: "ada"))
        let first = try lake()
        #expect(first.allSatisfy { $0.contains(#""traits":{"email":"ada@example.com"}"#) } && !first.isEmpty, "\(first)")
        let strange = #"{"segment":"buyers","profile":"eve","entered":true,"version":1}"#
        try write([#"{"kind":"membership","key":"k","profile":"eve","record":\#(strange)}"#])
        try await run("lake", identify.replacing("i1", with: "i2").replacing("ada@", with: "lady@") + #""2026-06-01T00:00:00Z"}"#)
        let found = try await reconcile()
        let corrections = try found.corrections(for: entry("lake"), in: bench.tessera, now: bench.clock())
        #expect(corrections.map(\.profile) == ["eve", "ada"])
        #expect(corrections[0].json.hasSuffix(#""traits":{}}"#), "\(corrections[0].json)")
        #expect(corrections[1].json.hasSuffix(#""traits":{"email":"lady@example.com"}}"#), "\(corrections[1].json)")
        try await folder.deliver(corrections, to: "lake", at: bench.clock())
        try await run("lake")
        #expect(try await !reconcile().hasDrift)
    }

    @Test func `whom a change names that is on its way is not judged, and who got another id is`() async throws {
        try configure(
            "name: lake, kind: files, path: lake, deliver: [memberships]", "name: other, kind: files, path: other, deliver: [messages]")
        try await run("lake", line("m1", "Sold", by: "ada"), line("m2", "Sold", by: "a7", as: "anonymousId"))
        try await run("other", line("m3", "Sold", by: "bob"), line("m4", "Seen", by: "ada"))
        var found = try await reconcile()
        #expect(!found.hasDrift && found.delivered < found.recorded && found.segments?.map(\.waiting) == [1, 1])

        // The nameless one turns out to be somebody: the other side has them under the old id.
        let alias = #"{"type":"identify","messageId":"i1","userId":"cyd","anonymousId":"a7","timestamp":"2026-06-02T00:00:00Z"}"#
        try await run("lake", alias)
        found = try await reconcile()
        #expect(found.segments?.first?.missing == ["cyd"] && found.segments?.first?.surplus == ["a7"])
        try await mend(found)
        try await run("lake")
        #expect(try await !reconcile().hasDrift)
    }

    @Test func `what cannot be compared says why`() async throws {
        try configure(
            "name: lake, kind: files, path: lake, deliver: [memberships]", "name: other, kind: files, path: other, deliver: [messages]")
        await #expect {
            _ = try await reconcile()
        } throws: { "\(($0 as? CommandError)?.message ?? "")".contains("never delivered to") }
        await #expect {
            _ = try await reconcile("other")
        } throws: { "\(($0 as? CommandError)?.message ?? "")".contains("no memberships") }
    }

    @Test func `running one destination keeps the log for the others, and memberships need none`() async throws {
        try configure(
            "name: lake, kind: files, path: lake, deliver: [memberships]", "name: other, kind: files, path: other, deliver: [messages]")
        func kept() throws -> Bool {
            try FileManager.default.contentsOfDirectory(atPath: bench.folder.path).contains { $0.contains(".kept-") }
        }
        try await run("lake", line("m1", "Sold", by: "ada"), line("m2", "Seen", by: "ada"))
        #expect(try kept())
        try await run("lake", line("m3", "Sold", by: "ada"))
        try await run("other")
        #expect(try lake("other").map { $0.contains("message") } == [true, true, true])
        // Without the other nobody needs the log.
        try configure("name: lake, kind: files, path: lake, deliver: [memberships]")
        try await run("lake")
        #expect(try !kept())
    }
}
