import BuiltIn
import EventModel
import Foundation
import Platform
import Storage
import Synchronization
import TestFolder
import Testing

/// A shop of three people whose session stands on a workspace of the given files.
private func shop(_ files: [String: String], fixed: Bool = true) throws -> Shop {
    var shop = try Shop(
        order("o1", by: "ada", at: "2026-06-01T00:00:00Z", revenue: 10) + order("o2", by: "ada", at: "2026-06-20T00:00:00Z", revenue: 30)
            + order("o3", by: "bob", at: "2026-01-01T00:00:00Z", revenue: 5)
            + order("o4", by: "cyd", at: "2026-06-25T00:00:00Z", revenue: 7))
    for (name, text) in files { _ = try shop.folder.write(text, as: "w/" + name) }
    let workspace = Workspace(folder: shop.folder.path + "/w")
    shop.session = Session(
        tessera: shop.tessera, workspace: workspace, now: fixed ? Shop.now : nil, format: .json,
        clock: { Instant(text: "2026-06-30T00:00:00Z") ?? Instant(milliseconds: 0) })
    return shop
}

extension Shop {
    fileprivate func plan() throws -> PlanResult { try #require(try answer("plan") as? PlanResult) }
    fileprivate func apply() throws -> ApplyResult { try #require(try answer("apply") as? ApplyResult) }
    fileprivate func entry(_ name: String) throws -> PlanResult.Entry { try #require(try plan().entries.first { $0.name == name }) }
    fileprivate func refusal(_ command: String = "plan") throws -> CommandError {
        try #require(#expect(throws: CommandError.self) { _ = try answer(command) })
    }
    fileprivate func snapshot() throws -> any StoreSnapshot { try tessera.plugins.openStore(tessera.path, .existing).snapshot() }
    /// What the store alone says.
    fileprivate var stored: Session {
        var session = session
        session.workspace = nil
        return session
    }
}

private let buyers = "segments/buyers.segment"

@Suite struct WorkspaceTests {
    @Test func `a plan shows who enters and leaves and writes nothing`() throws {
        let shop = try shop([buyers: "did \"Order Completed\" within 60d\n"])
        _ = try shop.stored.answer(.saveSegment("buyers", expression: "sum(\"Order Completed\", .revenue) < 10"))
        let entry = try shop.entry("buyers")
        #expect(entry.change == "changed" && entry.before == 2 && entry.after == 2 && entry.enter == 1 && entry.leave == 1)
        #expect(entry.entering == ["ada"] && entry.leaving == ["bob"] && entry.replacesSaved)
        #expect(
            entry.difference == ["- sum(\"Order Completed\", .revenue) < 10", "+ did \"Order Completed\" within 60d"])
        let saved = try shop.stored.answer(.showSegment("buyers"))
        #expect(saved.rendered(as: .json).contains("revenue"))
    }

    @Test func `what is applied is what was planned, and applying again changes nothing`() throws {
        let shop = try shop([
            buyers: "# title: Buyers\ndid \"Order Completed\"\n", "features/spent.yaml": "value: sum(\"Order Completed\", .revenue)\n",
            "segments/big.segment": "feature.spent >= 10\n",
        ])
        let planned = try shop.plan().entries
        #expect(planned.map(\.change) == ["added", "added", "added"] && planned.map(\.kind) == ["segment", "segment", "feature"])
        let applied = try shop.apply()
        #expect(applied.saved == ["segment big", "segment buyers", "feature spent"] && applied.entered == 4 && applied.left == 0)
        #expect(try shop.plan().changesNothing)
        let again = try shop.apply()
        #expect(again.saved.isEmpty && again.removed.isEmpty && again.entered == 0)
        #expect(again.sentence.hasPrefix("Nothing to apply"))
        let segments = try shop.stored.answer(.segments).json["segments"]?.asArray ?? []
        #expect(segments.map { $0.asObject?["members"] } == [.integer(1), .integer(3)])
        #expect(segments.last?.asObject?["title"] == .string("Buyers"))
        #expect(segments.last?.asObject?["expression"] == .string("did \"Order Completed\""))
        let features = try shop.stored.answer(.features).json["features"]?.asArray?.first?.asObject
        #expect(features?["value"] == .string("sum(\"Order Completed\", .revenue)"))
    }

    @Test func `a file that is gone is removed by the next apply, and what was saved by hand is left alone`() throws {
        let shop = try shop([buyers: "did \"Order Completed\"", "segments/old.segment": "true"])
        _ = try shop.stored.answer(.saveSegment("mine", expression: "false"))
        _ = try shop.apply()
        try FileManager.default.removeItem(atPath: shop.folder.path + "/w/segments/old.segment")
        let entry = try shop.entry("old")
        #expect(entry.change == "removed" && entry.leave == 3 && entry.after == nil && entry.difference == ["- true"])
        #expect(try shop.apply().removed == ["segment old"])
        let names = try shop.stored.answer(.segments).json["segments"]?.asArray?.map { $0.asObject?["name"]?.asString }
        #expect(names == ["buyers", "mine"])
    }

    @Test func `a definition that mentions a changed one is affected, also through a feature`() throws {
        let shop = try shop([
            "features/spent.yaml": "value: sum(\"Order Completed\", .revenue)", "segments/big.segment": "feature.spent >= 40",
            "segments/not-big.segment": "not segment \"big\"", "segments/alone.segment": "true",
        ])
        _ = try shop.apply()
        _ = try shop.folder.write("value: sum(\"Order Completed\", .revenue) + 10", as: "w/features/spent.yaml")
        let plan = try shop.plan()
        let changes = Dictionary(uniqueKeysWithValues: plan.entries.map { ($0.name, $0.change) })
        #expect(changes == ["spent": "changed", "big": "affected", "not-big": "affected", "alone": "unchanged"])
        let affected = try shop.entry("not-big")
        #expect(affected.before == 2 && affected.after == 2 && affected.enter == 0)
        _ = try shop.folder.write("value: sum(\"Order Completed\", .revenue) + 35", as: "w/features/spent.yaml")
        let moved = try shop.entry("big")
        #expect(moved.before == 1 && moved.after == 3 && moved.entering == ["bob", "cyd"] && moved.difference.isEmpty)
    }

    @Test func `a new comment changes the text and moves nobody`() throws {
        let shop = try shop([buyers: "did any", "segments/more.segment": "segment \"buyers\""])
        _ = try shop.apply()
        _ = try shop.folder.write("# title: Everybody\ndid any", as: "w/" + buyers)
        #expect(try shop.entry("buyers").change == "changed" && shop.entry("buyers").enter == 0)
        #expect(try shop.entry("more").change == "unchanged")
    }

    @Test func `the same text saved by hand becomes the workspace's`() throws {
        let shop = try shop([buyers: "did any"])
        _ = try shop.stored.answer(.saveSegment("buyers", expression: "did any"))
        #expect(try shop.entry("buyers").change == "adopted")
        #expect(try shop.apply().saved == ["segment buyers"])
        #expect(try shop.plan().changesNothing)
    }

    @Test func `every mistake of every file is told, with file, line and column`() throws {
        let shop = try shop([
            "segments/a.segment": "# titel: A\ndid \"Order Completed\"", "segments/b.segment": "# note: two\n\ndid within 7d",
            "features/c.yaml": "- name: c\n  title: C\n  value: >\n    sum(\"Order Completed\",\n        revenue)\n- name: d\n  vlaue: 1\n",
            "features/e.yaml": "value: [1, 2\n",
        ])
        let error = try shop.refusal()
        let said = error.message.split(separator: "\n").map { $0.replacing(shop.folder.path + "/w/", with: "") }
        #expect(said.count == 6, "\(said)")
        #expect(
            said.contains { $0.hasPrefix("segments/a.segment, line 1, column 3: there is no setting \"titel\"") && $0.contains("title?") })
        #expect(said.contains { $0.hasPrefix("segments/b.segment, line 3, column 5:") })
        #expect(said.contains { $0.hasPrefix("features/c.yaml, line 5, column 9:") }, "\(said)")
        #expect(said.contains { $0.hasPrefix("features/c.yaml, line 7, column 3: there is no setting \"vlaue\"") && $0.contains("value?") })
        #expect(said.contains { $0.hasPrefix("features/e.yaml, line 2") && $0.contains("not YAML") })
        #expect(error.description.contains("^^^^"))
        #expect(try shop.refusal("apply").message == error.message)
        #expect(try shop.stored.answer(.segments).json["segments"]?.asArray?.isEmpty == true)
    }

    @Test(arguments: [
        ("value: 1 + \"a\"", 1, 10), ("value: '1 + \"a\"'", 1, 11), (#"value: "lower(\"a\") + 1""#, 1, 22),
        ("value: |\n  1\n    + \"a\"", 3, 5),
        ("title: T\nvalue: >-\n  1\n  + \"a\"", 4, 3), ("note: N\ntitle: T\nvalue: 1\n  + 2\n  + \"a\"", 5, 3),
        ("value: 1 +  # more", 1, 11),
        ("value: (1", 1, 10),
    ])
    func `a mistake in YAML is told where it stands in the file`(text: String, line: Int, column: Int) throws {
        let error = try shop(["features/f.yaml": text]).refusal()
        #expect(error.line == line && error.column == column, "\(error)")
    }

    @Test(arguments: [
        ("# channell: email", "did you mean channel?"), ("# colour: red", "choose one of title"), ("# active: maybe", "yes or no"),
        ("# order: first", "not a whole number"), ("# allow: overlap with a", "reason"),
        ("# allow: everything because I say so", "overlap with NAME"),
        ("# test: 5%", "rate 5%, mde 20%"), ("# test: rate 90%, mde 20%", "rate 5%"), ("# title:", "says nothing"),
        ("# title: A\n# title: B", "twice"), ("# taxonomy: a", "# order: 1"), ("# channel: email,, push", "missing"),
    ])
    func `a setting that is not understood is refused`(head: String, says: String) throws {
        let error = try shop([buyers: head + "\ntrue"]).refusal()
        #expect(error.message.contains(says) && error.message.contains("buyers.segment, line"), "\(error.message)")
    }

    @Test(arguments: ["# Note that this: is a comment", "## titel: a comment", "# https://example.com", "#", "# a - b"])
    func `a comment that is no setting stays a comment`(comment: String) throws {
        let shop = try shop([buyers: "\(comment)\n# note: first,\n#   and more\n\ndid any # titel: here too\n# colour: behind\n"])
        #expect(try shop.plan().entries.count == 1)
    }

    @Test func `a change that breaks a segment saved by hand is refused`() throws {
        let shop = try shop([buyers: "did any", "segments/old.segment": "true"])
        _ = try shop.apply()
        _ = try shop.stored.answer(.saveSegment("mine", expression: "segment \"old\""))
        try FileManager.default.removeItem(atPath: shop.folder.path + "/w/segments/old.segment")
        let error = try shop.refusal("apply")
        #expect(error.code == .name && error.message.contains("'mine' (saved in the store)"), "\(error.message)")
    }

    @Test func `circles through files are refused once for each file`() throws {
        let error = try shop(["segments/a.segment": "segment \"b\"", "segments/b.segment": "segment \"a\""]).refusal()
        #expect(error.code == .name && error.message.contains("mentions itself"))
    }

    @Test func `without a workspace, or with an empty folder, it says what to do`() throws {
        let shop = try shop([buyers: "did any"])
        for command in [Command.plan, .apply, .lint] {
            let error = #expect(throws: CommandError.self) { _ = try shop.stored.answer(command) }
            #expect(error?.code == .usage && error?.message.contains("--workspace") == true)
        }
        var elsewhere = shop
        elsewhere.session.workspace = Workspace(folder: shop.folder.path)
        let error = try elsewhere.refusal("apply")
        #expect(error.code == .missing && error.message.contains("segments/"))
    }

    @Test func `what an apply moves is recorded with its cause, unless now was fixed`() throws {
        let shop = try shop([buyers: "did \"Order Completed\"", "segments/few.segment": "not segment \"buyers\""], fixed: false)
        #expect(try shop.apply().isRecorded)
        _ = try shop.folder.write("sum(\"Order Completed\", .revenue) > 10", as: "w/" + buyers)
        #expect(try shop.apply().isRecorded)
        #expect(try !shop.apply().isRecorded)
        let snapshot = try shop.snapshot()
        let records = try snapshot.membershipRecords(of: nil, touching: nil)
        #expect(records.map(\.segment) == ["buyers", "few", "buyers", "few"] && records.allSatisfy { $0.cause == .definition })
        #expect(records.map(\.enteredCount) == [3, 0, 0, 2] && records.map(\.exitedCount) == [0, 0, 2, 0])
        #expect(records.last?.at == Shop.now && records[2].expression == "sum(\"Order Completed\", .revenue) > 10")
        let ids = try snapshot.canonicalIDs()
        let members = try #require(try snapshot.recordedMembers(of: "few", at: nil)).profiles(in: snapshot)
        #expect(Set(members.map { ids[Int($0)] }) == ["bob", "cyd"])

        try FileManager.default.removeItem(atPath: shop.folder.path + "/w/segments/few.segment")
        var fixed = shop
        fixed.session.fixedNow = Shop.now
        #expect(try fixed.apply().removed == ["segment few"] && !fixed.apply().isRecorded)
        #expect(try shop.snapshot().recordedMembers(of: "few", at: nil)?.expression == nil)
    }

    @Test(arguments: [(1, true), (4, true), (5, false)])
    func `an apply that somebody overtakes is worked out again, and gives up in the end`(times: Int, succeeds: Bool) throws {
        let shop = try shop([buyers: "did \"Order Completed\""], fixed: false)
        let overtaking = Mutex(times)
        var plugins = shop.tessera.plugins
        plugins.openStore = { path, access throws(StoreError) in
            OvertakenStore(base: try Plugins.builtIn.openStore(path, access)) {
                overtaking.withLock { left in
                    left -= 1
                    return left >= 0
                }
            }
        }
        let session = Session(
            tessera: Tessera(path: shop.tessera.path, plugins: plugins), workspace: shop.session.workspace, format: .json,
            clock: { Shop.now ?? Instant(milliseconds: 0) })
        if succeeds {
            #expect(try (session.answer(.apply) as? ApplyResult)?.isRecorded == true)
            #expect(try shop.snapshot().recordedMembers(of: "buyers", at: nil)?.members.count == 3)
        } else {
            let error = #expect(throws: CommandError.self) { _ = try session.answer(.apply) }
            #expect(error?.code == .held && error?.message.contains("buyers") == true)
            #expect(try shop.snapshot().definitions().isEmpty)
        }
    }

    @Test func `a stopped apply writes nothing`() throws {
        let shop = try shop([buyers: "did any"])
        let stopped = Interruption()
        stopped.interrupt()
        let error = #expect(throws: CommandError.self) { _ = try shop.session.answer(.apply, interruption: stopped) }
        #expect(error?.code == .interrupted)
        #expect(try shop.stored.answer(.segments).json["segments"]?.asArray?.isEmpty == true)
    }
}

/// A store where somebody else records the same segments right before an edit.
private struct OvertakenStore: EventStore {
    let base: any EventStore
    let overtakes: @Sendable () -> Bool

    func snapshot() throws(StoreError) -> any StoreSnapshot { try base.snapshot() }
    func makeWriter() throws(StoreError) -> any StoreWriter { try base.makeWriter() }
    func save(_ definition: Definition) throws(StoreError) { try base.save(definition) }
    func definitions() throws(StoreError) -> [Definition] { try base.definitions() }
    func removeDefinition(kind: Definition.Kind, name: String) throws(StoreError) -> Bool {
        try base.removeDefinition(kind: kind, name: name)
    }
    func apply(_ edit: DefinitionEdit) throws(StoreError) -> EditOutcome {
        if overtakes() {
            var others = edit.changes
            for index in others.indices { others[index].expression = "something else" }
            _ = try base.recordMemberships(others)
        }
        return try base.apply(edit)
    }
}
