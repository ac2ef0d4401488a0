import EventModel
import Foundation
import Platform
import Service
import Storage
import Synchronization
import Testing

private let soon = """
    variants: {none: "", hint: "Still thinking?", thanks: "Thank you"}
    default: none
    rules:
      - {name: customers, when: 'segment "customers"', variant: thanks}
      - {name: just looked, when: 'did "Viewed" within 1h', variant: hint}
    """

private func message(_ event: String, _ id: String, by person: String, at time: String) -> MessageBatch {
    MessageBatch(
        lines: #"{"type":"track","messageId":"\#(id)","userId":"\#(person)","event":"\#(event)","timestamp":"\#(time)"}"# + "\n")
}

@Suite struct WorkerOfferTests {
    @Test func `an acknowledged event turns the variant at once, and the clock turns it back at the exact millisecond`() async throws {
        let bench = try Bench()
        try bench.apply(["segments/customers.segment": "did \"Bought\"", "offers/soon.yaml": soon])
        let worker = try bench.worker()
        func choice(_ person: String = "ada") async throws -> JSONObject { try await worker.answer(.offer(key: "soon", profile: person)) }
        // Nobody has seen her so far.
        let stranger = try await choice()
        #expect(stranger["variant"] == .string("none") && stranger["reason"] == .string("DEFAULT"))

        _ = try await worker.collect(message("Viewed", "m1", by: "ada", at: "2026-06-01T00:00:00.250Z"), from: "k")
        #expect(try await choice()["variant"] == .string("none"))  // dated a quarter of a second ahead
        try bench.turn("2026-06-01T00:00:00.250Z")
        let hint = try await choice()
        #expect(hint["variant"] == .string("hint") && hint["value"] == .string("Still thinking?"), "\(hint)")
        #expect(hint["reason"] == .string("TARGETING_MATCH") && hint["rule"] == .string("just looked"))
        #expect(try await choice("user_id:ada") == hint)
        #expect(try await choice("anonymous_id:ada")["variant"] == .string("none"))
        try bench.turn("2026-06-01T01:00:00.249Z")
        #expect(try await choice() == hint)
        try bench.turn("2026-06-01T01:00:00.250Z")
        #expect(try await choice()["variant"] == .string("none"))

        _ = try await worker.collect(message("Bought", "m2", by: "ada", at: "2026-06-01T01:00:00Z"), from: "k")
        #expect(try await choice()["variant"] == .string("thanks"))
        let decision = try await worker.answer(.decide("ada"))["offers"]?.asObject?["soon"]
        #expect(decision == (try JSONValue(parsing: #"{"variant":"thanks","value":"Thank you","reason":"TARGETING_MATCH"}"#)))
        // Conditions are no segments: not listed, not recorded.
        #expect(try await worker.answer(.segmentList)["segments"]?.asArray?.count == 1)
        #expect(try await worker.answer(.segments("ada"))["segments"]?.asArray?.count == 1)
        await worker.drain()
        #expect(try bench.shell("history for ada")["history"]?.asArray?.compactMap { $0.asObject?["segment"] } == [.string("customers")])
    }

    @Test func `an edited offer is taken over, and one whose rule cannot be asked is refused by name`() async throws {
        let bench = try Bench()
        try bench.apply([
            "segments/customers.segment": "did \"Bought\"", "offers/soon.yaml": soon, "offers/plain.yaml": "variants: {a: 1}\ndefault: a",
        ])
        var limits = WorkerLimits()
        limits.definitionsEvery = 20
        let worker = try bench.worker(limits: limits)
        _ = try await worker.collect(message("Viewed", "m1", by: "ada", at: "2026-06-01T00:00:00Z"), from: "k")
        #expect(try await worker.answer(.offer(key: "soon", profile: "ada"))["variant"] == .string("hint"))
        let missing = await #expect(throws: ServiceError.self) { try await worker.answer(.offer(key: "later", profile: "ada")) }
        #expect(missing?.code == .notFound)

        try bench.apply(["offers/soon.yaml": soon.replacing("within 1h", with: "at least 2 times")])
        func variant() async throws -> JSONValue? { try await worker.answer(.offer(key: "soon", profile: "ada"))["variant"] }
        for _ in 0..<3_000 where try await variant() != .string("none") { try await Task.sleep(for: .milliseconds(20)) }
        _ = try await worker.collect(message("Viewed", "m2", by: "ada", at: "2026-06-01T00:00:00Z"), from: "k")
        #expect(try await variant() == .string("hint"))

        _ = try bench.shell("drop segment customers")
        var refusal: ServiceError?
        for _ in 0..<3_000 where refusal == nil {
            do throws(ServiceError) { _ = try await worker.answer(.offer(key: "soon", profile: "ada")) } catch { refusal = error }
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(refusal?.code == .invalid && refusal?.message.contains("unknown segment \"customers\"") == true)
        let all = try await worker.answer(.offers(profile: "ada"))["offers"]?.asArray?.compactMap(\.asObject) ?? []
        #expect(all.map { $0["key"] } == [.string("plain"), .string("soon")] && all.last?["problem"] != nil)
        #expect(all.first?["reason"] == .string("STATIC") && all.first?["value"] == .integer(1))
        #expect(bench.sentences.withLock { $0 }.contains { $0.hasPrefix("The offer 'soon' is not kept up to date: ") })
        // What decides in one call leaves the refused one out.
        #expect(try await worker.answer(.decide("ada"))["offers"]?.asObject?.members.map(\.name) == ["plain"])
        await worker.drain()
    }

    @Test func `a merge brings one identifier the offers of the other`() async throws {
        let bench = try Bench()
        try bench.apply(["segments/customers.segment": "did \"Bought\"", "offers/soon.yaml": soon])
        let worker = try bench.worker()
        let looked =
            #"{"type":"track","messageId":"m1","anonymousId":"a-1","event":"Viewed","timestamp":"2026-06-01T00:00:00Z"}"# + "\n"
        _ = try await worker.collect(MessageBatch(lines: looked), from: "k")
        func variant(_ who: String) async throws -> JSONValue? { try await worker.answer(.offer(key: "soon", profile: who))["variant"] }
        #expect(try await variant("a-1") == .string("hint"))
        #expect(try await variant("ada") == .string("none"))
        let joined =
            #"{"type":"identify","messageId":"m2","anonymousId":"a-1","userId":"ada","timestamp":"2026-06-01T00:00:00Z","traits":{"email":"a@b.example"}}"#
            + "\n"
        _ = try await worker.collect(MessageBatch(lines: joined), from: "k")
        #expect(try await variant("ada") == .string("hint"))
        #expect(try await variant("email:a@b.example") == .string("hint"))
        #expect(try await variant("email:nobody@b.example") == .string("none"))
        await worker.drain()
    }
}
