import BuiltIn
import EventModel
import Foundation
import Platform
import Storage
import TestFolder
import Testing

private let segments = ["segments/vip.segment": "sum(\"Order Completed\", .revenue) >= 40"]

private let banner = """
    title: Banner on the home page
    variants:
      plain: Welcome
      vip: Early access
      back: 10 % off
    default: plain
    rules:
      - name: vips
        when: segment "vip"
        variant: vip
      - when: did "Order Completed" and not did "Order Completed" within 30d
        variant: back
    """

/// A shop of three people whose session stands on a workspace of the given files.
private func shop(_ files: [String: String]) throws -> Shop {
    var shop = try Shop(
        order("o1", by: "ada", at: "2026-06-20T00:00:00Z", revenue: 50) + order("o2", by: "bob", at: "2026-01-01T00:00:00Z", revenue: 5)
            + order("o3", by: "cyd", at: "2026-06-25T00:00:00Z", revenue: 7))
    for (name, text) in files { _ = try shop.folder.write(text, as: "w/" + name) }
    shop.session.workspace = Workspace(folder: shop.folder.path + "/w")
    return shop
}

extension Shop {
    fileprivate func json(_ line: String) throws -> JSONObject { try answer(line).json }
    /// What the store alone says.
    fileprivate func stored(_ line: String) throws -> JSONObject {
        var shop = self
        shop.session.workspace = nil
        return try shop.answer(line).json
    }
}

@Suite struct OfferTests {
    @Test func `an applied offer is in the store, told, chosen from, changed and removed`() throws {
        let shop = try shop(segments.merging(["offers/banner.yaml": banner]) { first, _ in first })
        let plan = try #require(try shop.answer("plan") as? PlanResult)
        #expect(plan.entries.map { "\($0.change) \($0.kind) \($0.name)" } == ["added segment vip", "added offer banner"])
        #expect(plan.entries.last?.difference.contains(#"+     {"name":"vips","when":"segment \"vip\"","variant":"vip"},"#) == true)
        #expect(plan.entries.last?.after == nil && plan.entries.last?.enter == nil)
        #expect(try shop.json("apply")["saved"] == .array([.string("offer banner"), .string("segment vip")]))
        #expect(try (shop.answer("plan") as? PlanResult)?.changesNothing == true)

        let listed = try shop.stored("offers")["offers"]?.asArray?.first?.asObject
        #expect(listed?["key"] == .string("banner") && listed?["kind"] == .string("string") && listed?["rules"] == .integer(2))
        let shown = try shop.stored("offer banner")["offer"]?.asObject
        #expect(shown?["title"] == .string("Banner on the home page") && shown?["default"] == .string("plain"))
        for (person, variant, rule) in [("ada", "vip", "vips"), ("bob", "back", "rule 2"), ("cyd", "plain", nil)] {
            let choice = try shop.stored("offer banner for \(person)")
            #expect(choice["variant"] == .string(variant) && choice["rule"] == rule.map { .string($0) }, "\(choice)")
            #expect(choice["reason"] == .string(rule == nil ? "DEFAULT" : "TARGETING_MATCH"))
        }
        #expect(try shop.answer("offer banner for bob").rendered(as: .table).contains("bob is given back, because of rule 2"))

        _ = try shop.folder.write("sum(\"Order Completed\", .revenue) >= 1", as: "w/segments/vip.segment")
        let entries = try #require(try shop.answer("plan") as? PlanResult).entries
        #expect(entries.map(\.change) == ["changed", "affected"])
        _ = try shop.folder.write(banner + "\nenabled: false\n", as: "w/offers/banner.yaml")
        #expect(try shop.json("offer banner for ada")["reason"] == .string("DISABLED"))
        try FileManager.default.removeItem(atPath: shop.folder.path + "/w/offers/banner.yaml")
        #expect(try shop.json("apply")["removed"] == .array([.string("offer banner")]))
        #expect(try shop.stored("offers")["offers"] == .array([]))
    }

    @Test func `several offers stand in one file, and words that YAML takes for truths stay names`() throws {
        let shop = try shop([
            "offers/flags.yml": """
            - {key: a, variants: {on: true, off: false}, default: off, rules: [{when: did any, variant: on}]}
            - {key: b, variants: {no: 1, yes: 2.5}, default: no}
            - {key: c, kind: object, variants: {x: {text: "5", count: 5, list: [true, null]}}, default: x}
            """
        ])
        _ = try shop.json("apply")
        #expect(try shop.stored("offer a for ada")["value"] == .bool(true))
        #expect(try shop.stored("offer b for ada")["value"] == .number(1))
        let value = try shop.stored("offer c for ada")["value"]?.asObject
        #expect(value?["text"] == .string("5") && value?["count"] == .integer(5) && value?["list"] == .array([.bool(true), .null]))
        let error = #expect(throws: CommandError.self) { try shop.json("offer aa") }
        #expect(error?.code == .name && error?.message.contains("Did you mean 'a'?") == true)
    }

    @Test func `every mistake of every offer is told, with file, line and column`() throws {
        let shop = try shop([
            "offers/a.yaml": "variants:\n  on: true\n  off: 5\ndefault: of\nruels: []\n",
            "offers/b.yaml": "variants: {x: 1}\ndefault: x\nrules:\n  - when: >\n      did any and\n      did within 7d\n    variant: x\n",
            "offers/c.yaml": "- {key: d, variants: {x: 1}, default: x}\n- {key: d, variants: {x: 1}, default: x}\n",
            "offers/e f.yaml": "variants: {x: 1}\ndefault: x\n", "offers/g.yaml": "variants: [\n",
            "offers/h.yaml": "variants: {x: 1}\ndefault: x\nrules: [{when: 'segment \"vpi\"', variant: x}]\n",
            "segments/vip.segment": "true",
        ])
        let error = try #require(#expect(throws: CommandError.self) { try shop.json("plan") })
        let said = error.message.split(separator: "\n").map { $0.replacing(shop.folder.path + "/w/", with: "") }
        for (start, part) in [
            ("offers/a.yaml, line 3, column 8: the value of \"off\" is a whole number", "one kind"),
            ("offers/a.yaml, line 4, column 10: there is no variant \"of\"", "off?"),
            ("offers/a.yaml, line 5, column 1: there is no setting \"ruels\"", "rules?"),
            ("offers/c.yaml, line 2", "defined twice"), ("offers/e f.yaml, line 1", "rename the file"),
            ("offers/g.yaml, line 2", "not YAML"),
            ("offers/b.yaml, line 6, column 11:", "within"), ("offers/h.yaml, line 3, column 25: unknown segment \"vpi\"", "vip"),
        ] { #expect(said.contains { $0.hasPrefix(start) && $0.contains(part) }, "\(start): \(said)") }
        #expect(said.count == 8, "\(said)")
        #expect(throws: CommandError.self) { try shop.json("apply") }
        #expect(try shop.stored("offers")["offers"] == .array([]))
    }

    @Test func `offers travel in archives and outlive a segment that they mention as a refused one`() throws {
        let shop = try shop(segments.merging(["offers/banner.yaml": banner]) { first, _ in first })
        _ = try shop.json("apply")
        let archive = shop.folder.path + "/all.gz"
        _ = try shop.tessera.exportArchive(
            ExportRequest(file: archive, now: Instant(milliseconds: 0)), interruption: Interruption())
        let copy = Tessera(path: shop.folder.path + "/copy.tessera", plugins: .builtIn)
        _ = try copy.importFiles(ImportRequest(files: [archive]), interruption: Interruption())
        var other = shop
        other.session = Session(tessera: copy, now: Shop.now, format: .json, clock: { Instant(milliseconds: 0) })
        #expect(try other.json("offer banner for ada")["variant"] == .string("vip"))
        _ = try other.json("drop segment vip")
        let listed = try other.json("offers")["offers"]?.asArray?.first?.asObject
        #expect(listed?["problem"]?.asString?.hasPrefix("offer 'banner', vips, line 1, column 9: unknown segment \"vip\"") == true)
        #expect(throws: CommandError.self) { try other.json("offer banner for ada") }
        #expect(try other.json("drop offer banner")["done"] == .string("Dropped offer banner."))
    }
}
