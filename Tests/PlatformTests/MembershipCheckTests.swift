import EventModel
import Jobs
import Live
import Service
import Storage
import Testing

@testable import Platform

/// The job that holds what is kept against what is computed anew.
@Suite struct MembershipCheckTests {
    private static let offer = """
        variants: {none: "", hint: "Still thinking?", thanks: "Thank you"}
        default: none
        rules:
          - {name: customers, when: 'segment "customers"', variant: thanks}
          - {name: just looked, when: 'did "Viewed" within 1h', variant: hint}
        """

    private func check(_ worker: Worker, _ bench: Bench) async throws -> JobExit {
        let plan = try SettingsFile().jobs(known: Worker.jobNames)
        let runner = JobRunner(
            plan: plan, bodies: worker.jobBodies, keeper: worker.jobLedger, clock: bench.clock, sleep: { try await Task.sleep(for: $0) },
            report: { _ in })
        return await runner.runNow("check-memberships")
    }

    @Test func `segments beyond what can be kept are refused with the reason, and the rest is kept`() async throws {
        let bench = try Bench()
        try bench.apply([
            "segments/a.segment": "did \"A\" or did \"B\"", "segments/b.segment": "did \"C\" and did \"D\"",
            "segments/c.segment": "did \"E\"",
        ])
        let rules = LiveRules(try Worker.question(bench.tessera, nil, bench.clock()), mostSlots: 3)
        #expect(rules.segments.map(\.name) == ["a", "c"] && rules.refused.map(\.name) == ["segment 'b'"])
        #expect(rules.refused.first?.reason.contains("more than 3 conditions cannot be kept up to date at once") == true)
    }

    @Test func `a condition of an offer that is kept otherwise than computed fails the check, and is made anew`() async throws {
        let bench = try Bench()
        try bench.apply(["segments/customers.segment": "did \"Bought\"", "offers/soon.yaml": Self.offer])
        let worker = try bench.worker()
        func viewed(_ id: String, by person: String) -> String {
            #"{"type":"track","messageId":"\#(id)","userId":"\#(person)","event":"Viewed","timestamp":"2026-06-01T00:00:00Z"}"#
        }
        func choice() async throws -> JSONValue? { try await worker.answer(.offer(key: "soon", profile: "ada"))["variant"] }
        let opened = #"{"type":"track","messageId":"m1","userId":"ada","event":"Opened","timestamp":"2026-06-01T00:00:00Z"}"#
        let lines = [opened, viewed("m2", by: "bob")].joined(separator: "\n") + "\n"
        _ = try await worker.collect(MessageBatch(lines: lines), from: "k")
        let good = try await check(worker, bench)
        #expect(good == JobExit(status: 0, message: "1 segment and 2 conditions of offers checked: as computed anew."), "\(good)")

        // A message that the live state knows, and the store does not.
        let stray = try #require(
            Array(viewed("m3", by: "ada").utf8).withUnsafeBufferPointer { try? Message(parsing: $0, derivedID: nil) })
        let now = bench.clock()
        _ = worker.onThread { loop in
            if let ada = loop.profile("ada", [.user]) { loop.live.receive(stray, of: ada, at: now) }
        }
        #expect(try await choice() == .string("hint"))
        let bad = try await check(worker, bench)
        #expect(bad.status == 1 && bad.message.contains("offer soon, just looked (1)"), "\(bad)")
        for _ in 0..<3_000 where try await choice() != .string("none") { try await Task.sleep(for: .milliseconds(20)) }
        let mended = try await check(worker, bench)
        #expect(mended.status == 0, "\(mended)")
        await worker.drain()
    }
}
