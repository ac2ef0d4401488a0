import BuiltIn
import EventModel
import Foundation
import Platform
import Service
import Storage
import Synchronization
import TestFolder
import Testing

private func viewed(_ id: String, by person: String, at time: String) -> MessageBatch {
    MessageBatch(
        lines: #"{"type":"track","messageId":"\#(id)","userId":"\#(person)","event":"Viewed","timestamp":"\#(time)"}"# + "\n")
}

private func names(_ answer: JSONObject) -> [String] {
    answer["segments"]?.asArray?.compactMap { $0.asObject?["name"]?.asString } ?? []
}

private func seen(_ id: String, _ event: String, user: String?, anonymous: String?, at time: String = "2026-06-01T00:00:00Z") -> String {
    let ids = [user.map { #""userId":"\#($0)""# }, anonymous.map { #""anonymousId":"\#($0)""# }].compactMap { $0 }.joined(separator: ",")
    return #"{"type":"track","messageId":"\#(id)",\#(ids),"event":"\#(event)","timestamp":"\#(time)"}"#
}

@Suite struct WorkerTests {
    @Test func `whoever asks after an unmerge is answered by it, while messages come`() async throws {
        let bench = try Bench()
        _ = try bench.shell(#"segment both = did "Viewed" and did "Bought""#)
        _ = try bench.shell(#"segment viewers = did "Viewed""#)
        var limits = WorkerLimits()
        limits.definitionsEvery = 100_000
        let worker = try bench.worker(limits: limits)
        func send(_ lines: String...) async throws {
            _ = try await worker.collect(MessageBatch(lines: lines.joined(separator: "\n")), from: "k")
        }
        try await send(seen("1", "Viewed", user: nil, anonymous: "tablet"), seen("2", "Bought", user: "ada", anonymous: nil))
        try await send(seen("3", "Opened", user: "ada", anonymous: "tablet"), seen("4", "Viewed", user: "bob", anonymous: nil))
        #expect(names(try await worker.answer(.segments("ada"))) == ["both", "viewers"])
        let refused = await #expect(throws: ServiceError.self) {
            _ = try await worker.change(.unmerge("user_id:bob", from: nil, by: "desk", reason: ""))
        }
        #expect(refused?.code == .conflict && refused?.message.contains("alone") == true)
        let answer = try await worker.change(.unmerge("anonymous_id:tablet", from: nil, by: "desk", reason: "shared"))
        #expect(answer["unmerge"] == .integer(1) && answer["after"]?.asArray?.count == 2)
        #expect(names(try await worker.answer(.segments("ada"))) == [])
        #expect(names(try await worker.answer(.segments("anonymous_id:tablet"))) == ["viewers"])
        // What comes later goes where it belongs, and the same pair joins nobody.
        try await send(seen("5", "Viewed", user: "ada", anonymous: "tablet"), seen("6", "Bought", user: nil, anonymous: "tablet"))
        #expect(names(try await worker.answer(.segments("ada"))) == ["both", "viewers"])
        #expect(names(try await worker.answer(.segments("anonymous_id:tablet"))) == ["both", "viewers"])
        #expect(try await worker.answer(.links("ada"))["links"]?.asArray?.count == 1)
        let held = #expect(throws: CommandError.self) { _ = try bench.shell("unmerge user_id:ada") }
        #expect(held?.code == .held && held?.message.contains("/unmerge") == true)
        // It stands until it is taken back.
        _ = try await worker.change(.rejoin(1, by: "desk", reason: "one person"))
        #expect(names(try await worker.answer(.segments("anonymous_id:tablet"))) == ["both", "viewers"])
        #expect(try await worker.answer(.members(segment: "both", after: nil, limit: 10))["members"] == .array([.string("ada")]))
        let merges = try await worker.answer(.merges("ada"))["merges"]?.asArray?.compactMap { $0.asObject?["because"]?.asString }
        #expect(merges == ["merge", "unmerge", "rejoin"])
        await worker.drain()
        for (segment, expression) in [("both", #"did "Viewed" and did "Bought""#), ("viewers", #"did "Viewed""#)] {
            #expect(try bench.shell("recorded \(segment)")["members"] == bench.shell("members \(expression)")["members"])
        }
    }

    @Test func `a runaway device is refused live, a late link regroups, and other rules are applied at the start`() async throws {
        let bench = try Bench()
        _ = try bench.shell(#"segment viewers = did "Viewed""#)
        var rules = IdentityRules()
        rules.limits[.user] = 2
        let worker = try bench.worker(rules: rules)
        #expect(bench.sentences.withLock { $0.isEmpty })
        for number in 0..<6 {
            let line = seen("m\(number)", "Opened", user: "u\(number)", anonymous: "kiosk", at: "2026-06-01T00:00:0\(3 + number)Z")
            _ = try await worker.collect(MessageBatch(lines: line), from: "k")
        }
        _ = try await worker.collect(MessageBatch(lines: seen("k", "Viewed", user: nil, anonymous: "kiosk")), from: "k")
        #expect(names(try await worker.answer(.segments("u1"))) == ["viewers"])
        #expect(names(try await worker.answer(.segments("u5"))) == [])
        // Somebody whose message is dated before all others comes late: the second of the first two gives way.
        let late = seen("late", "Opened", user: "u5", anonymous: "kiosk", at: "2026-06-01T00:00:01Z")
        _ = try await worker.collect(MessageBatch(lines: late), from: "k")
        #expect(names(try await worker.answer(.segments("u5"))) == ["viewers"])
        #expect(names(try await worker.answer(.segments("u1"))) == [])
        await worker.drain()
        #expect(try bench.shell("merges refused")["total"] == .integer(4))
        let second = try bench.worker(rules: IdentityRules())
        #expect(bench.sentences.withLock { $0.contains { $0.contains("rules of identity changed") } })
        #expect(names(try await second.answer(.segments("u1"))) == ["viewers"])
        await second.drain()
        #expect(try bench.shell("merges refused")["total"] == .integer(0))
        #expect(try bench.shell("recorded viewers")["members"] == .array([.string("u0")]))
    }

    @Test func `whoever sends the address of somebody known is that person at once, and is found by it`() async throws {
        let bench = try Bench()
        _ = try bench.shell(#"segment keen = count("Viewed") >= 2"#)
        var rules = IdentityRules()
        rules.links = [.email]
        let worker = try bench.worker(rules: rules)
        func identify(_ id: String, _ ids: String, _ email: String) -> MessageBatch {
            MessageBatch(
                lines:
                    #"{"type":"identify","messageId":"\#(id)",\#(ids),"traits":{"email":"\#(email)"},"timestamp":"2026-06-01T00:00:01Z"}"#)
        }
        _ = try await worker.collect(viewed("m1", by: "ada", at: "2026-06-01T00:00:00Z"), from: "k")
        _ = try await worker.collect(viewed("m2", by: "adele", at: "2026-06-01T00:00:00Z"), from: "k")
        _ = try await worker.collect(identify("i1", "\"userId\":\"ada\"", "Ada@Example.com"), from: "k")
        #expect(names(try await worker.answer(.segments("email:ada@example.com"))) == [])
        _ = try await worker.collect(identify("i2", "\"userId\":\"adele\"", "ada@example.com"), from: "k")
        for reference in ["ada", "adele", "email:ada@example.com", "email:ADA@example.com"] {
            #expect(names(try await worker.answer(.segments(reference))) == ["keen"], "\(reference)")
        }
        let profile = try await worker.answer(.profile("email:ADA@example.com"))
        #expect(profile["profile"]?.asObject?["id"] == .string("ada"))
        let links = try await worker.answer(.links("ada"))["links"]?.asArray?.compactMap { $0.asObject?["namespace"]?.asString }
        #expect(links == ["user_id", "user_id", "email"])
        await #expect(throws: ServiceError.self) { try await worker.answer(.profile("email:nobody@example.com")) }
        _ = try await worker.change(.unmerge("adele", from: "email:ada@example.com", by: "admin", reason: "two people"))
        #expect(names(try await worker.answer(.segments("email:ada@example.com"))) == [])
        await worker.drain()
        #expect(try bench.shell("recorded keen")["members"] == bench.shell(#"members count("Viewed") >= 2"#)["members"])
        #expect(try bench.shell("profile email:ada@example.com")["profile"]?.asObject?["id"] == .string("ada"))
        // The next start has the same people.
        let second = try bench.worker(rules: rules)
        #expect(names(try await second.answer(.segments("email:ada@example.com"))) == [])
        await second.drain()
    }

    @Test func `what was due while no worker ran happened at its own instant`() async throws {
        let bench = try Bench()
        _ = try bench.shell(#"segment active = did "Viewed" within 1h"#)
        let first = try bench.worker()
        #expect(try await first.collect(viewed("m1", by: "ada", at: "2026-06-01T00:00:00.250Z"), from: "k").accepted == 1)
        try bench.turn("2026-06-01T00:00:01Z")
        #expect(names(try await first.answer(.segments("ada"))) == ["active"])
        await first.drain()

        try bench.turn("2026-06-03T00:00:00Z")
        let second = try bench.worker()
        #expect(names(try await second.answer(.segments("ada"))) == [])
        await second.drain()
        let history = try bench.shell("history active for ada")["history"]?.asArray?.compactMap(\.asObject) ?? []
        #expect(history.map { $0["change"] } == [.string("entered"), .string("exited")])
        #expect(history.last?["at"] == .string("2026-06-01T01:00:00.250Z") && history.last?["because"] == .string("clock"))
        // A third start has nothing to add.
        let third = try bench.worker()
        await third.drain()
        #expect(try bench.shell("history active for ada")["history"]?.asArray?.count == 2)
    }

    @Test func `an edited segment is taken over while messages come, and never answered with the old rule and the new name`() async throws {
        let bench = try Bench()
        _ = try bench.shell(#"segment keen = count("Viewed") >= 2"#)
        var limits = WorkerLimits()
        limits.definitionsEvery = 20
        let worker = try bench.worker(limits: limits)
        for number in 0..<40 {
            _ = try await worker.collect(viewed("a\(number)", by: "u\(number % 10)", at: "2026-06-01T00:00:00Z"), from: "k")
        }
        #expect(try await worker.answer(.members(segment: "keen", after: nil, limit: 100))["total"] == .integer(10))
        _ = try bench.shell(#"segment keen = count("Viewed") >= 5"#)
        _ = try bench.shell(#"segment anybody = did "Viewed""#)
        for number in 0..<6 { _ = try await worker.collect(viewed("b\(number)", by: "u\(number)", at: "2026-06-01T00:00:00Z"), from: "k") }
        var total: JSONValue?
        for _ in 0..<3_000 where total != .integer(6) {
            try await Task.sleep(for: .milliseconds(20))
            total = try await worker.answer(.members(segment: "keen", after: nil, limit: 100))["total"]
            #expect(total == .integer(10) || total == .integer(6))
        }
        #expect(total == .integer(6))
        var others: [String] = []
        for _ in 0..<3_000 where others != ["anybody"] {
            try await Task.sleep(for: .milliseconds(20))
            others = names(try await worker.answer(.segments("u7")))
        }
        #expect(others == ["anybody"])
        await worker.drain()
        for (segment, expression) in [("keen", #"count("Viewed") >= 5"#), ("anybody", #"did "Viewed""#)] {
            #expect(try bench.shell("recorded \(segment)")["members"] == bench.shell("members \(expression)")["members"])
        }
    }

    @Test func `a record that somebody else makes while the worker runs is gone on from`() async throws {
        let bench = try Bench()
        _ = try bench.shell(#"segment all = did "Viewed""#)
        var limits = WorkerLimits()
        limits.definitionsEvery = 20
        let worker = try bench.worker(limits: limits)
        let store = try bench.tessera.store()
        let others = try #require(try store.snapshot().recordedMembers(of: "all", at: nil))
        let theirs = MembershipChange(
            segment: "all", at: others.at, cause: .clock, expression: #"did "Viewed""#, after: others.number, entered: OrdinalSet(),
            exited: OrdinalSet())
        #expect(try store.recordMemberships([theirs]).removedCount == 0)
        for number in 0..<5 { _ = try await worker.collect(viewed("m\(number)", by: "u\(number)", at: "2026-06-01T00:00:00Z"), from: "k") }
        for _ in 0..<3_000 where try bench.shell("recorded all")["total"] != .integer(5) { try await Task.sleep(for: .milliseconds(20)) }
        await worker.drain()
        #expect(try bench.shell("recorded all")["members"] == bench.shell(#"members did "Viewed""#)["members"])
    }

    @Test func `pages of members, changes after a number, and who is not there`() async throws {
        let bench = try Bench()
        _ = try bench.shell(#"segment all = did "Viewed""#)
        let worker = try bench.worker()
        for number in 0..<5 { _ = try await worker.collect(viewed("m\(number)", by: "u\(number)", at: "2026-06-01T00:00:00Z"), from: "k") }
        let page = try await worker.answer(.members(segment: "all", after: "u1", limit: 2))
        #expect(page["members"] == .array([.string("u2"), .string("u3")]) && page["next"] == .string("u3"))
        #expect(try await worker.answer(.members(segment: "all", after: "u3", limit: 2))["next"] == .null)
        await #expect(throws: ServiceError.self) { try await worker.answer(.segments("nobody")) }
        await #expect(throws: ServiceError.self) { try await worker.answer(.members(segment: "none", after: nil, limit: 1)) }
        let error = await #expect(throws: ServiceError.self) { try await worker.answer(.preview(expression: "did did", limit: 1)) }
        #expect(error?.code == .invalid && error?.column == 5)
        let stream = worker.changes(after: 0)
        await worker.drain()
        var seen: [String] = []
        for await notices in stream { seen += notices.map(\.profile) }
        #expect(Set(seen) == ["u0", "u1", "u2", "u3", "u4"] && seen.count == 5)
    }

    @Test func `a message that the plan refuses is kept with its reason, and one that it mends is stored mended`() async throws {
        let bench = try Bench()
        let file = bench.folder.path + "/tessera.yaml"
        let yaml = """
            trackingPlan:
              events:
                Ordered:
                  properties:
                    revenue: {kind: number, minimum: 0}
                    currency: {kind: text, normalise: currency, action: coerce}
            """
        try Data(yaml.utf8).write(to: URL(fileURLWithPath: file))
        let worker = try bench.worker(settings: file)
        func ordered(_ id: String, _ properties: String) -> String {
            #"{"type":"track","messageId":"\#(id)","userId":"ada","event":"Ordered","timestamp":"2026-06-01T00:00:00Z","properties":\#(properties)}"#
                + "\n"
        }
        let batch = MessageBatch(
            lines: ordered("good", #"{"revenue":5,"currency":"EUR"}"#) + ordered("bad", #"{"revenue":-5}"#)
                + ordered("mended", #"{"revenue":7,"currency":" eur"}"#))
        let receipt = try await worker.collect(batch, from: "web")
        #expect(receipt.quarantined == 1 && receipt.accepted == 2 && receipt.firstReason?.isEmpty == false)
        #expect(worker.figures.contains { $0.name == "tessera_plan_rule_total" && $0.labels["rule"] == "Ordered/revenue/minimum" })
        let kept = try String(contentsOfFile: bench.tessera.path + ".rejected/worker.ndjson", encoding: .utf8)
        #expect(kept.contains("Ordered") && kept.contains(#"\"messageId\":\"bad\""#) && kept.contains(#""file":"web""#))
        await worker.drain()
        #expect(try bench.shell(#"count did "Ordered" where .currency == "EUR" at least 2 times"#)["count"] == .integer(1))
    }

    @Test(arguments: [
        ("http:\n  prot: 1\n", "http"), ("htpp: {}\n", "Did you mean `http`?"),
        ("trackingPlan:\n  events:\n    A: {propertys: {}}\n", ":3"),
        ("identity:\n  limits:\n    user_id: 0\n", "tessera.yaml:3, identity.limits.user_id: 0 is not a number of identifiers. Write 1 to"),
        ("identity:\n  blocked:\n    al: [x]\n", "Did you mean `all`?"), ("identity:\n  blocked: [x]\n", "under all or a kind"),
        ("identity:\n  blocked: {all: [{repeat: \"0\"}]}\n", "repeated"),
        ("identity: {priorities: [mail]}\n", "user_id, anonymous_id, email, phone"),
        ("identity: {links: [email, age]}\n", "identity.links.1: \"age\" is not a trait that is not named yet. Write each of email, phone"),
        ("identity: {links: email}\n", "a list of traits"), ("identity: {links: [user_id]}\n", "always link"),
        ("identity: {limits: {email: 2}}\n", "identity.limits.email: the trait links nobody. Write links: [email]"),
        ("identity: {links: [phone], priorities: [email]}\n", "identity.priorities.0: the trait links nobody"),
    ])
    func `a settings file that is not understood names its line`(text: String, says: String) throws {
        let folder = try Folder()
        let path = try folder.write(text, as: "tessera.yaml")
        do {
            let file = try SettingsFile(path: path)
            _ = try file.trackingPlan(.builtIn)
            _ = try file.identityRules()
            #expect(file["http"] != nil)
        } catch { #expect(error.message.contains(says), "\(error.message)") }
    }

    @Test func `what waits is bounded, and a worker that drains takes nothing more`() async throws {
        let bench = try Bench()
        let worker = try bench.worker()
        await worker.drain()
        let error = await #expect(throws: ServiceError.self) {
            try await worker.collect(viewed("m", by: "u", at: "2026-06-01T00:00:00Z"), from: "k")
        }
        #expect(error?.code == .draining && worker.notReady != nil)
        // The store is free again.
        let again = try bench.worker()
        #expect(try await again.collect(viewed("m", by: "u", at: "2026-06-01T00:00:00Z"), from: "k").accepted == 1)
        await again.drain()
    }
}
