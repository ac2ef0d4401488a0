import BuiltIn
import EventModel
import Jobs
import Service
import Storage
import TestFolder
import Testing

@testable import Platform

/// What sources have agreed to: files of a workspace, definitions of a store, and a job that holds sources to them.
@Suite struct SourceTests {
    private func shop(_ files: [String: String]) throws -> Shop {
        var shop = try Shop(order("o1", by: "ada", at: "2026-06-20T00:00:00Z", revenue: 50))
        for (name, text) in files { _ = try shop.folder.write(text, as: "w/" + name) }
        shop.session.workspace = Workspace(folder: shop.folder.path + "/w")
        return shop
    }

    @Test func `an agreement is planned, applied, kept in archives, changed and dropped`() throws {
        let shop = try shop(["sources/crm.yaml": "title: Customer database\nevery: 24h\ntraits: [plan]\n"])
        let plan = try #require(try shop.answer("plan") as? PlanResult)
        #expect(plan.entries.map { "\($0.change) \($0.kind) \($0.name)" } == ["added source crm"])
        #expect(
            plan.entries.first?.difference == [
                "+ {", #"+   "title": "Customer database","#, #"+   "every": "1d","#, #"+   "traits": ["plan"]"#, "+ }",
            ])
        #expect(try shop.answer("apply").json["saved"] == .array([.string("source crm")]))
        #expect(try (shop.answer("plan") as? PlanResult)?.changesNothing == true)

        let archive = shop.folder.path + "/all.gz"
        _ = try shop.tessera.exportArchive(
            ExportRequest(file: archive, now: Instant(milliseconds: 0)), interruption: Interruption())
        let copy = Tessera(path: shop.folder.path + "/copy.tessera", plugins: .builtIn)
        _ = try copy.importFiles(ImportRequest(files: [archive]), interruption: Interruption())
        let other = Session(tessera: copy, now: Shop.now, format: .json, clock: { Instant(milliseconds: 0) })
        func sources() throws -> [JSONValue] {
            try other.answer(try #require(try Command("audit sources"))).json["sources"]?.asArray ?? []
        }
        #expect(try sources().contains { $0.asObject?["source"] == .string("crm") && $0.asObject?["every"] == .string("1d") })
        _ = try other.answer(try #require(try Command("drop source crm")))
        #expect(try !sources().contains { $0.asObject?["source"] == .string("crm") })

        _ = try shop.folder.write("every: 1h\n", as: "w/sources/crm.yaml")
        let next = try #require(try shop.answer("plan") as? PlanResult)
        #expect(next.entries.map(\.change) == ["changed"] && next.entries.first?.difference.contains(#"+   "every": "1h""#) == true)
    }

    @Test func `every mistake is told, with file, line and column`() throws {
        let shop = try shop([
            "sources/a.yaml": "every: daily\ntriats: [plan]\n", "sources/b.yaml": "traits: [plan]\n", "sources/c.yaml": "- every: 1d\n",
            "sources/d.yaml": "- {source: x, every: 1d}\n- {source: x, every: 1h}\n", "sources/e.yaml": "plan\n",
            "sources/f.yaml": "every: 1d\ntolerance: 101\n",
        ])
        let error = try #require(#expect(throws: CommandError.self) { try shop.answer("plan") })
        let said = error.message.split(separator: "\n").map { $0.replacing(shop.folder.path + "/w/", with: "") }
        for (start, part) in [
            ("sources/a.yaml, line 1, column 8: every: this is not a whole number and a unit", "from 1s"),
            ("sources/a.yaml, line 2, column 9: triats: `source` has no such setting", "`traits`"),
            ("sources/b.yaml, line 1, column 9: traits: nothing says how often", "every"),
            ("sources/c.yaml, line 1, column 3: the source is missing", "names each one"),
            ("sources/d.yaml, line 2, column 3: the source \"x\" is described twice", "keep one"),
            ("sources/e.yaml, line 1, column 1: a source is a map", "every"), ("sources/f.yaml, line 2, column 12: tolerance:", "100"),
        ] { #expect(said.contains { $0.hasPrefix(start) && $0.contains(part) }, "\(start): \(said)") }
        #expect(said.count == 7, "\(said)")
    }

    @Test func `the job fails while a source is late or off, and figures tell of it`() async throws {
        let bench = try Bench()
        try bench.apply(["sources/crm.yaml": "every: 1h\n"])
        let worker = try bench.worker()
        func audit() async throws -> JobExit {
            let runner = JobRunner(
                plan: try SettingsFile().jobs(known: Worker.jobNames), bodies: worker.jobBodies, keeper: worker.jobLedger,
                clock: bench.clock, sleep: { try await Task.sleep(for: $0) }, report: { _ in })
            return await runner.runNow("audit-sources")
        }
        func figure(_ name: String) -> Double? {
            worker.figures.first { $0.name == name && $0.labels == ["source": "crm"] }?.value
        }
        #expect(figure("tessera_source_late") == nil)
        let late = try await audit()
        #expect(late.status != 0 && late.message.hasPrefix("crm is late: nothing came from it"), "\(late)")
        #expect(figure("tessera_source_late") == 1)

        let now = bench.clock()
        let line =
            #"{"type":"identify","messageId":"m1","userId":"ada","traits":{"plan":"pro"},"timestamp":"\#(now.text)","#
            + #""context":{"source":"crm"}}"# + "\n"
        _ = try await worker.collect(MessageBatch(lines: line), from: "k")
        let good = try await audit()
        #expect(good == JobExit(status: 0, message: "1 source looked at: 1 in time as agreed, 0 as many as sent."), "\(good)")
        #expect(figure("tessera_source_late") == 0 && figure("tessera_source_missing_messages") == nil)

        let span = (Instant(milliseconds: now.milliseconds - 1), Instant(milliseconds: now.milliseconds + 1))
        try await worker.keep(SentCount(source: "crm", from: span.0, to: span.1, messages: 3))
        try bench.turn(span.1.text)
        let off = try await audit()
        #expect(off.status != 0 && off.message == "crm says it sent 3 messages, and 2 of them are not here.", "\(off)")
        #expect(figure("tessera_source_missing_messages") == 2)
        let answer = try await worker.answer(.traits("user_id:ada"))
        #expect(answer.value(at: ["as_of", "plan"]) == .string(now.text))
        await worker.drain()
    }

    @Test func `a goal that changes moves people while the worker runs`() async throws {
        let bench = try Bench()
        try bench.apply(["sources/crm.yaml": "every: 1d\ntraits: [plan]\n", "segments/old.segment": "stale(trait.plan)"])
        let worker = try bench.worker()
        let then = Instant(milliseconds: bench.clock().milliseconds - 7_200_000)
        let line = #"{"type":"identify","messageId":"m1","userId":"ada","traits":{"plan":"pro"},"timestamp":"\#(then.text)"}"# + "\n"
        _ = try await worker.collect(MessageBatch(lines: line), from: "k")
        func members() async throws -> JSONValue? {
            try await worker.answer(.members(segment: "old", after: nil, limit: 10))["members"]
        }
        #expect(try await members() == .array([]))
        try bench.apply(["sources/crm.yaml": "every: 1h\ntraits: [plan]\n", "segments/old.segment": "stale(trait.plan)"])
        for _ in 0..<3_000 {
            if try await members() == .array([.string("ada")]) { break }
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(try await members() == .array([.string("ada")]))
        await worker.drain()
    }
}
