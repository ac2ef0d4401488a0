import BuiltIn
import Connectors
import EventModel
import Foundation
import Service
import StorageTesting
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

        // The nameless one turns out to be somebody.
        try await run("lake", identify("i1", "cyd", "a7"))
        found = try await reconcile()
        #expect(!found.hasDrift && found.segments?.map(\.waiting) == [0, 0])
        let told = try lake().filter { $0.contains(#""cause":"renamed""#) }
        #expect(told.count == 2 && told[0].contains(#""profile":"a7","entered":false"#), "\(told)")
        #expect(told.last?.contains(#""profile":"cyd","entered":true"#) == true)
    }

    /// Links an anonymous id to a user's.
    private func identify(_ id: String, _ user: String, _ anonymous: String, plan: String? = nil) -> String {
        let traits = plan.map { #","traits":{"plan":"\#($0)"}"# } ?? ""
        return #"{"type":"identify","messageId":"\#(id)","userId":"\#(user)","anonymousId":"\#(anonymous)"\#(traits),"#
            + #""timestamp":"2026-06-02T00:00:00Z"}"#
    }

    @Test func `whoever left a segment as they got another id is gone there under the former one, too`() async throws {
        try bench.apply(["segments/pros.segment": "trait.plan == \"pro\""])
        try configure("name: lake, kind: files, path: lake, deliver: [memberships], segments: [pros]")
        let plan = #"{"type":"identify","messageId":"p1","anonymousId":"a7","traits":{"plan":"pro"},"timestamp":"2026-06-01T00:00:00Z"}"#
        try await run("lake", plan)
        // The same message gives the id and ends the membership.
        try await run("lake", identify("i1", "cyd", "a7", plan: "free"))
        #expect(try await !reconcile().hasDrift)
        #expect(try lake().contains { $0.contains(#""profile":"a7","entered":false"#) })
        // Nobody is told of who was never there under another id.
        try await run("lake", identify("i2", "dan", "a8", plan: "pro"))
        #expect(try await !reconcile().hasDrift && lake().allSatisfy { !$0.contains("a8") })
    }

    @Test(arguments: UInt64(1)...12)
    func `whatever ids people get, the other side has them as they are, also after a crash`(seed: UInt64) async throws {
        try bench.apply(["segments/pros.segment": "trait.plan == \"pro\""])
        try configure("name: lake, kind: files, path: lake, deliver: [memberships], batchRecords: \(seed % 2 == 0 ? 1 : 500)")
        var random = ContractRandom(seed: seed)
        let position = bench.tessera.path + ".connectors/lake.delivery.json"
        var kept: Data?
        var number = 0
        for _ in 0..<8 {
            let lines = (0..<(1 + random.below(10))).map { _ in
                number += 1
                let (user, anonymous) = ("u\(random.below(6))", "a\(random.below(8))")
                let plan = random.once(in: 2) ? "pro" : "free"
                switch random.below(5) {
                case 0: return line("m\(number)", "Sold", by: user)
                case 1: return line("m\(number)", "Seen", by: anonymous, as: "anonymousId")
                case 2: return identify("m\(number)", user, anonymous, plan: plan)
                case 3:
                    return #"{"type":"identify","messageId":"m\#(number)","anonymousId":"\#(anonymous)","traits":{"plan":"\#(plan)"},"#
                        + #""timestamp":"2026-06-02T00:00:00Z"}"#
                default:
                    return #"{"type":"alias","messageId":"m\#(number)","userId":"\#(user)","previousId":"u\#(random.below(6))","#
                        + #""timestamp":"2026-06-02T00:00:00Z"}"#
                }
            }
            let worker = try bench.worker()
            let connectors = try connectors()
            await connectors.begin(into: worker)
            for line in lines { _ = try await worker.collect(MessageBatch(lines: line + "\n"), from: "k") }
            #expect(await connectors.runOnce(try entry("lake"), into: worker).phase == .finished)
            await worker.drain()
            let found = try await reconcile()
            #expect(!found.hasDrift, "\(found.segments ?? [])")
            // What was delivered behind a position that was kept earlier is delivered again.
            if random.once(in: 3), let kept { try kept.write(to: URL(fileURLWithPath: position)) }
            kept = FileManager.default.contents(atPath: position)
        }
    }

    @Test func `segments that a destination is given later, and those of a new kind of delivery, come full`() async throws {
        try configure("name: lake, kind: files, path: lake, deliver: [memberships], segments: [buyers]")
        func seen(_ person: String) throws -> Int { try lake().count { $0.contains(#""seers","profile":"\#(person)""#) } }
        try await run("lake", line("m1", "Sold", by: "ada"), line("m2", "Seen", by: "bob"))
        #expect(try seen("bob") == 0 && !lake().isEmpty)
        let sold = try lake().count
        try configure("name: lake, kind: files, path: lake, deliver: [memberships]")
        try await run("lake")
        // What was delivered once is not delivered again.
        #expect(try lake().count == sold + 1 && seen("bob") == 1 && lake()[sold].contains("full"))
        try await run("lake", line("m3", "Seen", by: "cyd"))
        #expect(try lake().count == sold + 2 && seen("cyd") == 1)
        #expect(try await !reconcile().hasDrift)
        // One that was narrowed does not follow what it is not given, and has it full again later.
        try configure("name: lake, kind: files, path: lake, deliver: [memberships], segments: [buyers]")
        try await run("lake", line("m4", "Seen", by: "dan"))
        try configure("name: lake, kind: files, path: lake, deliver: [memberships]")
        try await run("lake")
        #expect(try await !reconcile().hasDrift)
        // Messages alone at first.
        try configure("name: late, kind: files, path: late, deliver: [messages]")
        try await run("late", line("m5", "Sold", by: "eve"))
        try configure("name: late, kind: files, path: late, deliver: [messages, memberships]")
        try await run("late")
        #expect(try await !reconcile("late").hasDrift)
        #expect(try lake("late").contains { $0.contains(#""profile":"ada","entered":true"#) })
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
